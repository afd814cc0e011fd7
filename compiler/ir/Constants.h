// Reading and making constant tensors. Large ones live in dense_resource blobs, small ones and splats in uniqued attributes.
#pragma once
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Value.h"
#include <optional>
#include <vector>

namespace resnetc {
// Elements in row-major order as double (exact for float and for integers below 2^53).
std::vector<double> constantValues(mlir::ElementsAttr value);
// Same as float; values of other types are converted.
std::vector<float> constantFloats(mlir::ElementsAttr value);
// Rounds to the element type of `type` (float: nearest even; integers: truncated, saturating).
mlir::ElementsAttr makeConstant(mlir::RankedTensorType type, llvm::ArrayRef<double> values);
mlir::ElementsAttr makeConstant(mlir::RankedTensorType type, std::vector<float> values);
// Of integers of 32 bits.
mlir::ElementsAttr makeConstant(mlir::RankedTensorType type, std::vector<uint32_t> values);
// The same bytes under another shape; nothing is copied.
mlir::ElementsAttr reshapedConstant(mlir::ElementsAttr value, llvm::ArrayRef<int64_t> shape);
// The constant that defines a value (rn.constant), if one does.
mlir::ElementsAttr constantOf(mlir::Value value);
} // namespace resnetc
