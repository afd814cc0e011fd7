#include "compiler/import/GraphImporter.h"
#include "compiler/import/NodeView.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace resnetc {

GraphImporter::GraphImporter(MLIRContext *context, onnx::ModelProto &model, int64_t opset, std::vector<NodeOrigin> origins,
                             const ImportOptions &options, Diagnostics &diagnostics)
    : builder(context), diagnostics(diagnostics), tensors(context, diagnostics, external),
      graph(*model.mutable_graph()), model(model), opset(opset), origins(std::move(origins)), options(options),
      external(options.dataDirectory, options.linkedDirectory, diagnostics) {}

OwningOpRef<ModuleOp> GraphImporter::run() {
  OwningOpRef<ModuleOp> owner = ModuleOp::create(builder.getUnknownLoc());
  module = *owner;
  if (!checkCounts())
    return owner;
  chooseOutputs();
  checkOperators();
  if (!checkNames())
    return owner;
  builder.setInsertionPointToEnd(module.getBody());
  function = func::FuncOp::create(builder, builder.getUnknownLoc(), "main", builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
  addInputs();
  for (int i = 0; i < graph.node_size(); ++i)
    if (needed[i])
      importNode(i);
  finish();
  external.reportUnopened();
  tensors.reportNumbers(options.rejectNonFinite, options.flushesDenormals);
  return owner;
}

std::string GraphImporter::describeNode(int index) {
  const onnx::NodeProto &node = graph.node(index);
  std::string name = node.name();
  if (name.empty())
    name = node.output_size() ? "(unnamed, output " + quote(node.output(0)) + ")" : "(unnamed)";
  return shorten(name) + " (graph node " + std::to_string(index + 1) + " of " + std::to_string(graph.node_size()) +
         "), " + shorten(node.op_type()) + ", opset " + std::to_string(opsetOf(index));
}

std::string GraphImporter::describeValue(Value value) const {
  std::string text;
  llvm::raw_string_ostream(text) << elementOf(value);
  return text + resnetc::toString(shapeOf(value));
}

const GraphImporter::Named *GraphImporter::find(const std::string &name) {
  if (auto found = values.find(name); found != values.end())
    return &found->second;
  auto initializer = initializers.find(name);
  if (initializer == initializers.end())
    return nullptr;
  onnx::TensorProto &tensor = *graph.mutable_initializer(initializer->second);
  Named &named = values[name];
  if (ElementsAttr value = tensors.read(tensor))
    named.value = rn::ConstantOp::create(builder, NameLoc::get(builder.getStringAttr(name)), value);
  delete tensor.release_raw_data(); // weights are most of a model: keep one copy
  return &named;
}

// False when an input is unknown.
bool GraphImporter::readInputs(int index, SmallVectorImpl<Value> &inputs) {
  const onnx::NodeProto &node = graph.node(index);
  bool known = !unsupported[index];
  for (const std::string &name : node.input()) {
    const Named *named = name.empty() ? nullptr : find(name);
    if (known && named && *named->unused)
      diagnostics.error("R031",
                        std::string("an additional output of ") + named->unused + ", " + quote(name) + ", is used",
                        describeNode(index));
    known &= name.empty() || (named && named->value);
    inputs.push_back(named ? named->value : Value());
  }
  while (!inputs.empty() && node.input(inputs.size() - 1).empty())
    inputs.pop_back();
  return known;
}

// The results stay null after an error.
void GraphImporter::buildNode(int index, ArrayRef<Value> inputs, MutableArrayRef<Value> results) {
  const onnx::NodeProto &node = graph.node(index);
  const OpEntry &op = *findOp(node.op_type(), opsetOf(index));
  NodeView view(*this, node, index, inputs, results);
  const int count = static_cast<int>(inputs.size());
  if (count < op.minInputs || count > op.maxInputs)
    view.error("R055", node.op_type() + " expects " + std::to_string(op.minInputs) +
                           (op.maxInputs == op.minInputs ? ""
                            : op.maxInputs == kAnyNumber ? " or more"
                                                         : ".." + std::to_string(op.maxInputs)) +
                           " inputs, got " + std::to_string(count));
  for (int i = 0; i < std::min(op.minInputs, count); ++i)
    if (!inputs[i])
      view.error("R053", node.op_type() + " input " + std::to_string(i) + " is missing");
  Value first = view.failed() ? Value() : op.import(view);
  if (!first && !view.failed())
    diagnostics.error("I001", "the importer gave no result", describeNode(index));
  if (view.failed())
    llvm::fill(results, Value());
  else if (!results.empty())
    results[0] = first;
}

void GraphImporter::importNode(int index) {
  const onnx::NodeProto &node = graph.node(index);
  if (isConditional(node) && !unsupported[index])
    chooseBranch(index);
  SmallVector<Value> inputs, results(node.output_size());
  if (readInputs(index, inputs))
    buildNode(index, inputs, results);
  for (int i = 0; i < node.output_size(); ++i)
    if (!node.output(i).empty())
      values[node.output(i)] = {results[i],
                                !results[i] && results[0] ? findOp(node.op_type(), opsetOf(index))->name : ""};
}

void GraphImporter::finish() {
  SmallVector<Value> results;
  SmallVector<std::string> names;
  if (outputNames.empty() && options.outputs.empty())
    diagnostics.error("R054", "the graph has no outputs");
  for (const std::string &name : outputNames) {
    const Named *named = find(name);
    if (!named) {
      diagnostics.error("R054", "output " + quote(name) + " has no producer");
    } else if (*named->unused) {
      diagnostics.error("R031", std::string("an additional output of ") + named->unused + ", " + quote(name) +
                                    ", is an output of the graph");
    } else if (named->value) {
      if (*elementCount(shapeOf(named->value)) == 0)
        diagnostics.error("R044", "output " + quote(name) + " of shape " + toString(shapeOf(named->value)) +
                                      " has no elements");
      results.push_back(named->value);
      names.push_back(name);
    }
  }
  for (const onnx::ValueInfoProto &output : graph.output())
    if (auto named = values.find(output.name()); named != values.end() && named->second.value)
      compareDeclared(output, named->second.value, true);
  for (const onnx::ValueInfoProto &info : graph.value_info())
    if (auto named = values.find(info.name()); named != values.end() && named->second.value)
      compareDeclared(info, named->second.value, false);
  for (const onnx::TensorProto &tensor : graph.initializer()) // the unused ones must be sound too
    if (!values.contains(tensor.name()))
      tensors.check(tensor);
  if (diagnostics.hasErrors())
    return;
  if (options.allEndpoints)
    addEndpoints(results, names);
  func::ReturnOp::create(builder, builder.getUnknownLoc(), results);
  function.setFunctionType(
      builder.getFunctionType(function.getBody().getArgumentTypes(), ValueRange(results).getTypes()));
  for (BlockArgument argument : function.getArguments())
    function.setArgAttr(argument.getArgNumber(), rn::kNameAttr, cast<NameLoc>(argument.getLoc()).getName());
  for (auto [i, name] : llvm::enumerate(names))
    function.setResultAttr(i, rn::kNameAttr, builder.getStringAttr(name));
  module->setAttr("rn.opset", builder.getI64IntegerAttr(opset));
  module->setAttr("rn.nodes", builder.getI64IntegerAttr(graph.node_size()));
  if (dynamicBatch && function.getNumArguments() > 0)
    module->setAttr("rn.dynamic_batch", builder.getUnitAttr());
}

} // namespace resnetc
