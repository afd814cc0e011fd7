// The sliding window that convolutions and pools share: kernel, strides, dilations, and pads in all their spellings.
#pragma once
#include "compiler/import/NodeView.h"

namespace resnetc {
struct WindowAttributes {
  Shape kernel, strides, dilations, pads;
  bool ceilMode = false;
  Window view() const { return {kernel, strides, pads, dilations, ceilMode}; }
};
// Of an image of rank 4. `kernel` comes from the weight; empty: from the attribute, which must be present.
WindowAttributes readWindow(NodeView &node, ShapeRef kernel);
// R041 unless input i has `rank` 3 to 5; R034 unless it has 4: one- and three-dimensional images are not supported.
bool isImage(NodeView &node, int i);
} // namespace resnetc
