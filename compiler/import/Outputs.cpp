// Which values a module returns: the graph's outputs, those that the command line names, or every one that depends on
// the inputs; and the nodes that they need. What lies behind a cut need not be supported.
#include "compiler/import/NodeView.h"

using namespace mlir;

namespace resnetc {

// Up to three names that the user may have meant: those that contain the word, then those that are written alike.
static std::string nearNames(StringRef wanted, ArrayRef<StringRef> names) {
  constexpr unsigned contains = 1;
  std::vector<std::pair<unsigned, StringRef>> near;
  for (StringRef name : names) {
    const auto most = static_cast<unsigned>(std::max<size_t>(3, wanted.size() / 3));
    const bool isPart = !wanted.empty() && name.contains_insensitive(wanted);
    const unsigned distance = isPart ? contains : 1 + name.edit_distance(wanted, true, most);
    if (isPart || distance <= most)
      near.push_back({distance, name});
  }
  llvm::stable_sort(near, [](const auto &a, const auto &b) { return a.first < b.first; });
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(near.size(), 3); ++i)
    text += (i ? ", '" : "'") + near[i].second.str() + "'";
  return text;
}

void GraphImporter::chooseOutputs() {
  for (const NodeOrigin &origin : origins)
    needed.push_back(options.outputs.empty() && !origin.isOfBranch);
  if (options.outputs.empty()) {
    for (const onnx::ValueInfoProto &output : graph.output())
      outputNames.push_back(output.name());
    return;
  }
  llvm::StringMap<int> definedBy; // node, or -1 for inputs and initializers
  std::vector<StringRef> names;
  for (const onnx::ValueInfoProto &input : graph.input())
    definedBy.try_emplace(input.name(), -1);
  for (const onnx::TensorProto &tensor : graph.initializer())
    definedBy.try_emplace(tensor.name(), -1);
  for (int i = 0; i < graph.node_size(); ++i)
    for (const std::string &name : graph.node(i).output())
      if (!name.empty() && definedBy.try_emplace(name, i).second)
        names.push_back(name);
  std::vector<StringRef> open;
  for (const std::string &name : options.outputs) {
    if (llvm::is_contained(outputNames, name))
      continue;
    if (!definedBy.contains(name)) {
      const std::string near = nearNames(name, names);
      diagnostics.error("R054", "--output names '" + name + "', which is no value of the graph", {},
                        near.empty() ? "" : "near it: " + near);
      continue;
    }
    outputNames.push_back(name);
    open.push_back(name);
  }
  while (!open.empty()) {
    auto found = definedBy.find(open.back());
    open.pop_back();
    if (found == definedBy.end() || !reached.insert(found->getKey()).second)
      continue;
    const int node = found->second;
    if (node < 0)
      continue;
    needed[node] = !origins[node].isOfBranch;
    for (const std::string &input : graph.node(node).input())
      open.push_back(input);
  }
}

bool GraphImporter::isNeeded(const onnx::ValueInfoProto &input) const {
  return options.outputs.empty() || reached.contains(input.name());
}

// Values that depend on the inputs: the others are constants.
static llvm::DenseSet<Value> dependentValues(func::FuncOp function) {
  llvm::DenseSet<Value> dependent(function.getArguments().begin(), function.getArguments().end());
  for (Operation &op : function.getBody().front())
    if (llvm::any_of(op.getOperands(), [&](Value v) { return dependent.contains(v); }))
      dependent.insert(op.getResults().begin(), op.getResults().end());
  return dependent;
}

void GraphImporter::addEndpoints(SmallVector<Value> &results, SmallVector<std::string> &names) {
  const llvm::DenseSet<Value> dependent = dependentValues(function);
  llvm::DenseSet<Value> returned(results.begin(), results.end());
  for (const onnx::NodeProto &node : graph.node()) {
    auto named = node.output_size() ? values.find(node.output(0)) : values.end();
    if (named == values.end())
      continue;
    Value value = named->second.value;
    if (value && elementOf(value).isF32() && shapeOf(value).size() <= 6 && dependent.contains(value) &&
        !isa<BlockArgument>(value) && returned.insert(value).second) {
      results.push_back(value);
      names.push_back(node.output(0));
    }
  }
}

} // namespace resnetc
