"""What a call leaves alone, and where a NaN goes."""
import subprocess

import numpy as np
import onnx
import onnx.numpy_helper
import onnx.parser
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


def test_denormals_are_flushed_on_every_thread(toolchain, tmp_path):
    """Layers whose values are too small for normal numbers, which many processors compute slowly: they give zeros."""
    convolution = "x1 = Conv<pads = [1, 1, 1, 1]>(x, w) y = Conv<pads = [1, 1, 1, 1]>(x1, w)"
    model = onnx.parser.parse_model('<ir_version: 8, opset_import: ["" : 17]> g (float[1, 16, 12, 12] x) => (float[1, 16, 12, 12] y) {'
                                    f" {convolution} }}")
    w = np.full((16, 16, 3, 3), 1e-12, np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(w, "w"))
    onnx.save(model, tmp_path / "small.onnx")
    x = np.full((1, 16, 12, 12), 1e-20, np.float32)
    for math in ("--math=strict", "--math=fast"):
        for threads in (0, 2):
            (flushed,) = toolchain.load(tmp_path / "small.onnx", math).run(x, threads=threads)
            assert not flushed.any()
            (kept,) = toolchain.load(tmp_path / "small.onnx", math, "--denormals=keep").run(x, threads=threads)
            assert (kept > 0).all() and (kept < np.finfo(np.float32).tiny).all()


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
