// Calls of the model's own functions -> their bodies, and If nodes -> both of their branches, before anything else looks at the
// graph: afterwards all nodes stand in one list. Names of nodes and values become CALL/INNER and IF/then/INNER.
#pragma once
#include "compiler/ir/Diagnostics.h"
#include <cstdint>
#include <vector>

namespace onnx {
class ModelProto;
class NodeProto;
} // namespace onnx

namespace resnetc {

// Of each node of the graph.
struct NodeOrigin {
  int64_t opset;  // of ai.onnx: the model's, or that of the function which the node came from
  bool isOfBranch; // it came from a branch: nothing is known of it until the condition is
};

// Empty after an error; the graph is then as it was. The branches of an If stand in front of it. It has no attributes any more; its
// inputs are the condition, the outputs of then_branch, those of else_branch.
std::vector<NodeOrigin> inlineFunctions(onnx::ModelProto &model, int64_t opset, Diagnostics &diagnostics);

bool isConditional(const onnx::NodeProto &node);

} // namespace resnetc
