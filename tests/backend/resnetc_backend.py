"""resnetc as a backend of ONNX's test-suite (onnx.backend.base): a model is compiled to a shared library and called from C.

The suite gives every tensor as an input of the graph, weights and shapes too. resnetc wants to know those, so run()
compiles for its arguments: floats stay inputs, everything else becomes an initializer; and when that is refused because
of a value that is only known at run time, only the first float stays. Results are float32, as resnetc computes, and are
handed out in the type that the graph declares.
"""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import numpy as np
import onnx
from native import Native
from onnx import TensorProto, numpy_helper
from onnx.backend.base import Backend, BackendRep

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build"))
KNOWN_LATE = ("R034", "R046")
# Besides the exit status 3: no operators of ai.onnx, a reduction of nothing, a shape of run time, a limit.
ALSO_NOT_SUPPORTED = re.compile(r"error: \[(R018|R044|R046|R06\d)\]")


class NotSupported(unittest.SkipTest):
    """The compiler's own words; `code` is that of its first error."""

    def __init__(self, messages):
        self.code, text = re.search(r"error: \[(\w+)\] (.*)", messages).groups()
        super().__init__(f"[{self.code}] {text}")


def is_float(value):
    return isinstance(value, (np.ndarray, np.generic)) and value.dtype == np.float32 and value.size > 0


def specialise(model, arguments, stays):
    """The model with its inputs as initializers, except those that stay; and the arguments of the latter."""
    result = onnx.ModelProto.FromString(model.SerializeToString())
    del result.graph.input[:]
    feeds = []
    defaults = {tensor.name for tensor in model.graph.initializer}
    inputs = [declared for declared in model.graph.input if declared.name not in defaults]
    for declared, value in zip(inputs, arguments):
        if stays(len(feeds), value):
            tensor = onnx.helper.make_tensor_value_info(declared.name, TensorProto.FLOAT, value.shape)
            result.graph.input.append(tensor)
            feeds.append(value)
        elif isinstance(value, (np.ndarray, np.generic)):
            result.graph.initializer.append(numpy_helper.from_array(np.asarray(value), declared.name))
        else:
            result.graph.input.append(declared)
    return result, feeds


def compile_model(model, folder):
    """Path of the shared library; raises NotSupported, or for anything that is no such answer an AssertionError."""
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    done = subprocess.run([BUILD / "bin" / "resnetc", "-q", "-j1", "model.onnx", "-o", "net.so", "--no-header"], cwd=folder,
                          capture_output=True, text=True, timeout=600)
    if done.returncode == 3 or ALSO_NOT_SUPPORTED.search(done.stderr):
        raise NotSupported(done.stderr)
    assert done.returncode == 0, done.stderr
    return folder / "net.so"


class ResnetcRep(BackendRep):
    def __init__(self, model):
        self.model = model

    def run(self, inputs, **_):
        with tempfile.TemporaryDirectory() as folder:
            try:
                model, feeds = specialise(self.model, inputs, lambda _, value: is_float(value))
                library = compile_model(model, pathlib.Path(folder))
            except NotSupported as refusal:
                if refusal.code not in KNOWN_LATE or len(feeds) < 2:
                    raise
                model, feeds = specialise(self.model, inputs, lambda kept, value: kept == 0 and is_float(value))
                library = compile_model(model, pathlib.Path(folder))
            outputs = Native(library, "model").run(*feeds)
        return [output.astype(self.type_of(declared), copy=False) for output, declared in zip(outputs, self.model.graph.output)]

    @staticmethod
    def type_of(declared):
        return onnx.helper.tensor_dtype_to_np_dtype(declared.type.tensor_type.elem_type)


class ResnetcBackend(Backend):
    @classmethod
    def prepare(cls, model, device="CPU", **_):
        return ResnetcRep(model)

    @classmethod
    def supports_device(cls, device):
        return device == "CPU"
