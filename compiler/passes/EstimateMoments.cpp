// estimate-moments: how large the pixels are that each convolution reads. Inner products add weights to pixels and want both of one
// size (InnerWeights.h); a rough answer will do, four times off costs two bits of the rounding errors.
//   m(conv x)_o = bias_o + sum_i m(x)_i sum of w_oi          v(conv x)_o = sum_i v(x)_i sum of w_oi^2
//   m(f(x)) = E f(X), v(f(x)) = E f(X)^2 - m^2, X normal     sums and products as of independent values
// One mean m and variance v for each channel, the same for all its pixels, which are taken as independent. Inputs have mean 1/2 and
// variance 1, between what normalised images and plain ones have, unless an rn.image tells what they are made of, or the first
// convolution's weights are for others: networks that take bytes less their mean have some that are 60 times smaller.
#include "compiler/ir/Constants.h"
#include "compiler/ir/Rn.h"
#include "compiler/passes/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

namespace resnetc {
#define GEN_PASS_DEF_ESTIMATEMOMENTS
#include "compiler/passes/Passes.h.inc"

using namespace mlir;
using namespace resnetc::rn;

namespace {

// Far from the ends of float32 even when squared: larger or smaller pixels get no moments, so no inner products.
constexpr double kLargest = 0x1p40;
// Trained weights give outputs of variance 1, give or take: inputs of a first convolution where that variance were less than 1 / 64 or
// more than 64 are of another size. Weights that nobody trained may be anything: beyond 2^20 they tell nothing.
constexpr double kLeastFactor = 8, kMostFactor = 0x1p20;

struct Channel {
  double mean = 0.5, variance = 1;
  double square() const { return mean * mean + variance; }
};

// Of the channels of a value; one that stands for all where they do not differ or are not known apart.
using Channels = std::vector<Channel>;

const Channel &at(const Channels &channels, int64_t c) { return channels.size() == 1 ? channels[0] : channels[c]; }

Channel averageOf(const Channels &channels) {
  double mean = 0, square = 0;
  for (const Channel &c : channels)
    mean += c.mean, square += c.square();
  mean /= static_cast<double>(channels.size()), square /= static_cast<double>(channels.size());
  return {mean, square - mean * mean};
}

Channel sum(const Channel &a, const Channel &b) { return {a.mean + b.mean, a.variance + b.variance}; }
Channel difference(const Channel &a, const Channel &b) { return {a.mean - b.mean, a.variance + b.variance}; }
Channel product(const Channel &a, const Channel &b) {
  const double mean = a.mean * b.mean;
  return {mean, a.square() * b.square() - mean * mean};
}
Channel quotient(const Channel &a, const Channel &b) {
  return b.square() == 0 ? a : Channel{a.mean / std::sqrt(b.square()), a.variance / b.square()};
}

// Of act(X) by a sum over points of the normal distribution.
Channel activated(ActivationAttr act, const Channel &x) {
  constexpr double reach = 4, step = 0.25; // standard deviations
  double weights = 0, mean = 0, square = 0;
  for (double z = -reach; z <= reach; z += step) {
    const double weight = std::exp(-z * z / 2), y = act.apply(x.mean + z * std::sqrt(x.variance));
    weights += weight, mean += weight * y, square += weight * y * y;
  }
  mean /= weights, square /= weights;
  return {mean, std::max(square - mean * mean, 0.0)};
}

void activate(Operation *op, StringRef name, Channels &channels) {
  if (auto act = op->getAttrOfType<ActivationAttr>(name))
    for (Channel &c : channels)
      c = activated(act, c);
}

// By channel where dimension 1 of 4, or what broadcasts to it, is one; else as a whole.
Channels ofConstant(ElementsAttr value) {
  const std::vector<float> data = constantFloats(value);
  ArrayRef<int64_t> shape = cast<ShapedType>(value.getType()).getShape();
  const bool isVector = shape.size() == 1, hasChannels = shape.size() == 3 || shape.size() == 4;
  const int64_t count = isVector ? shape[0] : hasChannels ? shape[shape.size() - 3] : 1;
  const int64_t inner = hasChannels ? shape[shape.size() - 2] * shape[shape.size() - 1] : 1;
  if (data.empty())
    return {Channel()};
  Channels channels(isVector || hasChannels ? count : 1, Channel{0, 0});
  std::vector<double> squares(channels.size()), terms(channels.size());
  for (size_t i = 0; i < data.size(); ++i) {
    const size_t c = channels.size() == 1 ? 0 : static_cast<int64_t>(i) / inner % count;
    channels[c].mean += data[i], squares[c] += static_cast<double>(data[i]) * data[i], terms[c] += 1;
  }
  for (size_t c = 0; c < channels.size(); ++c) {
    channels[c].mean /= terms[c];
    channels[c].variance = std::max(squares[c] / terms[c] - channels[c].mean * channels[c].mean, 0.0);
  }
  return channels;
}

class Estimate {
public:
  void run(func::FuncOp function) {
    raw.insert_range(function.getArguments());
    for (Operation &op : function.getBody().front().without_terminator()) {
      if (keepsRaw(&op))
        raw.insert_range(op.getResults());
      if (auto conv = dyn_cast<Conv2dOp>(op)) {
        rescaleInput(conv);
        annotate(conv);
      }
      Channels result = llvm::TypeSwitch<Operation *, Channels>(&op)
                            .Case<Conv2dOp, DenseOp>([&](auto o) { return sumOfProducts(o); })
                            .Case([&](BatchNormOp o) { return batchNorm(o); })
                            .Case([&](AddOp o) { return binary(o, sum); })
                            .Case([&](SubOp o) { return binary(o, difference); })
                            .Case([&](MulOp o) { return binary(o, product); })
                            .Case([&](DivOp o) { return binary(o, quotient); })
                            .Case([&](MulAddOp o) { return mulAdd(o); })
                            .Case([&](ImageOp o) { return image(o); })
                            .Case([&](ConcatOp o) { return concat(o); })
                            .Case([&](ConstantOp) { return Channels(); }) // looked at where they are used
                            .Default([&](Operation *o) { return o->getNumOperands() ? of(o->getOperand(0)) : Channels{Channel()}; });
      activate(&op, "act", result);
      if (op.getNumResults() > 1)
        values[op.getResult(1)] = preactivated(op, result);
      values[op.getResult(0)] = std::move(result);
    }
  }

private:
  // Whether the results of an operation depend on inputs of unknown size only, and on no weights.
  bool keepsRaw(Operation *op) const {
    return !isa<Conv2dOp, DenseOp, BatchNormOp, ImageOp, ConstantOp>(op) &&
           llvm::all_of(op->getOperands(), [&](Value operand) { return constantOf(operand) || raw.contains(operand); });
  }

