// Inputs of the graph: their static shapes and types; and declared shapes against computed ones.
#include "compiler/import/NodeView.h"

using namespace mlir;

namespace resnetc {

using Dimension = onnx::TensorShapeProto::Dimension;

static bool isFixed(const Dimension &d) { return d.has_dim_value() && d.dim_value() >= 0; }

// "1x3x224x224" as an example for the fix: unknown extents get the usual values.
static std::string exampleShape(const onnx::TensorShapeProto &shape) {
  static const int64_t usual[] = {1, 3, 224, 224};
  std::string text;
  for (int i = 0; i < shape.dim_size(); ++i)
    text += (i ? "x" : "") + std::to_string(isFixed(shape.dim(i)) ? shape.dim(i).dim_value() : i < 4 ? usual[i] : 1);
  return text;
}

static const char *axisName(int axis, int rank) {
  static const char *const names[] = {"N", "C", "H", "W"};
  return rank == 4 ? names[axis] : "an extent";
}

std::optional<Shape> GraphImporter::inputShape(const onnx::ValueInfoProto &input) {
  const auto &type = input.type().tensor_type();
  const std::string prefix = "input " + quote(input.name());
  auto fixed = options.shapes.find(input.name());
  if (fixed != options.shapes.end()) {
    dynamicBatch &= options.batch.has_value();
    if (type.has_shape() && type.shape().dim_size() != static_cast<int>(fixed->second.size())) {
      diagnostics.error("R041", prefix + ": --shape gives " + std::to_string(fixed->second.size()) +
                                    " dimensions, the model has " + std::to_string(type.shape().dim_size()));
      return std::nullopt;
    }
    Shape shape(fixed->second.begin(), fixed->second.end());
    shape[0] = options.batch.value_or(shape[0]);
    return shape;
  }
  if (!type.has_shape()) {
    diagnostics.error("R040", prefix + " has no shape", {}, {}, "--shape=" + input.name() + "=1x3x224x224");
    return std::nullopt;
  }
  const int rank = type.shape().dim_size();
  Shape shape;
  bool batchIsFree = false;
  for (int i = 0; i < rank; ++i) {
    const Dimension &d = type.shape().dim(i);
    auto named = d.has_dim_param() ? options.dims.find(d.dim_param()) : options.dims.end();
    if (i == 0 && options.batch) {
      batchIsFree = true;
      exportedBatch = isFixed(d) && d.dim_value() > 0 ? d.dim_value() : 1;
      shape.push_back(*options.batch);
    } else if (named != options.dims.end()) {
      shape.push_back(named->second);
    } else if (isFixed(d) && (i > 0 || d.dim_value() > 0)) { // some exporters write 0 for any batch
      shape.push_back(d.dim_value());
    } else if (i == 0) {
      batchIsFree = true;
      shape.push_back(1);
    } else {
      diagnostics.error("R040",
                        prefix + ": unknown " + axisName(i, rank) +
                            (d.dim_param().empty() ? "" : " (" + quote(d.dim_param()) + ")"),
                        {}, {}, "--shape=" + input.name() + "=" + exampleShape(type.shape()));
      return std::nullopt;
    }
  }
  dynamicBatch &= batchIsFree;
  return shape;
}

// The compiled function takes float32 where that holds every value of the model's type.
static bool fitsFloat(int onnxType) {
  return llvm::is_contained({onnx::TensorProto::FLOAT, onnx::TensorProto::FLOAT16, onnx::TensorProto::BFLOAT16,
                             onnx::TensorProto::UINT8, onnx::TensorProto::INT8},
                            onnxType);
}

Type GraphImporter::inputType(const onnx::ValueInfoProto &input) {
  const std::string prefix = "input " + quote(input.name());
  if (!input.type().has_tensor_type()) {
    diagnostics.error("R032", prefix + " is not a tensor");
    return {};
  }
  const int onnxType = input.type().tensor_type().elem_type();
  if (!fitsFloat(onnxType)) {
    diagnostics.error("R032", prefix + ": type " + typeName(onnxType) + " is not supported", {}, {},
                      onnxType == onnx::TensorProto::DOUBLE ? "export the model in float32" : "");
    return {};
  }
  if (onnxType != onnx::TensorProto::FLOAT)
    diagnostics.add({Severity::Warning, "W109",
                     prefix + " is " + typeName(onnxType) + " in the model; the compiled function takes float32"});
  std::optional<Shape> shape = inputShape(input);
  if (!shape)
    return {};
  auto count = elementCount(*shape);
  if (count == 0)
    diagnostics.error("R044", prefix + " of shape " + toString(*shape) + " has no elements");
  if (!count || *count > limits::kElements || static_cast<int64_t>(shape->size()) > limits::kRank) {
    diagnostics.error("R062", prefix + " of shape " + toString(*shape) + " is too large");
    return {};
  }
  return RankedTensorType::get(*shape, builder.getF32Type());
}

void GraphImporter::reportUnknownDims() {
  for (const auto &[name, extent] : options.dims) {
    std::string known;
    bool found = false;
    for (const onnx::ValueInfoProto &input : graph.input())
      for (const Dimension &d : input.type().tensor_type().shape().dim()) {
        found |= d.dim_param() == name;
        if (!d.dim_param().empty() && known.find("'" + d.dim_param() + "'") == std::string::npos)
          known += (known.empty() ? "'" : ", '") + d.dim_param() + "'";
      }
    if (!found)
      diagnostics.error("R053", "--dim names " + quote(name) + ", which is no dimension of an input", {},
                        known.empty() ? "the inputs have no symbolic dimensions" : "their symbolic dimensions: " + known);
  }
}

void GraphImporter::addInputs() {
  for (const auto &[name, shape] : options.shapes)
    if (llvm::none_of(graph.input(), [&](const auto &input) { return input.name() == name; }))
      diagnostics.error("R053", "--shape names " + quote(name) + ", which is no input of the model");
  reportUnknownDims();
  for (const onnx::ValueInfoProto &input : graph.input()) {
    if (!isNeeded(input) || initializers.contains(input.name())) // an overridable default: taken as the constant that it is
      continue;
    Named &named = values[input.name()];
    Type type = inputType(input);
    if (!type)
      continue;
    named.value = function.getBody().addArgument(type, NameLoc::get(builder.getStringAttr(input.name())));
  }
}

// Before opset 22 onnx inferred one pixel more where the last window of a ceil_mode pool starts in the padding behind
// the image. Models keep what it inferred, for the pool and for what follows.
bool GraphImporter::isStale(ShapeRef declared, Value value) const {
  ShapeRef computed = shapeOf(value);
  if (shorterThanInferred.empty() || declared.size() != 4 || computed.size() != 4)
    return false;
  for (int i = 0; i < 4; ++i)
    if (declared[i] >= 0 && declared[i] != computed[i] && (i < 2 || declared[i] != computed[i] + 1))
      return false;
  SmallVector<Value> stack{value};
  llvm::DenseSet<Value> seen;
  while (!stack.empty()) {
    Value v = stack.pop_back_val();
    if (shorterThanInferred.contains(v))
      return true;
    if (seen.insert(v).second && v.getDefiningOp())
      llvm::append_range(stack, v.getDefiningOp()->getOperands());
  }
  return false;
}

// A symbolic extent is no contradiction; neither is the batch of a declaration once the command line has chosen it.
void GraphImporter::compareDeclared(const onnx::ValueInfoProto &declared, Value value, bool isOutput) {
  const auto &type = declared.type().tensor_type();
  if (isOutput && elementOf(value).isF32() && type.elem_type() != onnx::TensorProto::FLOAT &&
      type.elem_type() != onnx::TensorProto::UNDEFINED)
    diagnostics.add({Severity::Warning, "W109",
                     "output '" + declared.name() + "' is " + typeName(type.elem_type()) +
                         " in the model; the compiled function gives float32"});
  if (!declared.type().has_tensor_type() || !type.has_shape() || !options.shapes.empty())
    return;
  ShapeRef computed = shapeOf(value);
  bool agrees = type.shape().dim_size() == static_cast<int>(computed.size());
  Shape shown;
  for (int i = 0; i < type.shape().dim_size(); ++i) {
    const Dimension &d = type.shape().dim(i);
    shown.push_back(isFixed(d) ? d.dim_value() : -1);
    if (agrees && isFixed(d) && !(i == 0 && (dynamicBatch || d.dim_value() == 0)))
      agrees = d.dim_value() == computed[i];
  }
  if (agrees)
    return;
  const std::string text = (isOutput ? "output " : "value ") + quote(declared.name()) + " is declared " +
                           toString(shown) + ", computed " + toString(computed);
  if (isOutput && !isStale(shown, value))
    diagnostics.error("R049", text);
  else
    diagnostics.add({Severity::Warning, "W108", text});
}

} // namespace resnetc
