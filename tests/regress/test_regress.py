"""Networks that were once compiled wrongly, as the random tests left them (see tests/random/test_random.py)."""
import pathlib
import sys

import onnx
import pytest

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parent / "random"))

from compare import check  # noqa: E402


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("file", sorted(f.name for f in HERE.glob("*.onnx")))
def test_agrees_with_float64(file, strict, toolchain, tmp_path):
    check(toolchain, onnx.load(HERE / file), tmp_path, strict)
