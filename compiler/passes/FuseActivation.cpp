// fuse-activation: act(f(x)) -> f(x) {act}, where f ends with an epilogue (conv2d, dense, batch_norm, add, mul, ...).
// Before that, what exporters write as several operations becomes one activation:
//   x * sigmoid(x) -> silu(x)       x * hard_sigmoid(x) -> hard_swish(x)      max(x, 0) -> relu(x)
//   min(relu(x), c) -> clip(x, 0, c)         clip(x, 0, infinity) -> relu(x)  clip(relu(x), l, h) -> one clip
#include "compiler/passes/Passes.h"
#include "compiler/passes/Rewrite.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace resnetc {
#define GEN_PASS_DEF_FUSEACTIVATION
#include "compiler/passes/Passes.h.inc"

namespace {

using rn::ActivationAttr, rn::ActivationKind;

// relu and clip keep an interval.
struct Interval {
  double low, high;
};

std::optional<Interval> intervalOf(ActivationAttr act) {
  if (act.getKind() == ActivationKind::Relu)
    return Interval{0, INFINITY};
  if (act.getKind() == ActivationKind::Clip && act.alpha() <= act.beta())
    return Interval{act.alpha(), act.beta()};
  return std::nullopt;
}

// The largest float is what ONNX writes for "no upper bound".
ActivationAttr makeInterval(MLIRContext *context, Interval i) {
  if (i.low == 0 && i.high >= std::numeric_limits<float>::max())
    return ActivationAttr::get(context, ActivationKind::Relu);
  return ActivationAttr::get(context, ActivationKind::Clip, i.low, i.high);
}

// second(first(x)) as one activation, if it is one.
ActivationAttr compose(ActivationAttr first, ActivationAttr second) {
  auto a = intervalOf(first), b = intervalOf(second);
  if (!a || !b)
    return {};
  auto clip = [&](double v) { return std::min(std::max(v, b->low), b->high); };
  return makeInterval(first.getContext(), {clip(a->low), clip(a->high)});
}

// The one value of a constant with one value.
std::optional<double> splatOf(Value v) {
  ElementsAttr value = constantOf(v);
  if (!value || value.getNumElements() == 0 || !(value.isSplat() || value.getNumElements() == 1))
    return std::nullopt;
  return value.isSplat() ? value.getSplatValue<APFloat>().convertToDouble() : constantValues(value)[0];
}

struct CanonicalClip : OpRewritePattern<rn::ActivationOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(rn::ActivationOp op, PatternRewriter &rewriter) const override {
    auto interval = intervalOf(op.getAct());
    if (!interval)
      return rewriter.notifyMatchFailure(op, "is no interval");
    ActivationAttr act = makeInterval(getContext(), *interval);
    if (act == op.getAct())
      return rewriter.notifyMatchFailure(op, "is canonical");
    rewriter.modifyOpInPlace(op, [&] { op.setActAttr(act); });
    return success();
  }
};

// max(x, 0) -> relu(x);  min(relu(x), c) -> clip(relu(x), 0, c), which Fuse merges.
template <typename OpT> struct RecogniseClip : OpRewritePattern<OpT> {
  using OpRewritePattern<OpT>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const override {
    if (!typeOf(op).getElementType().isF32() || op.getActAttr())
      return rewriter.notifyMatchFailure(op, "is of integers or has an activation");
    const bool constantFirst = static_cast<bool>(constantOf(op.getLhs()));
    Value input = constantFirst ? op.getRhs() : op.getLhs();
    std::optional<double> bound = splatOf(constantFirst ? op.getLhs() : op.getRhs());
    if (!bound || input.getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "the bound is no single constant");
    if (std::is_same_v<OpT, rn::MaxOp> ? *bound != 0 : !(*bound >= 0 && startsAtZero(input)))
      return rewriter.notifyMatchFailure(op, "the other end of the interval is open");
    Interval interval{0, std::is_same_v<OpT, rn::MaxOp> ? INFINITY : *bound};
    rewriter.replaceOpWithNewOp<rn::ActivationOp>(op, op.getType(), input,
                                                  makeInterval(op.getContext(), interval));
    return success();
  }

  static bool startsAtZero(Value v) {
    Operation *op = v.getDefiningOp();
    auto act = op ? op->getAttrOfType<ActivationAttr>("act") : nullptr;
    auto interval = act ? intervalOf(act) : std::nullopt;
    return interval && interval->low >= 0;
  }
};

// x * sigmoid(x) -> silu(x);  x * hard_sigmoid(x) -> hard_swish(x)
struct RecogniseSwish : OpRewritePattern<rn::MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(rn::MulOp mul, PatternRewriter &rewriter) const override {
    if (mul.getActAttr())
      return rewriter.notifyMatchFailure(mul, "has an activation");
    for (auto [x, gate] : {std::pair{mul.getLhs(), mul.getRhs()}, std::pair{mul.getRhs(), mul.getLhs()}}) {
      auto op = gate.getDefiningOp<rn::ActivationOp>();
      if (!op || op.getInput() != x)
        continue;
      const ActivationKind kind = op.getAct().getKind();
      if (kind != ActivationKind::Sigmoid && kind != ActivationKind::HardSigmoid)
        continue;
      auto act = ActivationAttr::get(
          getContext(), kind == ActivationKind::Sigmoid ? ActivationKind::Silu : ActivationKind::HardSwish,
          op.getAct().alpha(), op.getAct().beta());
      auto swish = rn::ActivationOp::create(rewriter, fuseLocations(op.getLoc(), mul.getLoc()), mul.getType(),
                                            x, act);
      rewriter.replaceOp(mul, swish);
      return success();
    }
    return rewriter.notifyMatchFailure(mul, "is no product of a value and its own gate");
  }
};

struct Fuse : CountingPattern<rn::ActivationOp> {
  using CountingPattern::CountingPattern;
  LogicalResult matchAndRewrite(rn::ActivationOp op, PatternRewriter &rewriter) const override {
    Operation *producer = op.getInput().getDefiningOp();
    if (!producer || !(producer->hasTrait<rn::HasEpilogue>() || isa<rn::ActivationOp>(producer)))
      return rewriter.notifyMatchFailure(op, "what computes its input cannot apply it");
    // A second reader still needs the value in front of the activation.
    if (!producer->hasOneUse())
      return rewriter.notifyMatchFailure(op, "the input has another user");
    if (producer->getNumResults() != 1)
      return rewriter.notifyMatchFailure(op, "the producer has a second result");
    auto first = producer->getAttrOfType<ActivationAttr>("act");
    ActivationAttr act = first ? compose(first, op.getAct()) : op.getAct();
    if (!act)
      return rewriter.notifyMatchFailure(op, "the producer has another activation");
    rewriter.modifyOpInPlace(producer, [&] {
      producer->setAttr("act", act);
      producer->setLoc(fuseLocations(producer->getLoc(), op.getLoc()));
    });
    rewriter.replaceOp(op, producer->getResult(0));
    ++count;
    return success();
  }
};

struct FuseActivationPass : impl::FuseActivationBase<FuseActivationPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<CanonicalClip, RecogniseClip<rn::MaxOp>, RecogniseClip<rn::MinOp>, RecogniseSwish>(&getContext());
    patterns.add<Fuse>(&getContext(), numFused);
    applyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace resnetc
