// fold-batch-norm: per-channel maps x -> s[c] x + t[c] disappear into the weights in front of them.
//   layer(x, w, b) * s + t   ->  layer(x, w * s, b * s + t)        layer: conv2d, dense
//   (x * f) * s + t          ->  mul_add(x, f * s, t)              f: one value a channel, computed at run time
//   (x * s1 + t1) * s2 + t2  ->  batch_norm(x, scale s1 s2, bias t1 s2 + t2, mean 0, variance 1, epsilon 0)
// A batch_norm is such a map with s = scale / sqrt(variance + epsilon), t = bias - mean s; so are mul, div, add and sub by
// one constant per channel (Caffe's Scale layers, unfused exports). All arithmetic is double; constants are never changed,
// only replaced, so shared ones stay what they are.
#include "compiler/passes/Passes.h"
#include "compiler/passes/Rewrite.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace resnetc {
#define GEN_PASS_DEF_FOLDBATCHNORM
#include "compiler/passes/Passes.h.inc"

namespace {

struct ChannelMap {
  Value input;
  std::vector<double> scale, shift; // one value per channel
};

// The values of a constant that differs between channels (dimension 1 of `shape`) only.
std::optional<std::vector<double>> perChannel(Value constant, ShapeRef shape) {
  ElementsAttr value = constantOf(constant);
  if (!value || !typeOf(constant).getElementType().isF32() || rankOf(constant) > static_cast<int64_t>(shape.size()))
    return std::nullopt;
  const int64_t count = value.getNumElements(), fromRight = rankOf(constant) - static_cast<int64_t>(shape.size()) + 1;
  const bool isVector = count == shape[1] && fromRight >= 0 && shapeOf(constant)[fromRight] == count;
  if (count != 1 && !isVector)
    return std::nullopt;
  std::vector<double> values = constantValues(value);
  values.resize(shape[1], values[0]);
  return values;
}

std::optional<ChannelMap> mapOf(rn::BatchNormOp bn) {
  ShapeRef shape = shapeOf(bn.getResult());
  std::vector<std::vector<double>> vectors;
  for (Value v : {bn.getScale(), bn.getBias(), bn.getMean(), bn.getVariance()}) {
    ElementsAttr value = constantOf(v);
    if (!value)
      return std::nullopt;
    vectors.push_back(constantValues(value));
  }
  const std::vector<double> &scale = vectors[0], &bias = vectors[1], &mean = vectors[2], &variance = vectors[3];
  ChannelMap map{bn.getInput(), scale, bias};
  for (int64_t c = 0; c < shape[1]; ++c) {
    map.scale[c] = scale[c] / std::sqrt(variance[c] + bn.getEpsilon().convertToDouble());
    map.shift[c] = bias[c] - mean[c] * map.scale[c];
  }
  return map;
}

// mul, div, add, sub of a tensor and a constant.
std::optional<ChannelMap> mapOfBinary(Operation *op) {
  ShapeRef shape = shapeOf(op->getResult(0));
  if (shape.size() < 2)
    return std::nullopt;
  const int constantAt = constantOf(op->getOperand(1)) ? 1 : 0;
  Value input = op->getOperand(1 - constantAt);
  auto values = perChannel(op->getOperand(constantAt), shape);
  // A constant that broadcasts the input to a larger shape does more than map channels.
  if (!values || constantOf(input) || shapeOf(input) != shape || (isa<rn::DivOp>(op) && constantAt == 0))
    return std::nullopt;
  ChannelMap map{input, std::vector<double>(shape[1], 1.0), std::vector<double>(shape[1], 0.0)};
  if (isa<rn::MulOp, rn::DivOp>(op)) {
    for (auto [scale, v] : llvm::zip(map.scale, *values))
      scale = isa<rn::MulOp>(op) ? v : 1 / v;
    return map;
  }
  map.shift = *values;
  if (isa<rn::SubOp>(op))
    for (double &v : constantAt == 1 ? map.shift : map.scale)
      v = -v;
  return map;
}

std::optional<ChannelMap> mapOf(Operation *op) {
  if (auto bn = dyn_cast<rn::BatchNormOp>(op))
    return mapOf(bn);
  return isa<rn::MulOp, rn::DivOp, rn::AddOp, rn::SubOp>(op) ? mapOfBinary(op) : std::nullopt;
}

bool isFinite(ArrayRef<double> values) {
  return llvm::all_of(values, [](double v) { return std::abs(v) <= std::numeric_limits<float>::max(); });
}

RankedTensorType vectorType(OpBuilder &builder, size_t size) {
  return RankedTensorType::get({static_cast<int64_t>(size)}, builder.getF32Type());
}

Value vectorConstant(OpBuilder &builder, Location loc, ArrayRef<double> values) {
  return makeConstantOp(builder, loc, makeConstant(vectorType(builder, values.size()), values));
}

// Weights [O, ...] with row o multiplied by scale[o]; nothing on overflow.
ElementsAttr scaledRows(Value weight, ArrayRef<double> scale) {
  std::vector<float> values = constantFloats(constantOf(weight));
  const size_t rowSize = values.size() / scale.size();
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(values[i] * scale[i / rowSize]);
    if (!std::isfinite(values[i]))
      return {};
  }
  return makeConstant(typeOf(weight), std::move(values));
}

