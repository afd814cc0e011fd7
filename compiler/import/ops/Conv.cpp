// Conv: of images, or of lines (as images of height 1); weights known while compiling.
#include "compiler/import/ops/Window.h"

using namespace mlir;
using namespace resnetc;

static Value importConv(NodeView &n) {
  if (!n.allFloat() || !isImage(n, 0))
    return {};
  ShapeRef x = n.shape(0), w = n.shape(1);
  const int64_t group = n.getInt("group", 1);
  if (w.size() != x.size())
    n.error("R041", "Conv weight rank is " + Twine(w.size()) + ", input rank is " + Twine(x.size()));
  else if (group < 1 || x[1] % group || w[0] % group)
    n.error("R043", "Conv group " + Twine(group) + " does not divide " + Twine(x[1]) + " input and " + Twine(w[0]) +
                        " output channels");
  else if (x[1] == 0 || w[0] == 0)
    n.error("R042", "Conv with " + Twine(x[1]) + " input channels and " + Twine(w[0]) + " output channels");
  else if (w[1] != x[1] / group)
    n.error("R042", "Conv input and weight channels disagree: input " + toString(x) + " has " + Twine(x[1]) +
                        " channels; weight " + toString(w) + " expects " + Twine(w[1]) + " x group " + Twine(group));
  else if (n.has(2) && n.shape(2) != ShapeRef{w[0]})
    n.error("R045", "Conv bias has shape " + toString(n.shape(2)) + ", want [" + Twine(w[0]) + "]");
  else if (!n.isConstant(1))
    n.error("R034", "Conv with weights that are computed at run time is not supported");
  if (n.failed())
    return {};
  const WindowAttributes window = readWindow(n, w.drop_front(2));
  if (n.failed())
    return {};
  Value image = asImage(n, n.input(0)), weight = asImage(n, n.input(1));
  auto shape =
      n.check(convShape(shapeOf(image), shapeOf(weight), group, window.strides, window.pads, window.dilations), "R044");
  if (!shape)
    return {};
  const bool biasIsLate = n.has(2) && !n.isConstant(2); // computed at run time: added behind
  Value result = n.build<rn::Conv2dOp>(*shape, n.elementType(0), image, weight, biasIsLate ? Value() : n.input(2), Value(),
                                       n.list(window.strides), n.list(window.pads), n.list(window.dilations),
                                       n.builder().getI64IntegerAttr(group), rn::ActivationAttr());
  if (biasIsLate && result)
    result = n.build<rn::AddOp>(*shape, n.elementType(0), result, n.reshape(n.input(2), {w[0], 1, 1}), rn::ActivationAttr());
  return likeInput(n, result);
}
RESNETC_IMPORT_OP(Conv, 7, kNewestOpset, 2, 3, importConv)
