"""Files that want too much: of memory, of time, of the stack. Rows 10, 56 and 94 of the table of bad inputs, and 60, 80 and
82, which are accepted.
"""
import resource

import numpy as np
import onnx
import pytest
from broken import field, good_model, graph, varint
from contract import OLD, compile_here, limit, refuse
from onnx import TensorProto, helper, numpy_helper


def long_chain(count):
    """The bytes of a chain of Relus, written without building it."""
    nodes = [field(1, field(1, b"v%d" % i) + field(2, b"v%d" % (i + 1)) + field(4, b"Relu")) for i in range(count)]
    ends = good_model().graph
    ends.input[0].name, ends.output[0].name = "v0", f"v{count}"
    del ends.node[:]
    return b"\x08\x08" + field(7, b"".join(nodes) + ends.SerializeToString()) + field(8, b"\x10\x11")


def test_two_gibibytes(tmp_path):
    """Not read to find out that it is too large; the file is sparse."""
    with open(tmp_path / "model.onnx", "wb") as file:
        file.write(b"\x08\x08" + bytes([7 << 3 | 2]) + varint(1 << 31))
        file.truncate((1 << 31) + 100)
    refuse(tmp_path, "model.onnx: error: [R061] model is 2147483748 bytes, limit 2147483647\n  fix   save it with external data")


@pytest.mark.parametrize("stack", [256, 8192])
def test_a_million_nodes(stack, tmp_path):
    (tmp_path / "model.onnx").write_bytes(long_chain(1000000))
    (tmp_path / "net.o").write_bytes(OLD)
    done = compile_here(tmp_path, before_exec=limit(resource.RLIMIT_STACK, stack << 10))
    assert done.err == "model.onnx: error: [R063] nodes 1000000 > 100000\n" and done.status == 5
    assert (tmp_path / "net.o").read_bytes() == OLD


VALUE = helper.make_tensor_value_info("v", TensorProto.FLOAT, [1]).SerializeToString()
TENSOR = helper.make_tensor("v", TensorProto.FLOAT, [1], [1.0]).SerializeToString()


@pytest.mark.parametrize("what, number, item", [("initializers", 5, TENSOR), ("inputs", 11, VALUE), ("outputs", 12, VALUE)])
def test_too_many_of_anything(what, number, item, tmp_path):
    """A hundred thousand and one, with those of the model itself."""
    good = good_model().graph
    there = {"initializers": len(good.initializer), "inputs": len(good.input), "outputs": len(good.output)}[what]
    inside = good.SerializeToString() + field(number, item) * (100001 - there)
    (tmp_path / "model.onnx").write_bytes(b"\x08\x08" + field(7, inside) + field(8, b"\x10\x11"))
    refuse(tmp_path, f"model.onnx: error: [R063] {what} 100001 > 100000")


def test_time_is_linear_in_the_nodes(tmp_path):
    seconds = []
    for count in 5000, 20000:
        (tmp_path / "model.onnx").write_bytes(long_chain(count))
        done = compile_here(tmp_path, before_exec=limit(resource.RLIMIT_STACK, 256 << 10))
        assert done.status == 0 and done.err == ""
        seconds.append(done.seconds)
    assert seconds[1] < 8 * seconds[0]


def test_a_hundred_thousand_inputs_of_a_node(tmp_path):
    onnx.save(graph(f"y = Concat<axis=1>({', '.join(['x'] * 100000)})"), tmp_path / "model.onnx")
    done = compile_here(tmp_path, "--emit=import", output="net.mlir")
    assert done.status == 0 and done.seconds < 5


def test_a_hundred_thousand_readers_of_a_value(tmp_path):
    model = good_model()
    model.graph.node.extend(helper.make_node("Relu", ["x"], [f"a{i}"]) for i in range(99000))
    onnx.save(model, tmp_path / "model.onnx")
    done = compile_here(tmp_path)
    assert done.status == 0 and done.seconds < 10


