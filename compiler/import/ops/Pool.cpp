// MaxPool, AveragePool and the global pools.
#include "compiler/import/ops/Window.h"

using namespace mlir;
using namespace resnetc;

// What both pools check: a window that lies in the padding alone would have no value.
static std::optional<WindowAttributes> readPool(NodeView &n, Shape &result) {
  if (!n.allFloat() || !isImage(n, 0))
    return std::nullopt;
  WindowAttributes w = readWindow(n, {});
  for (int i = 0; i < 4; ++i)
    if (w.pads[i] >= (w.kernel[i % 2] - 1) * w.dilations[i % 2] + 1)
      n.error("R043",
              n.opName() + " pads " + toString(w.pads) + " are not smaller than the kernel " + toString(w.kernel));
  if (n.failed())
    return std::nullopt;
  auto shape = n.check(windowShape(n.shape(0), n.shape(0)[1], w.view()), "R044");
  if (!shape)
    return std::nullopt;
  result = *shape;
  return w;
}

static Value importMaxPool(NodeView &n) {
  Shape shape;
  auto w = readPool(n, shape);
  if (!w)
    return {};
  n.getFlag("storage_order", false); // orders the second output only
  return n.build<rn::MaxPoolOp>(shape, n.elementType(0), n.input(0), n.list(w->kernel), n.list(w->strides),
                                n.list(w->pads), n.list(w->dilations), n.flag(w->ceilMode));
}

static Value importAveragePool(NodeView &n) {
  Shape shape;
  auto w = readPool(n, shape);
  if (!w)
    return {};
  const bool countsPads = n.getFlag("count_include_pad", false);
  return n.build<rn::AvgPoolOp>(shape, n.elementType(0), n.input(0), n.list(w->kernel), n.list(w->strides),
                                n.list(w->pads), n.list(w->dilations), n.flag(w->ceilMode), n.flag(countsPads));
}

static Value importGlobalPool(NodeView &n, const char *kind) {
  if (!n.allFloat())
    return {};
  const auto rank = static_cast<int64_t>(n.shape(0).size());
  if (rank < 3) {
    n.error("R041", n.opName() + " input rank is " + Twine(rank) + ", want 4");
    return {};
  }
  Shape axes, shape(n.shape(0));
  for (int64_t axis = 2; axis < rank; ++axis) {
    axes.push_back(axis);
    if (shape[axis] == 0)
      n.error("R044", n.opName() + " of an image without pixels");
    shape[axis] = 1;
  }
  return n.build<rn::ReduceOp>(shape, n.elementType(0), n.input(0), n.builder().getStringAttr(kind), n.list(axes),
                               n.flag(true));
}
static Value importGlobalAveragePool(NodeView &n) { return importGlobalPool(n, "mean"); }
static Value importGlobalMaxPool(NodeView &n) { return importGlobalPool(n, "max"); }

RESNETC_IMPORT_OP(MaxPool, 7, kNewestOpset, 1, 1, importMaxPool)
RESNETC_IMPORT_OP(AveragePool, 7, kNewestOpset, 1, 1, importAveragePool)
RESNETC_IMPORT_OP(GlobalAveragePool, 7, kNewestOpset, 1, 1, importGlobalAveragePool)
RESNETC_IMPORT_OP(GlobalMaxPool, 7, kNewestOpset, 1, 1, importGlobalMaxPool)
