"""How far float32 may be from float64 on a graph: a bound for every element of every output, derived, never tuned.

    outputs = bounds(model, {"input": array})       # {name: (float64 array, array of bounds)}

A float tensor carries four arrays: its value in float64; its error; its magnitude, the sum of the absolute values of all
terms since the last value that a convolution or dense layer read; and the same since the last such layer's result
("near"). With u = 2^-24 and gamma(n) = n u / (1 - n u), a sum of n products in any order, fused or not, errs by at most
gamma(n) * magnitude (Higham, Accuracy and Stability, 3.1). Folding scales and shifts into the layer before keeps the
magnitude of the pair, folding them into the layer after keeps near, so the bound holds for the folded graph too.
"""
import numpy as np
from onnx import helper, numpy_helper
from reference import OPS, spatial, widen, windows

UNIT = 2.0 ** -24
EXTRA = 12  # roundings of what is folded into a sum: scale, shift, their products; the residual, the slope of an activation
SCALE_OFF = 4  # times that the scale of the weights in an inner product may be off from the best one
WINOGRAD_CHANNELS = 16  # with fewer its transforms cost more than they save, and no kernel uses them
SOFT = 32  # units in the last place that exp and its kin may be off
TINY = 2.0 ** -100  # smaller results may be flushed to zero


class Rounded:
    def __init__(self, value, error=0.0, magnitude=None, near=None):
        self.value = np.asarray(value)
        self.error = np.broadcast_to(error, self.value.shape)
        self.magnitude = np.abs(self.value) if magnitude is None else magnitude
        self.near = np.abs(self.value) + self.error if near is None else near

    def map(self, function):
        """Through an operator that only moves elements."""
        return Rounded(*map(function, (self.value, self.error, self.magnitude, self.near)))


RULES = {}


def rule(*names):
    def register(function):
        RULES.update({name: function for name in names})
        return function
    return register


def gamma(n):
    return n * UNIT / (1 - n * UNIT)


def linear(terms, value, passed, magnitude, near):
    """The result of an operator that sums that many products; passed: what it makes of the errors of its inputs."""
    return Rounded(value, passed + gamma(terms + EXTRA) * (magnitude + passed), magnitude, near)


def bilinear(op, terms, x, w, bias=0, wide=0):
    """op(x, w) + bias, the work of a convolution or dense layer; wide is added to the error."""
    bias = bias if isinstance(bias, Rounded) else Rounded(bias)
    size = np.abs(w.value)
    passed = op(x.error, size) + bias.error
    if w.error.any():
        passed = passed + op(x.near + x.error, w.error)
    y = linear(terms, op(x.value, w.value) + bias.value, passed, op(x.near, size) + bias.magnitude, None)
    return Rounded(y.value, y.error + wide, y.magnitude)


@rule("Conv")
def conv(a, x, w, b=None):
    bias = 0 if b is None else b.map(lambda v: v[:, None, None])
    steps = set(a.get("strides", [1, 1]))
    ones = steps <= {1} or steps <= {2}
    ones = ones and all(n == 1 for n in a.get("dilations", [1])) and a.get("group", 1) == 1
    suits = ones and w.value.shape[2:] == (3, 3) and min(w.value.shape[:2]) >= WINOGRAD_CHANNELS and not a["strict"]
    wide = winograd(a, x, w.value) if suits else 0
    if a["inner"] and a.get("group", 1) == 1:
        wide = inner(a, x, w.value) if w.value.shape[2:] == (1, 1) else INNER_WINOGRAD * wide
    return bilinear(lambda x, w: OPS["Conv"](a, x, w), w.value[0].size, x, w, bias, wide)


def toom_cook(points, taps=3):
    """A^T, G, B^T of F(len(points) + 2 - taps, taps) with these points and infinity (Barabasz et al. 2019)."""
    m = len(points) + 2 - taps
    at = np.array([[float(p) ** i for p in points] + [i == m - 1] for i in range(m)])
    scale = [np.prod([p - q for q in points if q != p]) for p in points]
    g = np.array([[float(p) ** j / s for j in range(taps)] for p, s in zip(points, scale)] + [[0] * (taps - 1) + [1]])
    bt = np.array([[*np.poly([q for q in points if q != p])[::-1], 0] for p in points] + [np.poly(points)[::-1]])
    return at, g, bt


