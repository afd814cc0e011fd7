#include "compiler/import/FunctionInliner.h"
#include "compiler/import/Limits.h"
#include "compiler/import/OpRegistry.h"
#include "onnx-ml.pb.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using onnx::AttributeProto, onnx::FunctionProto, onnx::GraphProto, onnx::NodeProto, onnx::TensorProto;

namespace resnetc {
namespace {

// What a call becomes. Computed before anything is copied: a few functions that call each other twice could fill any
// memory.
struct Expansion {
  int64_t nodes = 0, bytes = 0;
  int depth = 0;

  void add(const Expansion &part) {
    nodes = std::min(nodes + part.nodes, kMost);
    bytes = std::min(bytes + part.bytes, kMost);
    depth = std::max(depth, part.depth);
  }
  static constexpr int64_t kMost = int64_t(1) << 40; // no sum of a file's nodes overflows
};

// One call or branch: what the names in it stand for.
struct Scope {
  const NodeProto *call; // null in a branch, which also sees the names around it
  const FunctionProto *function;
  int64_t opset;
  std::string prefix;
  llvm::StringMap<std::string> names = {};
};

std::string keyOf(const std::string &domain, const std::string &name, const std::string &overload) {
  return (domain == "ai.onnx" ? "" : domain) + "\n" + name + "\n" + overload;
}

class Inliner {
public:
  Inliner(onnx::ModelProto &model, int64_t opset, Diagnostics &diagnostics)
      : model(model), opset(opset), diagnostics(diagnostics) {}
  std::vector<NodeOrigin> run();

private:
  bool indexFunctions();
  const FunctionProto *calleeOf(const NodeProto &node) const;
  std::optional<Expansion> measure(const NodeProto &node);
  std::optional<Expansion> measureBody(const FunctionProto &function);
  std::optional<Expansion> measureBranches(const NodeProto &node);
  bool checkOpset(const FunctionProto &function);
  int64_t opsetOf(const FunctionProto &function) const;
  void place(NodeProto node, int64_t nodeOpset);
  void placeCall(const NodeProto &call, const FunctionProto &function);
  void placeBranches(const NodeProto &node, int64_t nodeOpset);
  void placeBranch(const GraphProto &branch, Scope scope, NodeProto &choice);
  void add(NodeProto node, int64_t nodeOpset);
  NodeProto renamed(const NodeProto &inner, Scope &scope);
  void renameIn(GraphProto &graph, Scope &scope);
  std::string rename(const std::string &name, Scope &scope);
  std::string unique(std::string name);
  bool fail(const char *code, const std::string &text, const std::string &node = {}) {
    diagnostics.error(code, text, node);
    return false;
  }

