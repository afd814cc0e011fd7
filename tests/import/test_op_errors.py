"""What each operator refuses: the code, the words and the exit status; and which declared shapes are only stale."""
import os
import pathlib
import subprocess

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build")) / "bin" / "resnetc-reference"

# name: (body, code, exit status, words). Inputs x[1,4,8,8] and s, a scalar; initializers v[8], v7[7]; the output is y.
CASES = {
    "pad_wrap_too_early": ('a = Constant<value_ints=[0,0,1,0,0,0,0,0]>()\n y = Pad<mode="wrap">(x, a)', "R056", 2, "Pad mode 'wrap'"),
    "pad_bomb": ('a = Constant<value_ints=[0,0,100000000,0,0,0,0,0]>()\n y = Pad<mode="edge">(x, a)', "R064", 5, "Pad: what must be computed while importing exceeds the budget"),
    "tile_bomb": ("a = Constant<value_ints=[1,1,1,9223372036854775807]>()\n y = Tile(x, a)", "R064", 5, "Tile: what must be computed while importing exceeds the budget"),
    "tile_repeats": ("a = Constant<value_ints=[1,1,1]>()\n y = Tile(x, a)", "R045", 2, "Tile repeats [1, 1, 1]"),
    "split_sizes": ("a = Constant<value_ints=[1,2]>()\n b, y = Split<axis=1>(x, a)", "R042", 2, "Split [1, 2] of extent 4"),
    "split_outputs": ("a = Constant<value_ints=[4]>()\n b, y = Split<axis=1>(x, a)", "R054", 2, "Split into 1 parts has 2 outputs"),
    "split_uneven": ("a, b, y = Split<axis=1>(x)", "R042", 2, "into 3 equal parts"),
    "empty_output": ("a = Constant<value_ints=[0,4]>()\n y, b = Split<axis=1>(x, a)", "R044", 2, "output 'y' of shape [1, 0, 8, 8] has no elements"),
    "blocks": ("y = SpaceToDepth<blocksize=3>(x)", "R042", 2, "blocksize 3 does not divide"),
    "depth": ("y = DepthToSpace<blocksize=4>(x)", "R042", 2, "squared does not divide"),
    "instance_norm": ("y = InstanceNormalization(x, v, v)", "R045", 2, "InstanceNormalization scale has shape [8], want [4]"),
    "layer_norm": ("y = LayerNormalization(x, v7)", "R048", 2, "cannot broadcast"),
    "prelu": ("y = PRelu(s, x)", "R048", 2, "PRelu slope"),
    "celu": ("y = Celu<alpha=-1.0>(x)", "R058", 2, "Celu alpha"),
    "pow_running": ("y = Pow(x, s)", "R034", 3, "input 1 is not known while compiling"),
    "pow_fraction": ("a = Constant<value_float=0.3>()\n y = Pow(x, a)", "R034", 3, "Pow with exponent 0.3"),
    "range": ("a = Constant<value_int=0>()\n b = Range(a, a, a)\n y = Reshape(x, b)", "R043", 2, "Range delta is 0"),
    "range_bomb": ("a = Constant<value_int=0>()\n b = Constant<value_int=1000000000>()\n c = Constant<value_int=1>()\n d = Range(a, b, c)\n y = Reshape(x, d)", "R064", 5, "Range: what must be computed while importing exceeds the budget"),
    "many_ranges": ("a = Constant<value_int=0>()\n b = Constant<value_int=3000000>()\n c = Constant<value_int=1>()\n d = Range(a, b, c)\n e = Range(a, b, c)\n"
                    "y = Reshape(x, e)", "R064", 5, "Range: what must be computed"),
    "where_running": ("a = Constant<value_int=1>()\n b = Cast<to=9>(a)\n y = Where(b, x, x)", "R034", 3, "input 1 is not known while compiling"),
    "cast_running": ("a = Cast<to=7>(s)\n b = Constant<value_ints=[0]>()\n c = Unsqueeze(a, b)\n y = Reshape(x, c)", "R032", 3, "Cast of f32[] at run time is not supported"),
}


def run(model, folder):
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return subprocess.run([TOOL, folder / "model.onnx", "--save", folder / "out"], capture_output=True, text=True, timeout=20)


@pytest.mark.parametrize("name", CASES)
def test_refused(name, tmp_path):
    body, code, status, words = CASES[name]
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> g (float[1,4,8,8] x, float s) => (float[1] y) {{ {body} }}')
    model.graph.output[0].type.tensor_type.ClearField("shape")
    model.graph.input[1].type.tensor_type.shape.SetInParent()
    model.graph.initializer.extend(numpy_helper.from_array(np.full(n, 0.5, np.float32), name) for name, n in {"v": 8, "v7": 7}.items())
    done = run(model, tmp_path)
    assert done.returncode == status and done.stderr.count("error:") == 1, done.stderr
    assert f"error: [{code}]" in done.stderr and words in done.stderr and not list(tmp_path.glob("out*")), done.stderr


CEIL = """<ir_version: 8, opset_import: ["" : 17]> g (float[1,1,8,6] x) => (float[1,1,%s] y)
    { a = MaxPool<kernel_shape=[2,2], strides=[3,3], ceil_mode=1>(x)  y = Relu(a) }"""


@pytest.mark.parametrize("declared, status", [("3,2", 0), ("3,3", 0), ("5,2", 2), ("3,4", 2)])
def test_declared_output_is_stale(declared, status, tmp_path):
    """Older versions of onnx infer a third column, which no one computes; any other difference is a contradiction."""
    done = run(onnx.parser.parse_model(CEIL % declared), tmp_path)
    assert done.returncode == status, done.stderr
    assert ("[R049]" in done.stderr) == (status == 2) and ("[W108]" in done.stderr) == (declared == "3,3")
    if status == 0:
        assert np.load(tmp_path / "out0.npy").shape == (1, 1, 3, 2)
