"""Weights in files beside the model: what is read, and every way out of the model's folder that is closed. Rows 61 to 80 of
the table of bad inputs.
"""
import hashlib
import os
import socket
import subprocess
import threading

import numpy as np
import onnx
import pytest
from contract import check_refusal, compile_here, refuse
from onnx import TensorProto, helper

WEIGHTS = np.arange(12, dtype=np.float32)
NODE = "\n  node  w (graph node 1 of 2), Constant, opset 17"


def model_with(location="w.bin", dims=(12,), in_a_node=False, **entries):
    """Adds the weights of w.bin to its input. An entry may be a list: the key then occurs more than once."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims, data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, **entries}.items():
        for v in value if isinstance(value, list) else [value]:
            tensor.external_data.add(key=key, value=v)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name in "xy")
    nodes = [helper.make_node("Constant", [], ["w"], value=tensor, name="w")] if in_a_node else []
    nodes.append(helper.make_node("Add", ["x", "w"], ["y"], name="add"))
    graph = helper.make_graph(nodes, "g", [x], [y], [] if in_a_node else [tensor])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


@pytest.fixture
def folder(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "w.bin").write_bytes(WEIGHTS.tobytes())
    (tmp_path / "secret.bin").write_bytes(WEIGHTS.tobytes())
    return inner


def check_refused(folder, messages, *arguments, **entries):
    (folder / "model.onnx").write_bytes(model_with(*arguments, **entries))
    refuse(folder, "model.onnx: error: " + messages)


def run(toolchain, model, *options):
    (output,) = toolchain.load(model, *options).run(np.zeros(12, np.float32))
    return output


def test_whole_file(toolchain, folder):
    (folder / "model.onnx").write_bytes(model_with())
    assert (run(toolchain, folder / "model.onnx") == WEIGHTS).all()


def test_in_a_node(toolchain, folder):
    (folder / "model.onnx").write_bytes(model_with(in_a_node=True))
    assert (run(toolchain, folder / "model.onnx") == WEIGHTS).all()


def test_part_of_a_file_in_a_folder(toolchain, folder):
    (folder / "data").mkdir()
    (folder / "data" / "w.bin").write_bytes(bytes(8) + WEIGHTS.tobytes() + bytes(4))
    (folder / "model.onnx").write_bytes(model_with("data/w.bin", offset="8", length="48", checksum=hashlib.sha1(WEIGHTS.tobytes()).hexdigest()))
    assert (run(toolchain, folder / "model.onnx") == WEIGHTS).all()


def test_other_directory(toolchain, folder):
    (folder.parent / "model.onnx").write_bytes(model_with())
    assert (run(toolchain, folder.parent / "model.onnx", f"--data-dir={folder}") == WEIGHTS).all()


NEEDED = " (needed by 1 tensor: w, 48 bytes at 0)"
LEAVES = "[R022] external data location {} leaves the model directory" + NEEDED
ABSOLUTE = "[R023] external data location {} is an absolute path, a URL, or has a backslash" + NEEDED
UNUSABLE = "[R024] external data location {} is no usable file name" + NEEDED


@pytest.mark.parametrize("location, messages", [
    ("../secret.bin", LEAVES), ("../../etc/passwd", LEAVES), ("a/../../secret.bin", LEAVES), ("./../secret.bin", LEAVES),
    ("a//../../secret.bin", LEAVES), ("/etc/passwd", ABSOLUTE), ("//host/x", ABSOLUTE), ("file:///etc/passwd", ABSOLUTE),
    ("C:\\x", ABSOLUTE), ("C:x", ABSOLUTE), ("..\\x", ABSOLUTE), ("", UNUSABLE), (".", UNUSABLE), ("..", UNUSABLE),
    ("inner/", UNUSABLE), ("*/_ORT_MEM_ADDR_/*", UNUSABLE),
    ("none.bin", "[R021] external data file is missing: none.bin" + NEEDED + "\n  fix   put it beside the model, or --data-dir=DIR"),
    ("w.bin/x", "[R021] external data file is missing: w.bin/x" + NEEDED + "\n  fix   put it beside the model, or --data-dir=DIR")])
def test_bad_name(location, messages, folder):
    check_refused(folder, messages.format(f"'{location}'"), location)


def test_names_that_are_cut_or_escaped(folder):
    check_refused(folder, UNUSABLE.format("'" + "x" * 120 + "...'"), "x" * 5000)
    check_refused(folder, UNUSABLE.format(r"'a\x00b'"), "a\0b")
    bad_utf8 = model_with("ABCD").replace(b"ABCD", b"\xc3(\xff.")
    (folder / "model.onnx").write_bytes(bad_utf8)
    refuse(folder, "model.onnx: error: " + UNUSABLE.format(r"'\xc3(\xff.'"))


def number(key, value):
    return f"[R028] tensor 'w': external data {key} '{value}' is not a number from 0 to 2^63-1"


@pytest.mark.parametrize("entries, messages", [
    *(({"offset": v}, number("offset", v)) for v in ("-1", "0x10", " 5", "", "18446744073709551616", "9223372036854775808", "9" * 40)),
    ({"length": "1e3"}, number("length", "1e3")),
    ({"offset": ["0", "0"]}, "[R028] tensor 'w': external data key 'offset' occurs twice"),
    ({"offset": "4"}, "[R029] tensor 'w': needs 48 bytes at 4 of w.bin, the file has 48"),
    ({"offset": "9223372036854775807", "length": "48"}, "[R029] tensor 'w': needs 48 bytes at 9223372036854775807 of w.bin, the file has 48"),
    ({"length": "4"}, "[R029] tensor 'w': needs 48 bytes, its entry has 4"),
    ({"length": "1125899906842624"}, "[R029] tensor 'w': needs 48 bytes, its entry has 1125899906842624"),
    ({"dims": (4,)}, "[R029] tensor 'w': needs 16 bytes, the rest of w.bin has 48"),
    ({"dims": (1 << 28,)}, "[R029] tensor 'w': needs 1073741824 bytes at 0 of w.bin, the file has 48"),
    ({"checksum": "00"}, "[R029] tensor 'w': checksum mismatch in w.bin")])
def test_bad_entry(entries, messages, folder):
    check_refused(folder, messages, **entries)


def test_fault_in_a_node_names_it(folder):
    check_refused(folder, "[R029] tensor 'w': needs 48 bytes, its entry has 4" + NODE, in_a_node=True, length="4")


def test_unknown_key_is_a_warning(folder):
    (folder / "model.onnx").write_bytes(model_with(__class__="x"))
    done = compile_here(folder)
    assert done.status == 0
    assert done.err == "model.onnx: warning: [W120] tensor 'w': unknown external data key '__class__' is ignored\n"


def link_to(target):
    return lambda folder: (folder / "link").symlink_to(target)


def make_socket(folder):
    os.chdir(folder)
    socket.socket(socket.AF_UNIX).bind("link")


IRREGULAR = "[R027] external data file link is not a regular file" + NEEDED
FOLLOWED = "[R025] external data file {} is reached by a symbolic link, which is not followed" + NEEDED + \
    "\n  fix   --data-dir=DIR with the directory where the file really lies"


@pytest.mark.parametrize("make, messages", [
    (link_to("/etc/passwd"), FOLLOWED.format("link")), (link_to("w.bin"), FOLLOWED.format("link")),
    (link_to("../secret.bin"), FOLLOWED.format("link")), (link_to("/proc/self/mem"), FOLLOWED.format("link")),
    (lambda f: os.link(f / "w.bin", f / "link"), "[R026] external data file link has 2 hard links" + NEEDED +
     "\n  fix   copy it, so that it has one name only"),
    (lambda f: os.mkfifo(f / "link"), IRREGULAR), (lambda f: (f / "link").mkdir(), IRREGULAR), (make_socket, IRREGULAR)])
def test_bad_file(make, messages, folder):
    make(folder)
    check_refused(folder, messages, "link")


def test_folder_that_is_a_link(folder):
    (folder / "d").symlink_to(folder.parent)
    check_refused(folder, FOLLOWED.format("d/secret.bin"), "d/secret.bin")


def test_device(folder):
    if subprocess.run(["mknod", folder / "link", "c", "1", "5"], capture_output=True).returncode:
        pytest.skip("cannot make a device")
    check_refused(folder, IRREGULAR, "link")


def test_model_from_standard_input(folder):
    (folder / "model.onnx").write_bytes(model_with())
    with open(folder / "model.onnx", "rb") as stdin:
        check_refusal(compile_here(folder, model="-", stdin=stdin),
                      "<stdin>: error: [R020] external data file w.bin: the model's directory is not known" + NEEDED +
                      "\n  fix   --data-dir=DIR")
    with open(folder / "model.onnx", "rb") as stdin:
        assert compile_here(folder, "--data-dir=.", model="-", stdin=stdin).status == 0


def test_file_that_shrinks_while_it_is_read(folder, failing_calls):
    (folder / "model.onnx").write_bytes(model_with())
    environment = {"LD_PRELOAD": str(failing_calls), "FAIL_CALL": "pread", "FAIL_AT": "1"}
    refuse(folder, "model.onnx: error: [R020] tensor 'w': w.bin changed while it was read", environment={**environment, "FAIL_ERRNO": "0"})
    refuse(folder, "model.onnx: error: [R020] tensor 'w': w.bin: Input/output error", environment={**environment, "FAIL_ERRNO": "5"})


def hub_cache(folder):
    """As Hugging Face's cache lays files out: names in a snapshot are links into one folder of blobs."""
    snapshot, blobs = folder / "snapshots" / "1234", folder / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (blobs / "aaaa").write_bytes(model_with())
    (folder / "w.bin").rename(blobs / "bbbb")
    (snapshot / "model.onnx").symlink_to("../../blobs/aaaa")
    (snapshot / "w.bin").symlink_to("../../blobs/bbbb")
    return snapshot