  void rescaleInput(Conv2dOp conv) {
    if (!constantOf(conv.getWeight()) || !raw.contains(conv.getInput()))
      return;
    double variance = 0;
    const Channels out = sumOfProducts(conv);
    for (const Channel &c : out)
      variance += c.variance / static_cast<double>(out.size());
    const double factor = variance > 0 ? 1 / std::sqrt(variance) : 1, size = std::max(factor, 1 / factor);
    if (size < kLeastFactor || size > kMostFactor)
      return;
    Channels in = of(conv.getInput());
    for (Channel &c : in)
      c = {c.mean * factor, c.variance * factor * factor};
    values[conv.getInput()] = std::move(in);
  }

  // As many as the value has channels, or one.
  Channels of(Value v) {
    Channels channels = {Channel()};
    if (ElementsAttr constant = constantOf(v))
      channels = ofConstant(constant);
    else if (auto it = values.find(v); it != values.end())
      channels = it->second;
    auto type = cast<RankedTensorType>(v.getType());
    const bool fits = type.getRank() >= 2 && static_cast<int64_t>(channels.size()) == type.getDimSize(1);
    return channels.size() == 1 || fits || constantOf(v) ? channels : Channels{averageOf(channels)};
  }

  void annotate(Conv2dOp conv) {
    const Channel c = averageOf(of(conv.getInput()));
    const double values[] = {c.mean, std::sqrt(std::max(c.square(), 0.0))};
    if (values[1] >= 1 / kLargest && values[1] <= kLargest)
      conv.setInputMomentsAttr(DenseF64ArrayAttr::get(conv.getContext(), values));
  }