def strided(points):
    """A^T, G, B^T of F(len(points), 3) with stride 2: F(len(points), 2) of the outer taps, plain products of the middle one."""
    (at, g, bt), m = toom_cook(points, taps=2), len(points)
    middle = np.eye(m)
    g = np.block([[g[:, :1], np.zeros((m + 1, 1)), g[:, 1:]], [np.zeros((m, 1)), np.ones((m, 1)), np.zeros((m, 1))]])
    window = np.zeros((2 * m + 1, 2 * m + 1))
    window[:m + 1, 0::2], window[m + 1:, 1::2] = bt, middle
    return np.hstack([at, middle]), g, window


# By stride: F(2,3), and F(4,3) with the usual and with better points. A kernel may scale the rows of the three matrices against
# each other, which leaves the product of their absolute values as it is.
WINOGRAD = {1: [toom_cook(points) for points in ((0, 1, -1), (0, 1, -1, 2, -2), (0, 1, -1, 0.5, -2))],
            2: [strided(points) for points in ((0, 1), (0, 1, -1, -0.5))]}


def winograd(a, x, w):
    """The elementwise bound |A^T| ((|G| |w| |G^T|) * (|B^T| |x| |B|)) |A| for the worst of the algorithms and any place of the
    tiles: a tile of F(4,3) that has an output pixel sees what this and three more pixels on each side see."""
    stride = a.get("strides", [1])[0]
    more, reach = 3 * stride, 6 * stride + 3
    (top, height), (left, width) = spatial(a, x.value.shape[2:], (3, 3))[0]
    bottom, right = stride * (height - 1) + 3 - x.value.shape[2] - top, stride * (width - 1) + 3 - x.value.shape[3] - left
    pads = [p + more for p in (top, left, bottom, right)]
    around = np.max([seen for _, seen in windows(x.near, {"pads": pads, "strides": [stride, stride]}, (reach, reach), 0)], axis=0)
    worst = 0
    for at, g, bt in WINOGRAD[stride]:
        rows = np.abs(at) * np.abs(bt).sum(1)
        kernel = np.einsum("rp,pk,ockl,ql,sq->ocrs", rows, np.abs(g), np.abs(w), np.abs(g), rows, optimize=True).max((2, 3))
        worst = np.maximum(worst, np.einsum("oc,nchw->nohw", kernel, around, optimize=True))
    return gamma(w.shape[1] + SOFT) * worst


# (|v0| + c|u1|)(|v1| + c|u0|) / c + |v0 v1| / c + c |u0 u1| for values as of a normal distribution, where c is four times off, against
# |v0 u0| + |v1 u1|: 1 + (4 + 1/4).
INNER_WINOGRAD = 1 + SCALE_OFF + 1 / SCALE_OFF


def inner(a, x, w):
    """The elementwise bound on what inner products add: with the scale c it is gamma times the sum over pairs of
    2 |x0 x1| / c + 2 c |w0 w1| + |x0 w0| + |x1 w1|; the best c makes the first two equal on the average over all pixels."""
    steps = a.get("strides", [1, 1])
    (top, height), (left, width) = spatial(a, x.value.shape[2:], (1, 1))[0]
    near = np.pad(x.near, ((0, 0), (0, 0), (max(top, 0), height * steps[0]), (max(left, 0), width * steps[1])))
    near = near[:, :, :height * steps[0]:steps[0], :width * steps[1]:steps[1]]
    squares = np.square(near).sum(1, keepdims=True)
    kernel = np.abs(w[:, :, 0, 0])
    mean, ofOutput = max(squares.mean(), TINY), np.maximum(np.square(kernel).sum(1), TINY)[:, None, None]
    c = np.sqrt(mean / ofOutput)
    terms = SCALE_OFF * (squares / c + c * ofOutput) + np.einsum("oc,nchw->nohw", kernel, near)
    return gamma(2 * w.shape[1] + SOFT) * terms


@rule("MatMul")
def matmul(a, x, w):
    return bilinear(np.matmul, w.value.shape[0 if w.value.ndim == 1 else -2], x, w)


@rule("Gemm")
def gemm(a, x, w, b=None):
    alpha, beta = a.get("alpha", 1.0), a.get("beta", 1.0)
    op, w = lambda x, w: OPS["Gemm"]({**a, "alpha": 1.0}, x, w), w.map(lambda v: alpha * v)
    return bilinear(op, w.value.shape[1 if a.get("transB") else 0], x, w, 0 if b is None else b.map(lambda v: beta * v))


