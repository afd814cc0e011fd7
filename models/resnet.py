#!/usr/bin/env python3
"""Writes a ResNet as an ONNX file: torchvision's shapes and names, seeded weights that behave like trained ones.

    resnet.py resnet50 -o resnet50.onnx [--size 224] [--batch 1|N|dynamic] [--opset 17] [--keep-bn] [--v2] [--seed 0]

Needs numpy and onnx only. Every tensor has its own random stream, keyed by its name. The network is evaluated on a few
made-up pictures while it is built (float64), and the statistics of each batch normalization are those of its real
input. So values keep their size through 152 layers, and the scores tell pictures apart. The statistics are rounded to 4
digits, so the file does not depend on the machine's linear algebra library.
"""
import argparse
import hashlib
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the same sums everywhere; more threads crawl on a busy machine

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# name: (blocks per stage, bottleneck, groups, channels per group of stage 1)
NETWORKS = {
    "resnet18": ((2, 2, 2, 2), False, 1, 64),
    "resnet34": ((3, 4, 6, 3), False, 1, 64),
    "resnet50": ((3, 4, 6, 3), True, 1, 64),
    "resnet101": ((3, 4, 23, 3), True, 1, 64),
    "resnet152": ((3, 8, 36, 3), True, 1, 64),
    "resnext50_32x4d": ((3, 4, 6, 3), True, 32, 4),
    "resnext101_32x8d": ((3, 4, 23, 3), True, 32, 8),
    "wide_resnet50_2": ((3, 4, 6, 3), True, 1, 128),
    "wide_resnet101_2": ((3, 4, 23, 3), True, 1, 128),
}
EPSILON = 1e-5
PROBES, PROBE_SIZE = 8, 96  # pictures that set the statistics


def random(seed, name):
    key = hashlib.sha256(f"{seed}/{name}".encode()).digest()[:16]
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key, "little")))


def pictures(count, height, width, seed=0, channels=3):
    """Normalized pictures [count, channels, height, width]: patches of colour at several scales, and fine noise."""
    rng = random(seed, "pictures")
    out = 0.2 * rng.standard_normal((count, channels, height, width))
    for grid, strength in ((2, 0.8), (4, 0.6), (9, 0.5), (17, 0.3)):
        patches = strength * rng.standard_normal((count, channels, grid, grid))
        out += patches[:, :, np.arange(height) * grid // height][:, :, :, np.arange(width) * grid // width]
    return np.clip(out, -2.1, 2.6).astype(np.float32)


def round4(x):
    """x to 4 significant digits, as float32."""
    scale = 10.0 ** (3 - np.floor(np.log10(np.maximum(np.abs(x), 1e-30))))
    return (np.round(x * scale) / scale).astype(np.float32)


def windows(x, kernel, stride, pad, value):
    """For each kernel position the pixels it sees: [N, C, OH, OW] views."""
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), constant_values=value)
    oh, ow = (x.shape[2] - kernel) // stride + 1, (x.shape[3] - kernel) // stride + 1
    for i in range(kernel):
        for j in range(kernel):
            yield i, j, x[:, :, i:i + (oh - 1) * stride + 1:stride, j:j + (ow - 1) * stride + 1:stride]