@pytest.mark.parametrize("megabytes", [300, 400, 500, 700, 1000])
def test_limit_of_memory(megabytes, models, tmp_path):
    """Either it is enough, or it is said that it was not; below what the libraries need the loader says it."""
    (tmp_path / "net.o").write_bytes(OLD)
    done = compile_here(tmp_path, "-j1", model=models.resnet("resnet18", size=64), before_exec=limit(resource.RLIMIT_AS, megabytes << 20))
    if done.status == 127:
        assert "error while loading shared libraries" in done.err
    elif done.status:
        assert done.status == 5 and "[R065] out of memory" in done.err
    assert done.status == 0 or (tmp_path / "net.o").read_bytes() == OLD
    assert {p.name for p in tmp_path.iterdir()} <= {"net.o", "net.h"}


# ---- Accepted

ODD = np.array([np.nan, np.inf, -np.inf, 1e-40, 1e-45, 1], np.float32)


def odd_numbers(tmp_path):
    model = graph("y = Mul(x, odd)")
    del model.graph.input[:]
    model.graph.input.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, [6]))
    model.graph.initializer.append(numpy_helper.from_array(ODD, "odd"))
    onnx.save(model, tmp_path / "model.onnx")


FLUSHED = ("model.onnx: warning: [W203] 2 numbers are denormal: taken as zero, first in tensor 'odd'\n"
           "  fix   --denormals=keep computes with them")


def test_odd_numbers_are_kept_with_a_warning(toolchain, tmp_path):
    odd_numbers(tmp_path)
    done = compile_here(tmp_path)
    assert done.err == ("model.onnx: warning: [W201] 3 numbers are infinite or NaN, first in tensor 'odd'\n" + FLUSHED + "\n")
    (output,) = toolchain.load(tmp_path / "model.onnx").run(np.ones(6, np.float32))
    np.testing.assert_array_equal(output, np.where(np.abs(ODD) < np.finfo(np.float32).tiny, 0, ODD))
    kept = compile_here(tmp_path, "--denormals=keep")
    assert kept.err.endswith("[W203] 2 numbers are denormal, first in tensor 'odd'\n  note  many processors are slow on them\n")
    (output,) = toolchain.load(tmp_path / "model.onnx", "--denormals=keep").run(np.ones(6, np.float32))
    np.testing.assert_array_equal(output, ODD)


def test_odd_numbers_are_refused_on_demand(tmp_path):
    odd_numbers(tmp_path)
    refuse(tmp_path, "model.onnx: error: [R058] 3 numbers are infinite or NaN, first in tensor 'odd'\n"
                     + FLUSHED, "--reject-nonfinite")


def test_initializer_that_is_input_and_output(toolchain, models):
    """An old model lists its weights as inputs; a folded one has them as outputs."""
    model = onnx.parser.parse_model('<ir_version: 3, opset_import: ["" : 7]> g (float[2] x, float[2] w) => (float[2] y, float[2] w)'
                                    " { y = Add(x, w) }")
    weights = np.array([3, 4], np.float32)
    model.graph.initializer.append(numpy_helper.from_array(weights, "w"))
    compiled = toolchain.load(models.save(model, "initializer_input_output"))
    assert [i.name for i in compiled.inputs] == [b"x"]
    y, w = compiled.run(np.array([1, 2], np.float32))
    assert y.tolist() == [4, 6] and w.tolist() == [3, 4]


def test_data_behind_4_gibibytes(toolchain, tmp_path):
    offset = (1 << 32) + 4096
    with open(tmp_path / "w.bin", "wb") as file:
        file.seek(offset)
        file.write(np.arange(4, dtype=np.float32).tobytes())
    w = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": "w.bin", "offset": str(offset), "length": "16"}.items():
        w.external_data.add(key=key, value=value)
    model = onnx.parser.parse_model('<ir_version: 8, opset_import: ["" : 17]> g (float[4] x) => (float[4] y) { y = Add(x, w) }')
    model.graph.initializer.append(w)
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    (output,) = toolchain.load(tmp_path / "model.onnx").run(np.zeros(4, np.float32))
    assert output.tolist() == [0, 1, 2, 3]
