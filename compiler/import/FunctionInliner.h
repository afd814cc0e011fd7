// Calls of the model's own functions -> their bodies, before anything else looks at the graph: afterwards a model with
// functions is a model without. Names of nodes and values become CALL/INNER.
#pragma once
#include "compiler/ir/Diagnostics.h"
#include <cstdint>
#include <vector>

namespace onnx {
class ModelProto;
}

namespace resnetc {

// The opset of ai.onnx of each node of the graph: `opset` (the model's), or that of the function which a node came
// from. Empty after an error; the graph is then as it was.
std::vector<int64_t> inlineFunctions(onnx::ModelProto &model, int64_t opset, Diagnostics &diagnostics);

} // namespace resnetc
