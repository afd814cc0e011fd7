// (x - mean) / sqrt(variance + epsilon) * scale + shift, which several operators are.
#pragma once
#include "compiler/import/NodeView.h"

namespace resnetc {
struct Moments {
  Shape axes;
  int64_t groups; // of neighbouring channels that share their moments; 0: none do
  double epsilon;
};
// scale and shift broadcast to x; null: 1 and 0.
mlir::Value normalize(NodeView &node, mlir::Value x, const Moments &moments, mlir::Value scale, mlir::Value shift);
} // namespace resnetc
