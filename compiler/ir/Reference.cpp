#include "compiler/ir/Reference.h"
#include "compiler/ir/Constants.h"
#include "compiler/ir/Convolution.h"
#include "compiler/ir/Rn.h"
#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

using namespace mlir;
using namespace resnetc::rn;

namespace resnetc {
namespace {

ShapeRef shapeOf(Value v) { return cast<RankedTensorType>(v.getType()).getShape(); }

Tensor empty(Value result) {
  Tensor t{Shape(shapeOf(result)), {}};
  t.data.resize(*elementCount(t.shape));
  return t;
}

Shape rowMajorStrides(ShapeRef shape) {
  Shape strides(shape.size(), 1);
  for (int i = static_cast<int>(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

// Calls fn(flat, index) for each point of `shape` in row-major order.
template <typename Fn> void forEachIndex(ShapeRef shape, Fn fn) {
  const int64_t count = *elementCount(shape);
  Shape index(shape.size(), 0);
  for (int64_t flat = 0; flat < count; ++flat) {
    fn(flat, index);
    for (int d = static_cast<int>(shape.size()) - 1; d >= 0 && ++index[d] == shape[d]; --d)
      index[d] = 0;
  }
}

// Reads a tensor through per-dimension strides: result[i] = data[base + sum index * strides].
Tensor readStrided(Value result, const Tensor &in, int64_t base, ShapeRef strides) {
  Tensor out = empty(result);
  forEachIndex(out.shape, [&](int64_t flat, ShapeRef index) {
    int64_t at = base;
    for (auto [i, s] : llvm::zip(index, strides))
      at += i * s;
    out.data[flat] = in.data[at];
  });
  return out;
}

// Strides that read `in` as if it had the shape `to` (numpy broadcasting).
Shape broadcastStrides(ShapeRef in, ShapeRef to) {
  Shape strides = rowMajorStrides(in), result(to.size(), 0);
  for (size_t i = 0; i < in.size(); ++i)
    result[to.size() - in.size() + i] = in[i] == 1 ? 0 : strides[i];
  return result;
}

// Adds `part` from a channel on.
void addChannels(Tensor &out, const Tensor &part, int64_t first) {
  const int64_t pixels = out.shape[2] * out.shape[3], count = part.shape[1] * pixels;
  for (int64_t n = 0; n < out.shape[0]; ++n)
    for (int64_t i = 0; i < count; ++i)
      out.data[(n * out.shape[1] + first) * pixels + i] += part.data[n * count + i];
}

Tensor conv(Conv2dOp op, ArrayRef<Tensor> in) {
  const Tensor &x = in[0], &w = in[1];
  const Tensor *bias = op.getBias() ? &in[2] : nullptr, *residual = op.getResidual() ? &in[bias ? 3 : 2] : nullptr;
  Tensor out{Shape(shapeOf(op.getResult())), convolve(op, x, w, bias)};
  if (residual)
    addChannels(out, *residual, op.getResidualChannel());
  return out;
}

Tensor dense(DenseOp op, ArrayRef<Tensor> in) {
  Tensor out = empty(op.getResult());
  const int64_t M = out.shape[0], N = out.shape[1], K = in[0].shape[1];
  for (int64_t m = 0; m < M; ++m)
    for (int64_t n = 0; n < N; ++n) {
      double sum = op.getBias() ? in[2].data[n] : 0;
      for (int64_t k = 0; k < K; ++k)
        sum += in[0].data[m * K + k] * in[1].data[n * K + k];
      out.data[m * N + n] = sum;
    }
  return out;
}

Tensor batchNorm(BatchNormOp op, ArrayRef<Tensor> in) {
  Tensor out = in[0];
  const int64_t C = out.shape[1], inner = *elementCount(ShapeRef(out.shape).drop_front(2));
  const double epsilon = op.getEpsilon().convertToDouble();
  for (size_t i = 0; i < out.data.size(); ++i) {
    const int64_t c = static_cast<int64_t>(i) / inner % C;
    out.data[i] = (out.data[i] - in[3].data[c]) / std::sqrt(in[4].data[c] + epsilon) * in[1].data[c] + in[2].data[c];
  }
  return out;
}

// preact_act(scale * result + shift) of an operation with a second result; scale and shift are its last operands.
Tensor preactivation(Operation *op, Tensor t, ArrayRef<Tensor> in) {
  const Tensor &scale = in[in.size() - 2], &shift = in.back();
  auto act = op->getAttrOfType<ActivationAttr>("preact_act");
  const int64_t C = t.shape[1], pixels = *elementCount(ShapeRef(t.shape).drop_front(2));
  for (size_t i = 0; i < t.data.size(); ++i) {
    const int64_t c = static_cast<int64_t>(i) / pixels % C;
    t.data[i] = t.data[i] * scale.data[c] + shift.data[c];
    t.data[i] = act ? act.apply(t.data[i]) : t.data[i];
  }
  return t;
}

template <typename Fn> Tensor binary(Operation *op, ArrayRef<Tensor> in, Fn fn) {
  Tensor out = empty(op->getResult(0));
  const Tensor a = readStrided(op->getResult(0), in[0], 0, broadcastStrides(in[0].shape, out.shape));
  const Tensor b = readStrided(op->getResult(0), in[1], 0, broadcastStrides(in[1].shape, out.shape));
  for (size_t i = 0; i < out.data.size(); ++i)
    out.data[i] = fn(a.data[i], b.data[i]);
  return out;
}

Tensor mulAdd(MulAddOp op, ArrayRef<Tensor> in) {
  Tensor out = binary(op, in.take_front(2), [](double a, double b) { return a * b; });
  const Tensor addend = readStrided(op.getResult(), in[2], 0, broadcastStrides(in[2].shape, out.shape));
  for (size_t i = 0; i < out.data.size(); ++i)
    out.data[i] += addend.data[i];
  return out;
}

Tensor softmax(SoftmaxOp op, const Tensor &in) {
  Tensor out = in;
  const int64_t axis = op.getAxis(), extent = in.shape[axis];
  const int64_t inner = *elementCount(ShapeRef(in.shape).drop_front(axis + 1));
  for (int64_t base = 0; base < static_cast<int64_t>(in.data.size()); ++base) {
    if (base / inner % extent != 0)
      continue;
    double most = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t i = 0; i < extent; ++i)
      most = std::max(most, in.data[base + i * inner]);
    for (int64_t i = 0; i < extent; ++i)
      sum += std::exp(in.data[base + i * inner] - most);
    for (int64_t i = 0; i < extent; ++i) {
      const double x = in.data[base + i * inner] - most;
      out.data[base + i * inner] = op.getLog() ? x - std::log(sum) : std::exp(x) / sum;
    }
  }
  return out;
}

// Max and average pooling: fn(window's valid values, count for the mean).
template <typename PoolOp> Tensor pool(PoolOp op, const Tensor &in, bool isMax, bool countPad) {
  Tensor out = empty(op.getResult());
  const int64_t H = in.shape[2], W = in.shape[3];
  ArrayRef<int64_t> k = op.getKernel(), s = op.getStrides(), p = op.getPads(), d = op.getDilations();
  forEachIndex(out.shape, [&](int64_t flat, ShapeRef at) {
    double most = -std::numeric_limits<double>::infinity(), sum = 0;
    int64_t count = 0;
    for (int64_t ky = 0; ky < k[0]; ++ky)
      for (int64_t kx = 0; kx < k[1]; ++kx) {
        const int64_t y = at[2] * s[0] + ky * d[0] - p[0], x = at[3] * s[1] + kx * d[1] - p[1];
        const bool inside = y >= 0 && y < H && x >= 0 && x < W;
        count += inside || (countPad && y < H + p[2] && x < W + p[3]);
        if (!inside)
          continue;
        const double v = in.data[((at[0] * in.shape[1] + at[1]) * H + y) * W + x];
        most = v > most || v != v ? v : most;
        sum += v;
      }
    out.data[flat] = isMax ? most : count ? sum / count : 0;
  });
  return out;
}

Tensor reduce(ReduceOp op, const Tensor &in) {
  Tensor out = empty(op.getResult());
  const bool isMax = op.getKind() == "max", isSquare = op.getKind() == "mean_square";
  std::fill(out.data.begin(), out.data.end(), isMax ? -std::numeric_limits<double>::infinity() : 0.0);
  Shape kept(in.shape);
  for (int64_t axis : op.getAxes())
    kept[axis] = 1;
  const Shape strides = broadcastStrides(kept, in.shape);
  forEachIndex(in.shape, [&](int64_t flat, ShapeRef index) {
    int64_t at = 0;
    for (auto [i, s] : llvm::zip(index, strides))
      at += i * s;
    const double v = in.data[flat];
    out.data[at] = isMax ? std::max(out.data[at], v) : out.data[at] + (isSquare ? v * v : v);
  });
  if (op.getKind() == "mean" || isSquare)
    for (double &v : out.data)
      v /= static_cast<double>(in.data.size()) / static_cast<double>(out.data.size());
  return out;
}

Tensor transpose(Value result, const Tensor &in, ArrayRef<int64_t> perm) {
  Shape strides = rowMajorStrides(in.shape), permuted;
  for (int64_t p : perm)
    permuted.push_back(strides[p]);
  return readStrided(result, in, 0, permuted);
}

// Writes `part` into `out` at an offset of each dimension.
void insert(Tensor &out, const Tensor &part, ShapeRef offset) {
  const Shape strides = rowMajorStrides(out.shape);
  forEachIndex(part.shape, [&](int64_t flat, ShapeRef index) {
    int64_t at = 0;
    for (auto [i, o, s] : llvm::zip(index, offset, strides))
      at += (i + o) * s;
    out.data[at] = part.data[flat];
  });
}

Tensor slice(SliceOp op, const Tensor &in) {
  Shape strides = rowMajorStrides(in.shape);
  int64_t base = 0;
  for (auto [stride, offset, step] : llvm::zip(strides, op.getOffsets(), op.getSteps())) {
    base += offset * stride;
    stride *= step;
  }
  return readStrided(op.getResult(), in, base, strides);
}

Tensor concat(ConcatOp op, ArrayRef<Tensor> in) {
  Tensor out = empty(op.getResult());
  Shape offset(out.shape.size(), 0);
  for (const Tensor &part : in) {
    insert(out, part, offset);
    offset[op.getAxis()] += part.shape[op.getAxis()];
  }
  return out;
}

FailureOr<Tensor> gather(GatherOp op, const Tensor &in, const Tensor &indices) {
  Tensor out = empty(op.getResult());
  const int64_t extent = in.shape[op.getAxis()], inner = *elementCount(ShapeRef(in.shape).drop_front(op.getAxis() + 1)),
                count = static_cast<int64_t>(indices.data.size());
  for (int64_t flat = 0; flat < static_cast<int64_t>(out.data.size()); ++flat) {
    double index = indices.data[flat / inner % count];
    index += index < 0 ? static_cast<double>(extent) : 0;
    if (!(index >= 0 && index < static_cast<double>(extent)))
      return op.emitOpError() << "index " << index << " is out of [0, " << extent << ")";
    out.data[flat] = in.data[(flat / inner / count * extent + static_cast<int64_t>(index)) * inner + flat % inner];
  }
  return out;
}

Tensor image(ImageOp op, const Tensor &in) {
  const int64_t channels = shapeOf(op.getResult())[1];
  Tensor out = op.getNhwc() ? transpose(op.getResult(), in, {0, 3, 1, 2}) : in;
  const Tensor pixels = out;
  const int64_t plane = out.shape[2] * out.shape[3];
  for (int64_t flat = 0; flat < static_cast<int64_t>(out.data.size()); ++flat) {
    const int64_t c = flat / plane % channels, from = op.getReverse() ? channels - 1 - c : c;
    out.data[flat] = (pixels.data[flat + (from - c) * plane] - op.getMean()[c]) / op.getStd()[c];
  }
  return out;
}

Tensor topK(TopKOp op, const Tensor &in) {
  Tensor out = empty(op.getResult());
  const int64_t columns = in.shape[1], k = out.shape[1];
  for (int64_t row = 0; row < out.shape[0]; ++row) {
    std::vector<int64_t> order(columns);
    std::iota(order.begin(), order.end(), 0);
    auto key = [&](int64_t i) {
      const double v = in.data[row * columns + i];
      return std::isnan(v) ? -std::numeric_limits<double>::infinity() : v;
    };
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return key(a) > key(b); });
    std::copy_n(order.begin(), k, out.data.begin() + row * k);
  }
  return out;
}

Tensor take(TakeOp op, const Tensor &in, const Tensor &indices) {
  Tensor out = empty(op.getResult());
  for (size_t i = 0; i < out.data.size(); ++i)
    out.data[i] = in.data[i / out.shape[1] * in.shape[1] + static_cast<size_t>(indices.data[i])];
  return out;
}

Tensor castTo(CastOp op, Tensor in) {
  Type type = op.getType().getElementType();
  for (double &v : in.data) {
    if (type.isF32())
      v = static_cast<float>(v);
    else if (type.isInteger(1))
      v = v != 0;
    else
      v = std::trunc(v);
  }
  return in;
}

double divide(Operation *op, double a, double b) {
  const bool isInteger = !cast<RankedTensorType>(op->getResult(0).getType()).getElementType().isF32();
  return isInteger ? (b == 0 ? 0 : std::trunc(a / b)) : a / b;
}

FailureOr<Tensor> compute(Operation *op, ArrayRef<Tensor> in) {
  using Result = FailureOr<Tensor>;
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](ConstantOp o) { return Tensor{Shape(shapeOf(o)), constantValues(o.getValue())}; })
      .Case([&](Conv2dOp o) { return conv(o, in); })
      .Case([&](DenseOp o) { return dense(o, in); })
      .Case([&](BatchNormOp o) { return batchNorm(o, in); })
      .Case([&](AddOp o) { return binary(o, in, [](double a, double b) { return a + b; }); })
      .Case([&](SubOp o) { return binary(o, in, [](double a, double b) { return a - b; }); })
      .Case([&](MulOp o) { return binary(o, in, [](double a, double b) { return a * b; }); })
      .Case([&](MulAddOp o) { return mulAdd(o, in); })
      .Case([&](DivOp o) { return binary(o, in, [&](double a, double b) { return divide(o, a, b); }); })
      .Case([&](MinOp o) { return binary(o, in, [](double a, double b) { return b < a || b != b ? b : a; }); })
      .Case([&](MaxOp o) { return binary(o, in, [](double a, double b) { return b > a || b != b ? b : a; }); })
      .Case([&](ActivationOp o) {
        Tensor t = in[0];
        for (double &v : t.data)
          v = o.getAct().apply(v);
        return t;
      })
      .Case([&](SoftmaxOp o) { return softmax(o, in[0]); })
      .Case([&](MaxPoolOp o) { return pool(o, in[0], true, false); })
      .Case([&](AvgPoolOp o) { return pool(o, in[0], false, o.getCountIncludePad()); })
      .Case([&](ReduceOp o) { return reduce(o, in[0]); })
      .Case([&](ReshapeOp o) { return Tensor{Shape(shapeOf(o)), in[0].data}; })
      .Case([&](TransposeOp o) { return transpose(o, in[0], o.getPerm()); })
      .Case([&](RelayoutOp o) { return o.getPerm() ? transpose(o, in[0], *o.getPerm()) : in[0]; })
      .Case([&](ImageOp o) { return image(o, in[0]); })
      .Case([&](TopKOp o) { return topK(o, in[0]); })
      .Case([&](TakeOp o) { return take(o, in[0], in[1]); })
      .Case([&](PadOp o) {
        Tensor t = empty(o);
        std::fill(t.data.begin(), t.data.end(), o.getValue().convertToDouble());
        insert(t, in[0], o.getLow());
        return t;
      })
      .Case([&](SliceOp o) { return slice(o, in[0]); })
      .Case([&](ConcatOp o) { return concat(o, in); })
      .Case([&](GatherOp o) { return gather(o, in[0], in[1]); })
      .Case([&](BroadcastOp o) { return readStrided(o, in[0], 0, broadcastStrides(in[0].shape, shapeOf(o))); })
      .Case([&](CastOp o) { return castTo(o, in[0]); })
      .Case([&](ShapeOp o) { return Tensor{Shape(shapeOf(o)), {in[0].shape.begin(), in[0].shape.end()}}; })
      .Default([](Operation *o) -> Result { return o->emitOpError() << "has no reference evaluation"; });
}

} // namespace

