// fold-shortcut: the end of a residual block becomes the epilogue of its last convolution.
//   act(add(conv(x, w, b), other))   ->  conv(x, w, b, residual other) {act}
//   conv(..., residual pad(x))       ->  conv(..., residual x) {residual_channel}   (zeros for new channels)
//   act(add(mul(x, gate), other))    ->  mul_add(x, gate, other) {act}              (squeeze and excitation)
//   conv1x1(slice(x) every s pixels) ->  conv1x1(x) {strides s}                     (subsampled projection)
// Where both sides are convolutions the main branch takes the residual and the projection stays as it is. A slice that
// keeps every s-th pixel as the shortcut itself stays an operation, but costs nothing: select-kernels reads through it.
#include "compiler/passes/Passes.h"
#include "compiler/passes/Rewrite.h"

using namespace mlir;

namespace resnetc {
#define GEN_PASS_DEF_FOLDSHORTCUT
#include "compiler/passes/Passes.h.inc"

namespace {

// The values above `v` along first operands, nearest first. Residual blocks have far fewer operations than the limit.
SmallVector<Value, 16> branchAbove(Value v) {
  SmallVector<Value, 16> chain;
  while (chain.size() < 16) {
    chain.push_back(v);
    Operation *op = v.getDefiningOp();
    if (!op || op->getNumOperands() == 0)
      break;
    v = op->getOperand(0);
  }
  return chain;
}

// Whether a's branch is the longer way from where the two branches part; when they are equal, whether a comes later.
bool isMainBranch(rn::Conv2dOp a, rn::Conv2dOp b) {
  const auto above = branchAbove(a.getInput()), other = branchAbove(b.getInput());
  for (auto [length, v] : llvm::enumerate(above)) {
    const auto *found = llvm::find(other, v);
    if (found == other.end())
      continue;
    const size_t otherLength = found - other.begin();
    return length != otherLength ? length > otherLength : b->isBeforeInBlock(a);
  }
  return b->isBeforeInBlock(a);
}

struct FoldAdd : CountingPattern<rn::AddOp> {
  using CountingPattern::CountingPattern;

  LogicalResult matchAndRewrite(rn::AddOp add, PatternRewriter &rewriter) const override {
    // Broadcasting would need the residual's own strides.
    if (add.getLhs().getType() != add.getType() || add.getRhs().getType() != add.getType())
      return rewriter.notifyMatchFailure(add, "one side is broadcast");
    auto left = candidate(add.getLhs(), add, rewriter), right = candidate(add.getRhs(), add, rewriter);
    if (!left && !right)
      return rewriter.notifyMatchFailure(add, "no side is a convolution that can take it");
    const bool useLeft = left && (!right || isMainBranch(left, right));
    rn::Conv2dOp conv = useLeft ? left : right;
    // The new convolution stands where the addition was, behind both sides.
    auto folded = cast<rn::Conv2dOp>(rewriter.clone(*conv));
    rewriter.modifyOpInPlace(folded, [&] {
      folded.getResidualMutable().assign(useLeft ? add.getRhs() : add.getLhs());
      folded.setActAttr(add.getActAttr());
      folded->setLoc(fuseLocations(conv.getLoc(), add.getLoc()));
    });
    rewriter.replaceOp(add, folded);
    ++count;
    return success();
  }

  static rn::Conv2dOp candidate(Value v, rn::AddOp add, PatternRewriter &rewriter) {
    auto conv = v.getDefiningOp<rn::Conv2dOp>();
    if (!conv)
      return {};
    auto reject = [&](const char *why) {
      (void)rewriter.notifyMatchFailure(add, why);
      return rn::Conv2dOp();
    };
    // A second reader (also: x + x) needs the convolution without the other side.
    if (!conv->hasOneUse())
      return reject("the convolution has another user");
    // The residual is added before the activation.
    if (conv.getActAttr())
      return reject("the convolution has an activation");
    if (conv.getResidual())
      return reject("the convolution has a residual");
    if (conv.getPreact())
      return reject("the convolution has a second result");
    return conv;
  }
};

struct FoldChannelPad : CountingPattern<rn::Conv2dOp> {
  using CountingPattern::CountingPattern;

