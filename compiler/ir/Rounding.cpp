#include "compiler/ir/Rounding.h"
#include "compiler/ir/Convolution.h"
#include "compiler/ir/Rn.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace resnetc::rn;

namespace resnetc {
namespace {

using Numbers = std::vector<double>;

constexpr double kUnit = 0x1p-24;     // relative error of a rounding
constexpr double kTiny = 0x1p-126;    // absolute error where numbers would be denormal and may be zero
constexpr double kFunctionUnits = 16; // error of our exponentials and logarithms, in units, with room
constexpr double kExtraRoundings = 6; // bias, residual, a folded weight: its normalisation and its own rounding; what products of parts leave out
// Standard deviation of F(4x4, 3x3) with the points 0, 1, -1, 1/2, -2 against that of a direct sum, when variances are
// propagated through its matrices: 11 for 16 channels, less for more of them. F(2x2, 3x3) and both with stride 2: at most 2.1.
constexpr double kWinograd = 12, kStridedWinograd = 3;
// The same of its products when they are inner products with a scale that is four times off, for transformed pixels of mean zero:
// the square root of 1/2 + (4^2 + 4^-2) / 4.
constexpr double kInnerWinograd = 2.2;
constexpr int64_t kWinogradReach = 3; // pixels of a tile of 4 around one of them

double squared(double v) { return v * v; }

// An operation without its epilogue, for as long as this lives.
struct Bare {
  explicit Bare(Operation *op) : op(op->clone()) { this->op->removeAttr("act"); }
  ~Bare() { op->destroy(); }
  Operation *op;
};

// The operation, which has been evaluated, on other numbers of the same shapes.
Numbers onNumbers(Operation *op, ArrayRef<Uncertain> like, llvm::function_ref<Numbers(size_t)> numbers) {
  std::vector<Tensor> operands;
  for (size_t i = 0; i < like.size(); ++i)
    operands.push_back({like[i].value.shape, numbers(i)});
  return std::move(evaluate(op, operands)->data);
}

Numbers varianceOf(const Uncertain &x) { return x.variance.empty() ? Numbers(x.value.data.size(), 0.0) : x.variance; }

template <typename Fn> Numbers mapped(const Numbers &in, Fn fn) {
  Numbers out(in.size());
  std::transform(in.begin(), in.end(), out.begin(), fn);
  return out;
}

double magnitude(double v) { return std::abs(v); }

// The largest of a neighbourhood: all pixels of a Winograd tile share the errors of its largest ones.
Numbers spreadOverTiles(const Numbers &in, ShapeRef shape) {
  const int64_t h = shape[2], w = shape[3];
  Numbers rows(in.size()), out(in.size());
  auto largest = [&](const Numbers &from, Numbers &to, int64_t extent, int64_t stride, auto position) {
    for (int64_t flat = 0; flat < static_cast<int64_t>(from.size()); ++flat) {
      const int64_t at = position(flat);
      for (int64_t d = std::max(-kWinogradReach, -at); d <= std::min(kWinogradReach, extent - 1 - at); ++d)
        to[flat] = std::max(to[flat], from[flat + d * stride]);
    }
  };
  largest(in, rows, w, 1, [&](int64_t flat) { return flat % w; });
  largest(rows, out, h, w, [&](int64_t flat) { return flat / w % h; });
  return out;
}

// Of each sum: the squares of its partial sums, each of which is rounded. That of a convolution is in Convolution.h.
Numbers squaredPartialSums(DenseOp op, const Tensor &x, const Tensor &w) {
  const int64_t columns = w.shape[0], terms = w.shape[1];
  Numbers out(op.getType().getNumElements(), 0.0);
  for (int64_t flat = 0; flat < static_cast<int64_t>(out.size()); ++flat) {
    double sum = 0;
    for (int64_t k = 0; k < terms; ++k) {
      sum += x.data[flat / columns * terms + k] * w.data[flat % columns * terms + k];
      out[flat] += sum * sum;
    }
  }
  return out;
}

// Of one operand of an inner product (compiler/passes/InnerWeights.cpp), the squares of what the sums over x0 x1 of its pairs
// come to, summed up: all partial sums from either end, and the pairs themselves.
double sumsOfPairs(int64_t channels, llvm::function_ref<double(int64_t)> x) {
  constexpr int64_t block = 16; // lanes of the machines that have such kernels; lane l of a block and lane l of the next are a pair
  std::vector<double> products;
  for (int64_t c = 0; c + block < channels; ++c)
    if (c / block % 2 == 0)
      products.push_back(x(c) * x(c + block));
  const double total = std::accumulate(products.begin(), products.end(), 0.0);
  double sum = 0, squares = 2 * squared(total);
  for (double product : products) {
    squares += squared(sum) + squared(total - sum) + squared(product);
    sum += product;
  }
  return squares;
}

// An accumulator holds partial sums of products less those of x0 x1 / c + c w0 w1 over the other pairs; each of its roundings, those
// of the two factors and those of the sums are at most in proportion to (a + b + c)^2 <= 3 (a^2 + b^2 + c^2). The scale c is the best
// one for all pixels together, but may be four times off as it comes from an estimate.
constexpr double kTerms = 3, kScaleOff = 4;

void addInnerProducts(Conv2dOp op, const Tensor &x, const Tensor &w, const Numbers &squares, Numbers &local) {
  const ArrayRef<int64_t> shape = op.getResult().getType().getShape();
  const int64_t channels = x.shape[1], height = x.shape[2], width = x.shape[3], outputs = shape[1], pixels = shape[2] * shape[3];
  Numbers ofPixels(shape[0] * pixels), ofOutputs(outputs);
  double all = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(ofPixels.size()); ++i) {
    const int64_t y = i % pixels / shape[3] * op.getStrides()[0] - op.getPads()[0],
                  column = i % shape[3] * op.getStrides()[1] - op.getPads()[1];
    if (y < 0 || y >= height || column < 0 || column >= width)
      continue;
    const double *first = &x.data[(i / pixels * channels * height + y) * width + column];
    ofPixels[i] = sumsOfPairs(channels, [&](int64_t c) { return first[c * height * width]; });
    all += ofPixels[i] / static_cast<double>(ofPixels.size());
  }
  for (int64_t o = 0; o < outputs; ++o)
    ofOutputs[o] = sumsOfPairs(channels, [&](int64_t c) { return w.data[o * channels + c]; });
  for (int64_t i = 0; i < static_cast<int64_t>(local.size()); ++i) {
    const double ofOutput = ofOutputs[i / pixels % outputs], ofPixel = ofPixels[i / pixels / outputs * pixels + i % pixels];
    const double squaredScale = all > 0 && ofOutput > 0 ? std::sqrt(all / ofOutput) : 1;
    local[i] = kTerms * (local[i] + squares[i] + squared(kScaleOff) * (ofPixel / squaredScale + ofOutput * squaredScale));
  }
}

// sum_k w_k x_k + b + r: what the operands bring, the roundings of products and weights, and those of partial sums.
template <typename Op> Numbers sumOfProducts(Op op, ArrayRef<Uncertain> in, const Tensor &result, Shortcuts shortcuts) {
  auto brought = onNumbers(op, in, [&](size_t i) {
    return i == 0 ? varianceOf(in[0]) : i == 1 ? mapped(in[1].value.data, squared) : varianceOf(in[i]);
  });
  auto squares = onNumbers(op, in, [&](size_t i) { return mapped(in[i].value.data, squared); });
  Numbers local = squaredPartialSums(op, in[0].value, in[1].value);
  for (size_t i = 0; i < local.size(); ++i)
    local[i] += kExtraRoundings * (squares[i] + squared(result.data[i]));
  double unit = kUnit;
  if constexpr (std::is_same_v<Op, Conv2dOp>) {
    const ArrayRef<int64_t> kernel = ArrayRef(in[1].value.shape).drop_front(2);
    if (shortcuts.winograd && kernel == ArrayRef<int64_t>{3, 3} && op.getGroups() == 1) {
      local = spreadOverTiles(local, op.getResult().getType().getShape());
      unit *= op.getStrides()[0] == 1 ? kWinograd : kStridedWinograd;
      unit *= shortcuts.innerProducts ? kInnerWinograd : 1;
    }
    if (shortcuts.innerProducts && kernel == ArrayRef<int64_t>{1, 1} && op.getGroups() == 1)
      addInnerProducts(op, in[0].value, in[1].value, squares, local);
  }
  for (auto [v, size] : llvm::zip(brought, local))
    v += squared(unit) * size;
  return brought;
}

Numbers batchNorm(BatchNormOp op, ArrayRef<Uncertain> in) {
  Numbers out = varianceOf(in[0]);
  const Tensor &x = in[0].value;
  const int64_t channels = x.shape[1], inner = *elementCount(ShapeRef(x.shape).drop_front(2));
  const double epsilon = op.getEpsilon().convertToDouble();
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t c = static_cast<int64_t>(i) / inner % channels;
    const double scale = in[1].value.data[c] / std::sqrt(in[4].value.data[c] + epsilon);
    const double size =
        std::abs(scale) * (std::abs(x.data[i]) + std::abs(in[3].value.data[c])) + std::abs(in[2].value.data[c]);
    out[i] = scale * scale * out[i] + kExtraRoundings * squared(kUnit * size);
  }
  return out;
}

