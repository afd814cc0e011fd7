"""The end of a random network, and the whole: build(net) -> ModelProto."""
import numpy as np
import onnx
from onnx import TensorProto, helper

from netbuild import IR_VERSIONS, TO_CHANNELS_FIRST, Builder, Tensor
from netspec import Conv


def reduce(b, x, axes, keep):
    """ReduceMean; its axes are an input since opset 18."""
    if b.net.opset < 18:
        return b.emit("ReduceMean", [x.name], axes=axes, keepdims=keep)
    return b.emit("ReduceMean", [x.name, b.integers(axes)], keepdims=keep)


def pool(b, x, kind):
    """The pooled tensor, [N, C, 1, 1] or, for "mean", [N, C]."""
    n, c, h, w = x.shape
    axes = [1, 2] if b.net.channels_last else [2, 3]
    if kind == "global":
        return b.image_op("GlobalAveragePool", x, c, 1, 1)
    if kind == "average":
        return b.image_op("AveragePool", x, c, 1, 1, kernel_shape=[h, w])
    if kind == "mean":
        return Tensor(reduce(b, x, axes, 0), (n, c))
    return Tensor(reduce(b, x, axes, 1), (n, c, 1, 1)) if kind else x


def squeeze(b, x, axes):
    return b.emit("Squeeze", [x.name], axes=axes) if b.net.opset < 13 else b.emit("Squeeze", [x.name, b.integers(axes)])


def flatten(b, x, how):
    n, *rest = x.shape
    count = int(np.prod(rest))
    if len(rest) == 1:
        return x
    if how == "squeeze" and rest[1:] == [1, 1]:
        name = squeeze(b, x, [1, 2] if b.net.channels_last else [2, 3])
    elif how == "reshape":
        name = b.emit("Reshape", [x.name, b.integers([n, -1])])
    elif how == "shape chain":  # x.view(x.size(0), -1)
        size = b.emit("Gather", [b.emit("Shape", [x.name]), b.store(np.array(0, np.int64))], axis=0)
        size = b.emit("Unsqueeze", [size], axes=[0]) if b.net.opset < 13 else b.emit("Unsqueeze", [size, b.integers([0])])
        name = b.emit("Reshape", [x.name, b.emit("Concat", [size, b.integers([-1])], axis=0)])
    else:
        name = b.emit("Flatten", [x.name], axis=1)
    return Tensor(name, (n, count))


def dense(b, x, kind, classes):
    n, c = x.shape
    bias = b.weight((classes,), 8)
    if kind == "gemm":
        return Tensor(b.emit("Gemm", [x.name, b.weight((classes, c), c), bias], transB=1), (n, classes))
    if kind == "gemm plain":
        return Tensor(b.emit("Gemm", [x.name, b.weight((c, classes), c), bias], alpha=0.5, beta=2.0), (n, classes))
    return Tensor(b.emit("Add", [b.emit("MatMul", [x.name, b.weight((c, classes), c)]), bias]), (n, classes))


def head(b, x, spec):
    x = pool(b, x, spec.pool)
    if spec.dropout and b.net.opset >= 12:
        x = b.same("Dropout", x)
    elif spec.dropout:
        x = b.same("Dropout", x, ratio=0.5)
    if spec.dense == "conv" and len(x.shape) == 4:
        x = b.convolve(x, Conv(spec.classes, (1, 1), (1, 1), (1, 1), "VALID", 1, "conv", 0, False, ""))
    x = flatten(b, x, spec.flat)
    if spec.dense and spec.dense != "conv":
        x = dense(b, x, spec.dense, spec.classes)
    return b.same("Softmax", x, axis=1) if spec.softmax else x


def build(net):
    b = Builder(net)
    n, c, h, w = net.image
    b.inputs.append(helper.make_tensor_value_info("image", TensorProto.FLOAT, [n, h, w, c] if net.channels_last else net.image))
    x = Tensor("image", net.image)
    for part in net.stem:
        x = b.conv(x, part) if isinstance(part, Conv) else b.pool(x, part)
    for block in net.blocks:
        x = b.block(x, block)
    x = head(b, x, net.head)
    x = b.same("Identity", x)  # so that the last output is none of the others, nor the input
    b.output(x.name, x.shape)
    graph = helper.make_graph(b.nodes, "random", b.inputs, b.outputs, b.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", net.opset)], ir_version=IR_VERSIONS[net.opset])
    onnx.checker.check_model(model, full_check=True)
    return model
