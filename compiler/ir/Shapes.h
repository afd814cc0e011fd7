// Shape arithmetic of the operations, shared by the verifiers and the importer. Pure functions over extents; an error is a
// sentence that names what was found and what was wanted. All products are checked for overflow.
#pragma once
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <string>

namespace resnetc {
using Shape = llvm::SmallVector<int64_t, 6>;
using ShapeRef = llvm::ArrayRef<int64_t>;

std::string toString(ShapeRef shape);                    // "[1, 64, 56, 56]"
std::optional<int64_t> elementCount(ShapeRef shape);     // nothing on overflow or a negative extent
std::optional<int64_t> checkedMul(int64_t a, int64_t b);
std::optional<int64_t> checkedAdd(int64_t a, int64_t b);

struct Window { // of a convolution or a pool; each list has 2 values (pads: top, left, bottom, right)
  ShapeRef kernel, strides, pads, dilations;
  bool ceilMode = false;
};
llvm::Expected<Shape> windowShape(ShapeRef input, int64_t channels, const Window &window);
llvm::Expected<Shape> convShape(ShapeRef input, ShapeRef weight, int64_t groups, ShapeRef strides, ShapeRef pads,
                                ShapeRef dilations);
llvm::Expected<Shape> broadcastShape(ShapeRef a, ShapeRef b);
llvm::Expected<Shape> reduceShape(ShapeRef input, ShapeRef axes, bool keepdims);
llvm::Expected<Shape> transposeShape(ShapeRef input, ShapeRef perm);
llvm::Expected<Shape> padShape(ShapeRef input, ShapeRef low, ShapeRef high);
llvm::Expected<Shape> concatShape(llvm::ArrayRef<Shape> inputs, int64_t axis);
llvm::Expected<Shape> gatherShape(ShapeRef input, ShapeRef indices, int64_t axis);

llvm::Error shapeError(const llvm::Twine &text);
} // namespace resnetc
