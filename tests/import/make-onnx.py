"""ONNX text -> .onnx:  make-onnx.py TEXT OUT.onnx

Lines that begin with '#' are left out (RUN and CHECK lines). A value declared in <...> that no node makes becomes an
initializer: with the given numbers, else filled with 0.5.
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import numpy_helper

source, target = sys.argv[1:]
lines = [line for line in pathlib.Path(source).read_text().splitlines() if not line.startswith("#")]
model = onnx.parser.parse_model("\n".join(lines))
graph = model.graph
made = {name for node in graph.node for name in node.output} | {tensor.name for tensor in graph.initializer}
for info in list(graph.value_info):
    if info.name not in made:
        kind = info.type.tensor_type
        values = np.full([d.dim_value for d in kind.shape.dim], 0.5, onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type))
        graph.initializer.append(numpy_helper.from_array(values, info.name))
        graph.value_info.remove(info)
for output in graph.output:  # their shapes are what is tested
    output.type.tensor_type.ClearField("shape")
pathlib.Path(target).write_bytes(model.SerializeToString())
