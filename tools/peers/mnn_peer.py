"""MNN, float32 (precision high). The converter is cut off from the network: it would report the model and the machine."""
import pathlib
import shutil
import subprocess
import sys

import MNN.expr as expr
import MNN.nn as nn
import numpy as np


def convert(job):
    model = pathlib.Path(job.work) / "model.mnn"
    if not model.exists():
        alone = ["unshare", "--net", "--map-root-user"] if shutil.which("unshare") else []
        subprocess.run([*alone, pathlib.Path(sys.executable).parent / "mnnconvert", "-f", "ONNX", "--modelFile", job.model,
                        "--MNNModel", model, "--bizCode", "bench"], check=True)
    return model


def load(job):
    runtime = nn.create_runtime_manager(({"backend": "CPU", "numThread": job.threads, "precision": "high"},))
    net = nn.load_module_from_file(str(convert(job)), [job.input_name], [job.output_name], runtime_manager=runtime)
    image = expr.const(job.array, list(job.array.shape), expr.NCHW)
    return lambda: np.asarray(net.forward([image])[0].read())
