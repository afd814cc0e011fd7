// Pad: with a constant, or with the image's own pixels, which a gather along each axis reads. Pads and value are
// attributes up to opset 10, then inputs; opset 18 adds axes, 19 the mode wrap.
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

// The pixel of [0, extent) that stands for pixel i, which may lie outside.
static int64_t ownPixel(const std::string &mode, int64_t i, int64_t extent) {
  if (mode == "edge")
    return std::clamp<int64_t>(i, 0, extent - 1);
  const int64_t period = mode == "wrap" ? extent : std::max<int64_t>(2 * (extent - 1), 1);
  const int64_t at = (i % period + period) % period;
  return at < extent ? at : period - at;
}

static Value padWithPixels(NodeView &n, const Pads &pads, const std::string &mode) {
  Value result = n.input(0);
  for (auto [axis, extent] : llvm::enumerate(n.shape(0))) {
    const int64_t low = pads.low[axis], high = pads.high[axis];
    if (low == 0 && high == 0)
      continue;
    if (extent == 0)
      n.error("R044", "Pad mode '" + mode + "' of an axis without elements");
    result = n.gather(result, static_cast<int64_t>(axis), low + extent + high,
                      [&, extent = extent](int64_t i) { return ownPixel(mode, i - low, extent); });
  }
  return n.failed() ? Value() : result;
}

static Value importPad(NodeView &n) {
  const std::string mode = n.getString("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && (mode != "wrap" || n.opset() < 19))
    n.error("R056", "Pad mode '" + mode + "' is unknown");
  auto pads = n.failed() ? std::nullopt : readPads(n);
  if (!pads)
    return {};
  if (mode != "constant")
    return padWithPixels(n, *pads, mode);
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
