// fuse-preactivation: what the next block of a v2 network reads is written by the kernel that computes the sum.
//   y = f(...), z = act(scale * y + shift)  ->  y, z = f(...) preact(scale, shift) {preact_act = act}
// f: conv2d, max_pool. The multiply-add is a batch_norm that found no weights to fold into (fold-batch-norm: the sum has
// other readers, or ends with a residual), or an activation alone (scale 1, shift 0). Other readers of y, above all the
// shortcut, are not touched.
#include "compiler/passes/Passes.h"
#include "compiler/passes/Rewrite.h"

using namespace mlir;

namespace resnetc {
#define GEN_PASS_DEF_FUSEPREACTIVATION
#include "compiler/passes/Passes.h.inc"

namespace {

// `op` with a second result.
Operation *withPreactivation(rn::Conv2dOp op, Location loc, Value scale, Value shift, rn::ActivationAttr act,
                             OpBuilder &builder) {
  Type type = op.getResult().getType();
  return rn::Conv2dOp::create(builder, loc, type, type, op.getInput(), op.getWeight(), op.getBias(), op.getResidual(),
                              op.getStridesAttr(), op.getPadsAttr(), op.getDilationsAttr(), op.getGroupsAttr(),
                              op.getActAttr(), op.getResidualChannelAttr(), scale, shift, act, op.getInputMomentsAttr());
}
Operation *withPreactivation(rn::MaxPoolOp op, Location loc, Value scale, Value shift, rn::ActivationAttr act,
                             OpBuilder &builder) {
  Type type = op.getResult().getType();
  return rn::MaxPoolOp::create(builder, loc, type, type, op.getInput(), op.getKernelAttr(), op.getStridesAttr(),
                               op.getPadsAttr(), op.getDilationsAttr(), op.getCeilModeAttr(), scale, shift, act);
}

// Scale and shift of an operation that is a multiply-add with constants; nothing for others.
using ScaleAndShift = std::pair<ElementsAttr, ElementsAttr>;
std::optional<ScaleAndShift> multiplyAddOf(rn::BatchNormOp bn) {
  auto areAll = [](Value v, double wanted) { return constantOf(v) && isAll(constantValues(constantOf(v)), wanted); };
  if (!areAll(bn.getMean(), 0) || !areAll(bn.getVariance(), 1) || !bn.getEpsilon().isZero() ||
      !constantOf(bn.getScale()) || !constantOf(bn.getBias()))
    return std::nullopt;
  return ScaleAndShift{constantOf(bn.getScale()), constantOf(bn.getBias())};
}
std::optional<ScaleAndShift> multiplyAddOf(rn::ActivationOp op) {
  if (rankOf(op) != 4)
    return std::nullopt;
  auto type = RankedTensorType::get({shapeOf(op)[1]}, typeOf(op).getElementType());
  auto splat = [&](double v) { return makeConstant(type, std::vector<double>(type.getDimSize(0), v)); };
  return ScaleAndShift{splat(1), splat(0)};
}

template <typename LayerOp, typename MapOp> struct Fuse : CountingPattern<MapOp> {
  using CountingPattern<MapOp>::CountingPattern;

  LogicalResult matchAndRewrite(MapOp op, PatternRewriter &rewriter) const override {
    auto layer = op.getInput().template getDefiningOp<LayerOp>();
    if (!layer)
      return rewriter.notifyMatchFailure(op, "what computes its input writes no second result");
    if (layer.getPreact())
      return rewriter.notifyMatchFailure(op, "the layer has a second result already");
    std::optional<ScaleAndShift> map = multiplyAddOf(op);
    if (!map)
      return rewriter.notifyMatchFailure(op, "is no multiply-add with constants");
    rewriter.setInsertionPoint(layer);
    Value scale = makeConstantOp(rewriter, op.getLoc(), map->first),
          shift = makeConstantOp(rewriter, op.getLoc(), map->second);
    Location loc = rewriter.getFusedLoc({layer.getLoc(), op.getLoc()});
    Operation *fused = withPreactivation(layer, loc, scale, shift, op.getActAttr(), rewriter);
    rewriter.replaceAllUsesWith(layer.getResult(), fused->getResult(0));
    rewriter.eraseOp(layer);
    rewriter.replaceOp(op, fused->getResult(1));
    ++this->count;
    return success();
  }
};

struct FusePreactivationPass : impl::FusePreactivationBase<FusePreactivationPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<Fuse<rn::Conv2dOp, rn::BatchNormOp>, Fuse<rn::MaxPoolOp, rn::BatchNormOp>,
                 Fuse<rn::Conv2dOp, rn::ActivationOp>, Fuse<rn::MaxPoolOp, rn::ActivationOp>>(&getContext(), numFused);
    applyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace resnetc
