"""Models with something wrong in them: made here, so that no binary file lies in the tree."""
import functools

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

GOOD = '<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,8,8] x) => (float[1,3,8,8] y) { y = Relu(x) }'
WEIGHTS = {"w": (8, 4, 3, 3), "v": (8,), "v4": (4,), "v7": (7,), "f": (6, 256)}


def good_model():
    return onnx.parser.parse_model(GOOD)


def good_bytes():
    return good_model().SerializeToString()


def weighted_bytes():
    model = good_model()
    model.graph.initializer.extend(numpy_helper.from_array(np.ones(100, np.float32), f"w{i}") for i in range(3))
    return model.SerializeToString()


def graph(body):
    """Nodes in ONNX's text form. Inputs x[1,4,8,8] and s (a scalar), or those of a first line `inputs ...`; initializers as
    in WEIGHTS, of which n4 is -1, and the integers k = [8,4,8,1]; output y without a shape. Nodes are named node0, node1, ..."""
    inputs = "float[1,4,8,8] x, float s"
    if body.startswith("inputs "):
        inputs, body = body[len("inputs "):].split("\n", 1)
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17, "com.acme" : 1]> g ({inputs}) => (float[d] y) {{ {body} }}')
    model.graph.output[0].type.tensor_type.ClearField("shape")
    for value in model.graph.input:
        value.type.tensor_type.shape.SetInParent()
    random = np.random.default_rng(0)
    model.graph.initializer.extend(numpy_helper.from_array(random.random(s, dtype=np.float32), n) for n, s in WEIGHTS.items())
    model.graph.initializer.append(numpy_helper.from_array(-np.ones(4, np.float32), "n4"))
    model.graph.initializer.append(numpy_helper.from_array(np.array([8, 4, 8, 1]), "k"))
    for i, node in enumerate(model.graph.node):
        node.name = f"node{i}"
    return model


def with_tensor(**changes):
    """A model that adds the initializer t, float[2,3] with raw data, changed in the given fields (None: cleared)."""
    t = TensorProto(name="t", data_type=TensorProto.FLOAT, dims=[2, 3], raw_data=bytes(24))
    for name, value in changes.items():
        t.ClearField(name)
        if isinstance(value, list):
            getattr(t, name).extend(value)
        elif value is not None:
            setattr(t, name, value)
    model = graph("y = Add(x, t)")
    model.graph.initializer.append(t)
    return model


def changed(**fields):
    """The good model with other fields; opsets is a list of (domain, version)."""
    model = good_model()
    for name, value in fields.items():
        if name == "opsets":
            del model.opset_import[:]
            model.opset_import.extend(onnx.helper.make_opsetid(domain, version) for domain, version in value)
        elif value is None:
            model.ClearField(name)
        else:
            setattr(model, name, value)
    return model


# ---- Below protobuf

def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, payload):
    """A field of wire type 2: a string, bytes or a message."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def nested(depth):
    """A graph input whose type is `depth` sequences in each other."""
    inner = functools.reduce(lambda inner, _: field(4, field(1, inner)), range(depth), b"")
    return b"\x08\x08" + field(7, field(11, field(2, inner)))


def nested_if(depth):
    """If nodes in each other's first branch."""
    leaf = onnx.parser.parse_graph("b () => (float[1] y) { y = Constant<value_floats=[1.0]>() }")
    leaf.output[0].ClearField("type")  # its messages would be the deepest
    branch = leaf
    for _ in range(depth):
        outer = onnx.GraphProto(name="b")
        node = outer.node.add(op_type="If", name="outer", input=["x"], output=["y"])
        node.attribute.add(name="then_branch", type=onnx.AttributeProto.GRAPH, g=branch)
        node.attribute.add(name="else_branch", type=onnx.AttributeProto.GRAPH, g=leaf)
        outer.output.add(name="y")
        branch = outer
    model = good_model()
    model.graph.node[0].CopyFrom(branch.node[0])
    return model


def input_of(name, element, shape):
    """A model whose one input is declared so (a string in shape: symbolic; None: unknown)."""
    model = graph("y = Relu(x)")
    del model.graph.input[:]
    model.graph.input.append(onnx.helper.make_tensor_value_info(name, element, shape))
    return model