@rule("BatchNormalization")
def batch_norm(a, x, scale, shift, mean, variance):
    factor = scale.value / np.sqrt(variance.value + a.get("epsilon", 1e-5))
    shape = (-1,) + (1,) * (x.value.ndim - 2)
    size, offset = np.abs(factor).reshape(shape), (np.abs(shift.value) + np.abs(mean.value * factor)).reshape(shape)
    value = x.value * factor.reshape(shape) + (shift.value - mean.value * factor).reshape(shape)
    return linear(1, value, x.error * size, x.magnitude * size + offset, x.near * size + offset)


@rule("AveragePool", "GlobalAveragePool", "ReduceMean")
def average(a, x, axes=None):
    mean = x.map(lambda v: OPS[a["op"]](a, v, *([] if axes is None else [axes.value])))
    terms = np.prod(a.get("kernel_shape", x.value.shape[1:]))
    return linear(terms, mean.value, mean.error, mean.magnitude, mean.near)


@rule("Add", "Sub", "Sum")
def add(a, *terms):
    total = lambda field: sum(getattr(t, field) for t in terms)
    return linear(len(terms), OPS[a["op"]](a, *[t.value for t in terms]), total("error"), total("magnitude"), total("near"))


@rule("Mul")
def mul(a, x, y):
    passed = (x.near + x.error) * y.error + x.error * y.near
    return linear(1, x.value * y.value, passed, x.magnitude * y.magnitude, x.near * y.near)


@rule("MaxPool", "GlobalMaxPool")
def max_pool(a, x):
    return Rounded(OPS[a["op"]](a, x.value), OPS[a["op"]](a, x.error))


@rule("Relu", "Clip", "LeakyRelu")
def clamp(a, x, *limits):
    """Slopes of at most 1."""
    value = OPS[a["op"]](a, x.value, *[None if v is None else v.value for v in limits])
    return Rounded(value, x.error + 2 * UNIT * (np.abs(value) + x.error))


@rule("Sigmoid")
def sigmoid(a, x):
    value = OPS["Sigmoid"](a, x.value)
    slope = np.minimum(0.25, value * np.exp(np.minimum(x.error, 50)))  # s' = s (1 - s) <= s, for the largest s in reach
    return Rounded(value, np.minimum(slope * x.error + SOFT * UNIT * (1 + np.abs(x.value)) * value, 1))


@rule("Softmax")
def softmax(a, x):
    value = OPS["Softmax"](a, x.value)
    spread = x.value.max() - x.value.min()
    grows = np.expm1(np.minimum(2 * x.error.max(), 50)) + gamma(x.value.size + SOFT * (1 + spread))
    return Rounded(value, np.minimum(value * grows, 1))


@rule("Transpose", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Slice", "Identity", "Dropout")
def move(a, x, *rest):
    return x.map(lambda v: OPS[a["op"]](a, v, *[None if r is None else r.value for r in rest]))


@rule("Concat")
def concat(a, *parts):
    return Rounded(*[OPS["Concat"](a, *[getattr(p, f) for p in parts]) for f in ("value", "error", "magnitude", "near")])


@rule("Pad")
def pad(a, x, pads=None, value=None, axes=None):
    put = lambda v, fill: OPS["Pad"]({**a, "value": fill}, v, *([None if pads is None else pads.value, None] + ([] if axes is None else [axes.value])))
    fill = a.get("value", 0.0) if value is None else value.value.item()
    return Rounded(put(x.value, fill), put(x.error, 0.0), put(x.magnitude, abs(fill)), put(x.near, abs(fill)))


def exact(op, a, arguments):
    """Operators on shapes and constants."""
    return Rounded(op(a, *[None if x is None else x.value for x in arguments]))


def bounds(model, feeds, strict=False, inner=False):
    """strict: no kernel computes by Winograd's algorithm. inner: 1x1 convolutions and the products of Winograd's may be inner products."""
    opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    values = {"": None}
    values.update({t.name: Rounded(widen(numpy_helper.to_array(t))) for t in model.graph.initializer})
    values.update({name: Rounded(widen(np.asarray(array))) for name, array in feeds.items()})
    for node in model.graph.node:
        a = {"op": node.op_type, "opset": opset, "strict": strict, "inner": inner and not strict, **{a.name: helper.get_attribute_value(a) for a in node.attribute}}
        arguments = [values[name] for name in node.input]
        isFloat = bool(arguments) and arguments[0].value.dtype.kind == "f" and node.op_type != "Shape"
        values[node.output[0]] = RULES[node.op_type](a, *arguments) if isFloat else exact(OPS[node.op_type], a, arguments)
    return {o.name: (values[o.name].value, values[o.name].error + TINY) for o in model.graph.output}