template <typename LayerOp, typename MapOp> struct FoldIntoLayer : CountingPattern<MapOp> {
  using CountingPattern<MapOp>::CountingPattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    std::optional<ChannelMap> map = mapOf(op.getOperation());
    if (!map)
      return rewriter.notifyMatchFailure(op, "does not scale and shift channels by constants");
    auto layer = map->input.template getDefiningOp<LayerOp>();
    if (!layer)
      return rewriter.notifyMatchFailure(op, "no convolution or dense layer in front of it");
    // A second reader (the stem of a v2 network, an output in the middle) still needs the layer's own value.
    if (!layer->hasOneUse())
      return rewriter.notifyMatchFailure(op, "the layer has another user");
    // Scaling and a non-linear function do not commute.
    if (layer.getActAttr())
      return rewriter.notifyMatchFailure(op, "the layer has an activation");
    if constexpr (std::is_same_v<LayerOp, rn::Conv2dOp>) {
      if (layer.getResidual())
        return rewriter.notifyMatchFailure(op, "the layer adds a residual, which would have to be scaled too");
      if (layer.getPreact())
        return rewriter.notifyMatchFailure(op, "the layer has a second result");
    }
    if (!constantOf(layer.getWeight()) || (layer.getBias() && !constantOf(layer.getBias())))
      return rewriter.notifyMatchFailure(op, "weights or bias are computed at run time");
    return fold(layer, *map, op, rewriter);
  }

  LogicalResult fold(LayerOp layer, ChannelMap &map, MapOp op, PatternRewriter &rewriter) const {
    std::vector<double> bias = map.shift;
    if (layer.getBias())
      for (auto [b, scale, v] : llvm::zip(bias, map.scale, constantValues(constantOf(layer.getBias()))))
        b += scale * v;
    // A variance of -epsilon, say: keep what the model computes rather than spread NaN over the weights.
    ElementsAttr weight = isFinite(bias) ? scaledRows(layer.getWeight(), map.scale) : nullptr;
    if (!weight)
      return rewriter.notifyMatchFailure(op, "weights or bias would not be finite");
    auto folded = cast<LayerOp>(rewriter.clone(*layer));
    rewriter.setInsertionPoint(folded);
    if (!isAll(map.scale, 1))
      folded.getWeightMutable().assign(makeConstantOp(rewriter, layer.getWeight().getLoc(), weight));
    if (layer.getBias() || !isAll(bias, 0))
      folded.getBiasMutable().assign(vectorConstant(rewriter, op.getLoc(), bias));
    folded->setLoc(fuseLocations(layer.getLoc(), op.getLoc()));
    if (op.getActAttr())
      folded.setActAttr(op.getActAttr());
    rewriter.replaceOp(op, folded);
    ++this->count;
    return success();
  }
};

