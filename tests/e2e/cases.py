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
    "conv_bias_of_run_time": (17, "x[1,8,5,5] w[8,8,3,3]", "g = GlobalAveragePool(x)\n k = Constant<value_ints=[8]>()\n b = Reshape(g, k)\n y = Conv(x, w, b)"),
    "gemm_bias_of_run_time": (17, "x[1,8,5,5] w[6,200]", "a = Flatten(x)\n g = ReduceMean<axes=[0,1,2,3]>(x)\n k = Constant<value_ints=[1]>()\n"
                              "b = Reshape(g, k)\n y = Gemm<transB=1>(a, w, b)"),
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
    "max_pool_of_zeros": (17, "x[1,12,8,8] w[12,12,1,1]",
                          "a = Conv(x, w)\n p = Constant<value_ints=[0,0,1,1,0,0,1,1]>()\n b = Pad(a, p)\n y = MaxPool<kernel_shape=[3,3], strides=[2,2]>(b)"),
    "avg_pool": (17, "x[1,18,7,7]", "y = AveragePool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]>(x)"),
    "avg_pool_include_pad": (17, "x[1,8,7,7]", "y = AveragePool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1], count_include_pad=1>(x)"),
    # Before opset 22 onnx infers one column too many here; onnxruntime has never computed it.
    "avg_pool_ceil": (22, "x[1,8,8,6]", "y = AveragePool<kernel_shape=[2,2], strides=[3,3], ceil_mode=1>(x)"),
    "avg_pool_whole": (17, "x[1,24,7,7]", "y = AveragePool<kernel_shape=[7,7]>(x)"),
    "head": (17, "x[1,37,5,5] w[11,37] wb[11]", "a = GlobalAveragePool(x)\n b = Flatten(a)\n y = Gemm<transB=1>(b, w, wb)"),
    "head_of_blocks": (17, "x[2,12,3,3] w[108,10] wb[10]", "a = Flatten(x)\n b = MatMul(a, w)\n y = Add(b, wb)"),
    "head_softmax": (13, "x[3,20] w[20,33]", "a = MatMul(x, w)\n y = Softmax<axis=-1>(a)"),
    "reduce_mean": (17, "x[1,20,6,6]", "y = ReduceMean<axes=[2,3], keepdims=0>(x)"),
    "activations": (18, "x[1,17,5,6] w[16,17,1,1] wp[16,1,1]",
                    "a = Conv(x, w)\n b = Tanh(a)\n c = Mish(b)\n d = PRelu(c, wp)\n e = Elu<alpha=0.5>(d)\n f = Softplus(e)\n y = Selu(f)"),
    "gelu": (20, "x[1,16,5,5] w[16,16,1,1]", 'a = Conv(x, w)\n b = Gelu(a)\n c = Gelu<approximate="tanh">(b)\n y = HardSwish(c)'),
    "gelu_of_torch": (17, "x[2,33]", "q = Constant<value_float=1.4142135>()\n a = Div(x, q)\n b = Erf(a)\n i = Constant<value_float=1.0>()\n"
                      "c = Add(b, i)\n d = Mul(x, c)\n h = Constant<value_float=0.5>()\n y = Mul(d, h)"),
    "rational": (17, "x[1,9,4,4]", "a = Abs(x)\n b = Sqrt(a)\n c = Neg(b)\n d = Exp(c)\n e = Reciprocal(d)\n f = Softsign(e)\n k = Constant<value_float=3.0>()\n"
                 "g = Pow(f, k)\n h = Constant<value_float=-0.5>()\n y = Pow(g, h)"),
    "instance_norm": (17, "x[2,12,5,7] ws[12] wb[12]", "y = InstanceNormalization(x, ws, wb)"),
    "group_norm_of_torch": (17, "x[1,32,6,5] w[32,32,1,1] wg[32,1,1] wb[32,1,1]",
                            "a = Conv(x, w)\n r = Constant<value_ints=[0,4,-1]>()\n b = Reshape(a, r)\n s = Constant<value_floats=[1.0,2.0,0.5,1.0]>()\n"
                            "z = Constant<value_floats=[0.0,0.25,0.0,0.0]>()\n c = InstanceNormalization(b, s, z)\n i = Shape(a)\n d = Reshape(c, i)\n"
                            "e = Mul(d, wg)\n f = Add(e, wb)\n y = Relu(f)"),
    "group_norm_of_a_batch": (17, "x[2,12,6,5] w[12,12,1,1] wg[12,1,1] wb[12,1,1]",
                              "a = Conv(x, w)\n r = Constant<value_ints=[0,3,-1]>()\n b = Reshape(a, r)\n s = Constant<value_floats=[1.0,1.0,1.0]>()\n"
                              "z = Constant<value_floats=[0.0,0.0,0.0]>()\n c = InstanceNormalization(b, s, z)\n i = Shape(a)\n d = Reshape(c, i)\n"
                              "e = Mul(d, wg)\n f = Add(e, wb)\n y = Relu(f)"),
    "layer_norm": (17, "x[3,4,33] ws[33] wb[33]", "y = LayerNormalization(x, ws, wb)"),
    "standardised_weights": (17, "x[1,8,6,6] w[12,8,3,3]",
                             "i = Constant<value_ints=[2]>()\n m = ReduceMean<axes=[1,2,3]>(w)\n c = Sub(w, m)\n p = Cast<to=1>(i)\n s = Pow(c, p)\n"
                             "v = ReduceMean<axes=[1,2,3]>(s)\n d = Sqrt(v)\n n = Div(c, d)\n y = Conv<pads=[1,1,1,1]>(x, n)"),
    "standardised_by_batch_norm": (17, "x[1,8,6,6] w[12,8,3,3] ws[12] wb[12]",
                                   "k = Constant<value_ints=[1,12,-1]>()\n f = Reshape(w, k)\n c, m, v = BatchNormalization<training_mode=1>(f, ws, wb, wb, ws)\n"
                                   "i = Shape(w)\n n = Reshape(c, i)\n y = Conv<pads=[1,1,1,1]>(x, n)"),
    "line": (17, "x[2,6,31] w[8,6,5] wb[8]", "a = Conv<pads=[2,2], strides=[2]>(x, w, wb)\n b = MaxPool<kernel_shape=[3], strides=[2], ceil_mode=1>(a)\n"
             "y = AveragePool<kernel_shape=[2]>(b)"),
    "channel_attention": (17, "x[1,24,6,6] w[1,1,3]",
                          "a = GlobalAveragePool(x)\n r = Constant<value_ints=[1,1,24]>()\n b = Reshape(a, r)\n c = Conv<pads=[1,1]>(b, w)\n d = Sigmoid(c)\n"
                          "s = Constant<value_ints=[1,24,1,1]>()\n e = Reshape(d, s)\n i = Shape(x)\n f = Expand(e, i)\n y = Mul(x, f)"),
    "blur_pool": (17, "x[1,19,9,8] w[19,1,3,3]", "p = Constant<value_ints=[0,0,1,1,0,0,1,1]>()\n a = Relu(x)\n b = Pad<mode=\"reflect\">(a, p)\n"
                  "y = Conv<group=19, strides=[2,2]>(b, w)"),
    "pad_edge": (17, "x[1,16,5,5] w[16,16,1,1]", "a = Conv(x, w)\n p = Constant<value_ints=[0,1,2,0,0,2,3,1]>()\n y = Pad<mode=\"edge\">(a, p)"),
    "pad_wrap": (19, "x[2,3,4,5]", "p = Constant<value_ints=[0,0,1,7,0,0,2,3]>()\n y = Pad<mode=\"wrap\">(x, p)"),
    "flip": (17, "x[1,3,4,5]", "s = Constant<value_ints=[-1,-1]>()\n e = Constant<value_ints=[-9,-9]>()\n a = Constant<value_ints=[1,3]>()\n"
             "t = Constant<value_ints=[-1,-2]>()\n y = Slice(x, s, e, a, t)"),
    "gather": (17, "x[2,9,3,4]", "i = Constant<value=int64[2,3] {8,0,-1,1,3,5}>()\n y = Gather<axis=1>(x, i)"),
    "tile": (17, "x[1,3,2,4]", "r = Constant<value_ints=[2,1,3,2]>()\n y = Tile(x, r)"),
    "split": (17, "x[1,24,5,5] w[16,24,1,1]", "a = Conv(x, w)\n s = Constant<value_ints=[8,3,5]>()\n b, c, d = Split<axis=1>(a, s)\n y = Concat<axis=1>(d, b, c)"),
    "space_to_depth": (17, "x[1,3,6,4] w[20,12,1,1]", 'a = SpaceToDepth<blocksize=2>(x)\n b = Conv(a, w)\n y = DepthToSpace<blocksize=2, mode="CRD">(b)'),
    "reductions": (18, "x[2,3,4,5]", "a = Constant<value_ints=[2,3]>()\n b = ReduceL2(x, a)\n c = ReduceL1(x, a)\n d = ReduceSumSquare(x, a)\n e = ReduceMin(x, a)\n"
                   "f = Sum(b, c, d, e)\n g = ReduceMax(x, a)\n h = ReduceSum(x, a)\n y = Sum(f, g, h)"),
    "nhwc": (13, "x[1,9,9,5] w[12,5,3,3]",
             "a = Transpose<perm=[0,3,1,2]>(x)\n b = Conv<pads=[1,1,1,1]>(a, w)\n c = Relu(b)\n y = Transpose<perm=[0,2,3,1]>(c)"),
    "padded_shortcut": (17, "x[1,16,8,8] w[32,16,3,3]",
                        "a = Conv<pads=[1,1,1,1], strides=[2,2]>(x, w)\n s = Constant<value_ints=[0,0]>()\n e = Constant<value_ints=[8,8]>()\n"
                        "ax = Constant<value_ints=[2,3]>()\n st = Constant<value_ints=[2,2]>()\n b = Slice(x, s, e, ax, st)\n"
                        "p = Constant<value_ints=[0,8,0,0,0,8,0,0]>()\n c = Pad(b, p)\n y = Add(a, c)"),
    "strided_winograd": (17, "x[1,40,37,54] w[56,40,3,3] wb[56]", "a = Conv<pads=[1,1,1,1], strides=[2,2]>(x, w, wb)\n y = Relu(a)"),
    "strided_winograd_of_small_tiles": (17, "x[2,64,27,29] w[72,64,3,3]", "y = Conv<pads=[0,0,1,1], strides=[2,2]>(x, w)"),
    "padded_shortcut_of_winograd": (17, "x[1,32,7,7] w[64,32,3,3]",
                                    "a = Conv<pads=[1,1,1,1]>(x, w)\n p = Constant<value_ints=[0,16,0,0,0,16,0,0]>()\n b = Pad(x, p)\n c = Add(a, b)\n y = Relu(c)"),
    "padded_shortcut_behind": (17, "x[1,8,6,6] w[20,8,1,1]",
                               "a = Conv(x, w)\n p = Constant<value_ints=[0,0,0,0,0,12,0,0]>()\n b = Pad(x, p)\n y = Add(a, b)"),
    "subsampled_shortcut": (17, "x[1,24,9,9] w[24,24,1,1] wv[24,24,3,3]",
                            "s = Conv(x, w)\n a = Conv<pads=[1,1,1,1], strides=[2,2]>(s, wv)\n b = MaxPool<kernel_shape=[1,1], strides=[2,2]>(s)\n y = Add(a, b)"),
    "preactivation": (17, "x[2,16,9,9] w[20,16,1,1] ws[20] wb[20] wm[20] nv[20] wv[20,20,3,3] wr[20,16,1,1]",
                      "r = Conv(x, wr)\n a = Conv(x, w)\n s = Add(a, r)\n b = BatchNormalization(s, ws, wb, wm, nv)\n c = Relu(b)\n"
                      "d = Conv<pads=[1,1,1,1]>(c, wv)\n y = Add(s, d)"),
    "preactivation_of_winograd": (17, "x[1,40,9,9] w[40,40,3,3] ws[40] wb[40] wm[40] nv[40] wv[40,40,3,3]",
                                  "a = Conv<pads=[1,1,1,1]>(x, w)\n s = Add(a, x)\n b = BatchNormalization(s, ws, wb, wm, nv)\n c = Relu(b)\n"
                                  "d = Conv<pads=[1,1,1,1]>(c, wv)\n y = Add(s, d)"),
    "preactivation_of_pool": (17, "x[1,19,11,11] ws[19] wb[19] wm[19] nv[19] w[19,19,3,3]",
                              "a = MaxPool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]>(x)\n b = BatchNormalization(a, ws, wb, wm, nv)\n"
                              "c = Relu(b)\n d = Conv<pads=[1,1,1,1]>(c, w)\n y = Add(a, d)"),
    "preactivation_alone": (17, "x[1,16,6,6] w[24,16,1,1] ws[24] wb[24] wm[24] nv[24] wv[24,16,1,1]",
                            "a = Conv(x, w)\n r = Conv(x, wv)\n s = Add(a, r)\n b = BatchNormalization(s, ws, wb, wm, nv)\n c = Relu(b)\n y = GlobalAveragePool(c)"),
    "squeeze_and_excitation": (17, "x[1,20,6,6] w[20,20,1,1] wv[20,20,1,1]",
                               "a = Conv(x, w)\n p = GlobalAveragePool(a)\n q = Conv(p, wv)\n g = Sigmoid(q)\n m = Mul(a, g)\n s = Add(m, x)\n y = Relu(s)"),
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
