#include "compiler/import/ops/Window.h"

namespace resnetc {

bool isImage(NodeView &node, int i) {
  const size_t rank = node.shape(i).size();
  if (rank == 3 || rank == 5)
    node.error("R034", node.opName() + " of " + llvm::Twine(rank - 2) + "-d images is not supported");
  else if (rank != 4)
    node.error("R041", node.opName() + " input rank is " + llvm::Twine(rank) + ", want 4");
  return !node.failed();
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

WindowAttributes readWindow(NodeView &node, ShapeRef kernel) {
  WindowAttributes w;
  if (kernel.empty() && !node.hasAttribute("kernel_shape"))
    node.error("R043", "attribute 'kernel_shape' is missing");
  w.kernel = node.getPositiveInts("kernel_shape", 2);
  if (!kernel.empty() && node.hasAttribute("kernel_shape") && ShapeRef(w.kernel) != kernel)
    node.error("R042", "kernel_shape " + toString(w.kernel) + ", weight has " + toString(kernel));
  if (!kernel.empty())
    w.kernel.assign(kernel.begin(), kernel.end());
  w.strides = node.getPositiveInts("strides", 2);
  w.dilations = node.getPositiveInts("dilations", 2);
  w.pads = node.getIntsAtLeast("pads", 4, 0, 0);
  w.ceilMode = node.getFlag("ceil_mode", false);
  const std::string autoPad = node.getString("auto_pad", "NOTSET");
  if (autoPad == "NOTSET")
    return w;
  if (autoPad != "VALID" && autoPad != "SAME_UPPER" && autoPad != "SAME_LOWER")
    node.error("R056", "auto_pad '" + autoPad + "' is unknown");
  if (w.pads != Shape(4, 0))
    node.error("R056", "auto_pad " + autoPad + " and pads " + toString(w.pads) + " are both set");
  if (autoPad != "VALID" && !node.failed())
    w.pads = samePads(node.shape(0).drop_front(2), w, autoPad == "SAME_UPPER");
  w.ceilMode = false; // auto_pad determines the output's extent
  return w;
}

} // namespace resnetc