// One batch_norm that is a bare multiply-add: mean 0, variance 1, epsilon 0.
template <typename MapOp>
void replaceByMultiplyAdd(MapOp op, const ChannelMap &map, Location loc, PatternRewriter &rewriter) {
  const size_t channels = map.scale.size();
  Value scale = vectorConstant(rewriter, loc, map.scale), shift = vectorConstant(rewriter, loc, map.shift);
  Value zero = vectorConstant(rewriter, loc, std::vector<double>(channels, 0.0));
  Value one = vectorConstant(rewriter, loc, std::vector<double>(channels, 1.0));
  auto bn = rn::BatchNormOp::create(rewriter, loc, op.getType(), map.input, scale, shift, zero, one, APFloat(0.0),
                                    op.getActAttr());
  rewriter.replaceOp(op, bn);
}

template <typename MapOp> struct MergeMaps : CountingPattern<MapOp> {
  using CountingPattern<MapOp>::CountingPattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    std::optional<ChannelMap> map = mapOf(op.getOperation());
    if (!map)
      return rewriter.notifyMatchFailure(op, "does not scale and shift channels by constants");
    Operation *before = map->input.getDefiningOp();
    std::optional<ChannelMap> first = before ? mapOf(before) : std::nullopt;
    if (!first)
      return rewriter.notifyMatchFailure(op, "nothing in front of it that it could be merged with");
    if (!before->hasOneUse())
      return rewriter.notifyMatchFailure(op, "the first map has another user");
    if (before->hasAttr("act"))
      return rewriter.notifyMatchFailure(op, "the first map has an activation");
    for (size_t c = 0; c < map->scale.size(); ++c) {
      map->shift[c] += first->shift[c] * map->scale[c];
      map->scale[c] *= first->scale[c];
    }
    if (!isFinite(map->scale) || !isFinite(map->shift))
      return rewriter.notifyMatchFailure(op, "the merged map would not be finite");
    map->input = first->input;
    replaceByMultiplyAdd(op, *map, fuseLocations(before->getLoc(), op.getLoc()), rewriter);
    ++this->count;
    return success();
  }
};

// The normalisation of a group or an image, and the scale and shift that the model applies to it.
template <typename MapOp> struct FoldIntoFactor : CountingPattern<MapOp> {
  using CountingPattern<MapOp>::CountingPattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    std::optional<ChannelMap> map = mapOf(op.getOperation());
    Operation *product = map ? map->input.getDefiningOp() : nullptr;
    // A mul waits for its shift; a mul_add has one, to which others are added.
    if (!product || !(isa<rn::MulAddOp>(product) || (isa<rn::MulOp>(product) && isa<rn::BatchNormOp>(op))))
      return rewriter.notifyMatchFailure(op, "no product in front of it");
    if (!product->hasOneUse())
      return rewriter.notifyMatchFailure(op, "the product has another user");
    if (product->hasAttr("act"))
      return rewriter.notifyMatchFailure(op, "the product has an activation");
    const int factorAt = isFactor(product->getOperand(1), op) ? 1 : 0;
    Value x = product->getOperand(1 - factorAt), factor = product->getOperand(factorAt);
    if (!isFactor(factor, op) || x.getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "no side of the product is one value a channel");
    if (product->getNumOperands() == 3 && !addShift(*map, product->getOperand(2), shapeOf(op)))
      return rewriter.notifyMatchFailure(op, "the product has another addend");
    if (!isFinite(map->scale) || !isFinite(map->shift))
      return rewriter.notifyMatchFailure(op, "the multiply-add would not be finite");
    Value shift = factorConstant(rewriter, op.getLoc(), map->shift);
    auto both = rn::MulAddOp::create(rewriter, fuseLocations(product->getLoc(), op.getLoc()), op.getType(), x,
                                     scaled(rewriter, factor, map->scale, shapeOf(op)), shift, op.getActAttr());
    rewriter.replaceOp(op, both);
    ++this->count;
    return success();
  }

