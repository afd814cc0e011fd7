#include "compiler/passes/Rewrite.h"
#include "compiler/ir/Reference.h"
#include "compiler/passes/Reasons.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace resnetc {

void applyPatterns(Operation *root, RewritePatternSet patterns) {
  GreedyRewriteConfig config;
  // From the inputs to the outputs, as the folds move work down the graph. A network has no loops, so a pass that still
  // finds something after this many rounds is broken: better a graph with a fold left undone than a hang.
  config.setUseTopDownTraversal(true).setMaxIterations(64);
  config.setListener(Reasons::current());
  (void)applyPatternsGreedily(root, std::move(patterns), config);
}

Location fuseLocations(Location first, Location second) {
  constexpr size_t kMostNames = 64;
  auto fused = dyn_cast<FusedLoc>(first);
  if (fused && fused.getLocations().size() >= kMostNames)
    return first;
  return FusedLoc::get(first.getContext(), {first, second});
}

Value makeConstantOp(OpBuilder &builder, Location loc, ElementsAttr value) {
  return rn::ConstantOp::create(builder, loc, value);
}

// What a result may have beyond the bytes of its operands, and the multiplications it may cost.
static constexpr int64_t kExtraBytes = int64_t(64) << 20, kWork = int64_t(1) << 28;
static constexpr int64_t kVector = 4096; // elements

static int64_t bytesOf(RankedTensorType type) {
  return *elementCount(type.getShape()) * std::max(1u, type.getElementTypeBitWidth() / 8);
}

static bool isWithinBudget(Operation *op) {
  RankedTensorType type = typeOf(op->getResult(0));
  int64_t available = kExtraBytes;
  for (Value v : op->getOperands())
    available += bytesOf(typeOf(v));
  // A kernel broadcasts for free, so a broadcast tensor is not worth its bytes; a small one may be a shape, or a vector of
  // one value a channel.
  if (isa<rn::BroadcastOp>(op) && type.getNumElements() > kVector)
    return false;
  if (isa<rn::Conv2dOp, rn::DenseOp>(op)) {
    auto work = checkedMul(type.getNumElements(), typeOf(op->getOperand(1)).getNumElements() / type.getDimSize(1));
    return work && *work <= kWork && bytesOf(type) <= available;
  }
  return bytesOf(type) <= available;
}

// reshape: the same bytes under another shape.
static ElementsAttr reshaped(ElementsAttr value, RankedTensorType type) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  return cast<DenseElementsAttr>(value).reshape(type);
}

// Moving the elements of a splat about gives a splat.
static ElementsAttr movedSplat(Operation *op, ElementsAttr value) {
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense || !dense.isSplat() || !isa<rn::TransposeOp, rn::SliceOp, rn::BroadcastOp>(op))
    return {};
  return dense.resizeSplat(typeOf(op->getResult(0)));
}

ElementsAttr evaluateConstant(Operation *op) {
  if (op->getNumOperands() == 0 || op->getNumResults() != 1)
    return {};
  SmallVector<ElementsAttr> values;
  for (Value v : op->getOperands()) {
    values.push_back(constantOf(v));
    if (!values.back())
      return {};
  }
  RankedTensorType type = typeOf(op->getResult(0));
  if (isa<rn::ReshapeOp>(op))
    return reshaped(values[0], type);
  if (ElementsAttr splat = movedSplat(op, values[0]))
    return splat;
  if (!isWithinBudget(op))
    return {};
  std::vector<Tensor> operands;
  for (ElementsAttr value : values)
    operands.push_back({Shape(cast<ShapedType>(value.getType()).getShape()), constantValues(value)});
  FailureOr<Tensor> result = evaluate(op, operands);
  return succeeded(result) ? makeConstant(type, result->data) : ElementsAttr();
}

} // namespace resnetc