FailureOr<Tensor> evaluate(Operation *op, ArrayRef<Tensor> operands) {
  FailureOr<Tensor> result = compute(op, operands);
  if (failed(result) || !op->hasTrait<HasEpilogue>())
    return result;
  if (auto act = op->getAttrOfType<ActivationAttr>("act"))
    for (double &v : result->data)
      v = act.apply(v);
  return result;
}

FailureOr<std::vector<Tensor>> evaluate(func::FuncOp function, std::vector<Tensor> arguments,
                                        const std::function<void(Operation *, const Tensor &)> &visit) {
  llvm::DenseMap<Value, Tensor> values;
  llvm::DenseMap<Value, int64_t> readersLeft;
  auto define = [&](Value v, Tensor t) {
    if (!v.use_empty()) {
      readersLeft[v] = std::distance(v.use_begin(), v.use_end());
      values[v] = std::move(t);
    }
  };
  for (auto [argument, value] : llvm::zip(function.getArguments(), arguments))
    define(argument, std::move(value));
  for (Operation &op : function.getBody().front()) {
    std::vector<Tensor> operands;
    for (Value v : op.getOperands()) {
      // A tensor is moved to its last reader, so that a deep network needs the memory of its widest place only.
      if (--readersLeft[v] == 0)
        operands.push_back(std::move(values[v]));
      else
        operands.push_back(values[v]);
    }
    if (isa<func::ReturnOp>(op))
      return operands;
    FailureOr<Tensor> result = evaluate(&op, operands);
    if (failed(result))
      return failure();
    if (visit)
      visit(&op, *result);
    if (op.getNumResults() > 1)
      define(op.getResult(1), preactivation(&op, *result, operands));
    define(op.getResult(0), std::move(*result));
  }
  return function.emitError() << "has no return";
}

} // namespace resnetc
