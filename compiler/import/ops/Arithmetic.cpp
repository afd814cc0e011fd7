// Element-wise functions of two or more inputs, with numpy broadcasting (opset 7 and later).
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

// Kernels compute floats; integers are what shapes are made of, and known.
static bool canCompute(NodeView &n) {
  for (int i = 0; i < n.inputs() && n.sameTypes(); ++i)
    if (n.has(i) && !n.elementType(i).isF32() && !n.isConstant(i))
      n.error("R032", n.opName() + " of integers that are computed at run time is not supported");
  return !n.failed();
}

template <typename Op> static Value importBinary(NodeView &n) {
  return canCompute(n) ? n.combine<Op>(n.input(0), n.input(1)) : Value();
}

// A chain from left to right; one input is itself.
template <typename Op> static Value importVariadic(NodeView &n) {
  if (!canCompute(n))
    return {};
  Value result = n.input(0);
  for (int i = 1; i < n.inputs(); ++i) {
    if (!n.has(i))
      n.error("R053", n.opName() + " input " + Twine(i) + " is missing");
    result = n.failed() ? Value() : n.combine<Op>(result, n.input(i));
    if (!result)
      return {};
  }
  return result;
}

static Value importMean(NodeView &n) {
  Value sum = n.allFloat() ? importVariadic<rn::AddOp>(n) : Value();
  return sum ? n.combine<rn::MulOp>(sum, n.number(1.0 / n.inputs())) : Value();
}

RESNETC_IMPORT_OP(Add, 7, kNewestOpset, 2, 2, importBinary<rn::AddOp>)
RESNETC_IMPORT_OP(Sub, 7, kNewestOpset, 2, 2, importBinary<rn::SubOp>)
RESNETC_IMPORT_OP(Mul, 7, kNewestOpset, 2, 2, importBinary<rn::MulOp>)
RESNETC_IMPORT_OP(Div, 7, kNewestOpset, 2, 2, importBinary<rn::DivOp>)
RESNETC_IMPORT_OP(Sum, 7, kNewestOpset, 1, kAnyNumber, importVariadic<rn::AddOp>)
RESNETC_IMPORT_OP(Mean, 7, kNewestOpset, 1, kAnyNumber, importMean)
RESNETC_IMPORT_OP(Min, 7, kNewestOpset, 1, kAnyNumber, importVariadic<rn::MinOp>)
RESNETC_IMPORT_OP(Max, 7, kNewestOpset, 1, kAnyNumber, importVariadic<rn::MaxOp>)
