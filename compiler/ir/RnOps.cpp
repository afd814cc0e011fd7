// Verifiers: each operation's declared result must have the shape that Shapes.h computes.
#include "compiler/ir/Rn.h"
#include "compiler/ir/Shapes.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace resnetc;
using namespace resnetc::rn;

#include "compiler/ir/RnDialect.cpp.inc"
#include "compiler/ir/RnEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/ir/RnAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "compiler/ir/RnOps.cpp.inc"

void RnDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/ir/RnAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "compiler/ir/RnOps.cpp.inc"
      >();
}

std::string rn::nodeName(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName().str();
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      if (std::string name = nodeName(part); !name.empty())
        return name;
  return "";
}

static ShapeRef shapeOf(Value v) { return cast<RankedTensorType>(v.getType()).getShape(); }

static LogicalResult expectShape(Operation *op, llvm::Expected<Shape> expected) {
  if (!expected)
    return op->emitOpError() << llvm::toString(expected.takeError());
  ShapeRef found = shapeOf(op->getResult(0));
  if (found != ShapeRef(*expected))
    return op->emitOpError() << "has result shape " << resnetc::toString(found) << ", want "
                             << resnetc::toString(*expected);
  return success();
}

static LogicalResult expectVector(Operation *op, const char *what, Value v, int64_t size) {
  if (v && shapeOf(v) != ShapeRef{size})
    return op->emitOpError() << what << " has shape " << resnetc::toString(shapeOf(v)) << ", want [" << size << "]";
  return success();
}

LogicalResult ConstantOp::verify() {
  auto value = cast<ShapedType>(getValue().getType()), result = cast<ShapedType>(getType());
  if (value.getShape() != result.getShape() || value.getElementType() != result.getElementType())
    return emitOpError() << "value type differs from result type";
  return success();
}

// rn.constant dense<1.0> : tensor<4xf32>   (the value's type is the result's)
ParseResult ConstantOp::parse(OpAsmParser &parser, OperationState &state) {
  ElementsAttr value;
  if (parser.parseOptionalAttrDict(state.attributes) || parser.parseAttribute(value, "value", state.attributes))
    return failure();
  auto type = cast<ShapedType>(value.getType());
  state.addTypes(RankedTensorType::get(type.getShape(), type.getElementType()));
  return success();
}

void ConstantOp::print(OpAsmPrinter &printer) {
  printer.printOptionalAttrDict((*this)->getAttrs(), {"value"});
  printer << ' ' << getValue();
}

template <typename Op> static LogicalResult verifyPreactivation(Op op) {
  if (!op.getPreact() != !op.getScale() || !op.getPreact() != !op.getShift())
    return op.emitOpError() << "has a second result exactly when it has a scale and a shift";
  if (!op.getPreact())
    return op.getPreactAct() ? op.emitOpError() << "has an activation of a second result but no such result" : success();
  ShapeRef shape = shapeOf(op.getResult());
  if (failed(expectVector(op, "scale", op.getScale(), shape[1])) || failed(expectVector(op, "shift", op.getShift(), shape[1])))
    return failure();
  if (shapeOf(op.getPreact()) != shape)
    return op.emitOpError() << "second result has shape " << resnetc::toString(shapeOf(op.getPreact())) << ", want "
                            << resnetc::toString(shape);
  return success();
}

static LogicalResult verifyResidual(Conv2dOp op) {
  if (!op.getResidual())
    return success();
  const int64_t first = op.getResidualChannel();
  Shape want(shapeOf(op.getResult()));
  ShapeRef found = shapeOf(op.getResidual());
  const bool isPart = found.size() == 4 && first >= 0 && found[1] <= want[1] && first <= want[1] - found[1];
  if (isPart)
    want[1] = found[1];
  if (found != ShapeRef(want))
    return op.emitOpError() << "residual has shape " << resnetc::toString(found) << " from channel " << first << ", want "
                            << resnetc::toString(want);
  return success();
}

LogicalResult Conv2dOp::verify() {
  if (failed(expectShape(*this, convShape(shapeOf(getInput()), shapeOf(getWeight()), getGroups(), getStrides(),
                                          getPads(), getDilations()))) ||
      failed(expectVector(*this, "bias", getBias(), shapeOf(getWeight())[0])))
    return failure();
  return failed(verifyResidual(*this)) ? failure() : verifyPreactivation(*this);
}

LogicalResult DenseOp::verify() {
  ShapeRef in = shapeOf(getInput()), w = shapeOf(getWeight());
  if (in.size() != 2 || w.size() != 2 || in[1] != w[1])
    return emitOpError() << "cannot multiply " << resnetc::toString(in) << " with transposed "
                         << resnetc::toString(w);
  if (failed(expectVector(*this, "bias", getBias(), w[0])))
    return failure();
  return expectShape(*this, Shape{in[0], w[0]});
}