// Both operands in the shape of the result, then fn(a, variance of a, b, variance of b, result).
template <typename Fn> Numbers binary(Operation *op, ArrayRef<Uncertain> in, const Tensor &result, Fn fn) {
  OpBuilder builder(op->getContext());
  auto spread = [&](size_t i, Numbers numbers) {
    OperationState state(op->getLoc(), BroadcastOp::getOperationName(), op->getOperand(i), op->getResultTypes());
    Operation *broadcast = Operation::create(state);
    Numbers out = evaluate(broadcast, Tensor{in[i].value.shape, std::move(numbers)})->data;
    broadcast->destroy();
    return out;
  };
  const Numbers a = spread(0, in[0].value.data), b = spread(1, in[1].value.data), va = spread(0, varianceOf(in[0])),
                vb = spread(1, varianceOf(in[1]));
  Numbers out(result.data.size());
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = fn(a[i], va[i], b[i], vb[i], result.data[i]) + squared(kUnit * result.data[i]);
  return out;
}

// x * y + z. On squares the operation itself gives the variances of what is multiplied and added.
Numbers mulAdd(MulAddOp op, ArrayRef<Uncertain> in) {
  auto squares = [&](size_t i) { return mapped(in[i].value.data, squared); };
  Numbers out = onNumbers(op, in, [&](size_t i) { return i == 1 ? squares(1) : varianceOf(in[i]); });
  const Numbers ofFactor = onNumbers(op, in, [&](size_t i) {
    return i == 0 ? squares(0) : i == 1 ? varianceOf(in[1]) : Numbers(in[2].value.data.size(), 0.0);
  });
  const Numbers size = onNumbers(op, in, squares);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] += ofFactor[i] + kExtraRoundings * squared(kUnit) * size[i];
  return out;
}

