// Softmax and LogSoftmax. Before opset 13 the input is taken as a matrix, cut at the axis; since then along one axis.
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

static Value alongAxis(NodeView &n, Value v, int64_t axis, bool log) {
  return n.build<rn::SoftmaxOp>(shapeOf(v), elementOf(v), v, n.builder().getI64IntegerAttr(axis), n.flag(log));
}

static Value importSoftmax(NodeView &n, bool log) {
  const auto rank = static_cast<int64_t>(n.shape(0).size());
  const int64_t axis = n.getAxis("axis", n.opset() < 13 ? 1 : -1, rank);
  if (!n.allFloat())
    return {};
  const Shape shape(n.shape(0));
  if (*elementCount(shape) == 0)
    n.error("R044", n.opName() + " of no elements");
  if (n.failed())
    return {};
  if (n.opset() >= 13 || axis == rank - 1)
    return alongAxis(n, n.input(0), axis, log);
  const int64_t rows = *elementCount(ShapeRef(shape).take_front(axis)),
                columns = *elementCount(ShapeRef(shape).drop_front(axis));
  return n.reshape(alongAxis(n, n.reshape(n.input(0), {rows, columns}), 1, log), shape);
}
static Value importPlainSoftmax(NodeView &n) { return importSoftmax(n, false); }
static Value importLogSoftmax(NodeView &n) { return importSoftmax(n, true); }

RESNETC_IMPORT_OP(Softmax, 7, kNewestOpset, 1, 1, importPlainSoftmax)
RESNETC_IMPORT_OP(LogSoftmax, 7, kNewestOpset, 1, 1, importLogSoftmax)
