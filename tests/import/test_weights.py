"""Weights of every type, in every place where a file may keep them, come out as the numbers that onnx reads."""
import os
import pathlib
import subprocess

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build")) / "bin" / "resnetc-reference"
VALUES = [0.0, -0.0, 1.0, -2.5, 1.0 / 3, 65504.0, 6e-8, -1e-40, 127.0, np.inf]
INTEGERS = [0, 1, -1, 127, -128, 5]


def tensors():
    """name -> a tensor of that type with its data in that place."""
    for kind in ("FLOAT", "FLOAT16", "BFLOAT16", "DOUBLE", "INT64", "INT32", "INT8", "UINT8", "BOOL"):
        data_type = getattr(TensorProto, kind)
        values = VALUES if "FLOAT" in kind or kind == "DOUBLE" else [abs(v) for v in INTEGERS] if kind in ("UINT8", "BOOL") else INTEGERS
        if kind == "BOOL":
            values = [v != 0 for v in values]
        with np.errstate(over="ignore", under="ignore"):
            typed = helper.make_tensor("w", data_type, [len(values)], values)
            raw = numpy_helper.from_array(numpy_helper.to_array(typed), "w")
        assert raw.HasField("raw_data") and not typed.HasField("raw_data")
        yield f"{kind.lower()}-typed", typed
        yield f"{kind.lower()}-raw", raw


TENSORS = dict(tensors())


def values_of(tensor, folder):
    """Adds the tensor, as float32, to zeros."""
    count = tensor.dims[0]
    nodes = [helper.make_node("Cast", ["w"], ["f"], to=TensorProto.FLOAT), helper.make_node("Add", ["x", "f"], ["y"])]
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [count]) for n in "xy")
    model = helper.make_model(helper.make_graph(nodes, "g", [x], [y], [tensor]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    np.save(folder / "x.npy", np.zeros(count, np.float32))
    done = subprocess.run([TOOL, folder / "model.onnx", f"--input=x={folder}/x.npy", "--save", folder / "out"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return np.load(folder / "out0.npy")


@pytest.mark.parametrize("name", TENSORS)
def test_value(name, tmp_path):
    with np.errstate(under="ignore"):
        want = numpy_helper.to_array(TENSORS[name]).astype(np.float32)
    np.testing.assert_array_equal(values_of(TENSORS[name], tmp_path), want.astype(np.float64))


@pytest.mark.parametrize("kind", ["float", "float16", "double"])
def test_external_beyond_four_gigabytes(kind, tmp_path):
    """A sparse file: it takes the disk and the memory of its few numbers."""
    tensor = onnx.TensorProto.FromString(TENSORS[f"{kind}-raw"].SerializeToString())
    raw, offset = tensor.raw_data, 5 * 2 ** 30 + 64
    with open(tmp_path / "w.bin", "wb") as file:
        file.seek(offset)
        file.write(raw)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": "w.bin", "offset": offset, "length": len(raw)}.items():
        tensor.external_data.add(key=key, value=str(value))
    want = numpy_helper.to_array(TENSORS[f"{kind}-raw"]).astype(np.float32)
    np.testing.assert_array_equal(values_of(tensor, tmp_path), want.astype(np.float64))
