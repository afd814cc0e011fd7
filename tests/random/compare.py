"""Compiles a model, runs it, and compares every element of every output with float64, within bounds.py's bound."""
import _ctypes
import subprocess

import bounds
import numpy as np
import onnxruntime
from native import Native
from onnx import helper

LITTLE = 0.01  # a bound beyond this share of the largest value says little; then onnxruntime's error is the yardstick too
APART = 64  # how many times onnxruntime's error; what a wrong kernel computes is off by orders of magnitude more


def feeds(model):
    """A value for each input that has no initializer."""
    random = np.random.default_rng(1)
    given = {t.name for t in model.graph.initializer}
    return {i.name: random.standard_normal([d.dim_value for d in i.type.tensor_type.shape.dim]).astype(
        helper.tensor_dtype_to_np_dtype(i.type.tensor_type.elem_type)) for i in model.graph.input if i.name not in given}


def compiled_outputs(toolchain, model, inputs, options, folder):
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    done = toolchain.resnetc(folder / "net.onnx", "-o", folder / "net.o", "--name", "net", "-q", *options)
    assert done.returncode == 0, f"resnetc: exit {done.returncode}\n{done.stderr}"
    subprocess.run(["cc", "-shared", "-o", folder / "net.so", folder / "net.o", "-Wl,--whole-archive", toolchain.runtime,
                    "-Wl,--no-whole-archive", "-Wl,-Bsymbolic", "-lpthread"], check=True)
    native = Native(folder / "net.so", "net")
    assert [i.name.decode() for i in native.inputs] == list(inputs)
    outputs = native.run(*inputs.values())
    hasInner = any(b"inner_product" in native.model.steps[i].kernel for i in range(native.model.num_steps))
    names = [o.name.decode() for o in native.outputs]
    _ctypes.dlclose(native.library._handle)
    return dict(zip(names, outputs)), hasInner


def check(toolchain, model, folder, strict=False, options=()):
    inputs = feeds(model)
    ours, hasInner = compiled_outputs(toolchain, model, inputs, [*options, *(["--math=strict"] if strict else [])], folder)
    expected = bounds.bounds(model, inputs, strict, hasInner)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    theirs = dict(zip(expected, session.run(list(expected), inputs)))
    assert list(ours) == list(expected)
    for name, (exact, bound) in expected.items():
        errors = {}
        for who, output in (("onnxruntime", theirs[name]), ("resnetc", ours[name])):
            assert output.shape == exact.shape, f"{name}: {who} has shape {output.shape}, want {exact.shape}"
            error = np.abs(output - exact)
            errors[who] = error.max()
            # onnxruntime's sigmoid is a quotient of polynomials: small values are off by more than rounding.
            assert who == "onnxruntime" or (error <= bound).all(), f"{name}: {who} is off by {error.max():.3g} where {bound[np.unravel_index(error.argmax(), error.shape)]:.3g} is the bound, largest value {np.abs(exact).max():.3g}"
        largest = np.abs(exact).max()
        if bound.max() > LITTLE * largest:
            assert errors["resnetc"] <= APART * max(errors["onnxruntime"], bounds.UNIT * largest), f"{name}: errors {errors}, largest value {largest:.3g}"
