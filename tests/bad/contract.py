"""What every refusal of resnetc keeps to, whatever the file: the exact messages on standard error and nothing on standard
output, the exit status of the first error's code, no signal, every file of the folder as it was, little time and memory.
"""
import os
import pathlib
import re
import resource
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build")) / "bin" / "resnetc"
SECONDS, MEGABYTES = 1, 200  # of CPU time; of data, without the code of the libraries
OLD = b"the output of an earlier run"


class Done:
    """A finished process: status (negative: the signal), out, err, and the CPU time that it and its worker used."""

    def __init__(self, command, folder, before_exec=None, stdin=subprocess.DEVNULL, environment=None):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen([*map(os.fspath, command)], cwd=folder, stdin=stdin, stdout=out, stderr=err,
                                       preexec_fn=before_exec, env={**os.environ, **(environment or {})})
            _, status, used = os.wait4(process.pid, 0)
            self.status = process.returncode = os.waitstatus_to_exitcode(status)
            self.seconds = used.ru_utime + used.ru_stime
            for stream in out, err:
                stream.seek(0)
            self.out, self.err = out.read(), err.read().decode(errors="surrogateescape")


def status_of(code):
    """The exit status that belongs to a code (README.md of the compiler's driver and `resnetc --help` say the same)."""
    if code == "R014" or code.startswith("R03"):
        return 3
    return 5 if code.startswith("R06") else {"U": 1, "R": 2, "V": 4, "O": 5, "I": 70}[code[0]]


def snapshot(folder):
    """Name and content of everything below, except what has no content of its own."""
    return {path.relative_to(folder): path.read_bytes() if path.is_file() and path.stat().st_size < 1 << 20 else None
            for path in sorted(pathlib.Path(folder).rglob("*")) if not path.is_symlink()}


def compile_here(folder, *options, model="model.onnx", output="net.o", **more):
    return Done([TOOL, "-q", model, *(["-o", output] if output else []), *options], folder, **more)


def refuse(folder, messages, *options, output="net.o", before_exec=lambda: None, **more):
    """Compiles folder/model.onnx over an old output; every promise of this file must hold. `messages`: all of stderr."""
    def prepare():
        resource.setrlimit(resource.RLIMIT_DATA, (MEGABYTES << 20, MEGABYTES << 20))
        before_exec()
    if output and not (folder / output).exists():
        (folder / output).write_bytes(OLD)
    before = snapshot(folder)
    done = compile_here(folder, *options, output=output, before_exec=prepare, **more)
    check_refusal(done, messages)
    assert snapshot(folder) == before, "the folder is not as it was"


def check_refusal(done, messages):
    assert done.err.strip() == messages.strip()
    first = re.search(r"error: \[(\w+)\]", messages)
    assert first, f"not refused: {messages}"
    assert done.status == status_of(first[1])
    assert done.out == b""
    assert done.seconds <= SECONDS


def limit(which, size):
    """For before_exec: sets one limit of the process."""
    return lambda: resource.setrlimit(which, (size, size))
