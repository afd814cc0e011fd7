"""Compiles models with resnetc, links them with the runtime, and calls them from Python through the C API.

The object is what is tested: `resnetc model.onnx -o x.o`, linked by the system's compiler into a shared object that also
holds the runtime. Scratch memory is filled with NaN before each call and fenced, so that a read of memory that the call
did not write, or a write outside of what it was given, does not go unnoticed.
"""
import ctypes
import hashlib
import pathlib
import subprocess
from ctypes import POINTER, Structure, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint32, c_void_p

import numpy as np

FENCE = 256
DTYPES = {1: np.float32, 2: np.uint8, 3: np.int32}


class TensorInfo(Structure):
    _fields_ = [("name", c_char_p), ("layout", c_char_p), ("dtype", c_int), ("rank", c_uint32), ("dim", c_int64 * 6),
                ("bytes", c_size_t), ("align", c_size_t)]

    @property
    def shape(self):
        return tuple(self.dim[:self.rank])

    @property
    def type(self):
        return DTYPES[self.dtype]


class Exec(Structure):
    _fields_ = [("struct_size", c_uint32), ("num_threads", c_int32), ("parallel_for", c_void_p), ("user", c_void_p),
                ("cancel", POINTER(c_int32)), ("step_done", c_void_p), ("step_user", c_void_p)]


class StepInfo(Structure):
    _fields_ = [("name", c_char_p), ("kernel", c_char_p), ("flops", c_double), ("batch", c_int32)]


class Model(Structure):
    _fields_ = [("abi", c_uint32), ("struct_size", c_uint32), ("name", c_char_p), ("version", c_char_p),
                ("onnx_sha256", c_char_p), ("target", c_char_p), ("num_inputs", c_uint32), ("num_outputs", c_uint32),
                ("inputs", POINTER(TensorInfo)), ("outputs", POINTER(TensorInfo)), ("batch_min", c_int32),
                ("batch_max", c_int32), ("weight_bytes", c_size_t), ("scratch_align", c_size_t),
                ("scratch_bytes", ctypes.CFUNCTYPE(c_size_t, c_int32)),
                ("run", ctypes.CFUNCTYPE(c_int, c_int32, POINTER(c_void_p), POINTER(c_void_p), c_void_p, POINTER(Exec))),
                ("num_steps", c_uint32), ("steps", POINTER(StepInfo))]


class Fenced:
    """`size` aligned bytes, all ones (as floats: NaN), with a fence on both sides."""

    def __init__(self, size, align=64):
        self.memory = np.full(size + 2 * FENCE + align, 0xFF, np.uint8)
        self.begin = -self.memory.ctypes.data % align + FENCE // align * align
        self.end = self.begin + size
        self.address = self.memory.ctypes.data + self.begin

    def check(self, what):
        outside = np.concatenate([self.memory[:self.begin], self.memory[self.end:]])
        assert (outside == 0xFF).all(), f"{what}: the call wrote outside of it"

    def array(self, shape, dtype):
        return self.memory[self.begin:self.end].view(dtype).reshape(shape).copy()


