#!/usr/bin/env python3
"""Trains a ResNet-8 on scikit-learn's handwritten digits (1797 images, 8x8) and writes models/digits/.

    pip install --no-deps scikit-learn==1.9.1 scipy==1.17.1 joblib==1.6.0 threadpoolctl==3.8.0 narwhals==2.29.0
    python models/digits.py

Plain numpy: about a minute. 200 images are kept out of the training, for tests. The result is stored in the project, so
that nobody has to train: digits.onnx (BatchNormalization kept, dynamic batch, opset 13) and test.npz (images, labels).
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = pathlib.Path(__file__).parent / "digits"
EPSILON, EPOCHS, BATCH, RATE = 1e-5, 30, 64, 0.05
BLOCKS = ((16, 1), (32, 2), (64, 2))  # channels and stride


class Network:
    """Parameters by name; forward() in NHWC returns the scores and leaves on `tape` what backward() needs."""

    def __init__(self, rng):
        self.rng, self.p, self.running, self.tape, self.training = rng, {}, {}, [], True
        self.forward(np.zeros((2, 8, 8, 1), np.float32))  # makes the parameters
        self.running = {n: np.zeros_like(v) if n.endswith("mean") else np.ones_like(v) for n, v in self.running.items()}
        self.speed = {n: np.zeros_like(v) for n, v in self.p.items()}

    def get(self, name, shape, std=None):
        if name not in self.p:
            self.p[name] = np.ones(shape, np.float32) if std is None else (std * self.rng.standard_normal(shape)).astype(np.float32)
        return self.p[name]

    def conv(self, name, x, channels, kernel, stride):
        n, h, w, c = x.shape
        weight = self.get(f"{name}.weight", (kernel, kernel, c, channels), np.sqrt(2 / (kernel * kernel * c)))
        pad, oh, ow = kernel // 2, -(-h // stride), -(-w // stride)
        padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
        spots = [(i, j) for i in range(kernel) for j in range(kernel)]
        view = lambda a, i, j: a[:, i:i + (oh - 1) * stride + 1:stride, j:j + (ow - 1) * stride + 1:stride]  # noqa: E731
        columns = np.concatenate([view(padded, i, j) for i, j in spots], axis=3).reshape(-1, kernel * kernel * c)

        def backward(dy, grads):
            dy = dy.reshape(-1, channels)
            grads[f"{name}.weight"] = (columns.T @ dy).reshape(weight.shape)
            dcolumns = (dy @ weight.reshape(-1, channels).T).reshape(n, oh, ow, len(spots), c)
            dx = np.zeros_like(padded)
            for s, (i, j) in enumerate(spots):
                view(dx, i, j)[...] += dcolumns[:, :, :, s]
            return dx[:, pad:pad + h, pad:pad + w]

        return (columns @ weight.reshape(-1, channels)).reshape(n, oh, ow, channels), backward

    def norm(self, name, x):
        c = x.shape[3]
        scale, shift = self.get(f"{name}.weight", c), self.get(f"{name}.bias", c, 0.0)
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        for key, value in ((f"{name}.running_mean", mean), (f"{name}.running_var", variance)):
            old = self.running.setdefault(key, value)
            if self.training:
                self.running[key] = (0.9 * old + 0.1 * value).astype(np.float32)
        if not self.training:
            mean, variance = self.running[f"{name}.running_mean"], self.running[f"{name}.running_var"]
        inverse = 1 / np.sqrt(variance + EPSILON)
        unit = (x - mean) * inverse

        def backward(dy, grads):
            grads[f"{name}.weight"], grads[f"{name}.bias"] = (dy * unit).sum((0, 1, 2)), dy.sum((0, 1, 2))
            d = dy * scale
            return inverse * (d - d.mean((0, 1, 2)) - unit * (d * unit).mean((0, 1, 2)))

        return unit * scale + shift, backward

    def conv_norm(self, conv, norm, x, channels, kernel, stride):
        y, back_conv = self.conv(conv, x, channels, kernel, stride)
        y, back_norm = self.norm(norm, y)
        return y, lambda dy, grads: back_conv(back_norm(dy, grads), grads)

    def block(self, name, x, channels, stride):
        a, back_a = self.conv_norm(f"{name}.conv1", f"{name}.bn1", x, channels, 3, stride)
        a = np.maximum(a, 0)
        b, back_b = self.conv_norm(f"{name}.conv2", f"{name}.bn2", a, channels, 3, 1)
        s, back_s = x, lambda dy, grads: dy
        if stride != 1:
            s, back_s = self.conv_norm(f"{name}.downsample.0", f"{name}.downsample.1", x, channels, 1, stride)
        y = np.maximum(b + s, 0)

        def backward(dy, grads):
            dy = dy * (y > 0)
            return back_a(back_b(dy, grads) * (a > 0), grads) + back_s(dy, grads)

        return y, backward

    def forward(self, x):
        y, back = self.conv_norm("conv1", "bn1", x, 16, 3, 1)
        y = np.maximum(y, 0)
        self.tape = [lambda dy, grads, y=y, back=back: back(dy * (y > 0), grads)]
        for i, (channels, stride) in enumerate(BLOCKS):
            y, back = self.block(f"layer{i + 1}", y, channels, stride)
            self.tape.append(back)
        features, shape = y.mean((1, 2)), y.shape
        weight, bias = self.get("fc.weight", (shape[3], 10), 0.1), self.get("fc.bias", 10, 0.0)

        def backward(dy, grads):
            grads["fc.weight"], grads["fc.bias"] = features.T @ dy, dy.sum(0)
            return np.broadcast_to((dy @ weight.T)[:, None, None] / (shape[1] * shape[2]), shape)

        self.tape.append(backward)
        return features @ weight + bias

    def step(self, x, labels, rate):
        scores = self.forward(x)
        e = np.exp(scores - scores.max(1, keepdims=True))
        d = e / e.sum(1, keepdims=True)
        d = (d - 0.9 * np.eye(10)[labels] - 0.01) / len(x)  # labels smoothed by 0.1
        grads = {}
        for backward in reversed(self.tape):
            d = backward(d.astype(np.float32), grads)
        for name, g in grads.items():
            decay = 5e-4 * self.p[name] if self.p[name].ndim > 1 else 0
            self.speed[name] = 0.9 * self.speed[name] + g + decay
            self.p[name] = (self.p[name] - rate * self.speed[name]).astype(np.float32)


def shifted(x, rng):
    """Every second image or so moved by up to one pixel."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    moved = np.stack([p[i:i + 8, j:j + 8] for p, (i, j) in zip(padded, rng.integers(0, 3, (len(x), 2)))])
    return np.where(rng.random((len(x), 1, 1, 1)) < 0.5, moved, x).astype(np.float32)


