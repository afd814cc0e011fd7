"""Output shapes that the file states: an old error of onnx is a warning, any other difference a contradiction."""
import subprocess

import numpy as np
import onnx
import pytest

# Older versions of onnx infer a third column, which no one computes.
MODEL = """<ir_version: 8, opset_import: ["" : 17]> g (float[1,1,8,6] x) => (float[1,1,%s] y)
    { a = MaxPool<kernel_shape=[2,2], strides=[3,3], ceil_mode=1>(x)  y = Relu(a) }"""


@pytest.mark.parametrize("declared, status", [("3,2", 0), ("3,3", 0), ("5,2", 2), ("3,4", 2)])
def test_declared_output_is_stale(declared, status, toolchain, tmp_path):
    (tmp_path / "model.onnx").write_bytes(onnx.parser.parse_model(MODEL % declared).SerializeToString())
    done = subprocess.run([toolchain.bin / "resnetc-reference", tmp_path / "model.onnx", "--save", tmp_path / "out"], capture_output=True,
                          text=True, timeout=20)
    assert done.returncode == status, done.stderr
    assert ("[R049]" in done.stderr) == (status == 2) and ("[W108]" in done.stderr) == (declared == "3,3")
    if status == 0:
        assert np.load(tmp_path / "out0.npy").shape == (1, 1, 3, 2)
