"""Images in, classes out: what --input-format, --softmax and --top-k put into an object does what a program would do outside."""
import numpy as np
import onnx
import pytest
from native import run


@pytest.fixture(scope="module")
def network(models):
    return models.classifier()


def pictures(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 16, 16, 3), np.uint8)


# (x - 128) / 64 is exact in float32, so that the rest of the network gets the same bits.
EXACT = ("--mean=128", "--std=64")


def planes(pictures):
    return ((pictures.astype(np.float32) - 128) / 64).transpose(0, 3, 1, 2)


@pytest.mark.parametrize("words, given", [
    ("u8,nhwc", lambda x: x),
    ("u8,nhwc,bgr", lambda x: x[..., ::-1]),
    ("u8,nchw,rgb", lambda x: x.transpose(0, 3, 1, 2)),
    ("f32,nhwc,bgr", lambda x: x[..., ::-1].astype(np.float32)),
    ("f32", lambda x: x.transpose(0, 3, 1, 2).astype(np.float32)),
])
def test_image_formats(words, given, toolchain, network):
    x = pictures(2)
    (expected,) = toolchain.load(network).run(planes(x))
    compiled = toolchain.load(network, f"--input-format={words}", *EXACT)
    (y,) = compiled.run(given(x))
    assert compiled.inputs[0].shape == given(x)[:1].shape
    assert y.tobytes() == expected.tobytes()


def test_each_channel_has_its_own_numbers(toolchain, network):
    x = pictures(1, seed=1)
    mean, std = np.float32([100, 128, 64]), np.float32([32, 64, 128])
    (expected,) = toolchain.load(network).run(((x.astype(np.float32) - mean) / std).transpose(0, 3, 1, 2))
    (y,) = toolchain.load(network, "--input-format=u8,nhwc,bgr", "--mean=100,128,64", "--std=32,64,128").run(x[..., ::-1])
    assert y.tobytes() == expected.tobytes()


def test_a_graph_with_channels_last(toolchain, models, network):
    """Its own transpose and that of the image cancel: bytes go straight into the planes of the first convolution."""
    model = onnx.load(network)
    image = model.graph.input[0]
    model.graph.node.insert(0, onnx.helper.make_node("Transpose", ["pixels"], [image.name], perm=[0, 3, 1, 2]))
    model.graph.input.remove(image)
    model.graph.input.append(onnx.helper.make_tensor_value_info("pixels", 1, ["N", 16, 16, 3]))
    path = models.save(model, "channels_last")
    x = pictures(1, seed=2)
    (expected,) = toolchain.load(path).run((x.astype(np.float32) - 128) / 64)
    (y,) = toolchain.load(path, "--input-format=u8,nhwc", *EXACT).run(x)
    assert y.tobytes() == expected.tobytes()
    plan = toolchain.resnetc(path, "-q", "--input-format=u8,nhwc", *EXACT, "--emit=plan", "-o", "-").stdout
    assert plan.count('plan.step "pixels"') == 2  # the pixels and the border of the first convolution


def test_top_k(toolchain, network):
    x = planes(pictures(3, seed=3))
    (scores,) = toolchain.load(network).run(x)
    indices, best = toolchain.load(network, "--top-k=7").run(x)
    assert indices.dtype == np.int32 and indices.shape == (3, 7)
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :7]
    assert (indices == expected).all()
    assert best.tobytes() == np.take_along_axis(scores, expected, 1).tobytes()


def test_softmax_then_top_k(toolchain, network):
    x = planes(pictures(2, seed=4))
    (probabilities,) = toolchain.load(network, "--softmax").run(x)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=10 * 2.0 ** -24)
    indices, best = toolchain.load(network, "--softmax", "--top-k=3").run(x)
    assert best.tobytes() == np.take_along_axis(probabilities, indices.astype(np.int64), 1).tobytes()
    assert (indices[:, 0] == probabilities.argmax(1)).all()


def test_equal_scores_are_in_order(toolchain, models):
    model = onnx.parser.parse_model('<ir_version: 8, opset_import: ["" : 17]> g (float[1,6] x) => (float[1,6] y) { y = Relu(x) }')
    compiled = toolchain.load(models.save(model, "ties"), "--top-k=5")
    indices, best = compiled.run(np.float32([[-1, 3, -2, 3, 1, 3]]))
    assert indices.tolist() == [[1, 3, 5, 4, 0]] and best.tolist() == [[3, 3, 3, 1, 0]]


def test_resnetc_run_takes_bytes_and_saves_indices(toolchain, network, tmp_path):
    options = ("--input-format=u8,nhwc", *EXACT, "--top-k=2")
    x = pictures(1, seed=5)
    np.save(tmp_path / "x.npy", x)
    library = toolchain.compile(network, *options, suffix=".so")
    run([toolchain.bin / "resnetc-run", library, f"--input=x={tmp_path}/x.npy", "--repeat=1", f"--save={tmp_path}/y.npz"])
    indices, best = toolchain.load(network, *options).run(x)
    with np.load(tmp_path / "y.npz") as saved:
        (first, second) = saved.files
        assert saved[first].dtype == np.int32 and (saved[first] == indices).all()
        assert saved[second].tobytes() == best.tobytes()
