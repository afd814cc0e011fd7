"""Random networks: what they compute is what float64 computes, within the bound of rounding, and so for onnxruntime.

    pytest tests/random                                  # 500 networks, the same ones each time
    pytest tests/random --hypothesis-profile=long        # 20,000 others

A failure shrinks to a small network, which is left as tests/regress/new.onnx: give it a name that says what was wrong, fix the
fault, and keep both.
"""
import pathlib
import tempfile

import onnx
from hypothesis import given

import nethead
import netspec
from compare import check

NEW = pathlib.Path(__file__).parents[1] / "regress" / "new.onnx"


@given(netspec.nets)
def test_agrees_with_float64(toolchain, net):
    model = nethead.build(net)
    with tempfile.TemporaryDirectory() as folder:
        try:
            check(toolchain, model, pathlib.Path(folder), net.strict, [f"--cpu={net.cpu}"])
        except AssertionError:
            NEW.parent.mkdir(exist_ok=True)
            onnx.save(model, NEW)
            raise
