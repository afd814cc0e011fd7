"""Small models, and changes of their fields at random.

    tests/bad/mutate.py SECONDS [SEED] | build/bin/onnx-mutants --objects=100
"""
import random
import struct
import sys
import time

import numpy as np
import onnx
from google.protobuf.descriptor import FieldDescriptor
from onnx import numpy_helper

HEADER = '<ir_version: 8, opset_import: ["" : 17]> '
SEEDS = {
    "residual": "g (float[N,2,5,5] x) => (float[N,2,5,5] y) { a = Conv<pads=[1,1,1,1]>(x, w)\n b = BatchNormalization(a, s, s, s, s)\n"
                " c = Relu(b)\n d = Add(c, x)\n y = Relu(d) }",
    "head": "g (float[1,2,6,6] x) => (float[1,3] y) { a = MaxPool<kernel_shape=[3,3], strides=[2,2]>(x)\n b = GlobalAveragePool(a)\n"
            " n = Shape(b)\n o = Constant<value=int64[1] {0}>()\n r = Gather(n, o)\n m = Constant<value=int64[1] {-1}>()\n"
            " t = Concat<axis=0>(r, m)\n c = Reshape(b, t)\n d = Gemm<transB=1>(c, f)\n y = Softmax(d) }",
    "nhwc": "g (float[1,6,6,2] x) => (float[1,3,3,2] y) { a = Transpose<perm=[0,3,1,2]>(x)\n p = Constant<value=int64[8] {0,0,1,1,0,0,1,1}>()\n"
            " b = Pad(a, p)\n c = AveragePool<kernel_shape=[2,2], strides=[2,2], auto_pad=\"VALID\">(b)\n d = Clip(c, l)\n e = Mul(d, q)\n"
            " u = Slice(e, i, j, k)\n y = Transpose<perm=[0,2,3,1]>(u) }",
}
TENSORS = {"w": np.full((2, 2, 3, 3), 0.25), "s": np.ones(2), "f": np.eye(3, 2), "l": np.array(0.0), "q": np.ones((2, 1, 1)),
           "i": np.array([0, 0]), "j": np.array([3, 3]), "k": np.array([2, 3])}
INTEGERS = [0, 1, -1, 2, 3, 7, 8, 64, 127, 128, 2**31 - 1, 2**31, 2**32, 2**62, 2**63 - 1, -2**63, -2**31]
OPERATORS = sorted({s.name for s in onnx.defs.get_all_schemas() if s.domain == ""})
FLOATS = [0.0, -0.0, 1.0, -1.0, 1e38, 1e-45, float("inf"), float("nan")]


def seed_model(name):
    model = onnx.parser.parse_model(HEADER + SEEDS[name])
    used = {i for node in model.graph.node for i in node.input}
    for tensor, value in TENSORS.items():
        if tensor in used:
            kind = np.float32 if value.dtype == np.float64 else np.int64
            model.graph.initializer.append(numpy_helper.from_array(value.astype(kind), tensor))
    return model


def messages_in(message):
    """The message and all below it."""
    yield message
    for field, value in message.ListFields():
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            for child in value if field.is_repeated else [value]:
                yield from messages_in(child)


def another(field, value, dice, names):
    if field.type in (FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_UINT64):
        number = dice.choice([*INTEGERS, value + 1, value - 1, value * 2])
        low, high = (-2**31, 2**31 - 1) if field.type == FieldDescriptor.TYPE_INT32 else (-2**63, 2**63 - 1)
        return min(max(number, low if field.type != FieldDescriptor.TYPE_UINT64 else 0), high)
    if field.type in (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE):
        return dice.choice(FLOATS)
    if field.type == FieldDescriptor.TYPE_ENUM:
        return dice.choice([v.number for v in field.enum_type.values])
    if field.type == FieldDescriptor.TYPE_BYTES:
        return dice.choice([value[:-1], value + b"\0", b"", value * 2, bytes(len(value)), b"\xff" * len(value)])
    return dice.choice([*names, "", value + "x", dice.choice(OPERATORS)])


def change(model, dice):
    """One field of one message."""
    message = dice.choice(list(messages_in(model)))
    fields = message.ListFields()
    if not fields:
        return
    field, value = dice.choice(fields)
    names = [o for node in model.graph.node for o in node.output] + [t.name for t in model.graph.initializer]
    if not field.is_repeated:
        if field.type != FieldDescriptor.TYPE_MESSAGE and dice.random() < 0.9:
            setattr(message, field.name, another(field, value, dice, names))
        else:
            message.ClearField(field.name)
        return
    at = dice.randrange(len(value))
    what = dice.random()
    if what < 0.15:
        del value[at]
    elif what < 0.3:
        value.extend([value[at]])
    elif field.type != FieldDescriptor.TYPE_MESSAGE:
        value[at] = another(field, value[at], dice, names)
    elif what < 0.4 and len(value) > 1:
        other = type(value[at])()
        other.CopyFrom(value[at])
        value[at].CopyFrom(value[(at + 1) % len(value)])
        value[(at + 1) % len(value)].CopyFrom(other)


def stream(count=None, seed=0, until=None):
    """Changed models, each behind its size."""
    dice = random.Random(seed)
    seeds = [seed_model(name) for name in SEEDS]
    made = 0
    while made != count and (until is None or time.time() < until):
        model = onnx.ModelProto()
        model.CopyFrom(dice.choice(seeds))
        for _ in range(dice.choice([1, 1, 1, 2, 3, 5])):
            change(model, dice)
        data = model.SerializeToString()
        yield struct.pack("<I", len(data)) + data
        made += 1


if __name__ == "__main__":
    for item in stream(None, int(sys.argv[2]) if len(sys.argv) > 2 else 0, time.time() + float(sys.argv[1])):
        sys.stdout.buffer.write(item)
