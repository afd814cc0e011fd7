"""Faults of models: the code, the words and the exit status of each message. Rows follow the order of the codes."""
import os
import pathlib
import subprocess

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build")) / "bin" / "resnetc-reference"
GOOD = '<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,8,8] x) => (float[1,3,8,8] y) { y = Relu(x) }'


def refuse(path, folder, *options):
    done = subprocess.run([TOOL, path, "--save", folder / "out", *options], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0, "accepted"
    assert done.returncode > 0, f"died of signal {-done.returncode}"
    assert done.stdout == "" and not list(folder.glob("out*"))
    return done.returncode, done.stderr


def good_bytes():
    return onnx.parser.parse_model(GOOD).SerializeToString()


def weighted_bytes():
    model = onnx.parser.parse_model(GOOD)
    model.graph.initializer.extend(numpy_helper.from_array(np.ones(100, np.float32), f"w{i}") for i in range(3))
    return model.SerializeToString()


def nested(depth):
    """A type of `depth` sequences in each other: four messages hold the outermost."""
    inner = b""
    for _ in range(depth):
        inner = length_field(4, length_field(1, inner))
    return b"\x08\x08" + length_field(7, length_field(11, length_field(2, inner)))


def length_field(number, payload):
    size, head = len(payload), b""
    while size > 127:
        head += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + head + bytes([size]) + payload


# name: (bytes, exit status, words). One message each.
FILES = {
    "empty": (b"", 2, "[R019] empty file (0 bytes)"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4f\nsize 102583340\n", 2, "[R011] this is a Git LFS pointer, not a model (72 bytes; the model has 102583340)"),
    "truncated": (weighted_bytes()[:-300], 2, "[R012] protobuf ends early: ModelProto.graph.initializer[2].raw_data wants 400 bytes"),
    "zeros": (bytes(1000), 2, "[R013] not an ONNX protobuf (byte 0: 0x00"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), 2, "looks like a PNG image"),
    "gzip": (b"\x1f\x8b\x08" + bytes(100), 2, "[R013] not an ONNX protobuf (byte 0: 0x1f): looks like gzip"),
    "zip": (b"PK\x03\x04" + bytes(100), 2, "looks like a zip archive"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(100), 2, "looks like HDF5"),
    "tflite": (b"\x1c\0\0\0TFL3" + bytes(100), 2, "looks like TFLite"),
    "onnx_text": (GOOD.encode(), 2, "[R013] not an ONNX protobuf (byte 0: 0x3c)"),
    "tensor": (numpy_helper.from_array(np.ones((2, 2), np.float32), "w").SerializeToString(), 2, "[R013] not a ModelProto"),
    "long_varint": (b"\x08" + b"\xff" * 10 + b"\x01", 2, "[R015] malformed field at byte 0"),
    "length_63": (b"\x08\x08\x12" + b"\xff" * 9 + b"\x01", 2, "[R015] malformed field at byte 2"),
    "group": (b"\x08\x08\x0b\x0c", 2, "[R015] malformed field at byte 2"),
    "field_0": (b"\x08\x08\x00\x00", 2, "[R015] malformed field at byte 2 in ModelProto: field number 0"),
    "nesting": (nested(200), 2, "[R016] nesting deeper than 64"),
    "two_graphs": (good_bytes() * 2, 2, "[R017] field 'graph' occurs 2 times"),
    "trailing": (good_bytes() + b"\0\0\0", 2, "[R017] trailing bytes at"),
    "no_graph": (b"\x08\x08", 2, "[R018] the model has no graph"),
}


@pytest.mark.parametrize("name", FILES)
def test_file(name, tmp_path):
    content, status, words = FILES[name]
    (tmp_path / "model.onnx").write_bytes(content)
    got, text = refuse(tmp_path / "model.onnx", tmp_path)
    assert text.startswith("model.onnx: error: [") and text.count("error:") == 1
    assert words in text and got == status


def test_every_prefix_is_refused_or_whole(tmp_path):
    """No prefix crashes; those that protobuf would accept lack something that is asked for."""
    whole = weighted_bytes()
    for size in [*range(0, 120), *range(120, len(whole), 97)]:
        (tmp_path / "model.onnx").write_bytes(whole[:size])
        status, text = refuse(tmp_path / "model.onnx", tmp_path)
        assert status == 2 and ("[R01" in text), (size, text)


def header(**changes):
    model = onnx.parser.parse_model(GOOD)
    for name, value in changes.items():
        if name == "opsets":
            del model.opset_import[:]
            model.opset_import.extend(helper.make_opsetid(d, v) for d, v in value)
        elif value is None:
            model.ClearField(name)
        else:
            setattr(model, name, value)
    return model


HEADERS = {
    "no_ir_version": (header(ir_version=None), 2, "[R018] the model has no ir_version"),
    "no_opset": (header(opsets=[]), 2, "[R018] the model has no opset_import"),
    "ir_999": (header(ir_version=999), 3, "[R014] ir_version 999 is not supported (3.."),
    "opset_6": (header(opsets=[("", 6)]), 3, "[R014] opset 6 of ai.onnx is not supported (7.."),
    "opset_999": (header(opsets=[("", 999)]), 3, "[R014] opset 999 of ai.onnx is newer than"),
    "opset_twice": (header(opsets=[("", 17), ("ai.onnx", 17)]), 2, "[R059] domain 'ai.onnx' is imported twice"),
}

# name: (body, code, exit status, words). Inputs: x[1,4,8,8], s (scalar) and initializers w[8,4,3,3], v[8], f[6,256].
GRAPHS = {
    "operator": ("a = LSTM(x, w, w)\n b = Foo(a)\n y = LSTM(b, w, w)", "R031", 3, "operator 'LSTM' is not supported"),
    "operator_list": ("a = LSTM(x, w, w)\n b = Foo(a)\n y = LSTM(b, w, w)", "R031", 3, "3 of 3 nodes are unsupported: 1 Foo"),
    "domain": ("y = com.acme.Foo(x)", "R031", 3, "operator 'com.acme.Foo' is not supported"),
    "cycle": ("a = Add(x, b)\n b = Relu(a)\n y = Relu(b)", "R050", 2, "cycle through"),
    "order": ("a = Relu(b)\n b = Relu(x)\n y = Relu(a)", "R051", 2, "uses 'b' before its definition"),
    "twice": ("y = Relu(x)\n y = Relu(x)", "R052", 2, "value 'y' is defined twice"),
    "undefined": ("y = Add(x, q)", "R053", 2, "input 1 'q' is undefined"),
    "missing_input": ("y = Conv(x, , v)", "R053", 2, "Conv input 1 is missing"),
    "no_producer": ("z = Relu(x)", "R054", 2, "output 'y' has no producer"),
    "few_inputs": ("y = Conv(x)", "R055", 2, "Conv expects 2..3 inputs, got 1"),
    "attribute_type": ("y = Conv<strides=1.0>(x, w)", "R056", 2, "attribute 'strides' must be INTS, got FLOAT"),
    "auto_pad": ('y = Conv<auto_pad="BOGUS">(x, w)', "R056", 2, "auto_pad 'BOGUS' is unknown"),
    "auto_pad_and_pads": ('y = Conv<auto_pad="SAME_UPPER", pads=[1,1,1,1]>(x, w)', "R056", 2, "are both set"),
    "scalar_conv": ("y = Conv(s, w)", "R041", 2, "Conv input rank is 0, want 4"),
    "weight_rank": ("y = Conv(x, v)", "R041", 2, "Conv weight rank is 1, input rank is 4"),
    "one_dimensional": ("a = Constant<value_ints=[1,4,64]>()\n b = Reshape(x, a)\n y = Conv(b, w)", "R034", 3, "Conv of 1-d images is not supported"),
    "running_weights": ("a = Relu(x)\n b = Constant<value_ints=[8,4,8,1]>()\n c = Reshape(a, k)\n y = Conv(x, c)", "R034", 3, "weights that are computed at run time"),
    "channels": ("a = Concat<axis=1>(x, x)\n y = Conv(a, w)", "R042", 2, "has 8 channels; weight [8, 4, 3, 3] expects 4 x group 1"),
    "kernel_shape": ("y = Conv<kernel_shape=[5,5]>(x, w)", "R042", 2, "kernel_shape [5, 5], weight has [3, 3]"),
    "strides_0": ("y = Conv<strides=[0,1]>(x, w)", "R043", 2, "strides must be 2 positive values, got [0, 1]"),
    "strides_1": ("y = Conv<strides=[2]>(x, w)", "R043", 2, "strides must be 2 positive values, got [2]"),
    "strides_2_40": ("y = Conv<strides=[1099511627776,1]>(x, w)", "R043", 2, "strides must be"),
    "dilations": ("y = Conv<dilations=[4611686018427387904,1]>(x, w)", "R043", 2, "dilations must be 2 positive values"),
    "group_0": ("y = Conv<group=0>(x, w)", "R043", 2, "group 0 does not divide"),
    "group_3": ("y = Conv<group=3>(x, w)", "R043", 2, "group 3 does not divide 4"),
    "pads_3": ("y = Conv<pads=[1,1,1]>(x, w)", "R043", 2, "pads must be 4 values of 0 or more"),
    "pads_negative": ("y = Conv<pads=[-1,0,0,0]>(x, w)", "R043", 2, "pads must be 4 values of 0 or more, got [-1, 0, 0, 0]"),
    "too_small": ("y = Conv<dilations=[5,5]>(x, w)", "R044", 2, "output height would be"),
    "bias": ("y = Conv(x, w, v7)", "R045", 2, "Conv bias has shape [7], want [8]"),
    "bn_vectors": ("y = BatchNormalization(x, v, v, v, v)", "R045", 2, "scale has shape [8], want [4]"),
    "bn_epsilon": ("y = BatchNormalization<epsilon=-1.0>(x, v4, v4, v4, v4)", "R058", 2, "epsilon -1"),
    "bn_variance": ("y = BatchNormalization(x, v4, v4, v4, n4)", "R058", 2, "channel 0: variance"),
    "bn_training": ("y = BatchNormalization<training_mode=1>(x, v4, v4, v4, v4)", "R031", 3, "training mode"),
    "pool_kernel": ("y = MaxPool<kernel_shape=[0,1]>(x)", "R043", 2, "kernel_shape must be 2 positive values"),
    "pool_no_kernel": ("y = MaxPool(x)", "R043", 2, "'kernel_shape' is missing"),
    "pool_pads": ("y = MaxPool<kernel_shape=[2,2], pads=[2,0,0,0]>(x)", "R043", 2, "are not smaller than the kernel"),
    "pool_ceil": ("y = MaxPool<kernel_shape=[2,2], ceil_mode=2>(x)", "R043", 2, "ceil_mode must be 0 or 1, got 2"),
    "pool_indices": ("y, z = MaxPool<kernel_shape=[2,2]>(x)\n q = Cast<to=1>(z)", "R031", 3, "an additional output of MaxPool, 'z', is used"),
    "gemm_flag": ("a = Flatten(x)\n y = Gemm<transB=823>(a, f)", "R043", 2, "transB must be 0 or 1, got 823"),
    "gemm_inner": ("a = Flatten(x)\n y = Gemm(a, f)", "R042", 2, "Gemm cannot multiply [1, 256] and [6, 256]"),
    "gemm_c": ("a = Flatten(x)\n y = Gemm<transB=1>(a, f, v)", "R048", 2, "Gemm"),
    "matmul_inner": ("a = Flatten(x)\n y = MatMul(a, f)", "R042", 2, "MatMul cannot multiply"),
    "matmul_running": ("y = MatMul(x, x)", "R034", 3, "computed at run time"),
    "reshape_count": ("a = Constant<value_ints=[3,-1]>()\n y = Reshape(x, a)", "R046", 2, "cannot reshape [1, 4, 8, 8] (256 elements) to [3, -1]"),
    "reshape_two": ("a = Constant<value_ints=[-1,-1]>()\n y = Reshape(x, a)", "R046", 2, "to [-1, -1]"),
    "reshape_minus_2": ("a = Constant<value_ints=[-2,4]>()\n y = Reshape(x, a)", "R046", 2, "to [-2, 4]"),
    "reshape_running": ("a = Cast<to=7>(s)\n b = Constant<value_ints=[0]>()\n c = Unsqueeze(a, b)\n y = Reshape(x, c)", "R046", 2, "is not known while compiling"),
    "flatten_axis": ("y = Flatten<axis=99>(x)", "R047", 2, "axis 99 is out of [-4, 3]"),
    "softmax_axis": ("y = Softmax<axis=-5>(x)", "R047", 2, "axis -5 is out of"),
    "reduce_twice": ("y = ReduceMean<axes=[2,-2]>(x)", "R047", 2, "name one axis twice"),
    "perm": ("y = Transpose<perm=[0,1,1,3]>(x)", "R047", 2, "perm [0, 1, 1, 3]"),
    "broadcast": ("y = Add(x, v7)", "R048", 2, "cannot broadcast [1, 4, 8, 8] with [7]"),
    "slice_step": ("a = Constant<value_ints=[0]>()\n y = Slice(x, a, a, a, a)", "R043", 2, "Slice step is 0"),
    "pad_negative": ("a = Constant<value_ints=[0,0,-1,0,0,0,0,0]>()\n y = Pad(x, a)", "R043", 2, "each must be 0 or more"),
    "pad_mode": ('a = Constant<value_ints=[0,0,1,0,0,0,0,0]>()\n y = Pad<mode="reflect">(x, a)', "R031", 3, "Pad mode 'reflect'"),
    "squeeze": ("a = Constant<value_ints=[1]>()\n y = Squeeze(x, a)", "R047", 2, "Squeeze of dimension 1, which has extent 4"),
    "gather": ("a = Constant<value_int=4>()\n y = Gather<axis=1>(x, a)", "R047", 2, "Gather index 4 is out of [-4, 3]"),
    "cast": ("y = Cast<to=8>(x)", "R032", 3, "Cast to string is not supported"),
    "types": ("a = Shape(x)\n y = Add(a, v4)", "R032", 3, "different element types"),
    "bomb": ("a = Constant<value_ints=[1099511627776]>()\n y = ConstantOfShape(a)", "R062", 5, "element count"),
    "budget": ("a = Constant<value_ints=[1000000000]>()\n y = ConstantOfShape(a)", "R064", 5, "exceeds the budget"),
    "expand_bomb": ("a = Constant<value_ints=[1073741824,1,1,1]>()\n y = Expand(x, a)", "R062", 5, "element count"),
}


def graph(body):
    text = f'<ir_version: 8, opset_import: ["" : 17, "com.acme" : 1]> g (float[1,4,8,8] x, float s) => (float[d] y) {{ {body} }}'
    model = onnx.parser.parse_model(text)
    model.graph.output[0].type.tensor_type.ClearField("shape")
    model.graph.input[1].type.tensor_type.shape.SetInParent()
    random = np.random.default_rng(0)
    shapes = {"w": (8, 4, 3, 3), "v": (8,), "v4": (4,), "v7": (7,), "f": (6, 256)}
    model.graph.initializer.extend(numpy_helper.from_array(random.random(s, dtype=np.float32), n) for n, s in shapes.items())
    model.graph.initializer.append(numpy_helper.from_array(-np.ones(4, np.float32), "n4"))
    model.graph.initializer.append(numpy_helper.from_array(np.array([8, 4, 8, 1]), "k"))
    for i, node in enumerate(model.graph.node):
        node.name = f"node{i}"
    return model


@pytest.mark.parametrize("name", HEADERS)
def test_header(name, tmp_path):
    model, status, words = HEADERS[name]
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    got, text = refuse(tmp_path / "model.onnx", tmp_path)
    assert words in text and got == status and text.count("error:") == 1


@pytest.mark.parametrize("name", GRAPHS)
def test_graph(name, tmp_path):
    body, code, status, words = GRAPHS[name]
    onnx.save(graph(body), tmp_path / "model.onnx")
    got, text = refuse(tmp_path / "model.onnx", tmp_path)
    assert f"error: [{code}]" in text and words in text, text
    assert text.count("error:") == 1 and got == status, text
    assert code in ("R054",) or "  node  " in text, text


def test_all_faults_at_once(tmp_path):
    onnx.save(graph("a = Conv<strides=[0,1]>(x, w)\n b = Relu(a)\n c = Flatten<axis=9>(x)\n y = Add(b, c)"), tmp_path / "model.onnx")
    status, text = refuse(tmp_path / "model.onnx", tmp_path)
    assert "[R043]" in text and "[R047]" in text and text.endswith("2 errors\n") and "Add" not in text


def tensor(**changes):
    t = TensorProto(name="t", data_type=TensorProto.FLOAT, dims=[2, 3])
    t.raw_data = bytes(24)
    for name, value in changes.items():
        t.ClearField(name)
        if isinstance(value, list):
            getattr(t, name).extend(value)
        elif value is not None:
            setattr(t, name, value)
    return t


TENSORS = {
    "few_bytes": (tensor(raw_data=bytes(4)), "R057", 2, "raw_data has 4 bytes, shape needs 24"),
    "odd_bytes": (tensor(raw_data=bytes(25)), "R057", 2, "raw_data has 25 bytes"),
    "two_fields": (tensor(float_data=[1.0] * 6), "R057", 2, "more than one data field"),
    "wrong_field": (tensor(raw_data=None, int64_data=[1] * 6), "R057", 2, "data in int64_data, type float"),
    "few_values": (tensor(raw_data=None, float_data=[1.0]), "R057", 2, "float_data has 1 values, shape needs 6"),
    "negative": (tensor(dims=[-1, 3]), "R057", 2, "dimension 0 is -1"),
    "overflow": (tensor(dims=[2**62, 1024]), "R062", 5, "element count overflows"),
    "undefined": (tensor(data_type=0), "R032", 3, "unknown data_type 0"),
    "unknown": (tensor(data_type=999), "R032", 3, "unknown data_type 999"),
    "int4": (tensor(data_type=TensorProto.INT4), "R032", 3, "type int4, which is not supported"),
}


@pytest.mark.parametrize("used", [True, False])
@pytest.mark.parametrize("name", TENSORS)
def test_tensor(name, used, tmp_path):
    bad, code, status, words = TENSORS[name]
    model = graph("y = Add(x, t)" if used else "y = Relu(x)")
    model.graph.initializer.append(bad)
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    got, text = refuse(tmp_path / "model.onnx", tmp_path)
    assert f"error: [{code}]" in text and words in text and got == status and text.count("error:") == 1, text


INPUTS = {
    "height": ("float[1,3,H,8] x", "R040", 2, "--shape=x=1x3x224x8"),
    "no_shape": ("float[] x", "R040", 2, "--shape=x=1x3x224x224"),
    "string": ("string[1] x", "R032", 3, "type string is not supported"),
    "bool": ("bool[1] x", "R032", 3, "type bool is not supported"),
}


@pytest.mark.parametrize("name", INPUTS)
def test_input(name, tmp_path):
    declared, code, status, words = INPUTS[name]
    model = onnx.parser.parse_model(GOOD.replace("float[1,3,8,8] x", declared))
    if name == "no_shape":
        model.graph.input[0].type.tensor_type.ClearField("shape")
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    got, text = refuse(tmp_path / "model.onnx", tmp_path)
    assert f"error: [{code}]" in text and words in text and got == status, text


def test_declared_output_contradicts(tmp_path):
    (tmp_path / "model.onnx").write_bytes(onnx.parser.parse_model(GOOD.replace("float[1,3,8,8] y", "float[1,4,8,8] y")).SerializeToString())
    status, text = refuse(tmp_path / "model.onnx", tmp_path)
    assert status == 2 and "[R049] output 'y' is declared [1, 4, 8, 8], computed [1, 3, 8, 8]" in text


def test_ladder_of_constants_is_not_computed(tmp_path):
    """Twenty-five doublings in a file of a kilobyte: refused, soon, without the memory."""
    body = "s0 = Shape(x)\n" + "\n".join(f"s{i + 1} = Concat<axis=0>(s{i}, s{i})" for i in range(25)) + "\n y = Reshape(x, s25)"
    onnx.save(graph(body), tmp_path / "model.onnx")
    status, text = refuse(tmp_path / "model.onnx", tmp_path)
    assert status == 5 and "[R064]" in text
