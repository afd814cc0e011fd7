// One ONNX node as an operator's import function sees it: typed, checked access to inputs and attributes. A getter that
// finds a fault reports it and returns something harmless; only a node's first fault is told, later ones follow from
// it.
#pragma once
#include "compiler/import/GraphImporter.h"
#include "compiler/import/OpRegistry.h"
#include "compiler/ir/Rn.h"

namespace resnetc {

// Of null (which only an error leaves behind): nothing. So an import function can go on to its end.
inline ShapeRef shapeOf(mlir::Value value) {
  return value ? mlir::cast<mlir::RankedTensorType>(value.getType()).getShape() : ShapeRef();
}
inline mlir::Type elementOf(mlir::Value value) {
  return value ? mlir::cast<mlir::RankedTensorType>(value.getType()).getElementType() : mlir::Type();
}

class NodeView {
public:
  NodeView(GraphImporter &importer, const onnx::NodeProto &node, int index, llvm::ArrayRef<mlir::Value> inputs,
           llvm::MutableArrayRef<mlir::Value> results);

  // ---- Faults
  void error(const char *code, const llvm::Twine &text, const llvm::Twine &fix = "");
  void warning(const char *code, const llvm::Twine &text);
  bool failed() const { return hasFailed; }
  // Reports the error of a shape computation.
  template <typename T> std::optional<T> check(llvm::Expected<T> result, const char *code) {
    if (result)
      return std::move(*result);
    error(code, opName() + ": " + llvm::toString(result.takeError()));
    return std::nullopt;
  }

  // ---- The node
  const std::string &opName() const { return node.op_type(); }
  int64_t opset() const { return importer.opsetOf(index); }
  int outputs() const { return node.output_size(); }
  bool outputIsNamed(int i) const { return i < node.output_size() && !node.output(i).empty(); }
  void setOutput(int i, mlir::Value value) { results[i] = value; } // of an output other than the first

  // ---- Inputs
  int inputs() const { return static_cast<int>(values.size()); }
  bool has(int i) const { return i < inputs() && values[i]; }
  mlir::Value input(int i) const { return has(i) ? values[i] : mlir::Value(); }
  ShapeRef shape(int i) const;
  mlir::Type elementType(int i) const;
  // Errors unless all inputs that are present have one element type (R032) / that is f32 (R032).
  bool sameTypes();
  bool allFloat();
  bool isConstant(int i) { return has(i) && importer.constants.isConstant(values[i]); }
  // Takes from the budget of what is computed while importing (R064).
  bool mayCompute(int64_t elements);
  // Elements of an input that must be known while compiling; `code` for one that is not.
  std::optional<std::vector<double>> numbers(int i, const char *code);
  std::optional<Shape> integers(int i, const char *code);
  std::optional<double> scalar(int i, const char *code);

  // ---- Attributes
  bool hasAttribute(const char *name);
  int64_t getInt(const char *name, int64_t otherwise);
  bool getFlag(const char *name, bool otherwise, const char *code = "R043"); // 0 or 1
  double getFloat(const char *name, double otherwise);
  std::string getString(const char *name, const char *otherwise);
  std::optional<Shape> getInts(const char *name); // nothing when absent
  std::optional<std::vector<float>> getFloats(const char *name);
  const onnx::TensorProto *getTensor(const char *name);
  // `count` values, each at least `least`; `otherwise` repeated when absent. Always returns `count` values.
  Shape getIntsAtLeast(const char *name, size_t count, int64_t least, int64_t otherwise);
  Shape getPositiveInts(const char *name, size_t count) { return getIntsAtLeast(name, count, 1, 1); }
  // An axis of something with `rank` dimensions, counted from the end when negative.
  int64_t getAxis(const char *name, int64_t otherwise, int64_t rank);
  int64_t normalizeAxis(int64_t axis, int64_t rank);
  // Ascending, without duplicates.
  Shape normalizeAxes(Shape axes, int64_t rank);

  // ---- Building
  mlir::OpBuilder &builder() { return importer.builder; }
  template <typename Op, typename... Args> mlir::Value build(ShapeRef shape, mlir::Type element, Args &&...args) {
    if (!fits(shape))
      return {};
    auto type = mlir::RankedTensorType::get(shape, element);
    return Op::create(builder(), location, type, std::forward<Args>(args)...).getResult();
  }
  mlir::Value constant(ShapeRef shape, mlir::Type element, llvm::ArrayRef<double> numbers);
  mlir::Value splat(ShapeRef shape, mlir::Type element, double number); // takes from the folding budget
  mlir::Value constant(const onnx::TensorProto &tensor);
  mlir::Value number(double number) { return constant({}, builder().getF32Type(), number); }
  mlir::Value reshape(mlir::Value value, ShapeRef shape);
  mlir::Value transpose(mlir::Value value, ShapeRef perm);
  mlir::Value activation(mlir::Value value, rn::ActivationKind kind, double alpha = 0, double beta = 0);
  // Of a and b with broadcasting (R048).
  template <typename Op> mlir::Value combine(mlir::Value a, mlir::Value b) {
    auto shape = a && b ? check(broadcastShape(shapeOf(a), shapeOf(b)), "R048") : std::nullopt;
    return shape ? build<Op>(*shape, elementOf(a), a, b, rn::ActivationAttr()) : mlir::Value();
  }
  mlir::Value reduce(mlir::Value value, llvm::StringRef kind, ShapeRef axes, bool keepdims = true);
  mlir::Value slice(mlir::Value value, int64_t axis, int64_t offset, int64_t size);
  mlir::Value broadcast(mlir::Value value, ShapeRef shape);
  // `extent` slices along `axis`, the i-th one being the slice index(i) of `value`.
  mlir::Value gather(mlir::Value value, int64_t axis, int64_t extent, llvm::function_ref<int64_t(int64_t)> index);
  mlir::DenseI64ArrayAttr list(ShapeRef values) { return builder().getDenseI64ArrayAttr(values); }
  mlir::UnitAttr flag(bool value) { return value ? builder().getUnitAttr() : mlir::UnitAttr(); }

  GraphImporter &importer;
  const mlir::Location location;

private:
  const onnx::AttributeProto *attribute(const char *name, int type);
  bool fits(ShapeRef shape); // R062, of a constant R064

  const onnx::NodeProto &node;
  const int index;
  llvm::SmallVector<mlir::Value> values;
  llvm::MutableArrayRef<mlir::Value> results;
  bool hasFailed = false;
};

} // namespace resnetc
