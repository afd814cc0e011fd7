// ONNX protobuf -> a module in dialect `rn`. The only folder that sees onnx.pb.h. The bytes are untrusted: every fault
// ends as a Diagnostic, all of a parsed graph's at once, and nothing else happens.
//
// The module holds one function @main, ONNX inputs as arguments and outputs as results in graph order, each with its
// name in the attribute rn.name; shapes are static; float types of any width are f32 (of inputs and outputs with a
// warning; a double input is refused); each operation's location is the name of its ONNX node. Module attributes:
// rn.opset (i64), rn.nodes (i64, nodes of the graph with functions and branches inlined), and rn.dynamic_batch (unit) when the first
// dimension of every input was symbolic or was set to the given batch.
#pragma once
#include "compiler/ir/Diagnostics.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/ArrayRef.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace resnetc {

struct ImportOptions {
  std::map<std::string, std::vector<int64_t>> shapes; // input name -> shape (--shape)
  std::map<std::string, int64_t> dims;                // symbolic dimension -> extent (--dim)
  std::optional<int64_t> batch;                       // first dimension of every input; absent: the model's, else 1 (--batch)
  std::vector<std::string> outputs;                   // values to return in place of the graph's outputs (--output)
  bool allEndpoints = false;                          // and every value that depends on an input (--all-endpoints)
  std::string dataDirectory;                          // where external data lies; empty: none can be read
  std::string linkedDirectory; // where it may lie as well when it is a symbolic link: that of the file that the model
                               // is a link to; empty: links are not followed
  bool rejectNonFinite = false;  // weights that are infinite or NaN: an error, not a warning
  bool flushesDenormals = false; // weights that are denormal will be zeros: the warning says so
};

// Null when diagnostics has errors. dataFiles, when given, receives the external files that were opened (below
// dataDirectory).
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(mlir::MLIRContext &context, llvm::StringRef bytes,
                                             const ImportOptions &options, Diagnostics &diagnostics,
                                             std::vector<std::string> *dataFiles = nullptr);

// One line per operator: domain, name, first and last opset. For --list-ops.
std::vector<std::string> listSupportedOps();

} // namespace resnetc
