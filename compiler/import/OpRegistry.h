// The operators that can be imported. Each file in ops/ registers its own with RESNETC_IMPORT_OP, next to the function
// that builds it; there is no central list.
#pragma once
#include "mlir/IR/Value.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace resnetc {

class NodeView;
inline constexpr int kOldestOpset = 7, kNewestOpset = RESNETC_NEWEST_OPSET;

// Builds the operations of one node and returns the value of its first output; null after an error of the node.
using ImportFn = mlir::Value (*)(NodeView &node);

struct OpEntry {
  const char *name;
  int since, until;         // opsets of ai.onnx whose definition `import` implements
  int minInputs, maxInputs; // the first minInputs must be present
  ImportFn import;
};

inline constexpr int kAnyNumber = INT32_MAX;

const OpEntry *findOp(llvm::StringRef name, int64_t opset);
std::vector<OpEntry> allOps(); // sorted by name, then opset

struct OpRegistration {
  explicit OpRegistration(const OpEntry &entry);
};

// RESNETC_IMPORT_OP(Conv, 7, kNewestOpset, 2, 3, importConv)
#define RESNETC_IMPORT_OP(name, since, until, minInputs, maxInputs, function)                                          \
  static const ::resnetc::OpRegistration register##name##since({#name, since, until, minInputs, maxInputs, function});

} // namespace resnetc
