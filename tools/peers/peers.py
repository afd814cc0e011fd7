"""Installs, starts and asks the peers; see README.md of this folder."""
import hashlib
import json
import pathlib
import subprocess
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
# Column of the table -> (module, precision).
SYSTEMS = {"onnxruntime": ("onnxruntime", "f32"), "openvino": ("openvino", "f32"), "openvino-bf16": ("openvino", "bf16"),
           "ncnn": ("ncnn", "f32"), "mnn": ("mnn", "f32"), "tvm": ("tvm", "f32"), "iree": ("iree", "f32")}


def python_of(system, folder):
    """The Python of a system's environment, which is made when it is not there. onnxruntime is among our own packages."""
    requirements = HERE / f"{system}.txt"
    if not requirements.exists():
        return sys.executable
    venv = folder / f"venv-{system}"
    stamp = venv / "installed.txt"
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        print(f"== install {system} into {venv.name}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "-r",
                        requirements], check=True)
        stamp.write_text(requirements.read_text())
    return str(venv / "bin" / "python")


class Peer:
    """A system with a model loaded. `error` says why it does not take part; else `output` is what it computes."""

    def __init__(self, name, model, array, input_name, output_name, threads, folder):
        module, precision = SYSTEMS[name]
        key = hashlib.sha256(pathlib.Path(model).read_bytes() + str(array.shape).encode()).hexdigest()[:12]
        work = folder / "converted" / f"{name}-{pathlib.Path(model).stem}-{key}"
        work.mkdir(parents=True, exist_ok=True)
        np.save(work / "input.npy", array)
        job = {"model": str(model), "input": str(work / "input.npy"), "input_name": input_name, "output_name": output_name,
               "threads": threads, "work": str(work), "precision": precision}
        (work / "job.json").write_text(json.dumps(job))
        self.error, self.process = None, None
        try:
            python = python_of(module, folder)
        except subprocess.CalledProcessError as error:
            self.error = f"could not be installed: {error}"
            return
        self.log = (work / "log.txt").open("w")
        self.process = subprocess.Popen([python, HERE / "serve.py", module, work / "job.json"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        answer = self._read()
        self.error = answer.get("error")
        self.output = None if self.error else np.load(answer["output"])

    def _read(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": f"ended by itself, see {self.log.name}"}

    def run(self, repeat):
        """Milliseconds of each of `repeat` runs."""
        print(repeat, file=self.process.stdin, flush=True)
        return self._read()

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()