LogicalResult BatchNormOp::verify() {
  ShapeRef in = shapeOf(getInput());
  if (in.size() < 2)
    return emitOpError() << "input rank is " << in.size() << ", want at least 2";
  for (auto [what, v] : {std::pair{"scale", getScale()}, {"bias", getBias()}, {"mean", getMean()},
                         {"variance", getVariance()}})
    if (failed(expectVector(*this, what, v, in[1])))
      return failure();
  return expectShape(*this, Shape(in));
}

static LogicalResult verifyBinary(Operation *op) {
  return expectShape(op, broadcastShape(shapeOf(op->getOperand(0)), shapeOf(op->getOperand(1))));
}
LogicalResult AddOp::verify() { return verifyBinary(*this); }
LogicalResult SubOp::verify() { return verifyBinary(*this); }
LogicalResult MulOp::verify() { return verifyBinary(*this); }
LogicalResult DivOp::verify() { return verifyBinary(*this); }
LogicalResult MinOp::verify() { return verifyBinary(*this); }
LogicalResult MaxOp::verify() { return verifyBinary(*this); }

LogicalResult MulAddOp::verify() {
  auto product = broadcastShape(shapeOf(getLhs()), shapeOf(getRhs()));
  return expectShape(*this, product ? broadcastShape(*product, shapeOf(getAddend())) : std::move(product));
}

LogicalResult ActivationOp::verify() { return expectShape(*this, Shape(shapeOf(getInput()))); }
LogicalResult CastOp::verify() { return expectShape(*this, Shape(shapeOf(getInput()))); }
LogicalResult SoftmaxOp::verify() {
  const int64_t axis = getAxis();
  if (axis < 0 || axis >= static_cast<int64_t>(shapeOf(getInput()).size()))
    return emitOpError() << "axis " << axis << " is out of range";
  return expectShape(*this, Shape(shapeOf(getInput())));
}

template <typename PoolOp> static LogicalResult verifyPool(PoolOp op) {
  ShapeRef in = shapeOf(op.getInput());
  return expectShape(op, windowShape(in, in.size() > 1 ? in[1] : 0,
                                     {op.getKernel(), op.getStrides(), op.getPads(), op.getDilations(),
                                      op.getCeilMode()}));
}
LogicalResult MaxPoolOp::verify() { return failed(verifyPool(*this)) ? failure() : verifyPreactivation(*this); }
LogicalResult AvgPoolOp::verify() { return verifyPool(*this); }

LogicalResult ReduceOp::verify() {
  if (!llvm::is_contained({"mean", "mean_square", "sum", "max"}, getKind()))
    return emitOpError() << "kind is \"" << getKind() << "\", want mean, mean_square, sum or max";
  return expectShape(*this, reduceShape(shapeOf(getInput()), getAxes(), getKeepdims()));
}

LogicalResult ImageOp::verify() {
  ShapeRef in = shapeOf(getInput());
  if (in.size() != 4)
    return emitOpError() << "input rank is " << in.size() << ", want 4";
  const Shape shape = getNhwc() ? Shape{in[0], in[3], in[1], in[2]} : Shape(in);
  if (static_cast<int64_t>(getMean().size()) != shape[1] || static_cast<int64_t>(getStd().size()) != shape[1])
    return emitOpError() << "has " << getMean().size() << " means and " << getStd().size() << " deviations for "
                         << shape[1] << " channels";
  return expectShape(*this, shape);
}
LogicalResult TopKOp::verify() {
  ShapeRef in = shapeOf(getInput()), out = shapeOf(getResult());
  if (in.size() != 2 || out.size() != 2 || out[0] != in[0] || out[1] < 1 || out[1] > in[1])
    return emitOpError() << "cannot take " << resnetc::toString(out) << " of " << resnetc::toString(in);
  return success();
}
LogicalResult TakeOp::verify() {
  ShapeRef in = shapeOf(getInput()), indices = shapeOf(getIndices());
  if (in.size() != 2 || indices.size() != 2 || in[0] != indices[0])
    return emitOpError() << "cannot take " << resnetc::toString(indices) << " of " << resnetc::toString(in);
  return expectShape(*this, Shape(indices));
}

LogicalResult ReshapeOp::verify() {
  if (elementCount(shapeOf(getInput())) != elementCount(shapeOf(getResult())))
    return emitOpError() << "cannot reshape " << resnetc::toString(shapeOf(getInput())) << " to "
                         << resnetc::toString(shapeOf(getResult()));
  return success();
}
LogicalResult TransposeOp::verify() { return expectShape(*this, transposeShape(shapeOf(getInput()), getPerm())); }
LogicalResult PadOp::verify() { return expectShape(*this, padShape(shapeOf(getInput()), getLow(), getHigh())); }

