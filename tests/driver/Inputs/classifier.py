"""classifier.py OUT.onnx [BATCH|N]: convolution with batch norm and ReLU, twice, added; pool, Reshape, Gemm to 10 classes. The batch is
written into the file, into the Reshape, too; N leaves it open."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

batch = sys.argv[2] if len(sys.argv) > 2 else "1"
extent = int(batch) if batch.isdigit() else batch
shapes = {"w1": (8, 3, 3, 3), "w2": (8, 8, 3, 3), "s1": (8,), "t1": (8,), "m1": (8,), "fc": (10, 8), "fcb": (10,)}
weights = [numpy_helper.from_array(np.cos(np.arange(np.prod(s), dtype=np.float32) * (i + 1)).reshape(s) / 4, n)
           for i, (n, s) in enumerate(shapes.items())]
weights += [numpy_helper.from_array(np.full(8, 0.5, np.float32), "v1"), numpy_helper.from_array(np.array([extent if batch.isdigit() else -1, 8]), "flat")]
nodes = [helper.make_node("Conv", ["x", "w1"], ["c1"], name="stem/conv", pads=[1, 1, 1, 1]),
         helper.make_node("BatchNormalization", ["c1", "s1", "t1", "m1", "v1"], ["b1"], name="stem/bn"),
         helper.make_node("Relu", ["b1"], ["r1"], name="stem/relu"),
         helper.make_node("Conv", ["r1", "w2"], ["c2"], name="block/conv", pads=[1, 1, 1, 1]),
         helper.make_node("Add", ["c2", "r1"], ["sum"], name="block/add"),
         helper.make_node("Sigmoid", ["r1"], ["gate"], name="gate/sigmoid"),
         helper.make_node("Mul", ["sum", "gate"], ["gated"], name="gate/mul"),
         helper.make_node("GlobalAveragePool", ["gated"], ["pool"], name="head/pool"),
         helper.make_node("Reshape", ["pool", "flat"], ["features"], name="head/flatten"),
         helper.make_node("Gemm", ["features", "fc", "fcb"], ["scores"], name="head/fc", transB=1)]
graph = helper.make_graph(nodes, "classifier", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [extent, 3, 16, 16])],
                          [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [extent, 10])], weights)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), sys.argv[1])