// y_i = e^x_i / sum, or its logarithm: an error of x_i acts on it, those of all others through the sum.
Numbers softmax(SoftmaxOp op, const Uncertain &in, const Tensor &result) {
  const int64_t axis = op.getAxis(), extent = in.value.shape[axis];
  const int64_t inner = *elementCount(ShapeRef(in.value.shape).drop_front(axis + 1));
  const Numbers variance = varianceOf(in);
  Numbers out(variance.size());
  for (int64_t flat = 0; flat < static_cast<int64_t>(out.size()); ++flat) {
    const int64_t base = flat - flat / inner % extent * inner;
    double ofSum = 0, largest = 0;
    for (int64_t i = base; i < base + extent * inner; i += inner) {
      const double y = op.getLog() ? std::exp(result.data[i]) : result.data[i];
      ofSum += y * y * variance[i];
      largest = std::max(largest, std::abs(in.value.data[i]));
    }
    const double local = (static_cast<double>(extent) + squared(kFunctionUnits)) * squared(kUnit * (1 + largest));
    out[flat] = (variance[flat] + ofSum + local) * (op.getLog() ? 1 : squared(result.data[flat]));
  }
  return out;
}

// Means and sums: errors of the terms may all point the same way.
Numbers average(Operation *op, ArrayRef<Uncertain> in, const Tensor &result) {
  auto reduce = dyn_cast<ReduceOp>(op);
  auto brought = onNumbers(op, in, [&](size_t i) {
    Numbers variance = varianceOf(in[i]);
    if (reduce && reduce.getKind() == "mean_square") // of x^2, as the square that it will be
      for (auto [v, x] : llvm::zip(variance, in[i].value.data))
        v = 2 * std::abs(x) * std::sqrt(v);
    return variance;
  });
  auto sizes = onNumbers(op, in, [&](size_t i) { return mapped(in[i].value.data, magnitude); });
  const double terms =
      static_cast<double>(in[0].value.data.size()) / static_cast<double>(std::max<size_t>(1, result.data.size()));
  const bool isSum = reduce && reduce.getKind() == "sum";
  for (auto [v, size] : llvm::zip(brought, sizes))
    v = (isSum ? terms : 1) * v + (terms + kExtraRoundings) * squared(kUnit * size);
  return brought;
}

// x / std - mean / std: two terms, of which one is exact but for its rounding.
Numbers image(ImageOp op, const Tensor &result) {
  double shift = 0;
  for (auto [mean, deviation] : llvm::zip(op.getMean(), op.getStd()))
    shift = std::max(shift, std::abs(mean / deviation));
  return mapped(result.data, [&](double y) { return kExtraRoundings * squared(kUnit * (std::abs(y) + 2 * shift)); });
}

// Nothing is computed, elements only move (or the largest wins).
Numbers moved(Operation *op, ArrayRef<Uncertain> in) {
  auto out = onNumbers(op, in, [&](size_t i) {
    const bool isIndex = !cast<RankedTensorType>(op->getOperand(i).getType()).getElementType().isF32();
    return isIndex ? in[i].value.data : varianceOf(in[i]);
  });
  for (double &v : out)
    v = std::isfinite(v) ? std::max(v, 0.0) : 0.0; // of padding
  return out;
}

// Which element is the k-th largest may change; how large it is changes by no more than the largest error.
Numbers take(const Uncertain &in, const Tensor &result) {
  const Numbers variance = varianceOf(in);
  const auto rows = static_cast<size_t>(result.shape[0]), columns = variance.size() / rows;
  Numbers out;
  for (size_t row = 0; row < rows; ++row)
    out.insert(out.end(), result.shape[1],
               *std::max_element(variance.begin() + row * columns, variance.begin() + (row + 1) * columns));
  return out;
}