  template <typename Op> Channels sumOfProducts(Op op) {
    ElementsAttr constant = constantOf(op.getWeight());
    if (!constant)
      return {Channel()};
    const std::vector<float> weights = constantFloats(constant);
    ArrayRef<int64_t> shape = cast<ShapedType>(constant.getType()).getShape();
    const int64_t outputs = shape[0], inputs = shape[1], taps = shape.size() == 4 ? shape[2] * shape[3] : 1;
    int64_t groups = 1;
    if constexpr (std::is_same_v<Op, Conv2dOp>)
      groups = op.getGroups();
    const Channels in = of(op.getInput());
    const Channels bias = op.getBias() ? of(op.getBias()) : Channels{{0, 0}};
    Channels out;
    for (int64_t o = 0; o < outputs; ++o) {
      Channel c = {at(bias, o).mean, 0};
      for (int64_t i = 0; i < inputs; ++i) {
        double total = 0, squares = 0;
        for (int64_t t = 0; t < taps; ++t) {
          const double w = weights[(o * inputs + i) * taps + t];
          total += w, squares += w * w;
        }
        const Channel &x = at(in, o / (outputs / groups) * inputs + i);
        c.mean += x.mean * total, c.variance += x.variance * squares;
      }
      out.push_back(c);
    }
    if constexpr (std::is_same_v<Op, Conv2dOp>)
      addResidual(op, out);
    return out;
  }

  void addResidual(Conv2dOp conv, Channels &out) {
    if (!conv.getResidual())
      return;
    const Channels residual = of(conv.getResidual());
    const int64_t first = conv.getResidualChannel(),
                  count = cast<RankedTensorType>(conv.getResidual().getType()).getDimSize(1);
    for (int64_t c = first; c < first + count; ++c)
      out[c] = sum(out[c], at(residual, c - first));
  }

  // scale * x + shift, by channel.
  static Channels scaled(const Channels &x, const Channels &scale, const Channels &shift) {
    Channels out;
    for (size_t c = 0; c < std::max(x.size(), scale.size()); ++c)
      out.push_back(sum(product(at(x, c), {at(scale, c).mean, 0}), {at(shift, c).mean, 0}));
    return out;
  }

  Channels preactivated(Operation &op, const Channels &result) {
    Channels out = scaled(result, of(op.getOperands().take_back(2)[0]), of(op.getOperands().back()));
    activate(&op, "preact_act", out);
    return out;
  }

  Channels batchNorm(BatchNormOp op) {
    Channels scale = of(op.getScale()), shift = of(op.getBias());
    const Channels mean = of(op.getMean()), variance = of(op.getVariance());
    for (size_t c = 0; c < scale.size(); ++c) {
      scale[c].mean /= std::sqrt(at(variance, c).mean + op.getEpsilon().convertToDouble());
      shift[c].mean -= at(mean, c).mean * scale[c].mean;
    }
    return scaled(of(op.getInput()), scale, shift);
  }

  static Channels combined(const Channels &a, const Channels &b, llvm::function_ref<Channel(const Channel &, const Channel &)> fn) {
    if (a.size() != b.size() && a.size() != 1 && b.size() != 1)
      return {fn(averageOf(a), averageOf(b))};
    Channels out;
    for (size_t c = 0; c < std::max(a.size(), b.size()); ++c)
      out.push_back(fn(at(a, c), at(b, c)));
    return out;
  }

  template <typename Op> Channels binary(Op op, Channel (*fn)(const Channel &, const Channel &)) {
    return combined(of(op.getLhs()), of(op.getRhs()), fn);
  }

  Channels mulAdd(MulAddOp op) {
    return combined(combined(of(op.getOperand(0)), of(op.getOperand(1)), product), of(op.getOperand(2)), sum);
  }

  // Bytes of a photo: about 110, give or take 65.
  static Channels image(ImageOp op) {
    Channels out;
    for (auto [mean, deviation] : llvm::zip(op.getMean(), op.getStd()))
      out.push_back({(110 - mean) / deviation, (65 / deviation) * (65 / deviation)});
    return out;
  }

  Channels concat(ConcatOp op) {
    Channels out;
    for (Value v : op.getInputs()) {
      const Channels part = of(v);
      const auto type = cast<RankedTensorType>(v.getType());
      const int64_t count = type.getRank() >= 2 ? type.getDimSize(1) : 1;
      for (int64_t c = 0; c < count; ++c)
        out.push_back(at(part, c));
    }
    return op.getAxis() == 1 ? out : Channels{averageOf(out)};
  }

  llvm::DenseMap<Value, Channels> values;
  llvm::DenseSet<Value> raw;
};

struct EstimateMoments : impl::EstimateMomentsBase<EstimateMoments> {
  void runOnOperation() override { Estimate().run(getOperation()); }
};

} // namespace
} // namespace resnetc
