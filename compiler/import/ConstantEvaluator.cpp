#include "compiler/import/ConstantEvaluator.h"
#include "compiler/ir/Rn.h"

using namespace mlir;

namespace resnetc {

// Only the type of a shape's operand is read.
static OperandRange dataOperands(Operation *op) {
  return isa<rn::ShapeOp>(op) ? op->getOperands().take_front(0) : op->getOperands();
}

bool ConstantEvaluator::isConstant(Value value) {
  Operation *root = value.getDefiningOp();
  if (!root)
    return false;
  SmallVector<Operation *> stack{root};
  while (!stack.empty()) {
    Operation *op = stack.back();
    if (constness.contains(op)) {
      stack.pop_back();
      continue;
    }
    bool all = true, waits = false;
    for (Value operand : dataOperands(op)) {
      Operation *source = operand.getDefiningOp();
      auto found = source ? constness.find(source) : constness.end();
      if (source && found == constness.end()) {
        stack.push_back(source);
        waits = true;
      } else {
        all &= source && found->second;
      }
    }
    if (waits)
      continue;
    constness[op] = all;
    stack.pop_back();
  }
  return constness[root];
}

const Tensor *ConstantEvaluator::evaluate(Value value) {
  if (!isConstant(value))
    return nullptr;
  Operation *root = value.getDefiningOp();
  SmallVector<Operation *> stack{root};
  while (!stack.empty()) {
    Operation *op = stack.back();
    if (known.count(op)) {
      stack.pop_back();
      continue;
    }
    const size_t depth = stack.size();
    std::vector<Tensor> operands;
    for (Value operand : dataOperands(op)) {
      auto found = known.find(operand.getDefiningOp());
      if (found == known.end())
        stack.push_back(operand.getDefiningOp());
      else if (stack.size() == depth)
        operands.push_back(found->second);
    }
    if (stack.size() != depth)
      continue;
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    computed -= *elementCount(type.getShape());
    if (overBudget())
      return nullptr;
    if (auto shape = dyn_cast<rn::ShapeOp>(op))
      operands.push_back({Shape(cast<RankedTensorType>(shape.getInput().getType()).getShape()), {}});
    FailureOr<Tensor> result = resnetc::evaluate(op, operands);
    if (failed(result))
      return nullptr;
    known.emplace(op, std::move(*result));
    stack.pop_back();
  }
  return &known.at(root);
}

} // namespace resnetc