class Native:
    """A compiled model, loaded into this process."""

    def __init__(self, library, name):
        self.library = ctypes.CDLL(str(library), mode=ctypes.RTLD_LOCAL)
        get = getattr(self.library, f"{name}_model")
        get.restype = POINTER(Model)
        self.model = get().contents
        self.inputs = [self.model.inputs[i] for i in range(self.model.num_inputs)]
        self.outputs = [self.model.outputs[i] for i in range(self.model.num_outputs)]
        self.pools = {}

    def execution(self, threads):
        """A resnetc_exec with a pool of that many threads; pools live as long as the model."""
        if threads not in self.pools:
            pool = c_void_p()
            assert self.library.resnetc_pool_create(c_int32(threads), ctypes.byref(pool)) == 0
            self.pools[threads] = pool
        call = ctypes.cast(self.library.resnetc_pool_parallel_for, c_void_p)
        return Exec(ctypes.sizeof(Exec), threads, call, self.pools[threads], None)

    def run(self, *arrays, threads=0):
        """Outputs for the inputs, in the model's order. threads 0: no resnetc_exec at all."""
        arrays = [np.ascontiguousarray(a, info.type) for a, info in zip(arrays, self.inputs, strict=True)]
        units = arrays[0].shape[0] // self.inputs[0].shape[0] if arrays and self.inputs[0].rank else 1
        batch = units * self.model.batch_min
        for array, info in zip(arrays, self.inputs):
            assert array.nbytes == info.bytes * units, f"{info.name}: {array.shape} for {info.shape}"
        outputs = [Fenced(info.bytes * units) for info in self.outputs]
        scratch = Fenced(self.model.scratch_bytes(batch), self.model.scratch_align)
        execution = ctypes.byref(self.execution(threads)) if threads else None
        ins = (c_void_p * len(arrays))(*[a.ctypes.data for a in arrays])
        outs = (c_void_p * len(outputs))(*[o.address for o in outputs])
        status = self.model.run(batch, ins, outs, scratch.address, execution)
        assert status == 0, f"run returned {status}"
        scratch.check("scratch")
        for output, info in zip(outputs, self.outputs):
            output.check(info.name)
        return [o.array((i.shape[0] * units,) + i.shape[1:] if i.rank else (), i.type) for o, i in zip(outputs, self.outputs)]


class Toolchain:
    def __init__(self, build, root, folder):
        self.bin, self.root, self.folder = build / "bin", root, folder
        self.runtime = build / "lib" / "libresnetc_runtime.a"
        self.include = root / "runtime"
        self.loaded = {}

    def resnetc(self, *arguments, **options):
        """Runs resnetc and returns what subprocess.run returns."""
        return subprocess.run([str(self.bin / "resnetc"), *map(str, arguments)], capture_output=True, text=True, timeout=300, **options)

    def compile(self, model, *options, name="net", suffix=".o"):
        """Path of the compiled model; each combination is compiled once."""
        label = hashlib.sha256(repr((str(model), options, name)).encode()).hexdigest()[:16]
        folder = self.folder / label
        output = folder / f"{name}{suffix}"
        if not output.exists():
            folder.mkdir(exist_ok=True)
            done = self.resnetc(model, "-o", output, "--name", name, "-q", *options)
            assert done.returncode == 0, f"resnetc {model}: exit {done.returncode}\n{done.stderr}"
        return output

    def load(self, model, *options, features=None):
        """The model compiled to an object, linked with the runtime and loaded. features: what its code is told of the
        processor, in place of what the runtime finds."""
        library = self.link(model, *options, features=features)
        if library not in self.loaded:
            self.loaded[library] = Native(library, "net")
        return self.loaded[library]

    def link(self, model, *options, features=None):
        obj = self.compile(model, *options)
        library = obj.with_name("linked.so" if features is None else f"linked{features}.so")
        if not library.exists():
            runtime = ["-Wl,--whole-archive", self.runtime, "-Wl,--no-whole-archive"]
            if features is not None:  # this definition comes first, so the linker leaves the runtime's in the archive
                source = self.root / "tests" / "e2e" / "programs" / "features.c"
                runtime = [f"-DFEATURES={features}u", f"-I{self.include}", "-fPIC", source, "-Wl,-u,resnetc_pool_create", self.runtime]
            run(["cc", "-shared", "-o", library, obj, *runtime, "-Wl,-Bsymbolic", "-Wl,-z,text", "-lpthread"])
        return library

    def program(self, source, objects, output, *flags, compiler="cc"):
        """Compiles a C program of programs/ against the models' headers and the runtime."""
        source = pathlib.Path(__file__).parent / "programs" / source
        includes = [f"-I{o.parent}" for o in objects] + [f"-I{self.include}"]
        run([compiler, "-O1", "-Wall", "-Wextra", *includes, *flags, source, *objects, self.runtime, "-lpthread", "-o", output])
        return output


def run(command, **options):
    """Runs a command that must succeed; its standard output."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout
