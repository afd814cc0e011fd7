"""The exporters of TensorFlow and Keras: tf2onnx on a frozen graph or a function, and the export of Keras itself."""
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
sys.path.append(str(pathlib.Path(__file__).parents[1]))

import numpy as np  # noqa: E402
import onnx  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf2onnx  # noqa: E402
from stored import is_wanted, store  # noqa: E402


def learned(model):
    """Norms as training leaves them. Untrained ones are all equal, and the exporter would make one constant of them."""
    random = np.random.default_rng(0)
    for variable in model.variables:
        if len(variable.shape) == 1:
            noise = 0.2 * random.standard_normal(variable.shape).clip(-2, 2)
            variable.assign(noise if variable.name in ("beta", "bias", "moving_mean") else 1 + noise)
    return model


def keras_own(name, model):
    """model.export(format="onnx")"""
    if not is_wanted(name):
        return
    learned(model)
    model(tf.zeros((1, *model.inputs[0].shape[1:])))  # only what was called once can be exported
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.onnx"
        model.export(str(path), format="onnx", verbose=False)
        store(name, onnx.load(path))


def keras_tf2onnx(name, model, opset, batch=None, nchw=False):
    learned(model)
    function = tf.function(lambda x: model(x, training=False))
    tensorflow(name, function, (batch, *model.inputs[0].shape[1:]), opset, nchw)


def tensorflow(name, function, shape, opset, nchw=False):
    if not is_wanted(name):
        return
    signature = (tf.TensorSpec(shape, tf.float32, name="input"),)
    model, _ = tf2onnx.convert.from_function(function, signature, opset=opset, inputs_as_nchw=["input"] if nchw else None)
    store(name, model)


def frozen_graph(name, build, opset, nchw=False):
    """build() makes a graph of TensorFlow 1 and returns the names of its input and its outputs."""
    if not is_wanted(name):
        return
    graph = tf.Graph()
    with graph.as_default(), tf.compat.v1.Session(graph=graph) as session:
        inputs, outputs = build()
        session.run(tf.compat.v1.global_variables_initializer())
        frozen = tf.compat.v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), [o.split(":")[0] for o in outputs])
    model, _ = tf2onnx.convert.from_graph_def(frozen, input_names=inputs, output_names=outputs, opset=opset,
                                              inputs_as_nchw=inputs if nchw else None)
    store(name, model)
