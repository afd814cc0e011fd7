"""What a call leaves alone, and where a NaN goes."""
import subprocess

import numpy as np
import pytest
from cases import small_model
from reference import evaluate


@pytest.mark.parametrize("math", ["fast", "strict"])
def test_stack_and_floating_point_state(math, toolchain, models, tmp_path):
    for number, model in enumerate([models.digits, models.resnet("resnet18", size=64)]):
        obj = toolchain.compile(model, f"--math={math}")
        program = toolchain.program("promises.c", [obj], tmp_path / f"promises{number}", "-Werror")
        done = subprocess.run(["sh", "-c", f"ulimit -s 128 && exec {program}"], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "every promise is kept\n"), done.stderr


# Without grouped convolutions: groups that share a block of channels meet each other's values, times zero.
SPREADING = ["conv_1x1", "conv_3x3_stride_2", "conv_5x3_uneven_pads", "conv_dilated", "residual", "relu6",
             "max_pool", "max_pool_ceil", "avg_pool", "avg_pool_include_pad", "head", "sigmoid_gate", "concat", "nhwc", "padded_shortcut"]


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", SPREADING)
def test_one_odd_pixel(name, value, toolchain, models):
    """Exactly the outputs whose formula reaches it are NaN or infinite, for a pixel in each corner and some between."""
    model, feeds = small_model(name)
    compiled = toolchain.load(models.save(model, name), "--math=strict")
    (key, x), = feeds.items()
    if np.isnan(value) and name.startswith("max_pool"):
        pytest.skip("max_pool passes NaN over, as onnxruntime does")
    with np.errstate(invalid="ignore"):
        for at in {0, x.size - 1, *np.random.default_rng(1).integers(0, x.size, 8)}:
            odd = x.copy()
            odd.flat[at] = value
            (output,) = compiled.run(odd)
            (expected,) = evaluate(model, {key: odd}).values()
            np.testing.assert_array_equal(np.isnan(output), np.isnan(expected))
            np.testing.assert_array_equal(np.isposinf(output), np.isposinf(expected))
            np.testing.assert_array_equal(np.isneginf(output), np.isneginf(expected))
