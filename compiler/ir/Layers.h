// Which layer differs first: the values of a function before and after passes, compared by the locations that they keep.
#pragma once
#include "compiler/ir/Reference.h"
#include "llvm/ADT/MapVector.h"
#include <optional>

namespace resnetc {

// max|now - before| / max|before|; infinite where only one of the two is NaN or infinite.
double relativeError(llvm::ArrayRef<double> now, llvm::ArrayRef<double> before);

struct LayerDifference {
  mlir::Operation *op = nullptr;
  double error = 0;
  int64_t agreeing = 0; // layers in front of it that have the value they had
};

class LayerValues {
public:
  // Every value of `function` that is computed and not constant.
  static mlir::FailureOr<LayerValues> of(mlir::func::FuncOp function, std::vector<Tensor> inputs);

  // The same for a function that passes made of that one. An operation that was made of several has the value of one of
  // them, perhaps in another order of dimensions; one that has the value of none differs. It need not be at fault: passes
  // may make values that were not there. So ask only when the results differ.
  std::optional<LayerDifference> firstDifference(mlir::func::FuncOp function, std::vector<Tensor> inputs,
                                                 double tolerance) const;

  llvm::MapVector<mlir::Location, std::vector<Tensor>> values; // by the location of one node
};

} // namespace resnetc
