#include "compiler/import/ops/Window.h"

namespace resnetc {

bool isImage(NodeView &node, int i) {
  const size_t rank = node.shape(i).size();
  if (rank == 5)
    node.error("R034", node.opName() + " of 3-d images is not supported");
  else if (rank != 4 && rank != 3)
    node.error("R041", node.opName() + " input rank is " + llvm::Twine(rank) + ", want 4");
  return !node.failed();
}

static Shape imageShape(ShapeRef shape) {
  Shape image(shape);
  if (image.size() == 3)
    image.insert(image.begin() + 2, 1);
  return image;
}

mlir::Value asImage(NodeView &node, mlir::Value value) { return node.reshape(value, imageShape(shapeOf(value))); }

mlir::Value likeInput(NodeView &node, mlir::Value image) {
  Shape shape(shapeOf(image));
  if (image && node.shape(0).size() == 3)
    shape.erase(shape.begin() + 2);
  return node.reshape(image, shape);
}

// SAME: ceil(input / stride) outputs; an odd pixel of padding goes after (UPPER) or before (LOWER).
static Shape samePads(ShapeRef image, const WindowAttributes &w, bool upper) {
  Shape pads(4, 0);
  for (int d : {0, 1}) {
    const int64_t outputs = (image[d] + w.strides[d] - 1) / w.strides[d];
    const int64_t reach = (w.kernel[d] - 1) * w.dilations[d] + 1;
    const int64_t total = std::max<int64_t>((outputs - 1) * w.strides[d] + reach - image[d], 0);
    pads[d] = upper ? total / 2 : total - total / 2;
    pads[2 + d] = total - pads[d];
  }
  return pads;
}

// A window over a line is one over an image of height 1.
static void addHeight(WindowAttributes &w) {
  for (Shape *list : {&w.kernel, &w.strides, &w.dilations})
    list->insert(list->begin(), 1);
  w.pads = {0, w.pads[0], 0, w.pads[1]};
}

WindowAttributes readWindow(NodeView &node, ShapeRef kernel) {
  WindowAttributes w;
  const size_t axes = node.shape(0).size() - 2;
  if (kernel.empty() && !node.hasAttribute("kernel_shape"))
    node.error("R043", "attribute 'kernel_shape' is missing");
  w.kernel = node.getPositiveInts("kernel_shape", axes);
  if (!kernel.empty() && node.hasAttribute("kernel_shape") && ShapeRef(w.kernel) != kernel)
    node.error("R042", "kernel_shape " + toString(w.kernel) + ", weight has " + toString(kernel));
  if (!kernel.empty())
    w.kernel.assign(kernel.begin(), kernel.end());
  w.strides = node.getPositiveInts("strides", axes);
  w.dilations = node.getPositiveInts("dilations", axes);
  w.pads = node.getIntsAtLeast("pads", 2 * axes, 0, 0);
  if (axes == 1)
    addHeight(w);
  w.ceilMode = node.getFlag("ceil_mode", false);
  const std::string autoPad = node.getString("auto_pad", "NOTSET");
  if (autoPad == "NOTSET")
    return w;
  if (autoPad != "VALID" && autoPad != "SAME_UPPER" && autoPad != "SAME_LOWER")
    node.error("R056", "auto_pad '" + autoPad + "' is unknown");
  if (w.pads != Shape(4, 0))
    node.error("R056", "auto_pad " + autoPad + " and pads " + toString(w.pads) + " are both set");
  if (autoPad != "VALID" && !node.failed())
    w.pads = samePads(ShapeRef(imageShape(node.shape(0))).drop_front(2), w, autoPad == "SAME_UPPER");
  w.ceilMode = false; // auto_pad determines the output's extent
  return w;
}

} // namespace resnetc
