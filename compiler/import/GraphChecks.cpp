// What must hold of a graph before anything is built from it: names, order, operators, counts.
#include "compiler/import/Limits.h"
#include "compiler/import/NodeView.h"
#include <map>

using namespace mlir;

namespace resnetc {

static bool isDefaultDomain(const std::string &domain) { return domain.empty() || domain == "ai.onnx"; }

bool GraphImporter::checkCounts() {
  int64_t most = 0;
  const char *what = "";
  for (auto [name, count] : {std::pair<const char *, int64_t>{"nodes", graph.node_size()},
                             {"initializers", graph.initializer_size()},
                             {"inputs", graph.input_size()},
                             {"outputs", graph.output_size()}})
    if (count > most)
      most = count, what = name;
  if (most > limits::kNodes)
    diagnostics.error("R063", std::string(what) + " " + std::to_string(most) + " > " + std::to_string(limits::kNodes));
  if (graph.sparse_initializer_size() > 0)
    diagnostics.error("R033", "sparse initializers are not supported");
  return most <= limits::kNodes;
}

// Definitions first, then uses: each undefined name is a fault of its own, all wrong orders together are one.
bool GraphImporter::checkNames() {
  const size_t before = diagnostics.all().size();
  llvm::StringSet<> inputs;
  for (int i = 0; i < graph.initializer_size(); ++i)
    if (!initializers.insert({graph.initializer(i).name(), i}).second)
      diagnostics.error("R052", "initializer " + quote(graph.initializer(i).name()) + " is defined twice");
  for (const onnx::ValueInfoProto &input : graph.input())
    if (!inputs.insert(input.name()).second)
      diagnostics.error("R052", "input " + quote(input.name()) + " is defined twice");
  for (int i = 0; i < graph.node_size(); ++i)
    for (const std::string &name : graph.node(i).output()) {
      if (name.empty())
        continue;
      if (auto [first, isNew] = producers.insert({name, i}); !isNew)
        diagnostics.error("R052", "value " + quote(name) + " is defined twice", describeNode(i),
                          "first by " + describeNode(first->second));
      else if (inputs.contains(name) || initializers.contains(name))
        diagnostics.error("R052", "value " + quote(name) + " is an input or initializer and defined by a node",
                          describeNode(i));
    }
  SmallVector<int> tooEarly;
  for (int i = 0; i < graph.node_size(); ++i)
    for (auto [k, name] : llvm::enumerate(graph.node(i).input())) {
      if (name.empty() || inputs.contains(name) || initializers.contains(name))
        continue;
      auto producer = producers.find(name);
      if (producer == producers.end())
        diagnostics.error("R053", "input " + std::to_string(k) + " " + quote(name) + " is undefined", describeNode(i));
      else if (producer->second >= i)
        tooEarly.push_back(i);
    }
  if (!tooEarly.empty())
    reportCycleOrOrder(tooEarly);
  return diagnostics.all().size() == before;
}

// Follows, from a node that reads something later, the first input that is produced at or after the reader; nodes in a
// right order but for some swaps are R051, and a way that comes back is R050.
void GraphImporter::reportCycleOrOrder(ArrayRef<int> nodes) {
  // Depth-first over producers with an explicit stack; grey nodes are on the current way.
  enum Colour : char { White, Grey, Black };
  std::vector<Colour> colour(graph.node_size(), White);
  std::vector<std::pair<int, int>> way; // node, next input to follow
  for (int start : nodes) {
    if (colour[start] != White)
      continue;
    way.push_back({start, 0});
    colour[start] = Grey;
    while (!way.empty()) {
      auto &[node, next] = way.back();
      if (next == graph.node(node).input_size()) {
        colour[node] = Black;
        way.pop_back();
        continue;
      }
      auto producer = producers.find(graph.node(node).input(next++));
      if (producer == producers.end() || colour[producer->second] == Black)
        continue;
      if (colour[producer->second] == White) {
        colour[producer->second] = Grey;
        way.push_back({producer->second, 0});
        continue;
      }
      std::string members;
      int listed = 0;
      for (size_t i = way.size(); i-- > 0 && listed < 8; ++listed) {
        members += (listed ? " -> " : "") + quote(graph.node(way[i].first).name());
        if (way[i].first == producer->second)
          break;
      }
      diagnostics.error("R050", "cycle through " + members, describeNode(producer->second));
      return;
    }
  }
  const onnx::NodeProto &first = graph.node(nodes[0]);
  for (const std::string &name : first.input())
    if (auto producer = producers.find(name); producer != producers.end() && producer->second >= nodes[0]) {
      diagnostics.error("R051", "node " + quote(first.name()) + " uses " + quote(name) + " before its definition",
                        describeNode(nodes[0]), "it is defined by " + describeNode(producer->second));
      return;
    }
}

// How to do without a node: return what it reads first, if that is computed.
std::string GraphImporter::cutBefore(int index) const {
  const std::string name = graph.node(index).input_size() ? graph.node(index).input(0) : "";
  for (int i = 0; i < index && !name.empty(); ++i)
    if (llvm::is_contained(graph.node(i).output(), name))
      return "cut the model before it: --output=" + name + "; ";
  return "";
}

void GraphImporter::checkOperators() {
  SmallVector<int> nodes;
  for (int i = 0; i < graph.node_size(); ++i) {
    const onnx::NodeProto &node = graph.node(i);
    unsupported.push_back(!isDefaultDomain(node.domain()) || !findOp(node.op_type(), opsetOf(i)));
    if (needed[i] && unsupported[i])
      nodes.push_back(i);
  }
  if (!nodes.empty())
    reportUnsupported(nodes);
}

void GraphImporter::reportUnsupported(ArrayRef<int> nodes) {
  auto nameOf = [](const onnx::NodeProto &node) {
    return isDefaultDomain(node.domain()) ? node.op_type() : node.domain() + "." + node.op_type();
  };
  std::map<std::string, SmallVector<int>> missing; // operator -> nodes
  for (int i : nodes)
    missing[nameOf(graph.node(i))].push_back(i);
  std::string list;
  for (const auto &[name, all] : missing) {
    list += (list.empty() ? "" : ", ") + std::to_string(all.size()) + " " + shorten(name) + " (" +
            shorten(graph.node(all[0]).name());
    for (size_t i = 1; i < std::min<size_t>(all.size(), 4); ++i)
      list += ", " + shorten(graph.node(all[i]).name());
    list += all.size() > 4 ? ", ...)" : ")";
  }
  const int first = nodes.front();
  diagnostics.error("R031", "operator " + quote(nameOf(graph.node(first))) + " is not supported", describeNode(first),
                    std::to_string(nodes.size()) + " of " + std::to_string(graph.node_size()) +
                        " nodes are unsupported: " + list,
                    cutBefore(first) + "supported operators: resnetc --list-ops");
}

} // namespace resnetc
