"""If nodes: the branch that a constant condition chooses is imported, and nothing is asked of the other one."""
import numpy as np
import onnx
import pytest
from onnx import helper
from test_functions import BODY, HEAD, relu, run

RANK = "s = Shape(x)  n = Size(s)  two = Constant<value_int=2>()  three = Constant<value_int=3>()  yes = Equal(n, two)  no = Equal(n, three)  "


def branches(then, other, result="float[2,4] r"):
    return f"<then_branch = t () => ({result}) {{ {then} }}, else_branch = e () => ({result}) {{ {other} }}>"


NESTED = branches("a = Exp(x)  r = If(no) " + branches("r = Neg(a)", "b = Relu(a)  r = Add(b, x)"), "r = Neg(x)")
SOUND = {
    "then": (HEAD + "{ " + RANK + "y = If(yes) " + branches("r = Relu(x)", "r = Neg(x)") + " }", relu),
    "else": (HEAD + "{ " + RANK + "y = If(no) " + branches("r = Relu(x)", "r = Neg(x)") + " }", np.negative),
    "the other one could not be": (HEAD + "{ " + RANK + "y = If(yes) " + branches("r = Relu(x)", "q = Det(x)  k = Constant<value_ints=[3,5]>()  r = Reshape(x, k)") + " }", relu),
    "nested": (HEAD + "{ " + RANK + "y = If(yes) " + NESTED + " }", lambda x: np.exp(x) + x),
    "one after the other": (HEAD + "{ " + RANK + "a = If(yes) " + branches("b = Exp(x)  r = Relu(b)", "r = Neg(x)")
                            + "  y = If(no) " + branches("b = Neg(a)  r = Neg(b)", "b = Abs(a)  r = Neg(b)") + " }", lambda x: -np.exp(x)),
    "names that are used outside": (HEAD + "{ " + RANK + "r = Exp(x)  q = If(yes) " + branches("r = Relu(x)  b = Relu(r)", "b = Neg(x)", "float[2,4] b")
                                    + "  y = Add(q, r) }", lambda x: relu(x) + np.exp(x)),
    "a value from outside as result": (HEAD + "{ " + RANK + "a = Exp(x)  y = If(yes) " + branches("b = Neg(x)", "b = Neg(x)", "float[2,4] a") + " }", np.exp),
    "several results": (HEAD + "{ " + RANK + "p, q = If(no) <then_branch = t () => (float[2,4] a, float[2,4] b) { a = Neg(x)  b = Neg(x) }, "
                        "else_branch = e () => (float[2,4] a, float[2,4] b) { a = Exp(x)  b = Relu(x) }>  y = Sub(p, q) }", lambda x: np.exp(x) - relu(x)),
    "a constant of the branch": (HEAD + "{ " + RANK + "y = If(yes) <then_branch = t () => (float[2,4] r) <float k = {0.5}> { r = Mul(x, k) }, "
                                 "else_branch = e () => (float[2,4] r) { r = Neg(x) }> }", lambda x: x * 0.5),
    "in a function": (HEAD + "{ a = own.f<s=0.25>(x)  y = own.f(a) }" + BODY + "f <s: float = 0.5> (x) => (y) { " + RANK
                      + "h = Exp(x)  y = If(yes) " + branches("a = Neg(h)  r = LeakyRelu<alpha: float = @s>(a)", "r = Neg(x)") + " }",
                      lambda x: -0.5 * np.exp(-0.25 * np.exp(x))),
    "a function in a branch": (HEAD + "{ " + RANK + "y = If(yes) " + branches("a = own.f(x)  r = own.f(a)", "r = own.g(x)") + " }" + BODY
                               + "f (x) => (y) { y = Exp(x) }", lambda x: np.exp(np.exp(x))),
}


@pytest.mark.parametrize("name", SOUND)
def test_value(name, tmp_path):
    text, meaning = SOUND[name]
    _, x, status, messages = run(text, tmp_path)
    assert status == 0, messages
    np.testing.assert_allclose(np.load(tmp_path / "out0.npy"), meaning(x.astype(np.float64)), rtol=1e-6)


def without_else():
    model = onnx.parser.parse_model(SOUND["then"][0])
    del next(n for n in model.graph.node if n.op_type == "If").attribute[1]
    return model


def one_result_too_many():
    model = onnx.parser.parse_model(SOUND["then"][0])
    branch = next(n for n in model.graph.node if n.op_type == "If").attribute[1].g
    branch.output.append(helper.make_tensor_value_info("x", 1, [2, 4]))
    return model


REFUSED = {
    "computed from the input": (HEAD + "{ m = ReduceMax<keepdims=0>(x)  c = Cast<to=9>(m)  y = If(c) " + branches("r = Relu(x)", "q = Det(x)  r = Neg(x)") + " }",
                                "R032", "Cast of f32[] at run time is not supported"),
    "runtime": (HEAD + "{ m = ReduceMax<keepdims=0>(x)  [choice] y = If(m) " + branches("r = Relu(x)", "q = Det(x)  r = Neg(x)") + " }",
                "R031", "If with a condition that is not known while compiling is not supported"),
    "unsupported": (HEAD + "{ " + RANK + "y = If(yes) " + branches("r = Bernoulli(x)", "r = Det(x)") + " }", "R031", "operator 'Bernoulli' is not supported"),
    "no else": (without_else(), "R056", "If needs the attributes then_branch and else_branch, two graphs"),
    "too many": (one_result_too_many(), "R055", "If has 1 outputs, its else_branch 2"),
    "undefined": (HEAD + "{ " + RANK + "y = If(yes) " + branches("r = Relu(nowhere)", "r = Neg(x)") + " }", "R053", "input 0 'nowhere' is undefined"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, tmp_path):
    model, code, text = REFUSED[name]
    _, _, status, messages = run(model, tmp_path)
    assert status != 0
    assert f"error: [{code}] {text}" in messages and messages.count("error: ") == 1, messages
