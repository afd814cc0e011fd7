"""Graphs that real exporters wrote (models/graphs): each compiles, and errs little against float64.

The bound of a whole network is the one that README states: 1e-4 of the range for each input, and ten times onnxruntime's own
error over all of them (that of a single input is now and then next to nothing by chance). With seeded weights a few networks amplify
roundings so much that direct sums, onnxruntime's, use up a fifth of the first, and Winograd's algorithms err up to some
five times as much: for these the second holds alone.
The first class is the same wherever float64 tells it from the second by more. RESNETC_LONG=1 runs every graph, else a part.
"""
import os
import re

import measure
import numpy as np
import onnx.inliner
import pytest
import stored
from reference import evaluate

UNIT = 2.0 ** -24
# One graph of each system and each habit of an exporter, the small ones.
QUICK = {
    "cifar_resnet20_A_dynamo20", "cifar_resnet20_A_legacy13_bn", "cifar_resnet56_B_legacy11", "handwritten_resnet34_v2_legacy11",
    "keras_blocks_64_tf2onnx13", "keras_small_resnet18_own", "keras_small_resnet18_tf2onnx9_nchw", "slim_resnet_v2_50_tf2onnx13",
    "tf_bottleneck_resnet50_tf2onnx17_nchw", "timm_resnet18d_legacy17", "timm_seresnet18_legacy17", "timm_resnet18_leakyrelu_legacy17",
    "torchvision_resnet18_legacy7_inputs", "torchvision_resnet18_legacy11_shared", "torchvision_resnet18_dynamo20_external",
    "torchvision_resnet18_legacy17_functions",
}
LONG = os.environ.get("RESNETC_LONG") == "1"


@pytest.fixture(scope="module")
def table():
    rows = []
    yield rows
    print("\n| graph | resnetc against float64 | onnxruntime against float64 |\n| --- | --- | --- |")
    for row in sorted(rows):
        print("| {} | {:.1e} | {:.1e} |".format(*row))


def save(name, folder):
    """The graph with its weights, in a file beside it where the exporter does so."""
    path = folder / "net.onnx"
    model = stored.load(name)
    if name.endswith("_external"):
        onnx.save(model, path, save_as_external_data=True, location="net.onnx.data")
        return onnx.load(path), path
    onnx.save(model, path)
    return model, path


def is_softmax(graph, name):
    """Whether an output is what a softmax gives, perhaps in another shape."""
    producers = {output: node for node in graph.node for output in node.output}
    while name in producers and producers[name].op_type in ("Reshape", "Squeeze", "Flatten", "Transpose", "Identity"):
        name = producers[name].input[0]
    return name in producers and producers[name].op_type == "Softmax"


def share_of_range(graph, name, values):
    """1e-4 of the range of what the network computes. Behind a softmax an error d of the logits z is one of up to 2 d of each
    probability p, and the range of z is ln(max p / min p)."""
    if not is_softmax(graph, name):
        return 1e-4 * np.ptp(values)
    return 2e-4 * np.log(values.max() / max(values.min(), np.finfo(np.float32).tiny)) * values.max()


@pytest.mark.parametrize("name", stored.names() if LONG else sorted(QUICK))
def test_agrees_with_float64(name, toolchain, tmp_path, table):
    model, path = save(name, tmp_path)
    checked = toolchain.resnetc("--check", path)
    if re.search(r"error: \[R03[1-4]\]", checked.stderr):  # an operator that resnetc does not have yet, and says so
        pytest.skip(checked.stderr.splitlines()[0])
    session, compiled = measure.ort_session(path, 1), toolchain.load(path)
    inlined = onnx.inliner.inline_local_functions(model)
    ours = theirs = 0.0
    for feeds in (stored.feeds(model, "first"), stored.feeds(model, "second")):
        exact = evaluate(inlined, feeds)
        for (output_name, want), output, their in zip(exact.items(), compiled.run(*feeds.values()), session.run(None, feeds), strict=True):
            assert output.shape == want.shape
            largest = np.abs(want).max()
            error, their_error = (np.abs(o - want).max() / largest for o in (output, their))
            ours, theirs = max(ours, error), max(theirs, their_error)
            share = share_of_range(inlined.graph, output_name, want)
            bound = share if 5 * their_error * largest <= share else 10 * their_error * largest
            assert error * largest <= bound, f"error {error:.3g} of the largest value, onnxruntime's {their_error:.3g}"
        second, first = np.sort(want.ravel())[-2:]
        if first - second > 2 * bound:
            assert output.argmax() == want.argmax()
    assert ours <= 10 * max(theirs, UNIT), f"error {ours:.3g} of the largest value, onnxruntime's {theirs:.3g}"
    table.append((name, ours, theirs))


def test_stored_graphs_are_small_and_listed():
    """models/README.md has every graph in its table, and no graph is large."""
    text = (stored.GRAPHS.parent / "README.md").read_text()
    files = list(stored.GRAPHS.glob("*.onnx.xz"))
    assert all(f.stat().st_size < 100_000 for f in files) and sum(f.stat().st_size for f in files) < 2_000_000
    missing = [name for name in stored.names() if f"`{name}`" not in text]
    assert not missing
    assert QUICK <= set(stored.names())
