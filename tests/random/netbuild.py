"""Writes the parts of a random network (see netspec.py) as ONNX nodes; nethead.py puts them together."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from netspec import Conv, Pool

IR_VERSIONS = {7: 3, 8: 3, 9: 4, 10: 5, 11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11}
TO_CHANNELS_FIRST, TO_CHANNELS_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


class Tensor:
    """A value of the graph; shape is [N, C, H, W] even where the tensor stands with its channels last."""

    def __init__(self, name, shape):
        self.name, self.shape = name, tuple(shape)


class Builder:
    def __init__(self, net):
        self.net, self.random = net, np.random.default_rng(net.seed)
        self.nodes, self.initializers, self.inputs, self.outputs = [], [], [], []
        self.shared, self.count = {}, 0

    # ---- Tensors.

    def fresh(self, stem):
        self.count += 1
        return f"{stem}{self.count}"

    def emit(self, op, inputs, **attributes):
        name = self.fresh(f"{op.lower()}_")
        self.nodes.append(helper.make_node(op, inputs, [name], name=f"/{name}", **attributes))
        return name

    def store(self, array):
        """A weight, the way that the spec wants weights."""
        array = np.asarray(array, order="C")
        name = self.fresh("w")
        if self.net.weights == "constant" and (self.net.opset >= 9 or array.dtype == np.float32):
            self.nodes.append(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(array)))
            return name
        self.initializers.append(numpy_helper.from_array(array, name))
        if self.net.weights == "input" or self.net.opset < 9:  # IR version 3 lists every initializer
            self.inputs.append(helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape))
        return name

    def integers(self, values):
        return self.store(np.array(values, np.int64))

    def weight(self, shape, fan_in, positive=False):
        key = (shape, positive)
        if self.net.shared and key in self.shared:
            return self.shared[key]
        values = self.random.standard_normal(shape) if not positive else self.random.uniform(0.5, 2, shape)
        values = values * (1 if positive else (2 / fan_in) ** 0.5)
        if self.net.values == "wild":
            values = values * 2.0 ** self.random.integers(*((-2, 3) if positive else (-6, 7)))
            if not positive:
                kind = self.random.integers(8)
                values = np.zeros(shape) if kind == 0 else np.full(shape, values.flat[0]) if kind == 1 else values
        self.shared[key] = name = self.store(values.astype(np.float32))
        return name

    # ---- Operators. Those of images want their channels second; a net with channels last has transposes around each.

    def image_op(self, op, x, channels, height, width, *weights, **attributes):
        source = x.name
        if self.net.channels_last:
            source = self.emit("Transpose", [source], perm=TO_CHANNELS_FIRST)
        y = self.emit(op, [source, *weights], **attributes)
        if self.net.channels_last:
            y = self.emit("Transpose", [y], perm=TO_CHANNELS_LAST)
        return Tensor(y, (x.shape[0], channels, height, width))

    def same(self, op, x, *others, **attributes):
        return Tensor(self.emit(op, [x.name, *others], **attributes), x.shape)

    def per_channel(self, channels):
        return (channels,) if self.net.channels_last else (channels, 1, 1)

    def activate(self, x, act):
        if act == "Clip" and self.net.opset < 11:
            return self.same("Clip", x, min=0.0, max=6.0)
        if act == "Clip":
            return self.same("Clip", x, *[self.store(np.float32(v)) for v in (0, 6)])
        if act == "LeakyRelu":
            return self.same("LeakyRelu", x, alpha=0.1)
        if act == "Silu":
            return self.same("Mul", x, self.same("Sigmoid", x).name)
        return self.same(act, x) if act else x

    def normalize(self, x):
        n, c, h, w = x.shape
        values = [self.weight((c,), 2), self.weight((c,), 2), self.weight((c,), 8), self.weight((c,), 1, positive=True)]
        return self.image_op("BatchNormalization", x, c, h, w, *values, epsilon=1e-3)

    def window(self, size, kernel, stride, dilation, pads, ceil=False):
        """Attributes and result size; the kernel shrinks until a window fits."""
        kernel = list(kernel)
        attributes = {"strides": list(stride)}
        if isinstance(pads, str) and pads.startswith("SAME_"):
            out = [-(-size[i] // stride[i]) for i in range(2)]
            return {**attributes, "auto_pad": pads, "kernel_shape": kernel}, out
        begin, end = [0, 0], [0, 0]
        if isinstance(pads, tuple):
            begin, end = list(pads[:2]), list(pads[2:])
        if pads == "same":
            kernel = [k if k % 2 else k + 1 for k in kernel]
            begin = end = [(k - 1) * d // 2 for k, d in zip(kernel, dilation)]
        for i in range(2):
            while kernel[i] > 1 and (kernel[i] - 1) * dilation[i] + 1 > size[i] + begin[i] + end[i]:
                kernel[i] -= 1
        steps = [size[i] + begin[i] + end[i] - (kernel[i] - 1) * dilation[i] - 1 for i in range(2)]
        out = [(-(-steps[i] // stride[i]) if ceil else steps[i] // stride[i]) + 1 for i in range(2)]
        chosen = {"auto_pad": "VALID"} if pads == "VALID" else {"pads": [*begin, *end]}
        return {**attributes, **chosen, "kernel_shape": kernel}, out

    def convolve(self, x, spec, stride=None, channels=None):
        c, out = x.shape[1], channels or spec.channels
        groups = c if spec.groups == 0 else spec.groups
        if spec.groups == 0:
            out = c if channels is None else out
        if c % groups or out % groups:
            groups = 1
        dilation = spec.dilation
        attributes, size = self.window(x.shape[2:], spec.kernel, stride or spec.stride, dilation, spec.pads)
        kernel = attributes["kernel_shape"]
        weights = [self.weight((out, c // groups, *kernel), c // groups * kernel[0] * kernel[1])]
        if spec.bias == "conv":
            weights.append(self.weight((out,), 8))
        y = self.image_op("Conv", x, out, *size, *weights, group=groups, dilations=list(dilation), **attributes)
        return self.same("Add", y, self.weight(self.per_channel(out), 8)) if spec.bias == "add" else y

    def conv(self, x, spec, stride=None, channels=None):
        """A convolution with its norms and its activation."""
        def around(x):
            for _ in range(spec.norm):
                x = self.normalize(x)
            return self.activate(x, spec.act)
        return self.convolve(around(x), spec, stride, channels) if spec.before else around(self.convolve(x, spec, stride, channels))

    def pool(self, x, spec):
        c, size, pads = x.shape[1], x.shape[2:], spec.pads
        if str(pads).startswith("SAME_"):  # onnxruntime refuses strides beyond the kernel
            kernel = [max(k, s) for k, s in zip(spec.kernel, spec.stride)]
        else:  # each window sees a pixel: the kernel fits into the image, pads are smaller than the kernel
            kernel = [min(k, s) for k, s in zip(spec.kernel, size)]
        if pads == "same":
            kernel = [k if k % 2 else k - 1 for k in kernel]
        elif isinstance(pads, tuple):
            pads = tuple(min(p, kernel[i % 2] - 1) for i, p in enumerate(pads))
        ceil = spec.ceil and self.net.opset >= 10 and (pads == "same" or isinstance(pads, tuple))
        attributes, out = self.window(size, kernel, spec.stride, (1, 1), pads, ceil)
        if ceil and any((out[i] - 1) * spec.stride[i] >= size[i] + attributes["pads"][i] for i in range(2)):
            ceil = False  # a window in the end pad alone: onnx miscounts those before opset 22
            attributes, out = self.window(size, kernel, spec.stride, (1, 1), pads)
        if ceil:
            attributes["ceil_mode"] = 1
        if spec.kind == "average" and spec.count_pads:
            attributes["count_include_pad"] = 1
        return self.image_op("MaxPool" if spec.kind == "max" else "AveragePool", x, c, *out, **attributes)

    # ---- Blocks.

    def shortcut(self, x, block, like):
        n, c, h, w = like.shape
        s = block.stride
        if block.shortcut == "identity" and x.shape == like.shape:
            return x
        if block.shortcut == "average" and s > 1:
            x = self.pool(x, Pool("average", (s, s), (s, s), "SAME_UPPER", False, False))
        elif block.shortcut == "subsample" and c == x.shape[1]:
            return self.pool(x, Pool("max", (1, 1), (s, s), "VALID", False, False))
        elif block.shortcut == "pad" and c >= x.shape[1] and self.net.opset >= 10:
            return self.pad_channels(self.slice(x, s, h, w), c)
        step = tuple(-(-x.shape[2 + i] // (h, w)[i]) for i in range(2))
        return self.conv(x, Conv(c, (1, 1), step, (1, 1), "VALID", 1, "", 1, False, ""))

    def slice(self, x, step, h, w):
        axes = [1, 2] if self.net.channels_last else [2, 3]
        arguments = [self.integers(v) for v in ([0, 0], [2 ** 31 - 1] * 2, axes, [step, step])]
        return Tensor(self.emit("Slice", [x.name, *arguments]), (*x.shape[:2], h, w))

    def pad_channels(self, x, channels):
        front = (channels - x.shape[1]) // 2
        pads = [0] * 8
        axis = 3 if self.net.channels_last else 1
        pads[axis], pads[4 + axis] = front, channels - x.shape[1] - front
        shape = (x.shape[0], channels, *x.shape[2:])
        if self.net.opset < 11:
            return Tensor(self.emit("Pad", [x.name], pads=pads), shape)
        return Tensor(self.emit("Pad", [x.name, self.integers(pads)]), shape)

    def gate(self, x):
        n, c, h, w = x.shape
        y = self.image_op("GlobalAveragePool", x, c, 1, 1)
        plain = Conv(max(c // 4, 1), (1, 1), (1, 1), (1, 1), "VALID", 1, "conv", 0, False, "Relu")
        y = self.activate(self.convolve(self.conv(y, plain), plain, channels=c), "Sigmoid")
        return self.same("Mul", x, y.name)

    def block(self, x, block):
        y = x
        for i, conv in enumerate(block.convs):
            stride = (block.stride,) * 2 if i == min(block.strided, len(block.convs) - 1) else (1, 1)
            last = i == len(block.convs) - 1
            y = self.conv(y, conv, stride, x.shape[1] if last and block.shortcut == "identity" else None)
        if block.gate:
            y = self.gate(y)
        if block.shortcut:
            y = Tensor(self.emit(self.net.sum_op, [y.name, self.shortcut(x, block, y).name]), y.shape)
        y = self.activate(y, block.act)
        if block.tap:
            self.output(y.name, y.shape, image=True)
        return y

    def output(self, name, shape, image=False):
        if image and self.net.channels_last:
            shape = [shape[i] for i in TO_CHANNELS_LAST]
        if name not in [o.name for o in self.outputs] + [i.name for i in self.inputs]:
            self.outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
