// Element-wise functions of two or more inputs, with numpy broadcasting (opset 7 and later).
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

template <typename Op> static Value combine(NodeView &n, Value a, Value b) {
  auto shape = n.check(broadcastShape(shapeOf(a), shapeOf(b)), "R048");
  return shape ? n.build<Op>(*shape, elementOf(a), a, b, rn::ActivationAttr()) : Value();
}

template <typename Op> static Value importBinary(NodeView &n) {
  return n.sameTypes() ? combine<Op>(n, n.input(0), n.input(1)) : Value();
}

// A chain from left to right; one input is itself.
template <typename Op> static Value importVariadic(NodeView &n) {
  if (!n.sameTypes())
    return {};
  Value result = n.input(0);
  for (int i = 1; i < n.inputs(); ++i) {
    if (!n.has(i))
      n.error("R053", n.opName() + " input " + Twine(i) + " is missing");
    result = n.failed() ? Value() : combine<Op>(n, result, n.input(i));
    if (!result)
      return {};
  }
  return result;
}

RESNETC_IMPORT_OP(Add, 7, kNewestOpset, 2, 2, importBinary<rn::AddOp>)
RESNETC_IMPORT_OP(Sub, 7, kNewestOpset, 2, 2, importBinary<rn::SubOp>)
RESNETC_IMPORT_OP(Mul, 7, kNewestOpset, 2, 2, importBinary<rn::MulOp>)
RESNETC_IMPORT_OP(Div, 7, kNewestOpset, 2, 2, importBinary<rn::DivOp>)
RESNETC_IMPORT_OP(Sum, 7, kNewestOpset, 1, kAnyNumber, importVariadic<rn::AddOp>)
RESNETC_IMPORT_OP(Min, 7, kNewestOpset, 1, kAnyNumber, importVariadic<rn::MinOp>)
RESNETC_IMPORT_OP(Max, 7, kNewestOpset, 1, kAnyNumber, importVariadic<rn::MaxOp>)
