"""tiny.py OUT.onnx [NAME]: writes a network of two nodes; its weights are in closed form. NAME: the input (x)."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

name = sys.argv[2] if len(sys.argv) > 2 else "x"
weight = np.linspace(-1, 1, 8 * 3 * 3 * 3, dtype=np.float32).reshape(8, 3, 3, 3)
bias = np.linspace(0, 1, 8, dtype=np.float32)
nodes = [helper.make_node("Conv", [name, "w", "b"], ["c"], name="first/conv", pads=[1, 1, 1, 1]),
         helper.make_node("Relu", ["c"], ["y"], name="first/relu")]
graph = helper.make_graph(nodes, "tiny", [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 3, 8, 8])],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 8, 8, 8])],
                          [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(bias, "b")])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), sys.argv[1])
