// fold-transposes: graphs that were NHWC (TensorFlow, Keras) become NCHW with no transpose left inside.
//   f(transpose(x), transpose(y))  ->  transpose(f'(x, y))        down the graph, until transposes meet and cancel
//   transpose(transpose(x))        ->  transpose(x) or x
//   dense(reshape(transpose(x)))   ->  dense'(reshape(x)), columns of the weights in another order
// f: element-wise operations, pad, slice, concat, reduce, softmax, broadcast; f' names the dimensions anew. Other operands
// may be constants (they are transposed) or have their elements in the same order either way (they are reshaped).
// What is left above the first convolution then moves up to the graph's input:  transpose(f(x))  ->  f'(transpose(x)).
#include "compiler/passes/Passes.h"
#include "compiler/passes/Rewrite.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace resnetc {
#define GEN_PASS_DEF_FOLDTRANSPOSES
#include "compiler/passes/Passes.h.inc"

namespace {

// An order of dimensions: new dimension i is old dimension order[i].
using Order = SmallVector<int64_t, 6>;
using OrderRef = ArrayRef<int64_t>;

Order inverse(OrderRef order) {
  Order result(order.size());
  for (auto [i, old] : llvm::enumerate(order))
    result[old] = i;
  return result;
}

Shape reorder(ArrayRef<int64_t> list, OrderRef order) {
  Shape result;
  for (int64_t old : order)
    result.push_back(list[old]);
  return result;
}

bool isMovable(Operation *op) {
  return isa<rn::ActivationOp, rn::CastOp, rn::AddOp, rn::SubOp, rn::MulOp, rn::DivOp, rn::MinOp, rn::MaxOp, rn::PadOp,
             rn::SliceOp, rn::ConcatOp, rn::ReduceOp, rn::SoftmaxOp, rn::BroadcastOp>(op);
}

// The shape of v with leading ones, as broadcasting sees it.
Shape shapeAtRank(Value v, int64_t rank) {
  Shape shape(std::max<int64_t>(rank - rankOf(v), 0), 1);
  llvm::append_range(shape, shapeOf(v));
  return shape;
}

// Whether a tensor of this shape has its elements in the same sequence in the new order.
bool keepsSequence(ShapeRef shape, OrderRef order) {
  int64_t last = -1;
  for (int64_t old : order) {
    if (shape[old] == 1)
      continue;
    if (old < last)
      return false;
    last = old;
  }
  return true;
}

// v with its dimensions in the new order; constants and unchanged sequences need no transpose.
Value reordered(PatternRewriter &rewriter, Value v, OrderRef order) {
  const Shape shape = shapeAtRank(v, order.size());
  const RankedTensorType result = RankedTensorType::get(reorder(shape, order), typeOf(v).getElementType());
  if (keepsSequence(shape, order))
    return createFolded<rn::ReshapeOp>(rewriter, v.getLoc(), result, v);
  if (rankOf(v) != static_cast<int64_t>(shape.size()))
    v = createFolded<rn::ReshapeOp>(rewriter, v.getLoc(), result.clone(shape), v);
  return createFolded<rn::TransposeOp>(rewriter, v.getLoc(), result, v, order);
}

// Attributes that name dimensions.
void reorderAttributes(Operation *op, OrderRef order) {
  const Order newOf = inverse(order);
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](rn::PadOp o) {
        o.setLow(reorder(o.getLow(), order));
        o.setHigh(reorder(o.getHigh(), order));
      })
      .Case([&](rn::SliceOp o) {
        o.setOffsets(reorder(o.getOffsets(), order));
        o.setSteps(reorder(o.getSteps(), order));
      })
      .Case([&](rn::ReduceOp o) {
        SmallVector<int64_t> axes;
        for (int64_t axis : o.getAxes())
          axes.push_back(newOf[axis]);
        llvm::sort(axes);
        o.setAxes(axes);
      })
      .Case<rn::ConcatOp, rn::SoftmaxOp>([&](auto o) { o.setAxis(newOf[o.getAxis()]); });
}

