"""The definition of ONNX operators in float64 with plain numpy: the yardstick of the end-to-end tests.

    outputs = evaluate(model, {"input": array})       # {name: float64 array}

Covers what ResNets contain. Written for clearness, apart from the compiler and from onnxruntime; test_reference.py checks
it against onnx's own reference evaluator. Float weights and inputs are widened to float64 before anything is computed.
"""
import math

import numpy as np
from onnx import helper, numpy_helper
from reference_ops import OPS, op


def evaluate(model, feeds, absolute=False):
    """Evaluates the graph. absolute: with |x| and |w| in place of x and w (what error bounds are made of)."""
    opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    values = {"": None}
    for tensor in model.graph.initializer:
        values[tensor.name] = widen(numpy_helper.to_array(tensor), absolute)
    values.update({name: widen(np.asarray(array), absolute) for name, array in feeds.items()})
    for node in model.graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        attributes["opset"] = opset
        results = OPS[node.op_type](attributes, *[values[name] for name in node.input])
        results = results if isinstance(results, tuple) else (results,)
        values.update(zip(node.output, results))
    return {o.name: values[o.name] for o in model.graph.output}


def widen(array, absolute=False):
    if array.dtype.kind != "f":
        return array
    return np.abs(array.astype(np.float64)) if absolute else array.astype(np.float64)


def spatial(a, size, kernel, ceil=False):
    """Per spatial dimension (begin pad, output size), by ONNX's rules for pads, auto_pad and ceil_mode."""
    n = len(kernel)
    strides, dilations = a.get("strides", [1] * n), a.get("dilations", [1] * n)
    pads, auto = a.get("pads", [0] * 2 * n), a.get("auto_pad", b"NOTSET").decode()
    out = []
    for i in range(n):
        reach = (kernel[i] - 1) * dilations[i] + 1
        if auto in ("SAME_UPPER", "SAME_LOWER"):
            count = -(-size[i] // strides[i])
            total = max((count - 1) * strides[i] + reach - size[i], 0)
            begin = total // 2 if auto == "SAME_UPPER" else total - total // 2
        else:
            begin, end = (0, 0) if auto == "VALID" else (pads[i], pads[n + i])
            steps = (size[i] + begin + end - reach) / strides[i]
            count = (math.ceil(steps) if ceil else math.floor(steps)) + 1
            if ceil and (count - 1) * strides[i] >= size[i] + begin:
                count -= 1  # a window must begin inside of the image or its begin pad
        out.append((begin, count))
    return out, strides, dilations


def windows(x, a, kernel, fill, ceil=False):
    """(place, seen): for each position in the kernel the pixels of x that it sees, [N, C, OH, OW]; fill outside."""
    (top, height), (left, width) = spatial(a, x.shape[2:], kernel, ceil)[0]
    _, (sy, sx), (dy, dx) = spatial(a, x.shape[2:], kernel, ceil)
    need_y, need_x = (height - 1) * sy + (kernel[0] - 1) * dy + 1, (width - 1) * sx + (kernel[1] - 1) * dx + 1
    bottom, right = max(need_y - top - x.shape[2], 0), max(need_x - left - x.shape[3], 0)
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=fill)
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            y0, x0 = i * dy, j * dx
            yield (i, j), x[:, :, y0:y0 + (height - 1) * sy + 1:sy, x0:x0 + (width - 1) * sx + 1:sx]


def also_lines(function):
    """The function of an image also takes [N, C, W], as an image of height 1."""
    def either(a, x, *rest):
        if x.ndim == 4:
            return function(a, x, *rest)
        lifted = {k: [0, v[0], 0, v[1]] if k == "pads" else [1, *v] if k in ("kernel_shape", "strides", "dilations") else v for k, v in a.items()}
        return function(lifted, x[:, :, None], *(r[:, :, None] if r is not None and r.ndim == 3 else r for r in rest))[:, :, 0]
    either.__name__ = function.__name__
    return either


