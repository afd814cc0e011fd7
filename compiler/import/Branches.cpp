// If: the condition must be known while importing. Then one branch is imported like the nodes around it, and nothing is asked of
// the other one: it may hold operators and shapes that could not be.
#include "compiler/import/NodeView.h"

using namespace mlir;

namespace resnetc {

// The nodes that these values need and that are not imported yet, in the order of the file. What an If among them needs beside its
// condition is known when it is imported itself.
SmallVector<int> GraphImporter::missingFor(ArrayRef<std::string> wanted) {
  llvm::DenseSet<int> found;
  SmallVector<std::string> open(wanted);
  while (!open.empty()) {
    auto producer = producers.find(open.pop_back_val());
    if (producer == producers.end() || values.contains(producer->getKey()) || !found.insert(producer->second).second)
      continue;
    const onnx::NodeProto &node = graph.node(producer->second);
    const int read = isConditional(node) ? std::min(1, node.input_size()) : node.input_size();
    open.append(node.input().begin(), node.input().begin() + read);
  }
  SmallVector<int> nodes(found.begin(), found.end());
  llvm::sort(nodes);
  return nodes;
}

// Leaves the node with the condition and the outputs of the branch that it chooses as inputs.
void GraphImporter::chooseBranch(int index) {
  onnx::NodeProto &node = *graph.mutable_node(index);
  const int outputs = node.output_size();
  if (node.input_size() != 1 + 2 * outputs) {
    diagnostics.error("R056", "If needs the attributes then_branch and else_branch, two graphs", describeNode(index));
    unsupported[index] = true;
    return;
  }
  const Named *condition = node.input(0).empty() ? nullptr : find(node.input(0));
  if (!condition || !condition->value) // reported where it was computed
    return node.mutable_input()->DeleteSubrange(1, 2 * outputs);
  const Tensor *number = constants.evaluate(condition->value);
  if (!number || number->data.size() != 1) {
    diagnostics.error("R031", "If with a condition that is not known while compiling is not supported", describeNode(index), {},
                      "fix the sizes that the condition depends on (--shape, --dim), or export the model without control flow");
    unsupported[index] = true;
    return node.mutable_input()->DeleteSubrange(1, 2 * outputs);
  }
  node.mutable_input()->DeleteSubrange(number->data[0] != 0 ? 1 + outputs : 1, outputs);
  const SmallVector<std::string> chosen(node.input().begin() + 1, node.input().end());
  const SmallVector<int> nodes = missingFor(chosen);
  SmallVector<int> missing;
  llvm::copy_if(nodes, std::back_inserter(missing), [&](int i) { return unsupported[i]; });
  if (!missing.empty())
    reportUnsupported(missing);
  for (int i : nodes)
    importNode(i);
}

static Value importIf(NodeView &n) {
  for (int i = 1; i < n.outputs(); ++i)
    n.setOutput(i, n.input(1 + i));
  return n.input(1);
}
RESNETC_IMPORT_OP(If, 7, kNewestOpset, 1, kAnyNumber, importIf)

} // namespace resnetc
