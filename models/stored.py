#!/usr/bin/env python3
"""Graphs as real exporters wrote them, stored without their weights and filled again with seeded ones.

    stored.py NAME -o FILE.onnx      # graphs/NAME.onnx.xz with weights

strip() keeps every node, name, attribute, shape and small tensor. fill() goes through the nodes in order, with a few made-up
pictures, and gives each layer weights when it comes to it: noise of a stream that its tensor's name seeds, made such that
the layer's outputs have mean 0 and deviation 1, and batch normalizations with the statistics of their real input. So
values neither die nor explode in a thousand layers, and different pictures get different scores, as after training. Factors
and statistics are rounded to 4 digits, so that the arithmetic of a machine hardly shows in the weights.
"""
import argparse
import lzma
import pathlib
import sys
import zlib

import numpy as np
import onnx.inliner
from onnx import TensorProto, helper, numpy_helper
from resnet import pictures, random, round4

GRAPHS = pathlib.Path(__file__).parent / "graphs"
FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE)
DATA = ("raw_data", "float_data", "double_data", "int32_data", "external_data", "data_location")
KEPT = 32  # elements; smaller tensors stay as they are
PROBES = 3
SIDE = 64  # of an image whose size the graph leaves open
LAYERS = ("Conv", "Gemm", "MatMul")
NORMS = ("BatchNormalization", "InstanceNormalization", "GroupNormalization", "LayerNormalization")


