"""ncnn, float32: Winograd and packed layouts are its defaults; half precision storage is off. One image at a time."""
import importlib.util
import pathlib
import shutil
import subprocess

import ncnn
import numpy as np


def convert(job):
    model = pathlib.Path(job.work) / "model.onnx"
    if not model.with_suffix(".ncnn.bin").exists():
        shutil.copy(job.model, model)
        shape = ",".join(map(str, job.array.shape))
        binary = pathlib.Path(importlib.util.find_spec("pnnx").origin).parent / "pnnx"  # to import it takes torch
        subprocess.run([binary, model, f"inputshape=[{shape}]", "fp16=0"], check=True, cwd=job.work)
    return model


def load(job):
    if job.array.shape[0] != 1:
        raise RuntimeError("runs one image at a time")
    model = convert(job)
    net = ncnn.Net()
    net.opt.num_threads = job.threads
    net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_fp16_packed = net.opt.use_bf16_storage = False
    net.load_param(str(model.with_suffix(".ncnn.param")))
    net.load_model(str(model.with_suffix(".ncnn.bin")))
    image = job.array[0]

    def call():
        extractor = net.create_extractor()
        extractor.input("in0", ncnn.Mat(image))
        return np.array(extractor.extract("out0")[1])[None]

    return call