LogicalResult SliceOp::verify() {
  ShapeRef in = shapeOf(getInput()), out = shapeOf(getResult());
  if (in.size() != out.size() || getOffsets().size() != in.size() || getSteps().size() != in.size())
    return emitOpError() << "ranks of input, result, offsets and steps differ";
  for (auto [extent, size, offset, step] : llvm::zip(in, out, getOffsets(), getSteps())) {
    if (size == 0)
      continue;
    const int64_t last = offset + (size - 1) * step;
    if (std::min(offset, last) < 0 || std::max(offset, last) >= extent)
      return emitOpError() << "reads elements " << offset << " to " << last << " of " << extent;
  }
  return success();
}

LogicalResult ConcatOp::verify() {
  llvm::SmallVector<Shape> shapes;
  for (Value v : getInputs())
    shapes.push_back(Shape(shapeOf(v)));
  return expectShape(*this, concatShape(shapes, getAxis()));
}
LogicalResult GatherOp::verify() {
  return expectShape(*this, gatherShape(shapeOf(getInput()), shapeOf(getIndices()), getAxis()));
}
LogicalResult BroadcastOp::verify() {
  return expectShape(*this, broadcastShape(shapeOf(getInput()), shapeOf(getResult())));
}
LogicalResult ShapeOp::verify() {
  return expectShape(*this, Shape{static_cast<int64_t>(shapeOf(getInput()).size())});
}
LogicalResult RelayoutOp::verify() {
  ShapeRef in = shapeOf(getInput());
  return expectShape(*this, getPerm() ? transposeShape(in, *getPerm()) : llvm::Expected<Shape>(Shape(in)));
}

// ---- #rn.act<kind> or #rn.act<kind, alpha, beta>
Attribute ActivationAttr::parse(AsmParser &parser, Type) {
  StringRef word;
  double alpha = 0, beta = 0;
  if (parser.parseLess() || parser.parseKeyword(&word))
    return {};
  auto kind = symbolizeActivationKind(word);
  if (!kind) {
    parser.emitError(parser.getCurrentLocation()) << "unknown activation '" << word << "'";
    return {};
  }
  if (succeeded(parser.parseOptionalComma()) &&
      (parser.parseFloat(alpha) || parser.parseComma() || parser.parseFloat(beta)))
    return {};
  if (parser.parseGreater())
    return {};
  return get(parser.getContext(), *kind, alpha, beta);
}

void ActivationAttr::print(AsmPrinter &printer) const {
  printer << '<' << stringifyActivationKind(getKind());
  if (alpha() != 0 || beta() != 0) {
    printer << ", ";
    printer.printFloat(getAlpha());
    printer << ", ";
    printer.printFloat(getBeta());
  }
  printer << '>';
}

double ActivationAttr::apply(double x) const {
  // Comparisons are written so that NaN passes through.
  auto clip = [](double v, double low, double high) { return v < low ? low : v > high ? high : v; };
  auto hardSigmoid = [&] { return clip(alpha() * x + beta(), 0, 1); };
  auto softplus = [&] { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); };
  switch (getKind()) {
  case ActivationKind::Relu: return x < 0 ? 0 : x;
  case ActivationKind::LeakyRelu: return x < 0 ? alpha() * x : x;
  case ActivationKind::Clip: return clip(x, alpha(), beta());
  case ActivationKind::Sigmoid: return 1 / (1 + std::exp(-x));
  case ActivationKind::Silu: return x / (1 + std::exp(-x));
  case ActivationKind::HardSigmoid: return hardSigmoid();
  case ActivationKind::HardSwish: return x * hardSigmoid();
  case ActivationKind::Tanh: return std::tanh(x);
  case ActivationKind::Elu: return beta() * (x < 0 ? alpha() * std::expm1(x) : x);
  case ActivationKind::Softplus: return softplus();
  case ActivationKind::Mish: return x * std::tanh(softplus());
  case ActivationKind::Gelu: return x / 2 * std::erfc(-x * M_SQRT1_2);
  case ActivationKind::GeluTanh: return x / 2 * (1 + std::tanh(M_2_SQRTPI * M_SQRT1_2 * (x + 0.044715 * x * x * x)));
  case ActivationKind::Erf: return std::erf(x);
  case ActivationKind::Exp: return std::exp(x);
  case ActivationKind::Sqrt: return std::sqrt(x);
  case ActivationKind::Abs: return std::abs(x);
  }
  llvm_unreachable("all kinds are handled");
}
