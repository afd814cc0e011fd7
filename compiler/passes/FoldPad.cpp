// fold-pad: padding of its own becomes padding of the window that reads it.
//   conv(pad(x, 0), pads p)      ->  conv(x, pads p + low/high)
//   avg_pool(pad(x, 0), pads p)  ->  avg_pool(x, pads p + low/high, count_include_pad)
//   max_pool(pad(x, v), pads p)  ->  max_pool(x, pads p + low/high)     v = -infinity, or v = 0 and no x is negative
// Other readers of the padded tensor keep it.
#include "compiler/passes/Passes.h"
#include "compiler/passes/Rewrite.h"
#include <limits>

using namespace mlir;

namespace resnetc {
#define GEN_PASS_DEF_FOLDPAD
#include "compiler/passes/Passes.h.inc"

namespace {

bool padsImageOnly(rn::PadOp pad) {
  return rankOf(pad) == 4 && isAll(pad.getLow().take_front(2), 0) && isAll(pad.getHigh().take_front(2), 0);
}

// top, left, bottom, right of both.
SmallVector<int64_t> addedPads(ArrayRef<int64_t> pads, rn::PadOp pad) {
  return {pads[0] + pad.getLow()[2], pads[1] + pad.getLow()[3], pads[2] + pad.getHigh()[2], pads[3] + pad.getHigh()[3]};
}

// Whether no element of `v` is negative (NaN may be).
bool isNeverNegative(Value v, int depth = 0) {
  Operation *op = v.getDefiningOp();
  if (!op || depth == 8)
    return false;
  if (auto act = op->getAttrOfType<rn::ActivationAttr>("act")) {
    const rn::ActivationKind kind = act.getKind();
    return kind == rn::ActivationKind::Relu || kind == rn::ActivationKind::Sigmoid ||
           kind == rn::ActivationKind::HardSigmoid || (kind == rn::ActivationKind::Clip && act.alpha() >= 0);
  }
  if (auto pad = dyn_cast<rn::PadOp>(op); pad && pad.getValue().isNegative())
    return false;
  // Selections and means of what is never negative.
  if (isa<rn::MaxPoolOp, rn::AvgPoolOp, rn::PadOp, rn::SliceOp, rn::TransposeOp, rn::ReshapeOp, rn::ConcatOp>(op))
    return llvm::all_of(op->getOperands(), [&](Value in) { return isNeverNegative(in, depth + 1); });
  return false;
}

// Whether every window of a pool over `input` with `pads` has a pixel of the input.
bool everyWindowHasAPixel(ShapeRef input, ShapeRef output, const Window &window) {
  for (int d : {0, 1})
    for (int64_t at = 0; at < output[2 + d]; ++at) {
      bool found = false;
      for (int64_t k = 0; k < window.kernel[d] && !found; ++k) {
        const int64_t pixel = at * window.strides[d] + k * window.dilations[d] - window.pads[d];
        found = pixel >= 0 && pixel < input[2 + d];
      }
      if (!found)
        return false;
    }
  return true;
}

struct FoldIntoConv : CountingPattern<rn::Conv2dOp> {
  using CountingPattern::CountingPattern;
  LogicalResult matchAndRewrite(rn::Conv2dOp conv, PatternRewriter &rewriter) const override {
    auto pad = conv.getInput().getDefiningOp<rn::PadOp>();
    if (!pad)
      return rewriter.notifyMatchFailure(conv, "input is not padded");
    if (!pad.getValue().isZero())
      return rewriter.notifyMatchFailure(conv, "the padding is not zero");
    if (!padsImageOnly(pad))
      return rewriter.notifyMatchFailure(conv, "images or channels are padded");
    rewriter.modifyOpInPlace(conv, [&] {
      conv.setPads(addedPads(conv.getPads(), pad));
      conv.getInputMutable().assign(pad.getInput());
      conv->setLoc(fuseLocations(conv.getLoc(), pad.getLoc()));
    });
    ++count;
    return success();
  }
};

template <typename PoolOp> struct FoldIntoPool : CountingPattern<PoolOp> {
  using CountingPattern<PoolOp>::CountingPattern;
  LogicalResult matchAndRewrite(PoolOp pool, PatternRewriter &rewriter) const override {
    auto pad = pool.getInput().template getDefiningOp<rn::PadOp>();
    if (!pad)
      return rewriter.notifyMatchFailure(pool, "input is not padded");
    if (!padsImageOnly(pad))
      return rewriter.notifyMatchFailure(pool, "images or channels are padded");
    const SmallVector<int64_t> pads = addedPads(pool.getPads(), pad);
    const Window window{pool.getKernel(), pool.getStrides(), pads, pool.getDilations(), pool.getCeilMode()};
    ShapeRef input = shapeOf(pad.getInput());
    auto shape = windowShape(input, input[1], window);
    // ceil_mode drops a last window that would start in the padding on the right.
    if (!shape || ShapeRef(*shape) != shapeOf(pool.getResult())) {
      llvm::consumeError(shape.takeError());
      return rewriter.notifyMatchFailure(pool, "the last window would be dropped");
    }
    if (const char *reason = valueMismatch(pool, pad, window))
      return rewriter.notifyMatchFailure(pool, reason);
    rewriter.modifyOpInPlace(pool, [&] {
      pool.setPads(pads);
      if constexpr (std::is_same_v<PoolOp, rn::AvgPoolOp>)
        pool.setCountIncludePad(true);
      pool.getInputMutable().assign(pad.getInput());
      pool->setLoc(fuseLocations(pool.getLoc(), pad.getLoc()));
    });
    ++this->count;
    return success();
  }

  // Why the windows would see other values, or nothing.
  static const char *valueMismatch(rn::MaxPoolOp pool, rn::PadOp pad, const Window &window) {
    const double value = pad.getValue().convertToDouble();
    if (!everyWindowHasAPixel(shapeOf(pad.getInput()), shapeOf(pool.getResult()), window))
      return "a window lies in the padding";
    if (value <= -static_cast<double>(std::numeric_limits<float>::max()))
      return nullptr;
    return value == 0 && isNeverNegative(pad.getInput()) ? nullptr : "the padding may be the maximum";
  }
  static const char *valueMismatch(rn::AvgPoolOp pool, rn::PadOp pad, const Window &) {
    if (!pad.getValue().isZero())
      return "the padding is not zero";
    // The pool's own padding would begin to count.
    return pool.getCountIncludePad() || isAll(pool.getPads(), 0) ? nullptr : "the pool does not count its padding";
  }
};

struct FoldPadPass : impl::FoldPadBase<FoldPadPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldIntoConv, FoldIntoPool<rn::MaxPoolOp>, FoldIntoPool<rn::AvgPoolOp>>(&getContext(), numFolded);
    applyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace resnetc
