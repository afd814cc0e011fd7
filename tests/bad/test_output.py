"""Outputs that cannot be written, and ends that come too early: rows 86 to 91 and 95 of the table of bad inputs. Whatever
happens, what lies at -o is the old file or the whole new one, and no temporary file stays.
"""
import errno
import os
import random
import resource
import signal
import subprocess
import time

import numpy as np
import onnx
import pytest
from broken import good_model
from contract import OLD, TOOL, check_refusal, compile_here, limit, refuse
from onnx import numpy_helper


@pytest.fixture
def folder(tmp_path):
    onnx.save(good_model(), tmp_path / "model.onnx")
    return tmp_path


def as_nobody():
    """Root may write everywhere."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


@pytest.mark.parametrize("name", ["1x", "a b", "a-b", "malloc", "int", "", "a\n"])
def test_name(name, folder):
    shown = name.replace("\n", r"\n")
    refuse(folder, f"model.onnx: error: [U011] '{shown}' is not a C identifier, or a reserved one\n  fix   --name=ID", f"--name={name}")


PLACES = {
    "none/net.o": "[O011] cannot create none/net.o: No such file or directory",
    "folder": "[O011] cannot create folder: Is a directory",
    "/dev/full": "[O012] cannot write /dev/full: No space left on device",
    "model.onnx": "[U012] output model.onnx would overwrite an input",
    "./folder/../model.onnx": "[U012] output ./folder/../model.onnx would overwrite an input",
}


@pytest.mark.parametrize("output", PLACES)
def test_place(output, folder):
    (folder / "folder").mkdir()
    done = compile_here(folder, "--emit=obj", "--no-header", output=output)
    check_refusal(done, "model.onnx: error: " + PLACES[output])
    assert sorted(p.name for p in folder.iterdir()) == ["folder", "model.onnx"]
    assert (folder / "model.onnx").read_bytes() == good_model().SerializeToString()


def test_place_of_the_external_data(folder):
    model = good_model()
    model.graph.initializer.append(numpy_helper.from_array(np.ones((1, 3, 8, 8), np.float32), "w"))
    model.graph.node[0].CopyFrom(onnx.helper.make_node("Add", ["x", "w"], ["y"]))
    onnx.save(model, folder / "model.onnx", save_as_external_data=True, location="weights.o", size_threshold=0)
    before = (folder / "weights.o").read_bytes()
    check_refusal(compile_here(folder, output="weights.o"), "model.onnx: error: [U012] output weights.o would overwrite an input")
    assert (folder / "weights.o").read_bytes() == before


@pytest.mark.skipif(os.getuid() != 0, reason="needs to change the user")
@pytest.mark.parametrize("mode, messages", [
    (0o555, "model.onnx: error: [O011] cannot create net.o: Permission denied"),
    (0o755, None)])
def test_folder_of_another_user(mode, messages, folder):
    """A folder that may not be written; and one that may, with a model that may not."""
    folder.chmod(mode)
    os.chown(folder, 65534, 65534)
    for parent in folder.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    if messages:
        check_refusal(compile_here(folder, "--no-header", before_exec=as_nobody), messages)
    (folder / "model.onnx").chmod(0)
    done = compile_here(folder, before_exec=as_nobody, output="/dev/null")
    check_refusal(done, "model.onnx: error: [R010] cannot open the model: Permission denied")


def test_no_model(folder):
    (folder / "model.onnx").unlink()
    refuse(folder, "model.onnx: error: [R010] cannot open the model: No such file or directory")


def test_model_that_is_a_folder(folder):
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").mkdir()
    refuse(folder, "model.onnx: error: [R010] cannot open the model: Is a directory")


def test_model_that_is_a_pipe(folder):
    (folder / "model.onnx").unlink()
    os.mkfifo(folder / "model.onnx")
    refuse(folder, "model.onnx: error: [R010] cannot open the model: not a regular file")


# ---- Calls that fail

@pytest.mark.parametrize("call, name", [(c, e) for c in ("write", "fsync") for e in ("ENOSPC", "EIO", "EDQUOT")] + [("rename", "EIO"), ("rename", "EXDEV")])
def test_every_failing_call(call, name, folder, failing_calls):
    """The n-th call fails, for every n until the compile succeeds: header or object, old or new, but whole."""
    (folder / "net.o").write_bytes(OLD)
    for at in range(1, 10):
        environment = {"LD_PRELOAD": str(failing_calls), "FAIL_CALL": call, "FAIL_AT": str(at), "FAIL_ERRNO": str(getattr(errno, name))}
        done = compile_here(folder, environment=environment)
        assert {p.name for p in folder.iterdir()} <= {"model.onnx", "net.o", "net.h"}
        if done.status == 0:
            assert at > 2, "no call failed: the test tests nothing"
            assert (folder / "net.o").read_bytes() != OLD
            return
        assert done.status == 5 and done.out == b""
        assert done.err.startswith(f"model.onnx: error: [{'O011' if call == 'rename' else 'O012'}] cannot ")
        assert done.err.endswith(os.strerror(getattr(errno, name)) + "\n")
        assert (folder / "net.o").read_bytes() == OLD
    pytest.fail("it never succeeds")


def test_limit_of_the_file_size(folder):
    """The signal that this sends must not end the compiler."""
    model = good_model()
    model.graph.initializer.append(numpy_helper.from_array(np.ones((512, 3, 8, 8), np.float32), "w"))
    model.graph.node[0].CopyFrom(onnx.helper.make_node("Add", ["x", "w"], ["y"]))
    model.graph.output[0].type.tensor_type.ClearField("shape")
    onnx.save(model, folder / "model.onnx")
    refuse(folder, "model.onnx: error: [O012] cannot write net.o: File too large", before_exec=limit(resource.RLIMIT_FSIZE, 200000))


def test_library_that_gives_up(folder):
    """Halide cannot write its file in memory, and ends the process; the limit cuts the message, too."""
    (folder / "net.o").write_bytes(OLD)
    done = compile_here(folder, before_exec=limit(resource.RLIMIT_FSIZE, 100))
    assert done.status == 70 and "model.onnx: error: [I001] internal error" in done.err
    assert (folder / "net.o").read_bytes() == OLD and not (folder / "net.h").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="needs to mount")
def test_every_size_of_the_disk(folder):
    disk = folder / "disk"
    disk.mkdir()
    results = set()
    for kilobytes in (4, 8, 12, 16, 24, 64):
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", disk], capture_output=True).returncode:
            pytest.skip("cannot mount")
        try:
            done = compile_here(folder, output="disk/net.o")
            results.add(done.status)
            assert sorted(p.name for p in disk.iterdir()) == ([] if done.status else ["net.h", "net.o"])
            assert done.status == 0 or (done.status == 5 and "[O012]" in done.err)
        finally:
            subprocess.run(["umount", disk], check=True)
    assert results == {0, 5}


# ---- Standard output

def test_object_on_standard_output(folder):
    done = compile_here(folder, "--emit=obj", output="-")
    assert done.status == 0 and done.err == ""
    assert compile_here(folder, output="model.o").status == 0
    assert done.out == (folder / "model.o").read_bytes()


def test_closed_standard_output(folder):
    check_refusal(compile_here(folder, "--emit=obj", output="-", before_exec=lambda: os.close(1)),
                  "model.onnx: error: [O011] cannot write to standard output: Bad file descriptor")


def test_closed_streams_get_nothing_of_ours(folder):
    def close_all():
        for stream in range(3):
            os.close(stream)
    done = compile_here(folder, before_exec=close_all)
    assert done.status == 0
    assert (folder / "net.o").read_bytes()[:4] == b"\x7fELF" and b"ELF" not in (folder / "model.onnx").read_bytes()


def test_broken_pipe(folder):
    read, write = os.pipe()
    os.close(read)
    check_refusal(compile_here(folder, "--emit=obj", output="-", before_exec=lambda: os.dup2(write, 1)),
                  "model.onnx: error: [O013] cannot write standard output: Broken pipe")
    os.close(write)


# ---- Signals

@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_signal_at_any_time(name, toolchain, models, tmp_path):
    """The process ends by the signal; the old output stays, or the new one is whole. Only a killed one may leave a
    temporary file, which its name tells."""
    signals = getattr(signal, name)
    model = models.digits
    subprocess.run([TOOL, "-q", model, "-o", tmp_path / "net.o"], check=True)
    whole = (tmp_path / "net.o").read_bytes()
    moments = random.Random(name)
    ended = 0
    for _ in range(12):
        (tmp_path / "net.o").write_bytes(OLD)
        process = subprocess.Popen([TOOL, "-q", model, "-o", tmp_path / "net.o"], stderr=subprocess.PIPE)
        time.sleep(moments.uniform(0.02, 0.6))
        process.send_signal(signals)
        _, messages = process.communicate(timeout=60)
        assert process.returncode in (0, -signals) and messages == b""
        ended += process.returncode != 0
        if signals == signal.SIGKILL:
            wait_for_children(tmp_path)
        assert (tmp_path / "net.o").read_bytes() in (OLD, whole)
        assert {p.name for p in tmp_path.iterdir() if not p.name.startswith(".resnetc-")} <= {"net.o", "net.h"}
        assert signals == signal.SIGKILL or not list(tmp_path.glob(".resnetc-*"))
    assert ended > 0, "no signal came in time"


def wait_for_children(folder):
    """The worker of a killed process ends by itself."""
    for _ in range(200):
        if subprocess.run(["pgrep", "-f", str(folder)], capture_output=True).returncode:
            return
        time.sleep(0.05)
    pytest.fail("a process is left behind")