def tensors(model):
    """{name: TensorProto} of the initializers and constants of the graph itself."""
    found = {t.name: t for t in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute[0].type == onnx.AttributeProto.TENSOR:
            found[node.output[0]] = node.attribute[0].t
    return found


def readers(model):
    """{tensor: (node, index) that read it}, functions expanded."""
    found = {}
    for node in onnx.inliner.inline_local_functions(model).graph.node:
        for i, name in enumerate(node.input):
            found.setdefault(name, []).append((node, i))
    return found


# ---- Taking the weights out.

def is_pattern(array):
    """Constants and blur kernels: a few bytes when compressed, and their values matter."""
    sample = array.tobytes()[:1 << 16]
    return len(zlib.compress(sample)) < len(sample) / 8


def strip(model):
    """The model's bytes without large weights, packed."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    reads = readers(model)
    for name, tensor in tensors(model).items():
        array = numpy_helper.to_array(tensor)
        if tensor.data_type not in FLOATS or array.size < 2:
            continue
        learned = all(i > 0 and node.op_type in (*LAYERS, *NORMS) for node, i in reads.get(name, []))
        is_vector = sum(n > 1 for n in array.shape) == 1
        if (learned and (is_vector or not is_pattern(array))) or (array.size >= KEPT and not is_pattern(array)):
            for field in DATA:
                tensor.ClearField(field)
    for node in [*model.graph.node, *(n for f in model.functions for n in f.node)]:
        node.ClearField("metadata_props")  # traces of the exporting program's files
        node.ClearField("doc_string")
    for item in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer, model.graph, model, *model.functions]:
        item.ClearField("metadata_props")
        item.ClearField("doc_string")
    return lzma.compress(model.SerializeToString(deterministic=True), preset=9 | lzma.PRESET_EXTREME)


def is_wanted(name):
    """The scripts of exporters/ take the names of the graphs to write; without one they write all."""
    return not sys.argv[1:] or name in sys.argv[1:]


def store(name, model):
    data = strip(model)
    (GRAPHS / f"{name}.onnx.xz").write_bytes(data)
    print(f"{name}: {len(model.graph.node)} nodes, {len(data)} bytes", flush=True)


# ---- Filling it again.

def feeds(model, seed):
    """A picture, and zeros for what is no picture, for each input that has no initializer."""
    given = {t.name for t in model.graph.initializer}
    result = {}
    for value in model.graph.input:
        if value.name in given:
            continue
        shape = [d.dim_value for d in value.type.tensor_type.shape.dim]
        is_last = len(shape) == 4 and shape[3] in (1, 3) and shape[1] not in (1, 3)
        n, c, h, w = [shape[i] for i in (0, 3, 1, 2)] if is_last else shape
        picture = pictures(n or 1, h or SIDE, w or SIDE, seed=seed, channels=c or 3)
        dtype = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        result[value.name] = np.ascontiguousarray(picture.transpose(0, 2, 3, 1) if is_last else picture).astype(dtype)
    return result


class Filler:
    def __init__(self, model, name):
        self.model, self.name = model, name
        self.empty = {n: t for n, t in tensors(model).items() if not t.HasField("raw_data") and t.data_type in FLOATS and 0 not in t.dims
                      and not (t.float_data or t.double_data or t.int32_data)}
        self.reads = readers(model)
        self.values = {n: [numpy_helper.to_array(t)] * PROBES for n, t in tensors(model).items() if n not in self.empty}
        inputs = [feeds(model, f"probe{i}") for i in range(PROBES)]
        self.values.update({n: [f[n] for f in inputs] for n in inputs[0]})

    def noise(self, name):
        return random(self.name, name).standard_normal(tuple(self.empty[name].dims), np.float32)

    def show(self, name, array):
        """The tensor's value for the nodes to come; returns it as the tensor has it."""
        array = np.asarray(array, helper.tensor_dtype_to_np_dtype(self.empty[name].data_type)).reshape(tuple(self.empty[name].dims))
        self.values[name] = [array] * PROBES
        return array

    def put(self, name, array):
        array = self.show(name, array)
        self.empty.pop(name).raw_data = array.tobytes()

    def run(self, node):
        """The node's outputs for every probe, by onnxruntime."""
        import onnxruntime
        names = [n for n in dict.fromkeys(node.input) if n]
        value = lambda n, a: helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), None)
        outputs = [o for o in node.output if o]
        graph = helper.make_graph([node], "node", [value(n, self.values[n][0]) for n in names], [onnx.ValueInfoProto(name=o) for o in outputs])
        single = helper.make_model(graph, opset_imports=self.model.opset_import, ir_version=self.model.ir_version)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(single.SerializeToString(), options, providers=["CPUExecutionProvider"])
        runs = [session.run(outputs, {n: self.values[n][i] for n in names}) for i in range(PROBES)]
        return {o: [r[k] for r in runs] for k, o in enumerate(outputs)}

    def statistics(self, values, axis):
        """Mean and variance per channel, no variance far below the others; of the whole where there are few pixels."""
        rows = np.concatenate([np.moveaxis(v, axis, 0).reshape(v.shape[axis], -1) for v in values], axis=1).astype(np.float64)
        if rows.shape[1] >= 16:
            return rows.mean(1), rows.var(1) + 0.01 * rows.var() + 1e-12
        return np.full(len(rows), rows.mean()), np.full(len(rows), rows.var() + 1e-12)

    def small(self, node):
        """The last layer of a block adds little to the sum."""
        return 0.4 if any(reader.op_type in ("Add", "Sum") for reader, _ in self.reads.get(node.output[0], [])) else 1.0

    def layer(self, node):
        """Weights of a convolution or dense layer, and a bias: outputs of mean 0 and deviation 1, scores of deviation 2."""
        w, bias = (*node.input, "")[1:3]
        if w not in self.empty:
            return
        noise = self.noise(w)
        if noise.ndim == 4 and noise[0].size > 8:
            noise -= noise.mean((1, 2, 3), keepdims=True)
        self.show(w, noise)
        if bias in self.empty:
            self.show(bias, 0 * self.noise(bias))
        is_conv = node.op_type == "Conv"
        mean, variance = self.statistics(self.run(node)[node.output[0]], 1 if is_conv else -1)
        if bias not in self.empty:  # one factor: the channels are as different as the noise makes them
            variance = np.full_like(variance, variance.mean() + mean.var() + 1e-12)
        factor = round4((self.small(node) if is_conv else 2) / np.sqrt(variance))
        is_transposed = any(a.name == "transB" and a.i for a in node.attribute)
        self.put(w, noise * factor.reshape((-1,) + (1,) * (noise.ndim - 1) if is_conv or is_transposed else (1, -1)))
        if bias in self.empty:
            self.put(bias, round4(0.2 * self.noise(bias) - mean * factor))

    def norm(self, node):
        names = [n if n in self.empty else None for n in (*node.input[1:], None, None, None, None)][:4]
        strength = self.small(node)
        mean, variance = self.statistics(self.values[node.input[0]], 1)
        for name, value in zip(names, (lambda n: strength * np.clip(1 + 0.2 * n, 0.2, 2), lambda n: 0.2 * n, lambda n: mean, lambda n: variance)):
            if name in self.empty:  # a tensor may have two roles
                self.put(name, round4(value(self.noise(name))))

    def other(self, node):
        for i, name in enumerate(node.input):
            if name in self.empty:
                n = self.noise(name)
                fan_in = max(n[0].size, 1) if n.ndim == 4 else 1
                self.put(name, n / fan_in ** 0.5 if fan_in > 1 else round4(np.clip(1 + 0.2 * n, 0.2, 2) if node.op_type == "Mul" else 0.2 * n))

    def fill(self):
        for node in onnx.inliner.inline_local_functions(self.model).graph.node:
            if node.op_type == "Constant" and node.output[0] in self.empty:
                continue
            if node.op_type in LAYERS:
                self.layer(node)
            elif node.op_type in NORMS:
                if node.input[0] in self.empty:  # weights that the graph itself standardises
                    self.put(node.input[0], self.noise(node.input[0]))
                self.norm(node)
            self.other(node)
            if node.output[0] not in self.values:
                self.values.update(self.run(node))
        for name in list(self.empty):
            self.put(name, self.noise(name))  # nobody reads it
        return self.model


def load(name):
    """The stored graph with weights."""
    model = onnx.ModelProto.FromString(lzma.decompress((GRAPHS / f"{name}.onnx.xz").read_bytes()))
    return Filler(model, name).fill()


def names():
    return sorted(f.name.removesuffix(".onnx.xz") for f in GRAPHS.glob("*.onnx.xz"))


def main():
    parser = argparse.ArgumentParser(description="Write a stored graph, with seeded weights, as an ONNX file.")
    parser.add_argument("name", choices=names())
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    onnx.save(load(args.name), args.output)


if __name__ == "__main__":
    main()
