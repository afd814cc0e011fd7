"""Small graphs, one operator or a short chain each, in ONNX's text format; small_model(name) -> (model, feeds).

Tensors named w... become initializers with random values, n... too, but positive (variances); x... are the inputs.
"""
import hashlib

import numpy as np
import onnx
from onnx import numpy_helper

# name: (opset, declared tensors, graph body); `y` is the output.
CASES = {
    "conv_1x1": (17, "x[1,20,7,9] w[24,20,1,1] wb[24]", "y = Conv(x, w, wb)"),
    "conv_3x3": (17, "x[2,16,8,8] w[32,16,3,3]", "y = Conv<pads=[1,1,1,1]>(x, w)"),
    "conv_3x3_stride_2": (17, "x[1,17,11,13] w[19,17,3,3] wb[19]", "y = Conv<pads=[1,1,1,1], strides=[2,2]>(x, w, wb)"),
    "conv_7x7_stem": (17, "x[1,3,33,35] w[64,3,7,7] wb[64]", "y = Conv<pads=[3,3,3,3], strides=[2,2]>(x, w, wb)"),
    "conv_one_channel": (17, "x[1,1,9,9] w[5,1,3,3]", "y = Conv(x, w)"),
    "conv_5x3_uneven_pads": (17, "x[1,8,10,9] w[8,8,5,3]", "y = Conv<pads=[2,0,1,3], strides=[1,2]>(x, w)"),
    "conv_dilated": (17, "x[1,16,12,12] w[16,16,3,3]", "y = Conv<pads=[2,2,2,2], dilations=[2,2]>(x, w)"),
    "conv_groups_of_4": (17, "x[1,32,6,6] w[32,4,3,3] wb[32]", "y = Conv<group=8, pads=[1,1,1,1]>(x, w, wb)"),
    "conv_groups_of_3": (17, "x[1,6,6,6] w[10,3,3,3]", "y = Conv<group=2, pads=[1,1,1,1]>(x, w)"),
    "conv_depthwise": (17, "x[1,24,6,6] w[24,1,3,3]", "y = Conv<group=24, pads=[1,1,1,1]>(x, w)"),
    "conv_same_upper": (17, "x[1,8,8,7] w[8,8,3,3]", 'y = Conv<auto_pad="SAME_UPPER", strides=[2,2]>(x, w)'),
    "conv_same_lower": (17, "x[1,8,8,7] w[8,8,3,3]", 'y = Conv<auto_pad="SAME_LOWER", strides=[2,2]>(x, w)'),
    "conv_pixel": (17, "x[1,40,1,1] w[48,40,1,1]", "y = Conv(x, w)"),
    "conv_bn_relu": (17, "x[1,12,9,9] w[20,12,3,3] ws[20] wb[20] wm[20] nv[20]",
                     "a = Conv<pads=[1,1,1,1]>(x, w)\n b = BatchNormalization(a, ws, wb, wm, nv)\n y = Relu(b)"),
    "bn_of_input": (17, "x[2,5,4,6] ws[5] wb[5] wm[5] nv[5]", "y = BatchNormalization<epsilon=0.01>(x, ws, wb, wm, nv)"),
    "residual": (17, "x[1,16,9,9] w[16,16,3,3] wv[16,16,3,3]",
                 "a = Conv<pads=[1,1,1,1]>(x, w)\n b = Relu(a)\n c = Conv<pads=[1,1,1,1]>(b, wv)\n d = Add(x, c)\n y = Relu(d)"),
    "residual_broadcast": (17, "x[1,16,5,5] w[16,1,1]", "a = Add(x, w)\n y = Mul(a, x)"),
    "relu6": (17, "x[1,9,5,5] w[16,9,1,1]", "a = Conv(x, w)\n l = Constant<value_float=0.0>()\n h = Constant<value_float=0.5>()\n y = Clip(a, l, h)"),
    "sigmoid_gate": (17, "x[1,16,6,6] w[16,16,1,1]", "a = GlobalAveragePool(x)\n b = Conv(a, w)\n c = Sigmoid(b)\n y = Mul(x, c)"),
    "max_pool": (17, "x[1,19,14,14]", "y = MaxPool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]>(x)"),
    "max_pool_ceil": (17, "x[1,8,10,9]", "y = MaxPool<kernel_shape=[3,3], strides=[2,2], ceil_mode=1>(x)"),
    "max_pool_same": (17, "x[1,8,7,8]", 'y = MaxPool<kernel_shape=[3,2], strides=[2,2], auto_pad="SAME_UPPER">(x)'),
    "avg_pool": (17, "x[1,18,7,7]", "y = AveragePool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]>(x)"),
    "avg_pool_include_pad": (17, "x[1,8,7,7]", "y = AveragePool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1], count_include_pad=1>(x)"),
    # Before opset 22 onnx infers one column too many here; onnxruntime has never computed it.
    "avg_pool_ceil": (22, "x[1,8,8,6]", "y = AveragePool<kernel_shape=[2,2], strides=[3,3], ceil_mode=1>(x)"),
    "avg_pool_whole": (17, "x[1,24,7,7]", "y = AveragePool<kernel_shape=[7,7]>(x)"),
    "head": (17, "x[1,37,5,5] w[11,37] wb[11]", "a = GlobalAveragePool(x)\n b = Flatten(a)\n y = Gemm<transB=1>(b, w, wb)"),
    "head_of_blocks": (17, "x[2,12,3,3] w[108,10] wb[10]", "a = Flatten(x)\n b = MatMul(a, w)\n y = Add(b, wb)"),
    "head_softmax": (13, "x[3,20] w[20,33]", "a = MatMul(x, w)\n y = Softmax<axis=-1>(a)"),
    "reduce_mean": (17, "x[1,20,6,6]", "y = ReduceMean<axes=[2,3], keepdims=0>(x)"),
    "nhwc": (13, "x[1,9,9,5] w[12,5,3,3]",
             "a = Transpose<perm=[0,3,1,2]>(x)\n b = Conv<pads=[1,1,1,1]>(a, w)\n c = Relu(b)\n y = Transpose<perm=[0,2,3,1]>(c)"),
    "padded_shortcut": (17, "x[1,16,8,8] w[32,16,3,3]",
                        "a = Conv<pads=[1,1,1,1], strides=[2,2]>(x, w)\n s = Constant<value_ints=[0,0]>()\n e = Constant<value_ints=[8,8]>()\n"
                        "ax = Constant<value_ints=[2,3]>()\n st = Constant<value_ints=[2,2]>()\n b = Slice(x, s, e, ax, st)\n"
                        "p = Constant<value_ints=[0,8,0,0,0,8,0,0]>()\n c = Pad(b, p)\n y = Add(a, c)"),
    "concat": (17, "x[1,10,5,5] w[6,10,1,1] wv[9,10,1,1]", "a = Conv(x, w)\n b = Conv(x, wv)\n c = Concat<axis=1>(a, b)\n y = Relu(c)"),
}


def random(name, shape):
    return np.random.default_rng(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")).standard_normal(shape)


def small_model(name):
    opset, declared, body = CASES[name]
    tensors = {d.split("[")[0]: [int(n) for n in d.split("[")[1].rstrip("]").split(",")] for d in declared.split()}
    values = {t: random(f"{name}/{t}", shape).astype(np.float32) for t, shape in tensors.items()}
    values = {t: np.abs(v) + 0.1 if t[0] == "n" else v for t, v in values.items()}
    header = ", ".join(f"float[{','.join(map(str, s))}] {t}" for t, s in tensors.items() if t[0] == "x")
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : {opset}]> {name} ({header}) => (float[d] y) {{ {body} }}')
    model.graph.initializer.extend(numpy_helper.from_array(v, t) for t, v in values.items() if t[0] != "x")
    del model.graph.output[0].type.tensor_type.shape.dim[:]
    model.graph.output[0].type.tensor_type.ClearField("shape")
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    onnx.checker.check_model(model, full_check=True)
    return model, {t: v for t, v in values.items() if t[0] == "x"}