private:
  static bool isFactor(Value v, Value result) {
    ShapeRef shape = shapeOf(v), image = shapeOf(result);
    return image.size() == 4 && !constantOf(v) && shape == ShapeRef{image[0], image[1], 1, 1};
  }

  // What the map makes of an addend in front of it.
  static bool addShift(ChannelMap &map, Value addend, ShapeRef shape) {
    auto values = perChannel(addend, shape);
    for (size_t c = 0; values && c < map.shift.size(); ++c)
      map.shift[c] += (*values)[c] * map.scale[c];
    return values.has_value();
  }

  static Value factorConstant(OpBuilder &builder, Location loc, ArrayRef<double> values) {
    auto type = RankedTensorType::get({1, static_cast<int64_t>(values.size()), 1, 1}, builder.getF32Type());
    return makeConstantOp(builder, loc, makeConstant(type, values));
  }

  // factor * s; c / d with a constant c becomes (c s) / d.
  static Value scaled(PatternRewriter &rewriter, Value factor, std::vector<double> s, ShapeRef shape) {
    auto div = factor.getDefiningOp<rn::DivOp>();
    auto numerator = div && div->hasOneUse() && !div.getActAttr() ? perChannel(div.getLhs(), shape) : std::nullopt;
    if (!numerator)
      return rn::MulOp::create(rewriter, factor.getLoc(), factor.getType(), factor,
                               factorConstant(rewriter, factor.getLoc(), s), rn::ActivationAttr());
    for (auto [v, c] : llvm::zip(s, *numerator))
      v *= c;
    return rn::DivOp::create(rewriter, div.getLoc(), div.getType(), factorConstant(rewriter, div.getLoc(), s),
                             div.getRhs(), rn::ActivationAttr());
  }
};

struct NormalizeBatchNorm : OpRewritePattern<rn::BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(rn::BatchNormOp bn, PatternRewriter &rewriter) const override {
    std::optional<ChannelMap> map = mapOf(bn);
    if (!map)
      return rewriter.notifyMatchFailure(bn, "parameters are computed at run time");
    if (bn.getEpsilon().isZero() && isAll(constantValues(constantOf(bn.getMean())), 0) &&
        isAll(constantValues(constantOf(bn.getVariance())), 1))
      return failure(); // a multiply-add already
    if (!isFinite(map->scale) || !isFinite(map->shift))
      return rewriter.notifyMatchFailure(bn, "the multiply-add would not be finite");
    replaceByMultiplyAdd(bn, *map, bn.getLoc(), rewriter);
    return success();
  }
};

template <typename MapOp>
void addPatterns(RewritePatternSet &patterns, Pass::Statistic &folded, Pass::Statistic &merged) {
  patterns.add<FoldIntoLayer<rn::Conv2dOp, MapOp>, FoldIntoLayer<rn::DenseOp, MapOp>>(patterns.getContext(), folded);
  patterns.add<FoldIntoFactor<MapOp>>(patterns.getContext(), folded);
  patterns.add<MergeMaps<MapOp>>(patterns.getContext(), merged);
}

struct FoldBatchNormPass : impl::FoldBatchNormBase<FoldBatchNormPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    addPatterns<rn::BatchNormOp>(patterns, numFolded, numMerged);
    addPatterns<rn::MulOp>(patterns, numFolded, numMerged);
    addPatterns<rn::DivOp>(patterns, numFolded, numMerged);
    addPatterns<rn::AddOp>(patterns, numFolded, numMerged);
    addPatterns<rn::SubOp>(patterns, numFolded, numMerged);
    patterns.add<NormalizeBatchNorm>(&getContext());
    applyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace resnetc
