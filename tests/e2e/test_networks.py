"""Whole networks: the first class is that of float64, and the error against it is bounded.

With --math=strict: at most twice onnxruntime's own. By default, with Winograd: at most ten times, and 1e-4 of the outputs' range.
"""
import fetch
import measure
import numpy as np
import onnx
import photo
import pytest
import resnet
from reference import evaluate

UNIT = 2.0 ** -24


def check(toolchain, path, inputs, *options):
    """Runs every input through the compiled model, onnxruntime and the yardstick; returns the compiled model's outputs."""
    model = onnx.load(path)
    compiled = toolchain.load(path, *options)
    session = measure.ort_session(path, 1)
    name = session.get_inputs()[0].name
    outputs = []
    mine = theirs = largest = spread = 0.0
    for x in inputs:
        (exact,) = evaluate(model, {name: x}).values()
        (output,) = compiled.run(x)
        assert output.shape == exact.shape
        assert output.argmax() == exact.argmax()
        mine = max(mine, np.abs(output - exact).max())
        theirs = max(theirs, np.abs(session.run(None, {name: x})[0] - exact).max())
        largest = max(largest, np.abs(exact).max())
        spread = max(spread, np.ptp(exact))
        outputs.append(output)
    strict = "--math=strict" in options
    bound = (2 if strict else 10) * max(theirs, UNIT * largest)
    message = f"error {mine:.3g}, onnxruntime's {theirs:.3g}, largest value {largest:.3g}, range {spread:.3g}"
    assert mine <= bound and (strict or mine <= 1e-4 * spread), message
    return outputs


def pictures(count, size=(224, 224)):
    return [resnet.pictures(1, *size, seed=f"test{i}") for i in range(count)]


@pytest.mark.parametrize("network, options", [
    ("resnet18", {}),
    ("resnet50", {}),
    ("resnet18", {"size": (97, 61), "keep_bn": True}),
    ("resnet50", {"size": 64, "v2": True, "opset": 13}),
    ("resnext50_32x4d", {"size": 64, "keep_bn": True, "opset": 9}),
])
def test_seeded_network(network, options, toolchain, models):
    size = options.get("size", 224)
    size = (size, size) if isinstance(size, int) else size
    outputs = check(toolchain, models.resnet(network, **options), pictures(2, size))
    assert outputs[0].argmax() != outputs[1].argmax() or np.abs(outputs[0] - outputs[1]).max() > 0.1  # pictures differ


def test_strict_math_computes_every_product(toolchain, models):
    """--math=strict keeps within its bound and is not what the default computes (Winograd)."""
    path, inputs = models.resnet("resnet18", size=64), pictures(1, (64, 64))
    (strict,), (fast,) = check(toolchain, path, inputs, "--math=strict"), check(toolchain, path, inputs)
    assert (strict != fast).any()


def test_light_resnet50_of_onnx(toolchain, models):
    """All its weights are equal, so its 1000 scores are too: 0.001 each."""
    path = models.fetched("light_resnet50")
    expected = onnx.TensorProto.FromString((path.parent / "light_resnet50_output_0.pb").read_bytes())
    compiled = toolchain.load(path)
    (output,) = compiled.run(*[np.ones(i.shape, np.float32) for i in compiled.inputs])
    np.testing.assert_allclose(output, onnx.numpy_helper.to_array(expected), rtol=1e-4)


@pytest.mark.parametrize("file, known", [("chelsea.png", 6.87e-5), ("coffee.png", 0.01279), ("astronaut.png", 0.01521), ("rocket.jpg", 0.001044)])
def test_trained_network_on_photo(file, known, toolchain, models):
    """opennsfw: NHWC, from TensorFlow, opset 9. The known scores are onnxruntime's from another machine."""
    x = photo.to_input(photo.crop(fetch.photo(file)), nhwc=True, bgr=True)
    (output,) = check(toolchain, models.fetched("opennsfw"), [x])
    np.testing.assert_allclose(output[0, 1], known, rtol=5e-3)
    np.testing.assert_allclose(output.sum(), 1, rtol=1e-5)


def test_digits_are_recognised(toolchain, models):
    """A small trained network: at least 99 % of 200 digits right, and each the same class as onnxruntime's."""
    images, labels = models.digits_test()
    compiled = toolchain.load(models.digits)
    classes = np.array([compiled.run(x[None])[0].argmax() for x in images])
    theirs = measure.ort_session(models.digits, 1).run(None, {"input": images})[0].argmax(1)
    assert len(labels) == 200 and (classes == theirs).all()
    assert (classes == labels).mean() >= 0.99