// f' on operands that are in the new order already. A reduction must keep its dimensions.
Operation *cloneReordered(PatternRewriter &rewriter, Operation *op, ArrayRef<Value> operands, OrderRef order) {
  Operation *moved = rewriter.clone(*op);
  rewriter.modifyOpInPlace(moved, [&] {
    moved->setOperands(operands);
    const RankedTensorType type = typeOf(op->getResult(0));
    moved->getResult(0).setType(type.clone(reorder(type.getShape(), order)));
    reorderAttributes(moved, order);
  });
  return moved;
}

struct MergeTransposes : CountingPattern<rn::TransposeOp> {
  using CountingPattern::CountingPattern;
  LogicalResult matchAndRewrite(rn::TransposeOp op, PatternRewriter &rewriter) const override {
    auto first = op.getInput().getDefiningOp<rn::TransposeOp>();
    if (!first)
      return rewriter.notifyMatchFailure(op, "input is no transpose");
    rewriter.replaceOpWithNewOp<rn::TransposeOp>(op, op.getType(), first.getInput(),
                                                 reorder(first.getPerm(), op.getPerm()));
    ++count;
    return success();
  }
};

// reduce without keepdims -> reshape of one with them, where a transpose stands above or below.
struct KeepReducedDims : OpRewritePattern<rn::ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(rn::ReduceOp op, PatternRewriter &rewriter) const override {
    if (op.getKeepdims() || !op.getInput().getDefiningOp<rn::TransposeOp>())
      return rewriter.notifyMatchFailure(op, "keeps its dimensions, or reads no transpose");
    Shape shape(shapeOf(op.getInput()));
    for (int64_t axis : op.getAxes())
      shape[axis] = 1;
    auto reduce = rn::ReduceOp::create(rewriter, op.getLoc(), typeOf(op).clone(shape), op.getInput(), op.getKind(),
                                       op.getAxes(), true);
    rewriter.replaceOpWithNewOp<rn::ReshapeOp>(op, op.getType(), reduce);
    return success();
  }
};

struct PushDown : RewritePattern {
  PushDown(MLIRContext *context, Pass::Statistic &count)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context), count(count) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isMovable(op))
      return rewriter.notifyMatchFailure(op, "is bound to its order of dimensions");
    const int64_t rank = rankOf(op->getResult(0));
    rn::TransposeOp transpose;
    for (Value v : op->getOperands())
      if (auto t = v.getDefiningOp<rn::TransposeOp>(); t && !transpose && rankOf(v) == rank)
        transpose = t;
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "no operand is a transpose");
    if (auto reduce = dyn_cast<rn::ReduceOp>(op); reduce && !reduce.getKeepdims())
      return rewriter.notifyMatchFailure(op, "drops dimensions");
    for (Value v : op->getOperands())
      if (!isFree(v, transpose))
        return rewriter.notifyMatchFailure(op, "another operand would need a transpose");
    const Order perm(transpose.getPerm()), order = inverse(perm);
    SmallVector<Value> operands;
    for (Value v : op->getOperands())
      operands.push_back(isSame(v, perm) ? v.getDefiningOp<rn::TransposeOp>().getInput()
                                         : reordered(rewriter, v, order));
    Operation *moved = cloneReordered(rewriter, op, operands, order);
    rewriter.replaceOpWithNewOp<rn::TransposeOp>(op, op->getResult(0).getType(), moved->getResult(0), perm);
    ++count;
    return success();
  }

  static bool isSame(Value v, OrderRef perm) {
    auto t = v.getDefiningOp<rn::TransposeOp>();
    return t && t.getPerm() == perm;
  }

  // Whether an operand can be had in the order from before the transpose at no cost inside the graph.
  static bool isFree(Value v, rn::TransposeOp transpose) {
    OrderRef perm = transpose.getPerm();
    if (isSame(v, perm) || constantOf(v) || keepsSequence(shapeAtRank(v, perm.size()), inverse(perm)))
      return true;
    // A transpose of the graph's input is where one may be; but it is not to go from one input to the other and back.
    return isa<BlockArgument>(v) && !isa<BlockArgument>(transpose.getInput());
  }

  Pass::Statistic &count;
};

