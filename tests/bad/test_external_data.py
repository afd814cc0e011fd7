"""Weights in files beside the model: what is read, and every way out of the model's folder that is closed."""
import hashlib
import os
import pathlib
import subprocess

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build")) / "bin" / "resnetc-reference"
WEIGHTS = np.arange(12, dtype=np.float32)


def run(folder, location="w.bin", dims=(12,), **entries):
    """Adds the weights of w.bin to an input of zeros."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims, data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, **entries}.items():
        for v in value if isinstance(value, list) else [value]:
            tensor.external_data.add(key=key, value=v)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, dims)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, dims)
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"], name="add")], "g", [x], [y], [tensor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    done = subprocess.run([TOOL, folder / "model.onnx", "--save", folder / "out"], capture_output=True, text=True, timeout=10)
    return done.returncode, done.stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "w.bin").write_bytes(WEIGHTS.tobytes())
    (tmp_path / "secret.bin").write_bytes(WEIGHTS.tobytes())
    return tmp_path / "inner"


def test_whole_file(folder):
    assert run(folder) == (0, "")
    assert (np.load(folder / "out0.npy") == WEIGHTS).all()


def test_part_of_a_file_in_a_folder(folder):
    (folder / "data").mkdir()
    (folder / "w.bin").rename(folder / "data" / "w.bin")
    part = WEIGHTS[2:6].tobytes()
    assert run(folder, "data/w.bin", (4,), offset="8", length="16", checksum=hashlib.sha1(part).hexdigest()) == (0, "")
    assert (np.load(folder / "out0.npy") == WEIGHTS[2:6]).all()


@pytest.mark.parametrize("location, code", [
    ("../secret.bin", "R022"), ("a/../../secret.bin", "R022"), ("./../secret.bin", "R022"), ("/etc/passwd", "R023"),
    ("file:///etc/passwd", "R023"), ("C:\\x", "R023"), ("..\\x", "R023"), ("", "R024"), (".", "R024"), ("..", "R024"),
    ("inner/", "R024"), ("x" * 5000, "R024"), ("a\0b", "R024"), ("*/_ORT_MEM_ADDR_/*", "R024"), ("none.bin", "R021")])
def test_bad_name(location, code, folder):
    status, text = run(folder, location)
    assert status == 2 and f"error: [{code}]" in text and text.count("error:") == 1, text
    assert "tensor: w, 48 bytes at 0" in text


@pytest.mark.parametrize("entries, code, words", [
    ({"offset": "-1"}, "R028", "offset '-1' is not a number"), ({"offset": "0x10"}, "R028", "offset"),
    ({"length": "1e3"}, "R028", "length"), ({"offset": " 5"}, "R028", "offset"), ({"offset": ""}, "R028", "offset"),
    ({"offset": "18446744073709551616"}, "R028", "offset"), ({"offset": "9" * 40}, "R028", "offset"),
    ({"offset": ["0", "0"]}, "R028", "occurs twice"), ({"offset": "4"}, "R029", "48 bytes at 4"),
    ({"offset": "9223372036854775807", "length": "48"}, "R029", "the file has 48"),
    ({"length": "4"}, "R029", "needs 48 bytes, its entry has 4"), ({"length": "1125899906842624"}, "R029", "needs 48 bytes"),
    ({"checksum": "00"}, "R029", "checksum mismatch")])
def test_bad_entry(entries, code, words, folder):
    status, text = run(folder, **entries)
    assert status == 2 and f"error: [{code}]" in text and words in text, text


def test_rest_of_file_is_longer(folder):
    assert "[R029] tensor 'w': needs 16 bytes, the rest of w.bin has 48" in run(folder, dims=(4,))[1]


def test_unknown_key_is_a_warning(folder):
    status, text = run(folder, __class__="x")
    assert status == 0 and "warning: [W120]" in text


@pytest.mark.parametrize("make, code", [
    (lambda f: (f / "link").symlink_to("/etc/passwd"), "R025"), (lambda f: (f / "link").symlink_to(f / "w.bin"), "R025"),
    (lambda f: os.link(f / "w.bin", f / "link"), "R026"), (lambda f: os.mkfifo(f / "link"), "R027"),
    (lambda f: (f / "link").mkdir(), "R027")])
def test_bad_file(make, code, folder):
    make(folder)
    status, text = run(folder, "link")
    assert status == 2 and f"error: [{code}]" in text, text


def test_folder_that_is_a_link(folder):
    (folder / "d").symlink_to(folder.parent)
    assert "[R025]" in run(folder, "d/secret.bin")[1]
