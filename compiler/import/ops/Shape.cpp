// Shape, Cast, CastLike: what shape chains begin with and convert.
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

static Value importShape(NodeView &n) {
  const auto rank = static_cast<int64_t>(n.shape(0).size());
  auto clampAxis = [&](int64_t axis) { return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank); };
  const int64_t start = clampAxis(n.getInt("start", 0)), end = std::max(start, clampAxis(n.getInt("end", rank)));
  Value whole = n.build<rn::ShapeOp>({rank}, n.builder().getI64Type(), n.input(0));
  if (!whole || (start == 0 && end == rank))
    return whole;
  return n.build<rn::SliceOp>({end - start}, elementOf(whole), whole, n.list({start == end ? 0 : start}), n.list({1}));
}

// Between floating-point types it does nothing: all of them are f32 here. Integers that are not known are no numbers
// that a kernel could make.
static Value convert(NodeView &n, Type element) {
  if (element == n.elementType(0))
    return n.input(0);
  if (!n.isConstant(0)) {
    n.error("R032", n.opName() + " of " + n.importer.describeValue(n.input(0)) + " at run time is not supported");
    return {};
  }
  return n.build<rn::CastOp>(n.shape(0), element, n.input(0));
}

static Value importCast(NodeView &n) {
  if (!n.hasAttribute("to"))
    n.error("R056", "Cast has no attribute 'to'");
  const auto to = static_cast<int>(std::clamp<int64_t>(n.getInt("to", 0), -1, INT32_MAX));
  Type element = elementTypeOf(n.builder().getContext(), to);
  if (!element)
    n.error("R032", "Cast to " + typeName(to) + " is not supported");
  return n.failed() ? Value() : convert(n, element);
}

static Value importCastLike(NodeView &n) { return convert(n, n.elementType(1)); }

RESNETC_IMPORT_OP(Shape, 7, kNewestOpset, 1, 1, importShape)
RESNETC_IMPORT_OP(Cast, 7, kNewestOpset, 1, 1, importCast)
RESNETC_IMPORT_OP(CastLike, 15, kNewestOpset, 2, 2, importCastLike)
