// ReduceMean, ReduceSum, ReduceMax. The axes moved from attribute to input: ReduceSum at opset 13, the others at 18.
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

// Nothing after an error. Without axes: all of them, or none with noop_with_empty_axes.
static std::optional<Shape> readAxes(NodeView &n, bool asInput, int64_t rank) {
  std::optional<Shape> axes;
  if (!asInput)
    axes = n.getInts("axes");
  else if (n.has(1) && !(axes = n.integers(1, "R034")))
    return std::nullopt;
  if (axes && !axes->empty())
    return n.normalizeAxes(*axes, rank);
  Shape all;
  if (!(asInput && n.getFlag("noop_with_empty_axes", false)))
    for (int64_t i = 0; i < rank; ++i)
      all.push_back(i);
  return all;
}

static Value importReduce(NodeView &n, const char *kind, int inputSince) {
  if (!n.elementType(0).isF32()) {
    n.error("R032", n.opName() + " of integers is not supported");
    return {};
  }
  auto axes = readAxes(n, n.opset() >= inputSince, static_cast<int64_t>(n.shape(0).size()));
  const bool keepdims = n.getFlag("keepdims", true);
  if (!axes || n.failed() || axes->empty())
    return n.failed() ? Value() : n.input(0);
  for (int64_t axis : *axes)
    if (n.shape(0)[axis] == 0)
      n.error("R044", n.opName() + " over an axis without elements");
  auto shape = n.check(reduceShape(n.shape(0), *axes, keepdims), "R047");
  return shape ? n.build<rn::ReduceOp>(*shape, n.elementType(0), n.input(0), n.builder().getStringAttr(kind),
                                       n.list(*axes), n.flag(keepdims))
               : Value();
}
static Value importReduceMean(NodeView &n) { return importReduce(n, "mean", 18); }
static Value importReduceMax(NodeView &n) { return importReduce(n, "max", 18); }
static Value importReduceSum(NodeView &n) { return importReduce(n, "sum", 13); }

RESNETC_IMPORT_OP(ReduceMean, 7, 17, 1, 1, importReduceMean)
RESNETC_IMPORT_OP(ReduceMean, 18, kNewestOpset, 1, 2, importReduceMean)
RESNETC_IMPORT_OP(ReduceMax, 7, 17, 1, 1, importReduceMax)
RESNETC_IMPORT_OP(ReduceMax, 18, kNewestOpset, 1, 2, importReduceMax)
RESNETC_IMPORT_OP(ReduceSum, 7, 12, 1, 1, importReduceSum)
RESNETC_IMPORT_OP(ReduceSum, 13, kNewestOpset, 1, 2, importReduceSum)
