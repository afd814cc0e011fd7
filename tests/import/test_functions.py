"""Functions of a model: inlined they compute what they say; what would not end, or would not fit, is refused."""
import os
import pathlib
import subprocess

import numpy as np
import onnx
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build")) / "bin" / "resnetc-reference"
HEAD = '<ir_version: 10, opset_import: ["" : 17, "own" : 1]> g (float[2,4] x) => (float[2,4] y) '
BODY = '<domain: "own", opset_import: ["" : 17, "own" : 1]> '


def run(text, folder):
    model = text if isinstance(text, onnx.ModelProto) else onnx.parser.parse_model(text)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    x = np.random.default_rng(0).standard_normal((2, 4)).astype(np.float32)
    np.save(folder / "x.npy", x)
    done = subprocess.run([TOOL, folder / "model.onnx", f"--input=x={folder}/x.npy", "--save", folder / "out"],
                          capture_output=True, text=True, timeout=20)
    return model, x, done.returncode, done.stderr


def relu(x):
    return np.maximum(x, 0)


def leaky(x, slope):
    return np.where(x < 0, slope * x, x)


def plus_one_twice(x):
    return relu(np.exp(relu(x + 1)) + 1)


# Each call works on names of its own; a value may be called like one outside; an attribute may be given, left out or a default;
# an output may be an input, or be left out; an input may be left out. Neither onnx nor onnxruntime evaluates all of these.
SOUND = {
    "nested": (HEAD + "{ a = own.f(x)  y = own.f(a) }" + BODY + "f (a) => (y) { x = own.h(a)  b = Exp(x)  y = own.h(b) }"
               + BODY + "h (a) => (b) { one = Constant<value_float=1.0>()  x = Add(a, one)  b = Relu(x) }",
               lambda x: plus_one_twice(plus_one_twice(x))),
    "attributes": (HEAD + "{ a = own.f<s=0.5>(x)  y = own.f(a) }" + BODY + "f <s: float = 0.25> (x) => (y) { y = own.h<t: float = @s>(x) }"
                   + BODY + "h <t, u> (x) => (y) { a = LeakyRelu<alpha: float = @t>(x)  y = LeakyRelu<alpha: float = @u>(a) }",
                   lambda x: leaky(leaky(leaky(leaky(x, 0.5), 0.01), 0.25), 0.01)),
    "outputs": (HEAD + "{ a, b = own.f(x)  c = own.f(a)  y = Add(b, c) }" + BODY + "f (x) => (x, b) { b = Exp(x) }", lambda x: np.exp(x) + x),
    "optional": (HEAD + "{ y = own.f(x) }" + BODY + "f (x, low) => (y) { z = Constant<value_float=0.5>()  y = Clip(x, low, z) }",
                 lambda x: np.minimum(x, 0.5)),
}


@pytest.mark.parametrize("name", SOUND)
def test_value(name, tmp_path):
    text, meaning = SOUND[name]
    _, x, status, messages = run(text, tmp_path)
    assert status == 0, messages
    np.testing.assert_allclose(np.load(tmp_path / "out0.npy"), meaning(x.astype(np.float64)), rtol=1e-6)  # alpha is a float32


def chain(length, calls=1):
    """f0 calls f1 `calls` times, and so on; the last one is a Relu."""
    text = HEAD + "{ y = own.f0(x) }"
    for i in range(length):
        body = "".join(f"v{k + 1} = own.f{i + 1}(v{k}) " for k in range(calls)) if i < length - 1 else f"v{calls} = Relu(v0)"
        text += BODY + f"f{i} (v0) => (v{calls}) {{ {body} }}"
    return text


def many(count):
    model = onnx.parser.parse_model(chain(1))
    for i in range(count):
        model.functions.add(name=f"g{i}", domain="own")
    return model


REFUSED = {
    "recursion": (HEAD + "{ y = own.f(x) }" + BODY + "f (x) => (y) { y = own.f(x) }", 2, "[R050] recursive function f -> f"),
    "mutual": (HEAD + "{ y = own.f(x) }" + BODY + "f (x) => (y) { y = own.h(x) }" + BODY + "h (x) => (y) { y = own.f(x) }", 2,
               "[R050] recursive function f -> h -> f"),
    "depth": (chain(65), 5, "[R063] function depth 65 > 64"),
    "deep": (chain(1000), 5, "[R063] function depth 65 > 64"),
    "bomb": (chain(60, calls=2), 5, "nodes 1099511627776 with functions and branches inlined > 100000"),
    "count": (many(10000), 5, "[R063] functions 10001 > 10000"),
    "twice": (HEAD + "{ y = own.f(x) }" + 2 * (BODY + "f (x) => (y) { y = Relu(x) }"), 2, "[R052] function 'f' is defined twice"),
    "inputs": (HEAD + "{ y = own.f(x, x) }" + BODY + "f (x) => (y) { y = Relu(x) }", 2, "[R055] function 'f' has 1 inputs"),
    "opset": (HEAD + "{ y = own.f(x) }" + BODY.replace("17", "6") + "f (x) => (y) { y = Relu(x) }", 3, "[R014] function 'f': opset 6"),
    "captures": (HEAD + "{ a = Relu(x)  y = own.f(x) }" + BODY + "f (x) => (y) { y = Add(x, a) }", 2, "[R053] input 1 'y/a' is undefined"),
    "operator": (HEAD + "{ [c] y = own.f(x) }" + BODY + "f (x) => (y) { [n] y = Foo(x) }", 3, "[R031] operator 'Foo' is not supported\n  node  c/n"),
    "attribute": (HEAD + "{ y = own.f<s=1>(x) }" + BODY + "f <s> (x) => (y) { y = LeakyRelu<alpha: float = @s>(x) }", 2,
                  "[R056] attribute 'alpha' must be FLOAT, got INT"),
}


def test_chain_of_greatest_depth(tmp_path):
    assert run(chain(64), tmp_path)[2] == 0


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, tmp_path):
    text, status, words = REFUSED[name]
    _, _, got, messages = run(text, tmp_path)
    assert words in messages and got == status and messages.count("error:") == 1, messages


def test_long_names_are_not_multiplied(tmp_path):
    """A call with a name of a megabyte and a body of a thousand nodes."""
    body = " ".join(f"v{i + 1} = Relu(v{i})" for i in range(1000))
    model = onnx.parser.parse_model(HEAD + "{ y = own.f(x) }" + BODY + f"f (v0) => (v1000) {{ {body} }}")
    model.graph.node[0].name = "n" * 1000000
    assert run(model, tmp_path)[2] == 0
