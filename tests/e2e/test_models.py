"""The maker of seeded networks: same bytes each time, values that neither die nor explode, pictures that differ."""
import numpy as np
import onnx
import pytest
import resnet
import stored
from reference import evaluate


def test_same_bytes_twice():
    first, second = (resnet.build("resnet18", size=32).SerializeToString() for _ in range(2))
    assert first == second
    assert resnet.build("resnet18", size=32, seed=1).SerializeToString() != first


@pytest.mark.parametrize("network, parameters", [("resnet18", 11_689_512), ("resnext50_32x4d", 25_028_904)])
def test_has_the_right_size(network, parameters):
    """The parameter counts are torchvision's, without the running statistics."""
    model = resnet.build(network, keep_bn=True)
    onnx.checker.check_model(model, full_check=True)
    assert sum(np.prod(i.dims) for i in model.graph.initializer if ".running_" not in i.name) == parameters


@pytest.mark.parametrize("options", [{}, {"v2": True}])
def test_values_keep_their_size(options):
    model = resnet.build("resnet50", size=64, **options)
    outputs = [n.output[0] for n in model.graph.node if n.op_type == "Relu"]
    model.graph.output.extend(onnx.helper.make_tensor_value_info(o, onnx.TensorProto.FLOAT, None) for o in outputs)
    values = evaluate(model, {"input": resnet.pictures(2, 64, 64, seed=7)})
    assert all(0.2 < values[o].std() < 20 for o in outputs)
    scores = values["output"]
    assert 1 < scores.std() < 30
    assert scores[0].argmax() != scores[1].argmax()


def test_folded_equals_kept_batch_norm():
    x = resnet.pictures(1, 64, 64)
    kept, folded = (evaluate(resnet.build("resnet18", size=64, keep_bn=k), {"input": x})["output"] for k in (True, False))
    np.testing.assert_allclose(folded, kept, rtol=0, atol=1e-4 * np.abs(kept).max())


def test_stored_graph_is_filled_the_same_way_and_tells_pictures_apart():
    first, second = (stored.load("cifar_resnet20_A_dynamo20") for _ in range(2))
    assert first.SerializeToString() == second.SerializeToString()
    scores = [evaluate(first, stored.feeds(first, seed))["output"] for seed in range(2)]
    assert all(0.5 < s.std() < 20 for s in scores)
    assert np.abs(scores[0] - scores[1]).max() > 0.1