@op
@also_lines
def Conv(a, x, w, b=None):
    groups, out = a.get("group", 1), 0
    for (i, j), seen in windows(x, a, w.shape[2:], 0):
        n, c, height, width = seen.shape
        out = out + w[:, :, i, j].reshape(groups, -1, c // groups) @ seen.reshape(n, groups, c // groups, height * width)
    out = out.reshape(n, w.shape[0], height, width)
    return out if b is None else out + b[:, None, None]


@op
@also_lines
def MaxPool(a, x):
    return np.max([seen for _, seen in windows(x, a, a["kernel_shape"], -np.inf, a.get("ceil_mode", 0))], axis=0)


@op
@also_lines
def AveragePool(a, x):
    kernel, ceil = a["kernel_shape"], a.get("ceil_mode", 0)
    total = sum(seen for _, seen in windows(x, a, kernel, 0, ceil))
    inside = np.ones((1, 1, *x.shape[2:]))
    if a.get("count_include_pad", 0):  # the pads count, what ceil_mode adds beyond them does not
        n = len(kernel)
        (top, height), (left, width) = spatial(a, x.shape[2:], kernel, ceil)[0]
        pads = a.get("pads", [0] * 2 * n)
        if a.get("auto_pad", b"NOTSET") in (b"SAME_UPPER", b"SAME_LOWER"):
            (sy, sx) = a.get("strides", [1, 1])
            pads = [top, left, max((height - 1) * sy + kernel[0] - x.shape[2] - top, 0), max((width - 1) * sx + kernel[1] - x.shape[3] - left, 0)]
        inside = np.pad(inside, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])), constant_values=1)
        a = {**a, "pads": [0] * 2 * n, "auto_pad": b"NOTSET"}
        if ceil:  # the same number of windows as before
            need = [(height - 1) * a.get("strides", [1, 1])[0] + kernel[0], (width - 1) * a.get("strides", [1, 1])[1] + kernel[1]]
            inside = np.pad(inside, ((0, 0), (0, 0), *((0, max(m - s, 0)) for m, s in zip(need, inside.shape[2:]))))
    count = sum(seen for _, seen in windows(inside, {**a, "ceil_mode": 0}, kernel, 0, ceil))
    return total / count[:, :, :total.shape[2], :total.shape[3]]


@op
def Gemm(a, x, w, b=None):
    x, w = (x.T if a.get("transA") else x), (w.T if a.get("transB") else w)
    return a.get("alpha", 1.0) * (x @ w) + (0 if b is None else a.get("beta", 1.0) * b)


@op
def Softmax(a, x):
    axis = a.get("axis", -1 if a["opset"] >= 13 else 1)
    axes = (axis,) if a["opset"] >= 13 else tuple(range(axis % x.ndim, x.ndim))
    e = np.exp(x - x.max(axes, keepdims=True))
    return e / e.sum(axes, keepdims=True)


@op
def Reshape(a, x, shape):
    return x.reshape([x.shape[i] if n == 0 and not a.get("allowzero") else n for i, n in enumerate(shape)])


@op
def Flatten(a, x):
    axis = a.get("axis", 1)
    return x.reshape(math.prod(x.shape[:axis]), -1)


@op
def Pad(a, x, pads=None, value=None, axes=None):
    pads = a.get("pads") if pads is None else pads
    value = a.get("value", 0.0) if value is None else np.asarray(value).item()
    axes = range(x.ndim) if axes is None else axes
    widths = [(0, 0)] * x.ndim
    for i, axis in enumerate(axes):
        widths[axis] = (int(pads[i]), int(pads[len(pads) // 2 + i]))
    mode = a.get("mode", b"constant").decode()
    return np.pad(x, widths, constant_values=value) if mode == "constant" else np.pad(x, widths, mode=mode)


@op
def Slice(a, x, starts=None, ends=None, axes=None, steps=None):
    starts, ends = (a["starts"], a["ends"]) if starts is None else (starts, ends)
    axes = a.get("axes", range(len(starts))) if axes is None else axes
    index = [slice(None)] * x.ndim
    for i, axis in enumerate(axes):
        index[axis] = slice(int(starts[i]), int(ends[i]), 1 if steps is None else int(steps[i]))
    return x[tuple(index)]


@op
def Clip(a, x, low=None, high=None):
    low, high = a.get("min", -np.inf) if low is None else low, a.get("max", np.inf) if high is None else high
    return np.clip(x, low, high)


@op
def Squeeze(a, x, axes=None):
    axes = a.get("axes") if axes is None else axes
    return x.squeeze(None if axes is None else tuple(int(i) for i in axes))


@op
def Unsqueeze(a, x, axes=None):
    return np.expand_dims(x, tuple(int(i) for i in (a.get("axes") if axes is None else axes)))


@op
def Constant(a):
    return widen(numpy_helper.to_array(a["value"])) if "value" in a else np.asarray(next(a[k] for k in ("value_float", "value_floats", "value_int", "value_ints") if k in a))


@op
def ConstantOfShape(a, shape):
    value = widen(numpy_helper.to_array(a["value"])) if "value" in a else np.zeros(1)
    return np.full([int(n) for n in shape], value.item(), value.dtype)


OPS.update({
    "MatMul": lambda a, x, y: x @ y,
    "GlobalAveragePool": lambda a, x: x.mean((2, 3), keepdims=True),
    "GlobalMaxPool": lambda a, x: x.max((2, 3), keepdims=True),
    "Transpose": lambda a, x: x.transpose(a.get("perm")),
    "Concat": lambda a, *x: np.concatenate(x, a["axis"]),
    "Identity": lambda a, x: x,
    "Dropout": lambda a, x, *_: x,
    "Shape": lambda a, x: np.array(x.shape[a.get("start", 0):a.get("end")], np.int64),
    "Gather": lambda a, x, i: np.take(x, i, a.get("axis", 0)),
    "CastLike": lambda a, x, like: widen(x.astype(like.dtype)),
    "Cast": lambda a, x: widen(x.astype(helper.tensor_dtype_to_np_dtype(a["to"]))),
})