Numbers variances(Operation *op, ArrayRef<Uncertain> in, const Tensor &result, Shortcuts shortcuts) {
  return llvm::TypeSwitch<Operation *, Numbers>(op)
      .Case<Conv2dOp, DenseOp>([&](auto o) { return sumOfProducts(o, in, result, shortcuts); })
      .Case([&](BatchNormOp o) { return batchNorm(o, in); })
      .Case<AddOp, SubOp>([&](auto) {
        return binary(op, in, result, [](double, double va, double, double vb, double) { return va + vb; });
      })
      .Case([&](MulOp) {
        return binary(op, in, result,
                      [](double a, double va, double b, double vb, double) { return b * b * va + a * a * vb; });
      })
      .Case([&](MulAddOp o) { return mulAdd(o, in); })
      .Case([&](DivOp) {
        return binary(op, in, result,
                      [](double, double va, double b, double vb, double y) { return (va + y * y * vb) / (b * b); });
      })
      .Case<MinOp, MaxOp>([&](auto) {
        return binary(op, in, result, [](double, double va, double, double vb, double) { return std::max(va, vb); });
      })
      .Case([&](SoftmaxOp o) { return softmax(o, in[0], result); })
      .Case([&](AvgPoolOp) { return average(op, in, result); })
      .Case([&](ReduceOp o) { return o.getKind() == "max" ? moved(op, in) : average(op, in, result); })
      .Case([&](ActivationOp) { return varianceOf(in[0]); })
      .Case([&](ImageOp o) { return image(o, result); })
      .Case([&](TakeOp) { return take(in[0], result); })
      .Case([&](TopKOp) { return Numbers(result.data.size(), 0.0); })
      .Case([&](ConstantOp) { return Numbers(); })
      .Default([&](Operation *) { return moved(op, in); });
}

// f(x) for an x that is off by one standard deviation, whatever f is.
void throughActivation(ActivationAttr act, const Numbers &before, Numbers &variance) {
  for (size_t i = 0; i < variance.size(); ++i) {
    const double x = before[i], y = act.apply(x), sigma = std::sqrt(variance[i]);
    const double most = std::max(std::abs(act.apply(x + sigma) - y), std::abs(act.apply(x - sigma) - y));
    variance[i] = squared(most) + squared(kFunctionUnits * kUnit * y) + squared(kTiny);
  }
}

} // namespace

FailureOr<Uncertain> evaluateRounded(Operation *op, ArrayRef<Uncertain> operands, Shortcuts shortcuts) {
  std::vector<Tensor> values;
  for (const Uncertain &operand : operands)
    values.push_back(operand.value);
  auto act = op->getAttrOfType<ActivationAttr>("act");
  Bare bare(op);
  FailureOr<Tensor> before = evaluate(act && op->hasTrait<HasEpilogue>() ? bare.op : op, values);
  if (failed(before))
    return failure();
  Numbers variance = variances(bare.op, operands, *before, shortcuts);
  Uncertain result{std::move(*before), std::move(variance)};
  if (!act || result.variance.empty())
    return result;
  if (isa<ActivationOp>(op)) {
    throughActivation(act, operands[0].value.data, result.variance);
    return result;
  }
  throughActivation(act, result.value.data, result.variance);
  for (double &v : result.value.data)
    v = act.apply(v);
  return result;
}

FailureOr<std::vector<Uncertain>> evaluateRounded(func::FuncOp function, std::vector<Tensor> arguments, Shortcuts shortcuts) {
  llvm::DenseMap<Value, Uncertain> values;
  llvm::DenseMap<Value, int64_t> readersLeft;
  auto define = [&](Value v, Uncertain t) {
    readersLeft[v] = std::distance(v.use_begin(), v.use_end());
    if (readersLeft[v])
      values[v] = std::move(t);
  };
  for (auto [argument, value] : llvm::zip(function.getArguments(), arguments))
    define(argument, {std::move(value), {}});
  for (Operation &op : function.getBody().front()) {
    std::vector<Uncertain> operands;
    for (Value v : op.getOperands())
      operands.push_back(--readersLeft[v] == 0 ? std::move(values[v]) : values[v]);
    if (isa<func::ReturnOp>(op))
      return operands;
    FailureOr<Uncertain> result = evaluateRounded(&op, operands, shortcuts);
    if (failed(result))
      return failure();
    define(op.getResult(0), std::move(*result));
  }
  return function.emitError() << "has no return";
}

} // namespace resnetc
