"""The operators of the float64 yardstick that look at no window: functions of elements, norms, reductions, movement."""
import math

import numpy as np

OPS = {}


def op(function):
    OPS[function.__name__] = function
    return function


def softplus(x):
    return np.logaddexp(0, x)


def erf(x):
    return np.vectorize(math.erf, otypes=[float])(x)


def hard_sigmoid(x, alpha, beta):
    return np.clip(alpha * x + beta, 0, 1)


def elu(x, alpha, gamma=1.0):
    return gamma * np.where(x < 0, alpha * np.expm1(x), x)


@op
def Gelu(a, x):
    if a.get("approximate", b"none") == b"tanh":
        return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))
    return x / 2 * (1 + erf(x / math.sqrt(2)))


def standardise(x, axes, epsilon):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


def along_channels(vector, rank):
    return vector.reshape((-1,) + (1,) * (rank - 2))


@op
def BatchNormalization(a, x, scale, shift, mean, variance):
    epsilon = a.get("epsilon", 1e-5)
    if a.get("training_mode"):
        axes = (0, *range(2, x.ndim))
        y = standardise(x, axes, epsilon) * along_channels(scale, x.ndim) + along_channels(shift, x.ndim)
        return y, x.mean(axes), x.var(axes)
    factor = scale / np.sqrt(variance + epsilon)
    return x * along_channels(factor, x.ndim) + along_channels(shift - mean * factor, x.ndim)


@op
def InstanceNormalization(a, x, scale, shift):
    y = standardise(x, tuple(range(2, x.ndim)), a.get("epsilon", 1e-5))
    return y * along_channels(scale, x.ndim) + along_channels(shift, x.ndim)


@op
def GroupNormalization(a, x, scale, shift):
    y = standardise(x.reshape(x.shape[0], a["num_groups"], -1), (2,), a.get("epsilon", 1e-5)).reshape(x.shape)
    each = x.shape[1] // len(scale)
    return y * along_channels(np.repeat(scale, each), x.ndim) + along_channels(np.repeat(shift, each), x.ndim)


@op
def LayerNormalization(a, x, scale, shift=0):
    return standardise(x, tuple(range(a.get("axis", -1) % x.ndim, x.ndim)), a.get("epsilon", 1e-5)) * scale + shift


@op
def Split(a, x, split=None):
    axis, split = a.get("axis", 0), a.get("split") if split is None else split
    return tuple(np.split(x, np.cumsum(split)[:-1], axis))


@op
def SpaceToDepth(a, x):
    (n, c, h, w), b = x.shape, a["blocksize"]
    return x.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4).reshape(n, c * b * b, h // b, w // b)


@op
def DepthToSpace(a, x):
    (n, c, h, w), b = x.shape, a["blocksize"]
    if a.get("mode", b"DCR") == b"DCR":
        x = x.reshape(n, b, b, c // b // b, h, w).transpose(0, 3, 4, 1, 5, 2)
    else:
        x = x.reshape(n, c // b // b, b, b, h, w).transpose(0, 1, 4, 2, 5, 3)
    return x.reshape(n, c // b // b, h * b, w * b)


def reduction(function):
    def reduce(a, x, axes=None):
        axes = a.get("axes") if axes is None else axes
        return function(x, None if axes is None else tuple(int(i) for i in axes), bool(a.get("keepdims", 1)))
    return reduce


OPS.update({
    "ReduceMean": reduction(lambda x, axes, keep: x.mean(axes, keepdims=keep)),
    "ReduceSum": reduction(lambda x, axes, keep: x.sum(axes, keepdims=keep)),
    "ReduceMax": reduction(lambda x, axes, keep: x.max(axes, keepdims=keep)),
    "ReduceMin": reduction(lambda x, axes, keep: x.min(axes, keepdims=keep)),
    "ReduceL1": reduction(lambda x, axes, keep: np.abs(x).sum(axes, keepdims=keep)),
    "ReduceL2": reduction(lambda x, axes, keep: np.sqrt((x * x).sum(axes, keepdims=keep))),
    "ReduceSumSquare": reduction(lambda x, axes, keep: (x * x).sum(axes, keepdims=keep)),
    "Relu": lambda a, x: np.maximum(x, 0),
    "LeakyRelu": lambda a, x: np.where(x < 0, a.get("alpha", 0.01) * x, x),
    "PRelu": lambda a, x, slope: np.where(x < 0, slope * x, x),
    "Sigmoid": lambda a, x: 1 / (1 + np.exp(-x)),
    "Tanh": lambda a, x: np.tanh(x),
    "Softplus": lambda a, x: softplus(x),
    "Softsign": lambda a, x: x / (1 + np.abs(x)),
    "Mish": lambda a, x: x * np.tanh(softplus(x)),
    "Elu": lambda a, x: elu(x, a.get("alpha", 1.0)),
    "Selu": lambda a, x: elu(x, a.get("alpha", 1.67326319217681884765625), a.get("gamma", 1.05070102214813232421875)),
    "HardSigmoid": lambda a, x: hard_sigmoid(x, a.get("alpha", 0.2), a.get("beta", 0.5)),
    "HardSwish": lambda a, x: x * hard_sigmoid(x, 1 / 6, 0.5),
    "Erf": lambda a, x: erf(x),
    "Exp": lambda a, x: np.exp(x),
    "Sqrt": lambda a, x: np.sqrt(x),
    "Abs": lambda a, x: np.abs(x),
    "Neg": lambda a, x: -x,
    "Reciprocal": lambda a, x: 1 / x,
    "Pow": lambda a, x, y: x ** y,
    "Add": lambda a, x, y: x + y,
    "Sub": lambda a, x, y: x - y,
    "Mul": lambda a, x, y: x * y,
    "Div": lambda a, x, y: x / y,
    "Sum": lambda a, *x: sum(x),
    "Expand": lambda a, x, shape: np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(int(n) for n in shape))),
    "Tile": lambda a, x, repeats: np.tile(x, [int(n) for n in repeats]),
})
