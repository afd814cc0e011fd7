// simplify-shapes: one form for what can be written in several ways, nothing for what does nothing.
//   slice, pad, broadcast, cast, concat that change nothing  ->  their input
//   add, mul, ... of x and broadcast(y)                      ->  of x and y, which broadcasts by itself
//   slice(slice(x)), reduce(reduce(x)), reshape(reshape(x))  ->  one
//   transpose that moves only dimensions of extent 1         ->  reshape
//   reduce without keepdims                                  ->  reshape(reduce with keepdims)
//   avg_pool over the whole image                            ->  reduce mean over [2, 3]
//   pool with a 1x1 window                                   ->  slice
#include "compiler/passes/Passes.h"
#include "compiler/passes/Rewrite.h"

using namespace mlir;

namespace resnetc {
#define GEN_PASS_DEF_SIMPLIFYSHAPES
#include "compiler/passes/Passes.h.inc"

namespace {

bool changesNothing(Operation *op) {
  if (op->getOperand(0).getType() != op->getResult(0).getType())
    return false;
  // Equal types leave no room: no padding, no broadcast, no conversion, no step but 1 from the first element on.
  if (auto slice = dyn_cast<rn::SliceOp>(op))
    return isAll(slice.getOffsets(), 0);
  if (auto concat = dyn_cast<rn::ConcatOp>(op))
    return concat.getInputs().size() == 1;
  if (auto reduce = dyn_cast<rn::ReduceOp>(op))
    return reduce.getKind() != "mean_square" &&
           llvm::all_of(reduce.getAxes(), [&](int64_t axis) { return shapeOf(reduce.getInput())[axis] == 1; });
  return isa<rn::PadOp, rn::BroadcastOp, rn::CastOp>(op);
}

template <typename OpT> struct DropNoOp : CountingPattern<OpT> {
  using CountingPattern<OpT>::CountingPattern;
  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const override {
    if (!changesNothing(op))
      return rewriter.notifyMatchFailure(op, "does something");
    rewriter.replaceOp(op, op->getOperand(0));
    ++this->count;
    return success();
  }
};

template <typename OpT> struct DropBroadcastOperand : CountingPattern<OpT> {
  using CountingPattern<OpT>::CountingPattern;
  LogicalResult matchAndRewrite(OpT op, PatternRewriter &rewriter) const override {
    for (OpOperand &operand : op->getOpOperands()) {
      auto broadcast = operand.get().template getDefiningOp<rn::BroadcastOp>();
      if (!broadcast)
        continue;
      Value other = op->getOperand(1 - operand.getOperandNumber());
      if (ShapeRef(cantFail(broadcastShape(shapeOf(broadcast.getInput()), shapeOf(other)))) != shapeOf(op))
        continue;
      rewriter.modifyOpInPlace(op, [&] { operand.set(broadcast.getInput()); });
      ++this->count;
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no operand is a broadcast that the other one makes needless");
  }
};

struct MergeSlices : CountingPattern<rn::SliceOp> {
  using CountingPattern::CountingPattern;
  LogicalResult matchAndRewrite(rn::SliceOp op, PatternRewriter &rewriter) const override {
    auto first = op.getInput().getDefiningOp<rn::SliceOp>();
    if (!first)
      return rewriter.notifyMatchFailure(op, "input is no slice");
    SmallVector<int64_t> offsets, steps;
    for (auto [o1, s1, o2, s2] : llvm::zip(first.getOffsets(), first.getSteps(), op.getOffsets(), op.getSteps())) {
      offsets.push_back(o1 + o2 * s1);
      steps.push_back(s1 * s2);
    }
    rewriter.replaceOpWithNewOp<rn::SliceOp>(op, op.getType(), first.getInput(), offsets, steps);
    ++count;
    return success();
  }
};

struct TransposeToReshape : CountingPattern<rn::TransposeOp> {
  using CountingPattern::CountingPattern;
  LogicalResult matchAndRewrite(rn::TransposeOp op, PatternRewriter &rewriter) const override {
    ShapeRef shape = shapeOf(op.getInput());
    int64_t last = -1;
    for (int64_t p : op.getPerm()) {
      if (shape[p] == 1)
        continue;
      if (p < last)
        return rewriter.notifyMatchFailure(op, "changes the order of elements");
      last = p;
    }
    rewriter.replaceOpWithNewOp<rn::ReshapeOp>(op, op.getType(), op.getInput());
    ++count;
    return success();
  }
};

rn::ReduceOp createReduce(PatternRewriter &rewriter, Location loc, StringRef kind, Value input,
                          ArrayRef<int64_t> axes) {
  auto shape = reduceShape(shapeOf(input), axes, /*keepdims=*/true);
  return rn::ReduceOp::create(rewriter, loc, typeOf(input).clone(cantFail(std::move(shape))), input, kind, axes, true);
}

struct KeepReducedDims : CountingPattern<rn::ReduceOp> {
  using CountingPattern::CountingPattern;
  LogicalResult matchAndRewrite(rn::ReduceOp op, PatternRewriter &rewriter) const override {
    if (op.getKeepdims())
      return rewriter.notifyMatchFailure(op, "keeps its dimensions already");
    auto reduce = createReduce(rewriter, op.getLoc(), op.getKind(), op.getInput(), op.getAxes());
    rewriter.replaceOpWithNewOp<rn::ReshapeOp>(op, op.getType(), reduce);
    ++count;
    return success();
  }
};

// Mean of means (all of equal size), sum of sums, max of maxima over further axes.
struct MergeReduces : CountingPattern<rn::ReduceOp> {
  using CountingPattern::CountingPattern;
  LogicalResult matchAndRewrite(rn::ReduceOp op, PatternRewriter &rewriter) const override {
    auto first = op.getInput().getDefiningOp<rn::ReduceOp>();
    if (!first || first.getKind() != op.getKind() || op.getKind() == "mean_square" || !first.getKeepdims() || !op.getKeepdims())
      return rewriter.notifyMatchFailure(op, "input is no reduction of the same kind");
    // The second one works on the little that is left, so it is cheaper than reading the image again.
    if (!first->hasOneUse())
      return rewriter.notifyMatchFailure(op, "the first reduction has another user");
    SmallVector<int64_t> axes(first.getAxes());
    for (int64_t axis : op.getAxes())
      if (!llvm::is_contained(axes, axis))
        axes.push_back(axis);
    llvm::sort(axes);
    rewriter.replaceOp(op, createReduce(rewriter, fuseLocations(first.getLoc(), op.getLoc()), op.getKind(),
                                        first.getInput(), axes));
    ++count;
    return success();
  }
};

// The variance of a normalisation: mean(x * x) reads x once and writes no product.
struct MeanOfSquares : CountingPattern<rn::ReduceOp> {
  using CountingPattern::CountingPattern;
  LogicalResult matchAndRewrite(rn::ReduceOp op, PatternRewriter &rewriter) const override {
    auto square = op.getInput().getDefiningOp<rn::MulOp>();
    if (op.getKind() != "mean" || !square || square.getLhs() != square.getRhs())
      return rewriter.notifyMatchFailure(op, "is no mean of squares");
    if (square.getActAttr())
      return rewriter.notifyMatchFailure(op, "the square has an activation");
    if (!square->hasOneUse())
      return rewriter.notifyMatchFailure(op, "the square has another user");
    auto reduce = rn::ReduceOp::create(rewriter, fuseLocations(op.getLoc(), square.getLoc()), op.getType(),
                                       square.getLhs(), "mean_square", op.getAxes(), op.getKeepdims());
    rewriter.replaceOp(op, reduce);
    ++count;
    return success();
  }
};

struct GlobalPoolToReduce : CountingPattern<rn::AvgPoolOp> {
  using CountingPattern::CountingPattern;
  LogicalResult matchAndRewrite(rn::AvgPoolOp op, PatternRewriter &rewriter) const override {
    if (op.getKernel() != shapeOf(op.getInput()).drop_front(2) || !isAll(op.getDilations(), 1))
      return rewriter.notifyMatchFailure(op, "the window is not the image");
    if (!isAll(op.getPads(), 0))
      return rewriter.notifyMatchFailure(op, "has padding");
    rewriter.replaceOp(op, createReduce(rewriter, op.getLoc(), "mean", op.getInput(), {2, 3}));
    ++count;
    return success();
  }
};

template <typename PoolOp> struct PoolToSlice : CountingPattern<PoolOp> {
  using CountingPattern<PoolOp>::CountingPattern;
  LogicalResult matchAndRewrite(PoolOp op, PatternRewriter &rewriter) const override {
    if (!isAll(op.getKernel(), 1))
      return rewriter.notifyMatchFailure(op, "the window has several pixels");
    if (!isAll(op.getPads(), 0))
      return rewriter.notifyMatchFailure(op, "has padding");
    if (op->getNumResults() != 1)
      return rewriter.notifyMatchFailure(op, "has a second result");
    const SmallVector<int64_t> offsets(4, 0), steps{1, 1, op.getStrides()[0], op.getStrides()[1]};
    rewriter.replaceOpWithNewOp<rn::SliceOp>(op, op.getResult().getType(), op.getInput(), offsets, steps);
    ++this->count;
    return success();
  }
};

struct SimplifyShapesPass : impl::SimplifyShapesBase<SimplifyShapesPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<DropNoOp<rn::SliceOp>, DropNoOp<rn::PadOp>, DropNoOp<rn::BroadcastOp>, DropNoOp<rn::CastOp>,
                 DropNoOp<rn::ConcatOp>, DropNoOp<rn::ReduceOp>, MergeSlices, TransposeToReshape, KeepReducedDims,
                 MergeReduces, MeanOfSquares, DropBroadcastOperand<rn::AddOp>, DropBroadcastOperand<rn::SubOp>,
                 DropBroadcastOperand<rn::MulOp>, DropBroadcastOperand<rn::DivOp>, DropBroadcastOperand<rn::MinOp>,
                 DropBroadcastOperand<rn::MaxOp>, GlobalPoolToReduce, PoolToSlice<rn::MaxPoolOp>, PoolToSlice<rn::AvgPoolOp>>(
        &getContext(), numSimplified);
    applyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace resnetc
