"""What an imported node means: ONNX's own node tests and a few cases of ours, evaluated in float64 by resnetc-reference.

The node tests give every tensor as an input of the graph; here all but the first become initializers, as in real models.
Ours are compared with onnxruntime: they are what the node tests leave out (ceil_mode, old opsets, sharing, odd spellings).
"""
import importlib
import os
import pathlib
import subprocess

import ml_dtypes
import numpy as np
import onnx
import onnx.backend.test.case.node
import onnxruntime
import pytest
from onnx import numpy_helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("RESNETC_BUILD_DIR", ROOT / "build")) / "bin" / "resnetc-reference"
MODULES = """abs add and_ averagepool batch_normalization celu clip concat constant constantofshape conv depthtospace dequantizelinear div dropout
    elu equal erf exp expand flatten gather gelu gemm globalaveragepool globalmaxpool greater groupnormalization hardsigmoid
    hardswish identity instance_normalization layernormalization leakyrelu less logsoftmax matmul max maxpool mean min mish mod mul neg not_
    or_ pad pow prelu rangeop reciprocal reducel1 reducel2 reducesumsquare reducemax reducemean reducemin reduceprod
    reducesum relu reshape round selu shape sigmoid sign size slice softmax softplus softsign spacetodepth split sqrt squeeze
    sub sum swish tanh tile transpose unsqueeze where xor""".split()
# Node tests that are refused, each with its message. Any other failure is a fault, and so is a test that could leave this list.
REFUSED = dict(line.split(" ", 1) for line in (ROOT / "tests/import/refused.txt").read_text().splitlines())


