"""Weights that DequantizeLinear makes of integers are the numbers that onnxruntime makes of them."""
import os
import pathlib
import subprocess

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build")) / "bin" / "resnetc-reference"
SHAPE = [4, 3, 2, 5]


def model(dtype, scales, axis=None, zero=None, opset=13, **attributes):
    """y = x + dequantized w; `scales`: how many."""
    rng = np.random.default_rng(7)
    bounds = np.iinfo(dtype)
    constants = {"w": rng.integers(bounds.min, bounds.max, SHAPE, dtype, endpoint=True) // (1 if bounds.bits == 8 else 1 << 12),
                 "s": (rng.random(scales) + 0.1).astype(np.float32)}
    if zero is not None:
        constants["z"] = np.full(scales, zero, dtype)
    if axis is not None:
        attributes["axis"] = axis
    nodes = [helper.make_node("DequantizeLinear", list(constants), ["d"], **attributes), helper.make_node("Add", ["x", "d"], ["y"])]
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, SHAPE) for n in "xy")
    graph = helper.make_graph(nodes, "g", [x], [y], [numpy_helper.from_array(v, k) for k, v in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


CASES = {
    "tensor": model(np.int8, []),
    "tensor_of_one": model(np.int8, [1], axis=0, zero=[3]),
    "tensor_zero": model(np.uint8, [], zero=128),
    "first_opset": model(np.uint8, [], zero=17, opset=10),
    "channels": model(np.int8, [4], axis=0, zero=-5),
    "default_axis": model(np.uint8, [3], zero=200),
    "last_axis": model(np.int8, [5], axis=-1),
    "bias": model(np.int32, [4], axis=0),
}


def run(model, folder):
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    np.save(folder / "x.npy", np.zeros(SHAPE, np.float32))
    return subprocess.run([TOOL, folder / "model.onnx", f"--input=x={folder}/x.npy", "--save", folder / "out"], capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize("name", CASES)
def test_value(name, tmp_path):
    done = run(CASES[name], tmp_path)
    assert done.returncode == 0, done.stderr
    session = onnxruntime.InferenceSession(CASES[name].SerializeToString(), providers=["CPUExecutionProvider"])
    (want,) = session.run(None, {"x": np.zeros(SHAPE, np.float32)})
    np.testing.assert_array_equal(np.load(tmp_path / "out0.npy").astype(np.float32), want)  # the reference does not round


@pytest.mark.parametrize("broken, message", [
    (model(np.int8, [3], axis=0), "[R048] DequantizeLinear: input 1 has shape [3], want one value or one for each of axis 0 of [4, 3, 2, 5]"),
    (model(np.int8, [4, 1, 1, 1], axis=0), "[R048] DequantizeLinear: input 1 has shape [4, 1, 1, 1], want one value or one for each of axis 0 of [4, 3, 2, 5]"),
    (model(np.int8, [4, 3, 2, 1], axis=3, opset=21, block_size=5), "[R034] DequantizeLinear with block_size is not supported"),
])
def test_what_does_not_fit_is_refused(broken, message, tmp_path):
    done = run(broken, tmp_path)
    assert message in done.stderr


def test_quantized_activations_are_refused(tmp_path):
    quantized = model(np.uint8, [])
    quantized.graph.node[0].input[0] = "q"
    quantized.graph.input.append(helper.make_tensor_value_info("q", TensorProto.UINT8, SHAPE))
    assert "[R034] DequantizeLinear: input 0 is not known while compiling; only weights may be quantized" in run(quantized, tmp_path).stderr
