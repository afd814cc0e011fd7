"""Files that are not good models: one clear message that names the file, the right exit status, and no output left behind."""
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4f" * 32 + b"\nsize 102583340\n"


def refused(toolchain, folder, exit_status, *words, model="model.onnx"):
    """resnetc refuses folder/model: checks status, message and that the folder is as before."""
    before = sorted(p.name for p in folder.iterdir())
    done = toolchain.resnetc(folder / model, "-o", folder / "net.o")
    assert done.returncode == exit_status, done.stderr
    assert done.stdout == ""
    assert "error: [" in done.stderr and model in done.stderr
    for word in words:
        assert word in done.stderr
    assert sorted(p.name for p in folder.iterdir()) == before


def small(nodes, initializers=(), inputs=None, opset=17):
    x = inputs or [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])]
    graph = helper.make_graph(nodes, "g", x, [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], list(initializers))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def test_no_such_file(toolchain, tmp_path):
    refused(toolchain, tmp_path, 2, "[R010]")


def test_empty_file(toolchain, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"")
    refused(toolchain, tmp_path, 2, "[R019]")


def test_lfs_pointer(toolchain, tmp_path):
    (tmp_path / "model.onnx").write_bytes(LFS)
    refused(toolchain, tmp_path, 2, "[R011]", "Git LFS")


def test_truncated_file(toolchain, models, tmp_path):
    (tmp_path / "model.onnx").write_bytes(models.digits.read_bytes()[:150000])
    refused(toolchain, tmp_path, 2, "[R012]")


def test_text_file(toolchain, tmp_path):
    (tmp_path / "model.onnx").write_text("<html><body>404 not found</body></html>\n" * 20)
    refused(toolchain, tmp_path, 2, "[R013]")


def test_unsupported_operators_are_all_named(toolchain, tmp_path):
    nodes = [helper.make_node("Erf", ["x"], ["a"], name="first_bad"), helper.make_node("Relu", ["a"], ["b"]),
             helper.make_node("Einsum", ["b"], ["y"], name="second_bad", equation="abcd->abcd")]
    onnx.save(small(nodes), tmp_path / "model.onnx")
    refused(toolchain, tmp_path, 3, "[R031]", "Erf", "Einsum", "first_bad", "second_bad")


def test_newer_opset(toolchain, tmp_path):
    onnx.save(small([helper.make_node("Relu", ["x"], ["y"])], opset=99), tmp_path / "model.onnx")
    refused(toolchain, tmp_path, 3, "[R014]", "99")


def test_missing_external_data(toolchain, tmp_path):
    w = numpy_helper.from_array(np.ones((4, 3, 3, 3), np.float32), "w")
    model = small([helper.make_node("Conv", ["x", "w"], ["y"])], [w])
    onnx.save(model, tmp_path / "model.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert toolchain.resnetc(tmp_path / "model.onnx", "-o", tmp_path / "good.o", "-q").returncode == 0
    (tmp_path / "weights.bin").unlink()
    refused(toolchain, tmp_path, 2, "[R021]", "weights.bin")


def test_external_data_outside_of_the_folder(toolchain, tmp_path):
    folder = tmp_path / "inner"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(b"\0" * 432)
    w = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 3, 3, 3], data_location=TensorProto.EXTERNAL)
    w.external_data.add(key="location", value="../secret.bin")
    onnx.save(small([helper.make_node("Conv", ["x", "w"], ["y"])], [w]), folder / "model.onnx")
    refused(toolchain, folder, 2, "[R022]")


def test_channels_that_disagree_name_the_node(toolchain, tmp_path):
    w = numpy_helper.from_array(np.ones((8, 4, 3, 3), np.float32), "w")
    onnx.save(small([helper.make_node("Conv", ["x", "w"], ["y"], name="bad_conv")], [w]), tmp_path / "model.onnx")
    refused(toolchain, tmp_path, 2, "[R042]", "bad_conv")


def test_a_failure_keeps_the_old_output(toolchain, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"")
    (tmp_path / "net.o").write_bytes(b"precious")
    refused(toolchain, tmp_path, 2)
    assert (tmp_path / "net.o").read_bytes() == b"precious"


def test_output_folder_is_missing(toolchain, models, tmp_path):
    done = toolchain.resnetc(models.digits, "-o", tmp_path / "nowhere" / "net.o")
    assert done.returncode == 5 and "error: [O011]" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["--no-such-option"], ["a.onnx", "-o", "x.exe"]])
def test_usage_errors(arguments, toolchain):
    done = toolchain.resnetc(*arguments)
    assert done.returncode == 1 and done.stderr.strip()


def test_output_that_is_the_input(toolchain, models, tmp_path):
    model = tmp_path / "model.o"
    model.write_bytes(models.digits.read_bytes())
    done = toolchain.resnetc(model, "-o", model)
    assert done.returncode != 0 and "error: [" in done.stderr
    assert model.read_bytes() == models.digits.read_bytes()


@pytest.mark.parametrize("name", ["1x", "a b", "a-b"])
def test_name_that_c_cannot_say(name, toolchain, models, tmp_path):
    done = toolchain.resnetc(models.digits, "-o", tmp_path / "net.o", f"--name={name}")
    assert done.returncode == 1 and "[U011]" in done.stderr
    assert list(tmp_path.iterdir()) == []