  onnx::ModelProto &model;
  const int64_t opset;
  Diagnostics &diagnostics;
  llvm::StringMap<const FunctionProto *> functions;
  llvm::DenseMap<const FunctionProto *, Expansion> expansions;
  std::vector<const FunctionProto *> way; // the calls that measureBody is in
  llvm::StringSet<> taken;                // names of values
  llvm::StringMap<int> copies;            // of a name that was taken already
  google::protobuf::RepeatedPtrField<NodeProto> nodes;
  std::vector<NodeOrigin> origins;
  int branches = 0; // that `place` is in
};

const GraphProto *branchOf(const NodeProto &node, const char *name) {
  for (const AttributeProto &a : node.attribute())
    if (a.name() == name && a.type() == AttributeProto::GRAPH && a.has_g())
      return &a.g();
  return nullptr;
}

// An If that is sound enough to be taken apart.
bool hasBranches(const NodeProto &node) {
  return isConditional(node) && branchOf(node, "then_branch") && branchOf(node, "else_branch");
}

std::string prefixOf(const NodeProto &node) {
  const std::string &name = node.name().empty() && node.output_size() ? node.output(0) : node.name();
  return name.size() > 256 ? name.substr(name.size() - 256) : name;
}

} // namespace

bool isConditional(const NodeProto &node) {
  return node.op_type() == "If" && (node.domain().empty() || node.domain() == "ai.onnx");
}

bool Inliner::indexFunctions() {
  if (model.functions_size() > limits::kFunctions)
    return fail("R063",
                "functions " + std::to_string(model.functions_size()) + " > " + std::to_string(limits::kFunctions));
  for (const FunctionProto &f : model.functions())
    if (!functions.insert({keyOf(f.domain(), f.name(), f.overload()), &f}).second)
      return fail("R052", "function '" + f.name() + "' is defined twice");
  return true;
}

const FunctionProto *Inliner::calleeOf(const NodeProto &node) const {
  return functions.lookup(keyOf(node.domain(), node.op_type(), node.overload()));
}

int64_t Inliner::opsetOf(const FunctionProto &function) const {
  for (const onnx::OperatorSetIdProto &entry : function.opset_import())
    if (entry.domain().empty() || entry.domain() == "ai.onnx")
      return entry.version();
  return opset;
}

bool Inliner::checkOpset(const FunctionProto &function) {
  const int64_t version = opsetOf(function);
  return (version >= kOldestOpset && version <= kNewestOpset) ||
         fail("R014", "function '" + function.name() + "': opset " + std::to_string(version) +
                          " of ai.onnx is not supported (" + std::to_string(kOldestOpset) + ".." +
                          std::to_string(kNewestOpset) + ")");
}

// ---- Before: how much it will be, and that it ends. Nothing after an error.

std::optional<Expansion> Inliner::measure(const NodeProto &node) {
  const FunctionProto *callee = calleeOf(node);
  if (!callee && hasBranches(node))
    return measureBranches(node);
  if (!callee)
    return Expansion{1, static_cast<int64_t>(node.ByteSizeLong()), 0};
  if (node.input_size() > callee->input_size() || node.output_size() > callee->output_size()) {
    fail("R055",
         "function '" + callee->name() + "' has " + std::to_string(callee->input_size()) + " inputs and " +
             std::to_string(callee->output_size()) + " outputs, its call " + std::to_string(node.input_size()) +
             " and " + std::to_string(node.output_size()),
         node.name());
    return std::nullopt;
  }
  return measureBody(*callee);
}

std::optional<Expansion> Inliner::measureBody(const FunctionProto &function) {
  auto known = expansions.find(&function);
  const int depth = static_cast<int>(way.size()) + (known == expansions.end() ? 1 : known->second.depth);
  if (auto first = llvm::find(way, &function); first != way.end()) {
    std::string members;
    for (; first != way.end(); ++first)
      members += (*first)->name() + " -> ";
    fail("R050", "recursive function " + members + function.name());
    return std::nullopt;
  }
  if (depth > limits::kFunctionDepth) {
    fail("R063", "function depth " + std::to_string(depth) + " > " + std::to_string(limits::kFunctionDepth));
    return std::nullopt;
  }
  if (known != expansions.end())
    return known->second;
  if (!checkOpset(function))
    return std::nullopt;
  way.push_back(&function);
  Expansion total{function.output_size(), 0, 0};
  for (const NodeProto &node : function.node()) {
    std::optional<Expansion> part = measure(node);
    if (!part)
      return std::nullopt;
    total.add(*part);
  }
  way.pop_back();
  ++total.depth;
  return expansions[&function] = total;
}

std::optional<Expansion> Inliner::measureBranches(const NodeProto &node) {
  Expansion total{1, 0, 0};
  for (const char *name : {"then_branch", "else_branch"}) {
    const GraphProto &branch = *branchOf(node, name);
    if (branch.output_size() != node.output_size()) {
      fail("R055", std::string("If has ") + std::to_string(node.output_size()) + " outputs, its " + name + " " +
                       std::to_string(branch.output_size()), node.name());
      return std::nullopt;
    }
    if (branch.sparse_initializer_size() > 0) {
      fail("R033", "sparse initializers are not supported", node.name());
      return std::nullopt;
    }
    for (const TensorProto &tensor : branch.initializer())
      total.add({1, static_cast<int64_t>(tensor.ByteSizeLong()), 0});
    for (const NodeProto &inner : branch.node()) {
      std::optional<Expansion> part = measure(inner);
      if (!part)
        return std::nullopt;
      total.add(*part);
    }
  }
  return total;
}

// ---- The names of a body

std::string Inliner::unique(std::string name) {
  constexpr size_t kLongest = 256; // a long name would be written once for each value of the body
  if (name.size() > kLongest)
    name = name.substr(name.size() - kLongest);
  std::string candidate = name;
  while (!taken.insert(candidate).second)
    candidate = name + "~" + std::to_string(++copies[name]);
  return candidate;
}

std::string Inliner::rename(const std::string &name, Scope &scope) {
  if (name.empty() || (!scope.call && !scope.names.contains(name)))
    return name;
  auto [entry, isNew] = scope.names.try_emplace(name);
  if (isNew)
    entry->second = unique(scope.prefix + "/" + name);
  return entry->second;
}

// The value of an attribute that refers to one of the call, or to the function's default; null: there is none.
static const AttributeProto *referred(const std::string &name, const Scope &scope) {
  for (const AttributeProto &a : scope.call->attribute())
    if (a.name() == name)
      return &a;
  for (const AttributeProto &a : scope.function->attribute_proto())
    if (a.name() == name)
      return &a;
  return nullptr;
}

NodeProto Inliner::renamed(const NodeProto &inner, Scope &scope) {
  NodeProto node = inner;
  if (!inner.name().empty())
    node.set_name(scope.prefix + "/" + inner.name());
  for (std::string &name : *node.mutable_input())
    name = rename(name, scope);
  for (std::string &name : *node.mutable_output())
    name = rename(name, scope);
  node.clear_attribute();
  for (const AttributeProto &a : inner.attribute()) {
    const AttributeProto *value = a.ref_attr_name().empty() || !scope.call ? &a : referred(a.ref_attr_name(), scope);
    if (!value)
      continue; // the operator's default
    AttributeProto &copy = *node.add_attribute();
    copy = *value;
    copy.set_name(a.name());
    if (copy.has_g())
      renameIn(*copy.mutable_g(), scope);
  }
  return node;
}

// A branch sees the names around it, and its own must not hide them.
void Inliner::renameIn(GraphProto &graph, Scope &scope) {
  for (TensorProto &tensor : *graph.mutable_initializer())
    tensor.set_name(rename(tensor.name(), scope));
  for (NodeProto &node : *graph.mutable_node()) {
    NodeProto copy = renamed(node, scope);
    copy.set_name(node.name()); // it gets the If's name, which has the prefix
    node = std::move(copy);
  }
  for (onnx::ValueInfoProto &output : *graph.mutable_output())
    output.set_name(rename(output.name(), scope));
}

// ---- The new nodes

void Inliner::placeCall(const NodeProto &call, const FunctionProto &function) {
  Scope scope{&call, &function, opsetOf(function), prefixOf(call)};
  for (int i = 0; i < function.input_size(); ++i)
    scope.names.insert({function.input(i), i < call.input_size() ? call.input(i) : ""});
  for (int i = 0; i < call.output_size(); ++i)
    if (!call.output(i).empty())
      scope.names.insert({function.output(i), call.output(i)});
  for (const NodeProto &inner : function.node())
    place(renamed(inner, scope), scope.opset);
  // An output that is an input too, or is named twice.
  for (int i = 0; i < call.output_size(); ++i) {
    const std::string value = rename(function.output(i), scope);
    if (call.output(i).empty() || value == call.output(i))
      continue;
    NodeProto same;
    same.set_op_type("Identity");
    same.add_input(value);
    same.add_output(call.output(i));
    place(std::move(same), scope.opset);
  }
}

void Inliner::placeBranch(const GraphProto &branch, Scope scope, NodeProto &choice) {
  auto define = [&](const std::string &name) {
    if (!name.empty())
      scope.names[name] = unique(scope.prefix + "/" + name);
  };
  for (const TensorProto &tensor : branch.initializer())
    define(tensor.name());
  for (const NodeProto &node : branch.node())
    for (const std::string &output : node.output())
      define(output);
  for (const TensorProto &tensor : branch.initializer()) {
    NodeProto constant;
    constant.set_op_type("Constant");
    AttributeProto &value = *constant.add_attribute();
    value.set_name("value");
    value.set_type(AttributeProto::TENSOR);
    *value.mutable_t() = tensor;
    constant.add_output(rename(tensor.name(), scope));
    add(std::move(constant), scope.opset);
  }
  for (const NodeProto &node : branch.node())
    place(renamed(node, scope), scope.opset);
  for (const onnx::ValueInfoProto &output : branch.output())
    choice.add_input(rename(output.name(), scope));
}

void Inliner::placeBranches(const NodeProto &node, int64_t nodeOpset) {
  NodeProto choice = node;
  choice.clear_attribute();
  ++branches;
  placeBranch(*branchOf(node, "then_branch"), {nullptr, nullptr, nodeOpset, prefixOf(node) + "/then"}, choice);
  placeBranch(*branchOf(node, "else_branch"), {nullptr, nullptr, nodeOpset, prefixOf(node) + "/else"}, choice);
  --branches;
  add(std::move(choice), nodeOpset);
}

void Inliner::add(NodeProto node, int64_t nodeOpset) {
  *nodes.Add() = std::move(node);
  origins.push_back({nodeOpset, branches > 0});
}

void Inliner::place(NodeProto node, int64_t nodeOpset) {
  if (const FunctionProto *callee = calleeOf(node))
    return placeCall(node, *callee);
  if (hasBranches(node))
    return placeBranches(node, nodeOpset);
  add(std::move(node), nodeOpset);
}

std::vector<NodeOrigin> Inliner::run() {
  GraphProto &graph = *model.mutable_graph();
  if (model.functions_size() == 0 && llvm::none_of(graph.node(), hasBranches))
    return std::vector<NodeOrigin>(graph.node_size(), {opset, false});
  if (!indexFunctions())
    return {};
  Expansion total;
  for (const NodeProto &node : graph.node()) {
    std::optional<Expansion> part = measure(node);
    if (!part)
      return {};
    total.add(*part);
  }
  if (total.nodes > limits::kNodes)
    fail("R063",
         "nodes " + std::to_string(total.nodes) + " with functions and branches inlined > " + std::to_string(limits::kNodes));
  else if (total.bytes > limits::kFileBytes)
    fail("R061", "model is " + std::to_string(total.bytes) + " bytes with functions and branches inlined, limit " +
                     std::to_string(limits::kFileBytes));
  if (diagnostics.hasErrors())
    return {};
  for (const onnx::ValueInfoProto &input : graph.input())
    taken.insert(input.name());
  for (const onnx::TensorProto &initializer : graph.initializer())
    taken.insert(initializer.name());
  for (const NodeProto &node : graph.node())
    for (const std::string &output : node.output())
      taken.insert(output);
  for (NodeProto &node : *graph.mutable_node())
    place(std::move(node), opset);
  graph.mutable_node()->Swap(&nodes);
  return std::move(origins);
}

std::vector<NodeOrigin> inlineFunctions(onnx::ModelProto &model, int64_t opset, Diagnostics &diagnostics) {
  return Inliner(model, opset, diagnostics).run();
}

} // namespace resnetc
