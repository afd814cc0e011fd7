// The sliding window that convolutions and pools share: kernel, strides, dilations, and pads in all their spellings.
#pragma once
#include "compiler/import/NodeView.h"

namespace resnetc {
struct WindowAttributes {
  Shape kernel, strides, dilations, pads;
  bool ceilMode = false;
  Window view() const { return {kernel, strides, pads, dilations, ceilMode}; }
};
// Of an image of one or two dimensions; of two always in what is returned, the height of a line is 1. `kernel` comes
// from the weight; empty: from the attribute, which must be present.
WindowAttributes readWindow(NodeView &node, ShapeRef kernel);
// R041 unless input i has rank 3 to 5; R034 for 5: three-dimensional images are not supported.
bool isImage(NodeView &node, int i);
// [N, C, W] as [N, C, 1, W], and back when the input 0 is of that kind.
mlir::Value asImage(NodeView &node, mlir::Value value);
mlir::Value likeInput(NodeView &node, mlir::Value image);
} // namespace resnetc