struct PermuteDense : CountingPattern<rn::DenseOp> {
  using CountingPattern::CountingPattern;
  LogicalResult matchAndRewrite(rn::DenseOp dense, PatternRewriter &rewriter) const override {
    auto reshape = dense.getInput().getDefiningOp<rn::ReshapeOp>();
    auto transpose = reshape ? reshape.getInput().getDefiningOp<rn::TransposeOp>() : nullptr;
    if (!transpose)
      return rewriter.notifyMatchFailure(dense, "input is no flattened transpose");
    if (!constantOf(dense.getWeight()))
      return rewriter.notifyMatchFailure(dense, "weights are computed at run time");
    ShapeRef flat = shapeOf(reshape), image = shapeOf(transpose);
    OrderRef perm = transpose.getPerm();
    if (perm.empty() || perm[0] != 0 || image[0] != flat[0])
      return rewriter.notifyMatchFailure(dense, "rows are not images");
    const RankedTensorType type = typeOf(dense.getWeight());
    Shape columns(image);
    columns[0] = type.getDimSize(0);
    Value weight = createFolded<rn::ReshapeOp>(rewriter, dense.getWeight().getLoc(),
                                               type.clone(columns), dense.getWeight());
    weight = createFolded<rn::ReshapeOp>(rewriter, weight.getLoc(), type, reordered(rewriter, weight, inverse(perm)));
    Value input = rn::ReshapeOp::create(rewriter, reshape.getLoc(), reshape.getType(), transpose.getInput());
    rewriter.modifyOpInPlace(dense, [&] {
      dense.getInputMutable().assign(input);
      dense.getWeightMutable().assign(weight);
    });
    ++count;
    return success();
  }
};

// transpose(f(x, constants)) -> f'(transpose(x), constants'), if nothing but such f lies between it and the graph's input.
struct PullUp : CountingPattern<rn::TransposeOp> {
  using CountingPattern::CountingPattern;

  LogicalResult matchAndRewrite(rn::TransposeOp op, PatternRewriter &rewriter) const override {
    if (!comesFromInput(op.getInput()))
      return rewriter.notifyMatchFailure(op, "is the graph's input, or not near it");
    Operation *before = op.getInput().getDefiningOp();
    const Order perm(op.getPerm());
    rewriter.setInsertionPoint(before);
    SmallVector<Value> operands;
    for (Value v : before->getOperands())
      operands.push_back(reordered(rewriter, v, perm));
    rewriter.replaceOp(op, cloneReordered(rewriter, before, operands, perm));
    ++count;
    return success();
  }

  // Whether v is computed from one argument by a few operations that may be moved and have one reader each.
  static bool comesFromInput(Value v) {
    int steps = 0;
    while (Operation *op = v.getDefiningOp()) {
      auto reduce = dyn_cast<rn::ReduceOp>(op);
      if (!isMovable(op) || !op->hasOneUse() || ++steps > 16 || (reduce && !reduce.getKeepdims()))
        return false;
      Value input;
      for (Value operand : op->getOperands()) {
        if (constantOf(operand))
          continue;
        if (input || rankOf(operand) != rankOf(op->getResult(0)))
          return false;
        input = operand;
      }
      if (!input)
        return false;
      v = input;
    }
    return steps > 0;
  }
};

struct FoldTransposesPass : impl::FoldTransposesBase<FoldTransposesPass> {
  void runOnOperation() override {
    RewritePatternSet down(&getContext()), up(&getContext());
    down.add<MergeTransposes, PushDown, PermuteDense>(&getContext(), numMoved);
    down.add<KeepReducedDims>(&getContext());
    up.add<MergeTransposes, PullUp>(&getContext(), numMoved);
    applyPatterns(getOperation(), std::move(down));
    applyPatterns(getOperation(), std::move(up));
  }
};

} // namespace
} // namespace resnetc
