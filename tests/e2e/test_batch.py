"""One object for several batches: any number of images, bit for bit as one at a time, with the weights in it once."""
import re

import numpy as np
import onnx
import pytest
import resnet
from onnx import helper, numpy_helper

E_BATCH = 3


@pytest.fixture(scope="module")
def network(models):
    return models.classifier()


@pytest.fixture(scope="module")
def single(toolchain, network):
    return toolchain.load(network)


@pytest.fixture(scope="module")
def images(single):
    x = resnet.pictures(13, 16, 16, seed="batches")
    return x, np.concatenate([single.run(x[i:i + 1])[0] for i in range(13)])


@pytest.mark.parametrize("batches, count", [("1,4,8", 13), ("1,4,8", 3), ("2,6", 8), ("1..9", 9)])
def test_any_batch_equals_single_runs(batches, count, toolchain, network, images):
    x, expected = images
    (y,) = toolchain.load(network, f"--batch={batches}").run(x[:count])
    assert y.tobytes() == expected[:count].tobytes()


def test_threads_do_not_change_batches(toolchain, network, images):
    x, expected = images
    (y,) = toolchain.load(network, "--batch=1,4,8").run(x, threads=3)
    assert y.tobytes() == expected.tobytes()


@pytest.mark.parametrize("threads", [1, 2, 5, 16])
def test_images_go_through_in_groups(threads, toolchain, network, images):
    """More images than are ever worked on together (16), and values of the middle, which all images keep: the groups of every
    number of threads give the same bits."""
    x = np.concatenate([images[0]] * 3)[:37]
    one, many = toolchain.load(network, "--all-endpoints"), toolchain.load(network, "--all-endpoints", "--batch=37")
    outputs = many.run(x, threads=threads)
    for i in (0, 1, 15, 16, 31, 36):
        for got, expected in zip(outputs, one.run(x[i:i + 1]), strict=True):
            assert got[i:i + 1].tobytes() == expected.tobytes()


def test_scratch_is_for_the_images_that_are_worked_on(toolchain, network):
    """Of a large batch only 16 images are in the middle of the network at once."""
    sixteen, many = (toolchain.load(network, f"--batch={n}").model.scratch_bytes(n) for n in (16, 64))
    assert sixteen <= many < 1.2 * sixteen


def status_of(native, batch):
    return native.model.run(batch, None, None, None, None)


def test_what_does_not_fit_is_refused(toolchain, network):
    """Batches outside of what was compiled are refused before a pointer is looked at."""
    bounded, pairs = toolchain.load(network, "--batch=1..9"), toolchain.load(network, "--batch=2,6")
    assert (bounded.model.batch_min, bounded.model.batch_max) == (1, 9)
    assert {status_of(bounded, n) for n in (-1, 0, 10)} == {E_BATCH}
    assert {status_of(pairs, n) for n in (0, 1, 3)} == {E_BATCH}
    assert status_of(bounded, 9) != E_BATCH and status_of(pairs, 8) != E_BATCH


def test_a_deep_network_shares_its_weights(toolchain, models):
    """ResNet-18 for two batches: the weights of one, and code of its own only for the steps."""
    network = models.resnet("resnet18", size=64, batch="dynamic")
    single, several = toolchain.load(network), toolchain.load(network, "--batch=1,4")
    one, more = (toolchain.compile(network, *options).stat().st_size for options in ((), ("--batch=1,4",)))
    assert more - one < 100 << 10
    x = resnet.pictures(5, 64, 64, seed="deep")
    (y,) = several.run(x)
    assert y.tobytes() == np.concatenate([single.run(x[i:i + 1])[0] for i in range(5)]).tobytes()


@pytest.mark.parametrize("level", ["x86-64-v2", "x86-64-v3", "x86-64-v4", "znver4", "znver5", "sapphirerapids"])
def test_batches_read_the_same_weights(level, toolchain, models):
    """At every level, also one that does not run here: the bytes are in the model's description."""
    network = models.resnet("resnet18", size=64, batch="dynamic")
    single, several = (toolchain.load(network, f"--cpu={level}", *options) for options in ((), ("--batch=1,4,8",)))
    assert several.model.weight_bytes == single.model.weight_bytes


def test_scratch_grows_with_the_batch(toolchain, network):
    model = toolchain.load(network, "--batch=1,4,8").model
    one, four, eight = (model.scratch_bytes(n) for n in (1, 4, 8))
    assert one == model.scratch_bytes(3) < four == model.scratch_bytes(7) < eight == model.scratch_bytes(100)
    alone = toolchain.load(network, "--batch=4").model
    assert alone.scratch_bytes(4) == four


def frozen(models, shape):
    """A graph whose Reshape has the batch of the export in it."""
    weight = numpy_helper.from_array(np.linspace(-1, 1, 40, dtype=np.float32).reshape(8, 5), "w")
    nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Reshape", ["r", "shape"], ["f"]), helper.make_node("MatMul", ["f", "w"], ["y"])]
    graph = helper.make_graph(nodes, "frozen", [helper.make_tensor_value_info("x", 1, [1, 8, 1, 1])],
                              [helper.make_tensor_value_info("y", 1, [1, 5])], [weight, numpy_helper.from_array(np.array(shape), "shape")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return models.save(model, "frozen" + re.sub(r"\W+", "_", str(shape)))


@pytest.mark.parametrize("shape", [[1, 8], [1, -1]])
def test_batch_of_the_export_gives_way(shape, toolchain, models):
    path = frozen(models, shape)
    x = np.random.default_rng(0).standard_normal((3, 8, 1, 1)).astype(np.float32)
    one = toolchain.load(path)
    assert status_of(one, 3) == E_BATCH
    (y,) = toolchain.load(path, "--batch=1..4").run(x)
    assert y.tobytes() == np.concatenate([one.run(x[i:i + 1])[0] for i in range(3)]).tobytes()


def test_outputs_without_a_batch_cannot_have_several(toolchain, models, tmp_path):
    model = onnx.parser.parse_model('<ir_version: 8, opset_import: ["" : 17]> g (float[N,4] x) => (float[1,4] y) { y = ReduceMean<axes=[0]>(x) }')
    done = toolchain.resnetc(models.save(model, "mean"), "-q", "--batch=1,2", "-o", tmp_path / "x.o")
    assert done.returncode == 1 and not list(tmp_path.iterdir())
    assert "error: [U017] the model cannot be compiled for several batches" in done.stderr
