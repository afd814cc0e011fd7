// What moves or repeats elements: Transpose, Pad, Slice, Concat, Gather, Expand.
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

static Value importTranspose(NodeView &n) {
  Shape reversed;
  for (size_t i = n.shape(0).size(); i-- > 0;)
    reversed.push_back(static_cast<int64_t>(i));
  const Shape perm = n.getInts("perm").value_or(reversed);
  return n.failed() ? Value() : n.transpose(n.input(0), perm);
}

static Value importConcat(NodeView &n) {
  if (!n.hasAttribute("axis"))
    n.error("R056", "Concat has no axis");
  const int64_t axis = n.getAxis("axis", 0, static_cast<int64_t>(n.shape(0).size()));
  llvm::SmallVector<Shape> shapes;
  llvm::SmallVector<Value> inputs;
  for (int i = 0; i < n.inputs(); ++i) {
    if (!n.has(i))
      n.error("R053", "Concat input " + Twine(i) + " is missing");
    shapes.push_back(Shape(n.shape(i)));
    inputs.push_back(n.input(i));
  }
  if (n.failed() || !n.sameTypes())
    return {};
  auto shape = n.check(concatShape(shapes, axis), "R042");
  return shape ? n.build<rn::ConcatOp>(*shape, n.elementType(0), inputs, n.builder().getI64IntegerAttr(axis)) : Value();
}

static Value importGather(NodeView &n) {
  const int64_t axis = n.getAxis("axis", 0, static_cast<int64_t>(n.shape(0).size()));
  if (!n.elementType(1).isInteger(64) && !n.elementType(1).isInteger(32))
    n.error("R032", "Gather indices must be int32 or int64");
  auto shape = n.failed() ? std::nullopt : n.check(gatherShape(n.shape(0), n.shape(1), axis), "R047");
  if (!shape)
    return {};
  auto indices = n.integers(1, "R034");
  const int64_t extent = n.shape(0)[axis];
  for (size_t i = 0; indices && i < indices->size(); ++i)
    if ((*indices)[i] < -extent || (*indices)[i] >= extent)
      n.error("R047", "Gather index " + Twine((*indices)[i]) + " is out of [" + Twine(-extent) + ", " +
                          Twine(extent - 1) + "]");
  return n.build<rn::GatherOp>(*shape, n.elementType(0), n.input(0), n.input(1), n.builder().getI64IntegerAttr(axis));
}

static Value importExpand(NodeView &n) {
  auto target = n.integers(1, "R046");
  if (target && llvm::any_of(*target, [](int64_t d) { return d < 0; }))
    n.error("R046", "Expand to " + toString(*target) + ": a negative extent");
  auto shape = target && !n.failed() ? n.check(broadcastShape(n.shape(0), *target), "R048") : std::nullopt;
  if (!shape || ShapeRef(*shape) == n.shape(0))
    return shape ? n.input(0) : Value();
  return n.build<rn::BroadcastOp>(*shape, n.elementType(0), n.input(0));
}

RESNETC_IMPORT_OP(Transpose, 7, kNewestOpset, 1, 1, importTranspose)
RESNETC_IMPORT_OP(Concat, 7, kNewestOpset, 1, kAnyNumber, importConcat)
RESNETC_IMPORT_OP(Gather, 7, kNewestOpset, 2, 2, importGather)
RESNETC_IMPORT_OP(Expand, 8, kNewestOpset, 2, 2, importExpand)
