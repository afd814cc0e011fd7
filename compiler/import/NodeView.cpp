#include "compiler/import/NodeView.h"
#include "compiler/ir/Constants.h"
#include <cmath>

using namespace mlir;

namespace resnetc {

// The name of the node, else of its first output: unique, and what viewers show.
static Location locationOf(GraphImporter &importer, const onnx::NodeProto &node) {
  const std::string &name = node.name().empty() && node.output_size() ? node.output(0) : node.name();
  return NameLoc::get(importer.builder.getStringAttr(name));
}

NodeView::NodeView(GraphImporter &importer, const onnx::NodeProto &node, int index, ArrayRef<Value> inputs,
                   MutableArrayRef<Value> results)
    : importer(importer), location(locationOf(importer, node)), node(node), index(index), values(inputs),
      results(results) {}

// ---- Faults

void NodeView::error(const char *code, const Twine &text, const Twine &fix) {
  if (hasFailed)
    return;
  hasFailed = true;
  std::string where = importer.describeNode(index);
  for (int i = 0; i < std::min(inputs(), 3); ++i)
    if (values[i])
      where += ", input " + shorten(node.input(i)) + " " + importer.describeValue(values[i]);
  importer.diagnostics.error(code, text.str(), where, {}, fix.str());
}

void NodeView::warning(const char *code, const Twine &text) {
  importer.diagnostics.add({Severity::Warning, code, text.str(), importer.describeNode(index)});
}

// ---- Inputs

ShapeRef NodeView::shape(int i) const { return has(i) ? shapeOf(values[i]) : ShapeRef(); }
Type NodeView::elementType(int i) const { return has(i) ? elementOf(values[i]) : Type(); }

bool NodeView::sameTypes() {
  Type first;
  for (Value v : values) {
    if (v && first && elementOf(v) != first)
      error("R032", opName() + ": inputs have different element types");
    first = v ? elementOf(v) : first;
  }
  return !failed();
}

bool NodeView::allFloat() {
  for (Value v : values)
    if (v && !elementOf(v).isF32())
      error("R032", opName() + " of " + importer.describeValue(v) + " is not supported: want a floating-point type");
  return !failed();
}

bool NodeView::mayCompute(int64_t elements) {
  if (!importer.constants.compute(elements))
    error("R064", opName() + ": what must be computed while importing exceeds the budget of " +
                      Twine(limits::kComputedElements) + " elements");
  return !failed();
}

std::optional<std::vector<double>> NodeView::numbers(int i, const char *code) {
  const Tensor *tensor = has(i) ? importer.constants.evaluate(values[i]) : nullptr;
  if (tensor)
    return tensor->data;
  if (!importer.constants.overBudget() || mayCompute(0)) // with nothing left not even that
    error(code, opName() + ": input " + Twine(i) + " is not known while compiling",
          "give every input a fixed shape (--shape, --dim), or make it a constant");
  return std::nullopt;
}

std::optional<Shape> NodeView::integers(int i, const char *code) {
  if (has(i) && elementType(i).isF32())
    error("R032", opName() + ": input " + Twine(i) + " must hold integers");
  auto found = failed() ? std::nullopt : numbers(i, code);
  if (!found)
    return std::nullopt;
  Shape result;
  for (double v : *found) // the largest double below 2^63 converts; what rounds up to 2^63 saturates
    result.push_back(v >= 0x1p63 ? INT64_MAX : static_cast<int64_t>(v));
  return result;
}

std::optional<double> NodeView::scalar(int i, const char *code) {
  auto found = numbers(i, code);
  if (found && found->size() != 1)
    error(code, opName() + ": input " + Twine(i) + " has " + Twine(found->size()) + " values, want 1");
  return found && !failed() ? std::optional<double>((*found)[0]) : std::nullopt;
}

// ---- Building

bool NodeView::fits(ShapeRef shape) {
  auto count = elementCount(shape);
  if (!count || *count > limits::kElements) {
    bool isConstant = true; // then this is no network's tensor, but one that the compiler would have to make
    for (int i = 0; i < inputs(); ++i)
      isConstant &= !has(i) || this->isConstant(i);
    error(isConstant ? "R064" : "R062",
          opName() + ": element count of result " + toString(shape) + " is over " + Twine(limits::kElements));
  }
  if (static_cast<int64_t>(shape.size()) > limits::kRank)
    error("R034", opName() + ": result " + toString(shape) + " has rank " + Twine(shape.size()) + ", limit " +
                      Twine(limits::kRank));
  return !failed();
}

Value NodeView::constant(ShapeRef shape, Type element, ArrayRef<double> numbers) {
  return rn::ConstantOp::create(builder(), location, makeConstant(RankedTensorType::get(shape, element), numbers));
}

Value NodeView::splat(ShapeRef shape, Type element, double number) {
  if (!fits(shape))
    return {};
  if (!importer.constants.generate(*elementCount(shape))) {
    error("R064", opName() + ": constant of shape " + toString(shape) + " exceeds the budget of " +
                      Twine(limits::kGeneratedElements) + " generated elements");
    return {};
  }
  auto one = cast<DenseElementsAttr>(makeConstant(RankedTensorType::get({}, element), ArrayRef<double>(number)));
  auto type = RankedTensorType::get(shape, element);
  auto value = element.isF32() ? DenseElementsAttr::get(type, one.getSplatValue<APFloat>())
                               : DenseElementsAttr::get(type, one.getSplatValue<APInt>());
  return rn::ConstantOp::create(builder(), location, value);
}

Value NodeView::constant(const onnx::TensorProto &tensor) {
  ElementsAttr value = importer.tensors.read(tensor, importer.describeNode(index));
  hasFailed |= !value;
  return value ? rn::ConstantOp::create(builder(), location, value).getResult() : Value();
}

Value NodeView::reshape(Value value, ShapeRef shape) {
  if (!value || shapeOf(value) == shape)
    return value;
  return build<rn::ReshapeOp>(shape, elementOf(value), value);
}

Value NodeView::transpose(Value value, ShapeRef perm) {
  auto shape = value ? check(transposeShape(shapeOf(value), perm), "R047") : std::nullopt;
  return shape ? build<rn::TransposeOp>(*shape, elementOf(value), value, list(perm)) : Value();
}

Value NodeView::reduce(Value value, StringRef kind, ShapeRef axes, bool keepdims) {
  auto shape = value ? check(reduceShape(shapeOf(value), axes, keepdims), "R047") : std::nullopt;
  return shape ? build<rn::ReduceOp>(*shape, elementOf(value), value, builder().getStringAttr(kind), list(axes),
                                     flag(keepdims))
               : Value();
}

Value NodeView::slice(Value value, int64_t axis, int64_t offset, int64_t size) {
  Shape shape(shapeOf(value)), offsets(shape.size(), 0);
  shape[axis] = size;
  offsets[axis] = offset;
  return build<rn::SliceOp>(shape, elementOf(value), value, list(offsets), list(Shape(shape.size(), 1)));
}

Value NodeView::broadcast(Value value, ShapeRef shape) {
  return !value || shapeOf(value) == shape ? value : build<rn::BroadcastOp>(shape, elementOf(value), value);
}

Value NodeView::gather(Value value, int64_t axis, int64_t extent, llvm::function_ref<int64_t(int64_t)> index) {
  if (!value)
    return {};
  Shape shape(shapeOf(value));
  shape[axis] = extent;
  if (!mayCompute(extent) || !fits(shape))
    return {};
  std::vector<double> indices(extent);
  for (int64_t i = 0; i < extent; ++i)
    indices[i] = static_cast<double>(index(i));
  return build<rn::GatherOp>(shape, elementOf(value), value, constant({extent}, builder().getI64Type(), indices),
                             builder().getI64IntegerAttr(axis));
}

Value NodeView::activation(Value value, rn::ActivationKind kind, double alpha, double beta) {
  if (!value)
    return {};
  return build<rn::ActivationOp>(shapeOf(value), elementOf(value), value,
                                 rn::ActivationAttr::get(builder().getContext(), kind, alpha, beta));
}

} // namespace resnetc