def test_cache_of_links(toolchain, folder):
    assert (run(toolchain, hub_cache(folder) / "model.onnx") == WEIGHTS).all()


def test_cache_of_links_that_lead_elsewhere(folder):
    snapshot = hub_cache(folder)
    (snapshot / "w.bin").unlink()
    for target in "/etc/passwd", "../../../secret.bin", "../../blobs/../../secret.bin", "../../blobs2":
        (snapshot / "w.bin").symlink_to(target)
        check_refusal(compile_here(snapshot), "model.onnx: error: " + FOLLOWED.format("w.bin"))
        (snapshot / "w.bin").unlink()


def test_link_that_comes_and_goes(folder):
    """While the file is exchanged for a link to another, again and again, only the file's content is ever read."""
    (folder / "other.bin").symlink_to("../secret.bin")
    (folder.parent / "secret.bin").write_bytes((WEIGHTS + 100).tobytes())
    (folder / "model.onnx").write_bytes(model_with())
    stop = threading.Event()

    def exchange():
        while not stop.is_set():
            os.rename(folder / "w.bin", folder / "kept")
            os.rename(folder / "other.bin", folder / "w.bin")
            os.rename(folder / "w.bin", folder / "other.bin")
            os.rename(folder / "kept", folder / "w.bin")
    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        for _ in range(20):
            done = compile_here(folder, "--emit=import", output="net.mlir")
            assert done.status == 2 or b"1.000000e+02" not in (folder / "net.mlir").read_bytes()
    finally:
        stop.set()
        thread.join()
