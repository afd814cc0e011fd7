// Float64 evaluator of `rn` in plain loops: what the operations mean. It folds constants and is the oracle of the tests;
// nothing in it is shared with the generated code. Layout attributes do not change values and are ignored.
#pragma once
#include "compiler/ir/Shapes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Operation.h"
#include <functional>
#include <vector>

namespace resnetc {

struct Tensor {
  Shape shape;
  std::vector<double> data; // row-major; integers are exact below 2^53
};

// The first result of one operation. Fails (with a message on the operation) for those that `rn` does not define.
mlir::FailureOr<Tensor> evaluate(mlir::Operation *op, llvm::ArrayRef<Tensor> operands);

// A whole function on its arguments; `visit`, when given, sees every operation's first result as it is computed. Frees
// values after their last use.
mlir::FailureOr<std::vector<Tensor>>
evaluate(mlir::func::FuncOp function, std::vector<Tensor> arguments,
         const std::function<void(mlir::Operation *, const Tensor &)> &visit = nullptr);

} // namespace resnetc
