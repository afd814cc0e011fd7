// Numbers that are known while importing: shape chains and other arithmetic on constants, evaluated backward with the
// reference evaluator, each value once, within a budget.
#pragma once
#include "compiler/import/Limits.h"
#include "compiler/ir/Reference.h"
#include "llvm/ADT/DenseMap.h"
#include <unordered_map>

namespace resnetc {

class ConstantEvaluator {
public:
  // No input of the graph reaches this value, other than through its shape.
  bool isConstant(mlir::Value value);
  // The value's elements; null when it is not constant, when it cannot be computed, or when the budget is used up.
  const Tensor *evaluate(mlir::Value value);
  // Whether one more generated constant of so many elements is within the budget.
  bool generate(int64_t elements) { return (generated -= elements) >= 0; }
  // Whether an importer may compute so many elements itself.
  bool compute(int64_t elements) {
    computed = elements <= computed ? computed - elements : -1;
    return !overBudget();
  }
  bool overBudget() const { return computed < 0; }

private:
  llvm::DenseMap<mlir::Operation *, bool> constness;
  std::unordered_map<mlir::Operation *, Tensor> known; // its references stay valid while it grows
  int64_t computed = limits::kComputedElements, generated = limits::kGeneratedElements; // what is left of the budgets
};

} // namespace resnetc