  LogicalResult matchAndRewrite(rn::Conv2dOp conv, PatternRewriter &rewriter) const override {
    auto pad = conv.getResidual() ? conv.getResidual().getDefiningOp<rn::PadOp>() : nullptr;
    if (!pad)
      return rewriter.notifyMatchFailure(conv, "the residual is not padded");
    if (!pad.getValue().isZero())
      return rewriter.notifyMatchFailure(conv, "the padding is not zero");
    for (int64_t d : {0, 2, 3})
      if (pad.getLow()[d] != 0 || pad.getHigh()[d] != 0)
        return rewriter.notifyMatchFailure(conv, "images or pixels are padded");
    if (conv.getResidualChannel() != 0 || shapeOf(conv.getResidual()) != shapeOf(conv.getResult()))
      return rewriter.notifyMatchFailure(conv, "the residual has fewer channels already");
    // A channel tile of a kernel lies in one group.
    if (conv.getGroups() != 1)
      return rewriter.notifyMatchFailure(conv, "is grouped");
    rewriter.modifyOpInPlace(conv, [&] {
      conv.getResidualMutable().assign(pad.getInput());
      conv.setResidualChannel(pad.getLow()[1]);
      conv->setLoc(rewriter.getFusedLoc({conv.getLoc(), pad.getLoc()}));
    });
    ++count;
    return success();
  }
};

struct FoldGate : CountingPattern<rn::AddOp> {
  using CountingPattern::CountingPattern;

  LogicalResult matchAndRewrite(rn::AddOp add, PatternRewriter &rewriter) const override {
    for (auto [product, other] : {std::pair{add.getLhs(), add.getRhs()}, std::pair{add.getRhs(), add.getLhs()}}) {
      auto mul = product.getDefiningOp<rn::MulOp>();
      if (!mul || !typeOf(mul).getElementType().isF32())
        continue;
      // A second reader (also: p + p) needs the product without the other side.
      if (!mul->hasOneUse())
        return rewriter.notifyMatchFailure(add, "the product has another user");
      if (mul.getActAttr())
        return rewriter.notifyMatchFailure(add, "the product has an activation");
      auto both = rn::MulAddOp::create(rewriter, fuseLocations(add.getLoc(), mul.getLoc()), add.getType(), mul.getLhs(),
                                       mul.getRhs(), other, add.getActAttr());
      rewriter.replaceOp(add, both);
      ++count;
      return success();
    }
    return rewriter.notifyMatchFailure(add, "no side is a product that could take it");
  }
};

struct FoldSubsample : CountingPattern<rn::Conv2dOp> {
  using CountingPattern::CountingPattern;

  LogicalResult matchAndRewrite(rn::Conv2dOp conv, PatternRewriter &rewriter) const override {
    auto slice = conv.getInput().getDefiningOp<rn::SliceOp>();
    if (!slice)
      return rewriter.notifyMatchFailure(conv, "input is no slice");
    // A larger kernel reads the pixels between.
    ShapeRef weight = shapeOf(conv.getWeight());
    if (weight[2] != 1 || weight[3] != 1 || !isAll(conv.getPads(), 0))
      return rewriter.notifyMatchFailure(conv, "is not 1x1 without padding");
    ArrayRef<int64_t> steps = slice.getSteps();
    if (!isAll(slice.getOffsets(), 0))
      return rewriter.notifyMatchFailure(conv, "the slice does not start at the first pixel");
    const SmallVector<int64_t> strides{conv.getStrides()[0] * steps[2], conv.getStrides()[1] * steps[3]};
    auto shape =
        convShape(shapeOf(slice.getInput()), weight, conv.getGroups(), strides, conv.getPads(), conv.getDilations());
    if (!shape || ShapeRef(*shape) != shapeOf(conv.getResult())) {
      llvm::consumeError(shape.takeError());
      return rewriter.notifyMatchFailure(conv, "the slice does more than skip pixels");
    }
    rewriter.modifyOpInPlace(conv, [&] {
      conv.getInputMutable().assign(slice.getInput());
      conv.setStrides(strides);
    });
    ++count;
    return success();
  }
};

struct FoldShortcutPass : impl::FoldShortcutBase<FoldShortcutPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldAdd, FoldChannelPad, FoldGate>(&getContext(), numFolded);
    patterns.add<FoldSubsample>(&getContext(), numSubsampled);
    applyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace resnetc
