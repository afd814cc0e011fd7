// What does nothing at inference, and constants.
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

static Value importIdentity(NodeView &n) { return n.input(0); }

static Value importDropout(NodeView &n) {
  if (n.opset() >= 12 && n.has(2) && n.scalar(2, "R031").value_or(0) != 0)
    n.error("R031", "Dropout in training mode is not supported", "export the model for inference (model.eval())");
  return n.failed() ? Value() : n.input(0);
}

static Value importConstant(NodeView &n) {
  Type f32 = n.builder().getF32Type(), i64 = n.builder().getI64Type();
  if (n.hasAttribute("sparse_value"))
    n.error("R033", "sparse constants are not supported");
  if (n.hasAttribute("value_string") || n.hasAttribute("value_strings"))
    n.error("R032", "constants of strings are not supported");
  if (const onnx::TensorProto *tensor = n.getTensor("value"))
    return n.failed() ? Value() : n.constant(*tensor);
  if (n.hasAttribute("value_float"))
    return n.constant({}, f32, n.getFloat("value_float", 0));
  if (n.hasAttribute("value_int"))
    return n.constant({}, i64, static_cast<double>(n.getInt("value_int", 0)));
  if (auto floats = n.getFloats("value_floats"))
    return n.constant({static_cast<int64_t>(floats->size())}, f32, std::vector<double>(floats->begin(), floats->end()));
  if (auto ints = n.getInts("value_ints"))
    return n.constant({static_cast<int64_t>(ints->size())}, i64, std::vector<double>(ints->begin(), ints->end()));
  n.error("R056", "Constant has no value");
  return {};
}

static Value importConstantOfShape(NodeView &n) {
  auto shape = n.integers(0, "R046");
  if (!shape || n.shape(0).size() != 1) {
    n.error("R041", "ConstantOfShape wants a vector, got rank " + Twine(n.shape(0).size()));
    return {};
  }
  if (llvm::any_of(*shape, [](int64_t d) { return d < 0; }))
    n.error("R043", "ConstantOfShape of " + toString(*shape) + ": a negative extent");
  double number = 0;
  Type element = n.builder().getF32Type();
  if (const onnx::TensorProto *tensor = n.getTensor("value")) {
    Value one = n.constant(*tensor);
    if (one && *elementCount(shapeOf(one)) != 1)
      n.error("R045", "ConstantOfShape value has " + Twine(*elementCount(shapeOf(one))) + " elements, want 1");
    if (n.failed())
      return {};
    number = n.importer.constants.evaluate(one)->data[0];
    element = elementOf(one);
  }
  return n.failed() ? Value() : n.splat(*shape, element, number);
}

RESNETC_IMPORT_OP(Identity, 7, kNewestOpset, 1, 1, importIdentity)
RESNETC_IMPORT_OP(Dropout, 7, 11, 1, 1, importDropout)
RESNETC_IMPORT_OP(Dropout, 12, kNewestOpset, 1, 3, importDropout)
RESNETC_IMPORT_OP(Constant, 7, kNewestOpset, 0, 0, importConstant)
RESNETC_IMPORT_OP(ConstantOfShape, 9, kNewestOpset, 1, 1, importConstantOfShape)
