// Pad with a constant. Pads and value are attributes up to opset 10, then inputs; opset 18 adds axes.
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

namespace {
struct Pads {
  Shape low, high;
};
} // namespace

static std::optional<Shape> readPadAxes(NodeView &n, int64_t rank) {
  Shape axes;
  for (int64_t i = 0; i < rank; ++i)
    axes.push_back(i);
  if (!n.has(3))
    return axes;
  auto given = n.integers(3, "R034");
  if (!given)
    return std::nullopt;
  n.normalizeAxes(*given, rank); // for its errors; the order is the pads'
  axes.clear();
  for (int64_t axis : *given)
    axes.push_back(n.normalizeAxis(axis, rank));
  return axes;
}

static std::optional<Pads> readPads(NodeView &n) {
  const auto rank = static_cast<int64_t>(n.shape(0).size());
  auto axes = readPadAxes(n, rank);
  auto pads = n.opset() < 11 ? n.getInts("pads") : n.integers(1, "R034");
  if (!pads || !axes) {
    n.error("R056", "Pad has no pads");
    return std::nullopt;
  }
  if (pads->size() != 2 * axes->size())
    n.error("R043", "Pad pads " + toString(*pads) + " must be " + Twine(2 * axes->size()) + " values");
  for (int64_t p : *pads)
    if (p < 0 || p > limits::kAttributeValue)
      n.error("R043", "Pad with pads " + toString(*pads) + " is not supported: each must be 0 or more",
              "remove elements with Slice");
  if (n.failed())
    return std::nullopt;
  Pads result{Shape(rank, 0), Shape(rank, 0)};
  for (auto [i, axis] : llvm::enumerate(*axes)) {
    result.low[axis] = (*pads)[i];
    result.high[axis] = (*pads)[axes->size() + i];
  }
  return result;
}

static Value importPad(NodeView &n) {
  const std::string mode = n.getString("mode", "constant");
  if (mode != "constant")
    n.error("R031", "Pad mode '" + mode + "' is not supported");
  auto pads = n.failed() ? std::nullopt : readPads(n);
  if (!pads)
    return {};
  double value = n.opset() < 11 ? n.getFloat("value", 0) : 0;
  if (n.has(2))
    value = n.scalar(2, "R034").value_or(0);
  auto shape = n.check(padShape(n.shape(0), pads->low, pads->high), "R043");
  return shape ? n.build<rn::PadOp>(*shape, n.elementType(0), n.input(0), n.list(pads->low), n.list(pads->high),
                                    n.builder().getF64FloatAttr(value))
               : Value();
}

RESNETC_IMPORT_OP(Pad, 7, 10, 1, 1, importPad)
RESNETC_IMPORT_OP(Pad, 11, 17, 2, 3, importPad)
RESNETC_IMPORT_OP(Pad, 18, kNewestOpset, 2, 4, importPad)
