// MaxPool, AveragePool and the global pools.
#include "compiler/import/ops/Window.h"

using namespace mlir;
using namespace resnetc;

namespace {
struct Pool {
  WindowAttributes window;
  Value image;
  Shape shape; // of the result
};
} // namespace

// What both pools check: a window that lies in the padding alone would have no value.
static std::optional<Pool> readPool(NodeView &n) {
  if (!n.allFloat() || !isImage(n, 0))
    return std::nullopt;
  Pool pool{readWindow(n, {}), asImage(n, n.input(0)), {}};
  const WindowAttributes &w = pool.window;
  for (int i = 0; i < 4 && !n.failed(); ++i)
    if (w.pads[i] >= (w.kernel[i % 2] - 1) * w.dilations[i % 2] + 1)
      n.error("R043",
              n.opName() + " pads " + toString(w.pads) + " are not smaller than the kernel " + toString(w.kernel));
  if (n.failed())
    return std::nullopt;
  auto shape = n.check(windowShape(shapeOf(pool.image), shapeOf(pool.image)[1], w.view()), "R044");
  if (!shape)
    return std::nullopt;
  pool.shape = *shape;
  return pool;
}

// Whether rounding up alone would give more pixels: the last window would start behind the image.
static bool dropsWindows(const Pool &pool) {
  const WindowAttributes &w = pool.window;
  ShapeRef image = shapeOf(pool.image);
  for (int d : {0, 1}) {
    const int64_t room = image[2 + d] + w.pads[d] + w.pads[2 + d] - (w.kernel[d] - 1) * w.dilations[d] - 1;
    if (w.ceilMode && pool.shape[2 + d] < (room + w.strides[d] - 1) / w.strides[d] + 1)
      return true;
  }
  return false;
}

static Value finishPool(NodeView &n, const Pool &pool, Value result) {
  if (result && dropsWindows(pool))
    n.importer.expectStaleShapes(result);
  return likeInput(n, result);
}

static Value importMaxPool(NodeView &n) {
  auto pool = readPool(n);
  if (!pool)
    return {};
  const WindowAttributes &w = pool->window;
  n.getFlag("storage_order", false); // orders the second output only
  return finishPool(n, *pool,
                    n.build<rn::MaxPoolOp>(pool->shape, n.elementType(0), pool->image, n.list(w.kernel),
                                           n.list(w.strides), n.list(w.pads), n.list(w.dilations), n.flag(w.ceilMode)));
}

static Value importAveragePool(NodeView &n) {
  auto pool = readPool(n);
  if (!pool)
    return {};
  const WindowAttributes &w = pool->window;
  const bool countsPads = n.getFlag("count_include_pad", false);
  return finishPool(n, *pool,
                    n.build<rn::AvgPoolOp>(pool->shape, n.elementType(0), pool->image, n.list(w.kernel),
                                           n.list(w.strides), n.list(w.pads), n.list(w.dilations), n.flag(w.ceilMode),
                                           n.flag(countsPads)));
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