def train(x, labels):
    rng = np.random.default_rng(0)
    network = Network(rng)
    for epoch in range(EPOCHS):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        for at in np.split(rng.permutation(len(x)), range(BATCH, len(x), BATCH)):
            network.step(shifted(x[at], rng), labels[at], rate)
    network.training = False
    return network


class Export:
    def __init__(self, network):
        self.tensors, self.nodes = {**network.p, **network.running}, []

    def add(self, op, name, inputs, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [f"{name}_out"], name=name, **attributes))
        return f"{name}_out"

    def conv_norm(self, conv, norm, x, kernel, stride):
        y = self.add("Conv", conv, [x, f"{conv}.weight"], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4)
        return self.add("BatchNormalization", norm, [y, *(f"{norm}.{n}" for n in ("weight", "bias", "running_mean", "running_var"))], epsilon=EPSILON)

    def model(self):
        x = self.add("Relu", "relu", [self.conv_norm("conv1", "bn1", "input", 3, 1)])
        for i, (_, stride) in enumerate(BLOCKS):
            n = f"layer{i + 1}"
            y = self.add("Relu", f"{n}.relu1", [self.conv_norm(f"{n}.conv1", f"{n}.bn1", x, 3, stride)])
            y = self.conv_norm(f"{n}.conv2", f"{n}.bn2", y, 3, 1)
            if stride != 1:
                x = self.conv_norm(f"{n}.downsample.0", f"{n}.downsample.1", x, 1, stride)
            x = self.add("Relu", f"{n}.relu", [self.add("Add", f"{n}.add", [y, x])])
        x = self.add("Flatten", "flatten", [self.add("GlobalAveragePool", "pool", [x])])
        self.nodes.append(helper.make_node("Gemm", [x, "fc.weight", "fc.bias"], ["output"], name="fc", transB=1))
        order = {4: (3, 2, 0, 1), 2: (1, 0), 1: (0,)}
        weights = [numpy_helper.from_array(np.ascontiguousarray(v.transpose(order[v.ndim]), np.float32), n) for n, v in self.tensors.items()]
        value = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])  # noqa: E731
        graph = helper.make_graph(self.nodes, "digits", [value("input", 1, 8, 8)], [value("output", 10)], weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="resnetc models/digits.py")


def main():
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.default_rng(1).permutation(len(data.target))
    images = ((data.images - 4.88) / 6.02).astype(np.float32)[order, :, :, None]
    labels = data.target[order]
    network = train(images[200:], labels[200:])
    right = (network.forward(images[:200]).argmax(1) == labels[:200]).mean()
    print(f"{100 * right:.1f} % of the 200 test images right")
    model = Export(network).model()
    onnx.checker.check_model(model, full_check=True)
    OUT.mkdir(exist_ok=True)
    onnx.save(model, OUT / "digits.onnx")
    np.savez_compressed(OUT / "test.npz", images=images[:200].transpose(0, 3, 1, 2), labels=labels[:200])


if __name__ == "__main__":
    main()