def evaluate(model, inputs, folder):
    """The outputs in float64, or the messages."""
    onnx.save(model, folder / "model.onnx")
    command = [TOOL, folder / "model.onnx", "--save", folder / "out"]
    for name, array in inputs.items():
        np.save(folder / "in.npy", np.ascontiguousarray(array, dtype=np.float32))
        command += [f"--input={name}={folder}/in.npy"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if done.returncode:
        return None, done.stderr
    return [np.load(folder / f"out{i}.npy") for i in range(len(model.graph.output))], done.stderr


def node_tests():
    """Single-node models of the supported operators; importing a module of onnx makes its tests."""
    for module in MODULES:
        importlib.import_module(f"onnx.backend.test.case.node.{module}")
    return {case.name: case for case in onnx.backend.test.case.node._NodeTestCases if len(case.model.graph.node) == 1}


NODE_TESTS = node_tests()


def bake(model, arrays):
    """All inputs but the first become initializers; returns the first with its value."""
    feeds = {}
    for i, (declared, array) in enumerate(zip(list(model.graph.input), arrays)):
        if i == 0 and declared.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            feeds[declared.name] = numpy_helper.to_array(array) if isinstance(array, onnx.TensorProto) else array
        else:
            model.graph.initializer.append(array if isinstance(array, onnx.TensorProto) else numpy_helper.from_array(array))
            model.graph.initializer[-1].name = declared.name
            model.graph.input.remove(declared)
    return feeds


@pytest.mark.parametrize("name", NODE_TESTS)
def test_node(name, tmp_path):
    case = NODE_TESTS[name]
    inputs, expected = case.data_sets[0]
    model = onnx.ModelProto.FromString(case.model.SerializeToString())
    if not all(isinstance(v, (np.ndarray, onnx.TensorProto)) for v in [*inputs, *expected]):
        pytest.skip("not of tensors")
    if not all(d.dim_value for i in model.graph.input for d in i.type.tensor_type.shape.dim):
        pytest.skip("inputs without elements")
    outputs, messages = evaluate(model, bake(model, inputs), tmp_path)
    if name in REFUSED:
        assert outputs is None, f"{name} works: take it from tests/import/refused.txt"
        assert messages.splitlines()[0] == f"model.onnx: error: {REFUSED[name]}"
        return
    assert outputs is not None, messages
    for output, want in zip(outputs, expected):
        want = numpy_helper.to_array(want) if isinstance(want, onnx.TensorProto) else want
        assert output.shape == want.shape
        rtol = max(1e-3, ml_dtypes.finfo(want.dtype).eps) if want.dtype.kind in "fV" else 0  # kind V: bfloat16
        np.testing.assert_allclose(output, want.astype(np.float64), rtol=rtol, atol=1e-5)


# name: (opset, declared tensors, body). w... become initializers, x... are inputs; y is the output.
CASES = {
    "max_pool_ceil": (17, "x[1,2,10,9]", "y = MaxPool<kernel_shape=[3,3], strides=[2,2], ceil_mode=1>(x)"),
    "max_pool_ceil_padded": (12, "x[1,2,7,8]", "y = MaxPool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1], ceil_mode=1>(x)"),
    "avg_pool_ceil": (19, "x[1,2,8,6]", "y = AveragePool<kernel_shape=[2,2], strides=[3,3], ceil_mode=1>(x)"),
    "avg_pool_ceil_include_pad": (19, "x[1,2,7,7]", "y = AveragePool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1], ceil_mode=1, count_include_pad=1>(x)"),
    "avg_pool_dilated": (19, "x[1,2,9,9]", "y = AveragePool<kernel_shape=[2,2], dilations=[3,2], pads=[0,1,1,1]>(x)"),
    "avg_pool_same_lower": (17, "x[1,2,7,8]", 'y = AveragePool<kernel_shape=[4,3], strides=[2,3], auto_pad="SAME_LOWER">(x)'),
    "max_pool_same_upper": (17, "x[1,2,7,8]", 'y = MaxPool<kernel_shape=[4,3], strides=[2,3], auto_pad="SAME_UPPER">(x)'),
    "conv_same_upper": (17, "x[1,4,8,7] w[6,4,3,2]", 'y = Conv<auto_pad="SAME_UPPER", strides=[2,3]>(x, w)'),
    "conv_same_lower": (17, "x[1,4,8,7] w[6,4,4,2]", 'y = Conv<auto_pad="SAME_LOWER", strides=[1,2]>(x, w)'),
    "conv_valid_groups": (17, "x[1,4,8,7] w[6,2,3,3] wb[6]", 'y = Conv<auto_pad="VALID", group=2>(x, w, wb)'),
    "softmax_opset_9": (9, "x[2,3,4,5]", "y = Softmax<axis=2>(x)"),
    "softmax_opset_9_default": (9, "x[2,3,4]", "y = Softmax(x)"),
    "log_softmax_opset_13": (13, "x[2,3,4]", "y = LogSoftmax<axis=1>(x)"),
    "clip_opset_7": (7, "x[2,9]", "y = Clip<min=-0.5, max=0.25>(x)"),
    "clip_high_only": (13, "x[2,9] wl[]", "y = Clip(x, , wl)"),
    "pad_opset_7": (7, "x[1,2,3,3]", "y = Pad<pads=[0,1,0,2,0,0,1,0], value=1.5>(x)"),
    "pad_axes": (18, "x[1,2,3,3]", "p = Constant<value_ints=[1,0,0,2]>()\n a = Constant<value_ints=[-1,1]>()\n y = Pad(x, p, , a)"),
    "slice_backwards": (13, "x[5,6]", "s = Constant<value_ints=[-1,4]>()\n e = Constant<value_ints=[-9223372036854775808,0]>()\n"
                        "a = Constant<value_ints=[0,1]>()\n t = Constant<value_ints=[-2,-3]>()\n y = Slice(x, s, e, a, t)"),
    "slice_opset_9": (9, "x[5,6]", "y = Slice<starts=[1,-4], ends=[9223372036854775807,-1], axes=[0,1]>(x)"),
    "gemm_alpha_beta": (11, "x[3,4] w[4,5] wb[5]", "y = Gemm<alpha=0.5, beta=2.0>(x, w, wb)"),
    "gemm_bias_of_rows": (11, "x[3,4] w[5,4] wb[3,1]", "y = Gemm<transB=1>(x, w, wb)"),
    "gemm_bias_scalar": (11, "x[4,3] w[5,4] wb[1]", "y = Gemm<transA=1, transB=1>(x, w, wb)"),
    "matmul_rank_3": (13, "x[2,3,4] w[4,5]", "y = MatMul(x, w)"),
    "matmul_vector": (13, "x[2,4] w[4]", "y = MatMul(x, w)"),
    "flatten_shape_chain": (13, "x[2,3,2,2]", "s = Shape(x)\n z = Constant<value=int64 {0}>()\n b = Gather(s, z)\n a = Constant<value_ints=[0]>()\n"
                            "u = Unsqueeze(b, a)\n m = Constant<value_ints=[-1]>()\n c = Concat<axis=0>(u, m)\n y = Reshape(x, c)"),
    "reshape_zero": (13, "x[2,3,4]", "s = Constant<value_ints=[0,-1]>()\n y = Reshape(x, s)"),
    "squeeze_all_opset_11": (11, "x[1,3,1,2]", "y = Squeeze(x)"),
    "dropout_opset_7": (7, "x[2,3]", "a, m = Dropout<ratio=0.5>(x)\n y = Relu(a)"),
    "dropout_opset_13": (13, "x[2,3]", "r = Constant<value_float=0.5>()\n t = Constant<value=bool {0}>()\n y = Dropout(x, r, t)"),
    "unsqueeze_opset_11": (11, "x[2,3]", "y = Unsqueeze<axes=[0,-1]>(x)"),
    "split_opset_11": (11, "x[2,6]", "a, b = Split<axis=1, split=[2,4]>(x)\n y = Concat<axis=1>(b, a)"),
    "split_opset_18": (18, "x[2,5]", "a, b = Split<axis=1, num_outputs=2>(x)\n y = Concat<axis=1>(b, a)"),
    "reduce_opset_9": (9, "x[2,3,4]", "a = ReduceL2<axes=[-1]>(x)\n b = ReduceMin<axes=[1]>(x)\n y = Mul(a, b)"),
    "line_same_upper": (17, "x[2,4,9] w[6,4,4] wb[6]", 'y = Conv<auto_pad="SAME_UPPER", strides=[2]>(x, w, wb)'),
    "line_pools": (17, "x[1,2,9]", "a = AveragePool<kernel_shape=[3], pads=[1,0], count_include_pad=1>(x)\n y = MaxPool<kernel_shape=[2], strides=[2], ceil_mode=1>(a)"),
    "pad_reflect": (13, "x[1,3,4]", 'p = Constant<value_ints=[0,2,3,0,1,3]>()\n y = Pad<mode="reflect">(x, p)'),
    "pad_edge_opset_7": (7, "x[1,3,4]", 'y = Pad<mode="edge", pads=[1,2,3,0,1,7]>(x)'),
    "group_norm_opset_18": (18, "x[2,6,3,4] ws[3] wb[3]", "y = GroupNormalization<num_groups=3>(x, ws, wb)"),
    "group_norm_opset_21": (21, "x[2,6,3,4] ws[6] wb[6]", "y = GroupNormalization<num_groups=3, epsilon=0.1>(x, ws, wb)"),
    "instance_norm_of_lines": (17, "x[2,3,7] ws[3] wb[3]", "y = InstanceNormalization(x, ws, wb)"),
    "swish": (24, "x[2,9]", "a = Swish(x)\n y = Swish<alpha=1.5>(a)"),
    "shape_by_condition": (13, "x[2,6]", "s = Shape(x)\n m = Constant<value_ints=[-1,3]>()\n z = Constant<value_ints=[0,0]>()\n c = Less(m, z)\n t = Where(c, m, m)\n"
                           "o = Constant<value_ints=[1,1]>()\n u = Mul(t, o)\n n = Equal(u, t)\n v = Where(n, u, s)\n y = Reshape(x, v)"),
    "reduce_noop": (18, "x[2,3]", "y = ReduceMean<noop_with_empty_axes=1>(x)"),
    "sum_of_three": (13, "x[2,3] w[3] wv[2,1]", "y = Sum(x, w, wv)"),
    "shared_weight": (13, "x[3,3] w[3,3]", "a = MatMul(x, w)\n b = Add(a, w)\n y = Gemm(b, w)"),
    "integers": (13, "x[2,6]", "s = Shape(x)\n t = Constant<value_ints=[3,4]>()\n d = Mul(s, t)\n e = Div(d, s)\n f = Cast<to=1>(e)\n g = Constant<value_ints=[2,1]>()\n h = Reshape(f, g)\n y = Mul(x, h)"),
}


def build(name):
    opset, declared, body = CASES[name]
    shapes = {d.split("[")[0]: [int(n) for n in d.split("[")[1].rstrip("]").split(",") if n] for d in declared.split()}
    header = ", ".join(f"float[{','.join(map(str, s))}] {t}" for t, s in shapes.items() if t[0] == "x")
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}]> {name} ({header}) => (float[d] y) {{ {body} }}')
    model.graph.output[0].type.tensor_type.ClearField("shape")
    random = np.random.default_rng(len(name))
    values = {t: random.standard_normal(s).astype(np.float32) for t, s in shapes.items()}
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(v), t) for t, v in values.items() if t[0] == "w")
    return model, {t: v for t, v in values.items() if t[0] == "x"}


@pytest.mark.parametrize("name", CASES)
def test_case(name, tmp_path):
    model, feeds = build(name)
    outputs, messages = evaluate(model, feeds, tmp_path)
    assert outputs is not None, messages
    onnxruntime.set_default_logger_severity(3)
    (want,) = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, feeds)
    assert outputs[0].shape == want.shape
    np.testing.assert_allclose(outputs[0], want, rtol=1e-5, atol=1e-5)