def convolve(x, w, stride, pad, groups):
    out = 0
    for i, j, seen in windows(x, w.shape[2], stride, pad, 0):
        n, c, h, width = seen.shape
        seen = seen.reshape(n, groups, c // groups, h * width)
        out = out + w[:, :, i, j].reshape(groups, -1, c // groups) @ seen
    return out.reshape(n, -1, h, width)


def scope(path):
    """The exporter's name of a module: layer1.0.conv1 -> layer1/layer1.0/conv1."""
    names = []
    for part in path.split("."):
        names.append(f"{names[-1]}.{part}" if part.isdigit() else part)
    return "/".join(names)


class Value:
    """A tensor of the graph: its name, and what it is for the probe pictures."""

    def __init__(self, name, data):
        self.name, self.data = name, data


class Builder:
    def __init__(self, seed, keep_bn):
        self.seed, self.keep_bn = seed, keep_bn
        self.nodes, self.initializers = [], []

    def store(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name

    def add(self, op, path, inputs, data, **attributes):
        name = f"/{scope(path)}/{op}"
        output = f"{name}_output_0"
        self.nodes.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        return Value(output, data)

    def weights(self, name, channels, x, kernel, groups):
        shape = (channels, x.data.shape[1] // groups, kernel, kernel)
        noise = random(self.seed, name).standard_normal(shape, np.float32)
        return noise * np.float32(np.sqrt(2 / np.prod(shape[1:])))

    def statistics(self, path, data, strength):
        """Scale, shift, mean, variance of a trained-looking batch normalization of `data`."""
        rng, channels = random(self.seed, path), data.shape[1]
        scale = round4(strength * np.clip(1 + 0.2 * rng.standard_normal(channels), 0.2, 2))
        shift = round4(0.2 * rng.standard_normal(channels))
        return scale, shift, round4(data.mean((0, 2, 3))), round4(data.var((0, 2, 3)) + 1e-4)

    def batch_norm(self, path, x, strength=1.0):
        values = self.statistics(path, x.data, strength)
        names = [self.store(f"{path}.{n}", v) for n, v in zip(("weight", "bias", "running_mean", "running_var"), values)]
        return self.add("BatchNormalization", path, [x.name, *names], normalize(x.data, values), epsilon=EPSILON)

    def conv(self, path, x, channels, kernel, stride=1, groups=1, bn=None, strength=1.0):
        """A convolution without bias and, if bn names one, the batch normalization after it."""
        w = self.weights(f"{path}.weight", channels, x, kernel, groups)
        data = convolve(x.data, w.astype(np.float64), stride, kernel // 2, groups)
        attributes = dict(kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4, dilations=[1, 1], group=groups)
        if bn is None or self.keep_bn:
            y = self.add("Conv", path, [x.name, self.store(f"{path}.weight", w)], data, **attributes)
            return y if bn is None else self.batch_norm(bn, y, strength)
        values = self.statistics(bn, data, strength)
        scale, shift, mean, variance = (v.astype(np.float64) for v in values)
        factor = scale / np.sqrt(variance + EPSILON)
        names = [self.store(f"{path}.weight", w * factor[:, None, None, None]), self.store(f"{path}.bias", shift - mean * factor)]
        return self.add("Conv", path, [x.name, *names], normalize(data, values), **attributes)

    def relu(self, path, x):
        return self.add("Relu", path, [x.name], np.maximum(x.data, 0))

    def max_pool(self, path, x):
        data = np.max([seen for _, _, seen in windows(x.data, 3, 2, 1, -np.inf)], axis=0)
        return self.add("MaxPool", path, [x.name], data, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])

    def classifier(self, x, classes):
        """Pooling, and scores with mean 0 and deviation 3 over the probe pictures."""
        y = self.add("GlobalAveragePool", "avgpool", [x.name], x.data.mean((2, 3)))
        y = self.add("Flatten", "flatten", [y.name], y.data, axis=1)
        w = random(self.seed, "fc.weight").standard_normal((classes, y.data.shape[1]), np.float32)
        w *= round4(3 / ((y.data - y.data.mean(0)) @ w.T.astype(np.float64)).std())
        b = round4(-w.astype(np.float64) @ y.data.mean(0))
        self.nodes.append(helper.make_node("Gemm", [y.name, self.store("fc.weight", w), self.store("fc.bias", b)], ["output"],
                                           name="/fc/Gemm", alpha=1.0, beta=1.0, transB=1))


def normalize(data, values):
    scale, shift, mean, variance = (v.astype(np.float64)[:, None, None] for v in values)
    return (data - mean) / np.sqrt(variance + EPSILON) * scale + shift


def branch(bottleneck, width, out, stride, groups):
    """(conv's index, channels, kernel, stride, groups) of a block's convolutions."""
    if bottleneck:
        return [(1, width, 1, 1, 1), (2, width, 3, stride, groups), (3, out, 1, 1, 1)]
    return [(1, width, 3, stride, 1), (2, out, 3, 1, 1)]


def block(b, path, x, convs, out, stride):
    """Post-activation (v1): conv, norm, relu; the sum goes through the last relu."""
    y = x
    for i, channels, kernel, step, groups in convs:
        last = i == len(convs)
        y = b.conv(f"{path}.conv{i}", y, channels, kernel, step, groups, f"{path}.bn{i}", 0.4 if last else 1.0)
        if not last:
            y = b.relu(f"{path}.relu{i}", y)
    if x.data.shape[1] != out or stride != 1:
        x = b.conv(f"{path}.downsample.0", x, out, 1, stride, bn=f"{path}.downsample.1")
    return b.relu(f"{path}.relu", b.add("Add", path, [y.name, x.name], y.data + x.data))


def block_v2(b, path, x, convs, out, stride):
    """Pre-activation (v2): norm, relu, conv; the sum goes on as it is."""
    first = y = b.relu(f"{path}.relu1", b.batch_norm(f"{path}.bn1", x))
    for i, channels, kernel, step, groups in convs:
        if i == len(convs):
            y = b.conv(f"{path}.conv{i}", y, channels, kernel, step, groups)
        else:
            y = b.relu(f"{path}.relu{i + 1}", b.conv(f"{path}.conv{i}", y, channels, kernel, step, groups, f"{path}.bn{i + 1}"))
    if x.data.shape[1] != out or stride != 1:
        x = b.conv(f"{path}.downsample.0", first, out, 1, stride)
    return b.add("Add", path, [y.name, x.name], y.data + x.data)


def build(network, size=224, batch=1, opset=17, keep_bn=False, v2=False, seed=0, classes=1000):
    """The ModelProto. size: one number or (height, width). batch: a number or "dynamic"."""
    blocks, bottleneck, groups, base = NETWORKS[network]
    height, width = (size, size) if isinstance(size, int) else size
    b = Builder(f"{seed}/{network}", keep_bn)
    x = Value("input", pictures(PROBES, PROBE_SIZE, PROBE_SIZE).astype(np.float64))
    x = b.conv("conv1", x, 64, 7, 2, bn=None if v2 else "bn1")
    x = b.max_pool("maxpool", x if v2 else b.relu("relu", x))
    for stage, count in enumerate(blocks):
        out = (256 if bottleneck else 64) << stage
        for i in range(count):
            stride = 2 if stage > 0 and i == 0 else 1
            convs = branch(bottleneck, (base * groups if bottleneck else 64) << stage, out, stride, groups)
            x = (block_v2 if v2 else block)(b, f"layer{stage + 1}.{i}", x, convs, out, stride)
    if v2:
        x = b.relu("relu", b.batch_norm("bn", x))
    b.classifier(x, classes)
    first = "batch" if batch == "dynamic" else int(batch)
    graph = helper.make_graph(
        b.nodes, network,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [first, 3, height, width])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [first, classes])], b.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="resnetc models/resnet.py")
    model.ir_version = 8
    return model


def main():
    parser = argparse.ArgumentParser(description="Write a ResNet with seeded weights as an ONNX file.")
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--size", default="224", help="N or HEIGHTxWIDTH")
    parser.add_argument("--batch", default="1", help="a number, or dynamic")
    parser.add_argument("--opset", type=int, default=17)
    parser.add_argument("--keep-bn", action="store_true", help="keep BatchNormalization nodes (default: folded)")
    parser.add_argument("--v2", action="store_true", help="pre-activation blocks")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    size = [int(n) for n in args.size.split("x")]
    model = build(args.network, size[0] if len(size) == 1 else tuple(size), args.batch, args.opset, args.keep_bn, args.v2, args.seed)
    onnx.save(model, args.output)


if __name__ == "__main__":
    main()
