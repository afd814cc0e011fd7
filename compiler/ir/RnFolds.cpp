// Folds of single operations that need no arithmetic. Folding with numbers is the pass fold-constants.
#include "compiler/ir/Rn.h"

using namespace mlir;
using namespace resnetc::rn;

Operation *RnDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  return elements ? ConstantOp::create(builder, loc, type, elements).getOperation() : nullptr;
}

void ConstantOp::build(OpBuilder &, OperationState &state, ElementsAttr value) {
  state.addAttribute("value", value);
  auto type = cast<ShapedType>(value.getType());
  state.addTypes(RankedTensorType::get(type.getShape(), type.getElementType()));
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

// reshape(x) to the same type -> x;  reshape(reshape(x)) -> reshape(x)
OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto before = getInput().getDefiningOp<ReshapeOp>()) {
    getInputMutable().assign(before.getInput());
    return getResult();
  }
  return {};
}

// transpose by the identity -> x;  transpose(transpose(x)) back -> x
OpFoldResult TransposeOp::fold(FoldAdaptor) {
  auto isIdentity = [](ArrayRef<int64_t> perm) {
    return llvm::all_of(llvm::enumerate(perm), [](auto p) { return p.value() == static_cast<int64_t>(p.index()); });
  };
  if (isIdentity(getPerm()))
    return getInput();
  if (auto before = getInput().getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> both;
    for (int64_t p : getPerm())
      both.push_back(before.getPerm()[p]);
    if (isIdentity(both))
      return before.getInput();
  }
  return {};
}

// shape(x) is a constant: every shape is static.
OpFoldResult ShapeOp::fold(FoldAdaptor) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(getInput().getType()).getShape();
  auto type = RankedTensorType::get({static_cast<int64_t>(shape.size())}, getType().getElementType());
  if (!type.getElementType().isInteger(64))
    return {};
  return DenseElementsAttr::get(type, shape);
}
