#include "compiler/import/Importer.h"
#include "compiler/import/FunctionInliner.h"
#include "compiler/import/GraphImporter.h"
#include "compiler/import/OpRegistry.h"
#include "compiler/import/WireFormat.h"
#include "compiler/ir/Rn.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include <google/protobuf/io/coded_stream.h>

using namespace mlir;

namespace resnetc {

static bool parseModel(llvm::StringRef bytes, onnx::ModelProto &model, Diagnostics &diagnostics) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t *>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  stream.SetRecursionLimit(limits::kNesting);
  if (model.ParseFromCodedStream(&stream) && stream.ConsumedEntireMessage())
    return true;
  diagnostics.error("R015", "malformed protobuf at byte " + std::to_string(stream.CurrentPosition()));
  return false;
}

// The opset of ai.onnx; nothing after an error.
static std::optional<int64_t> readHeader(const onnx::ModelProto &model, Diagnostics &diagnostics) {
  auto fail = [&](const char *code, const std::string &text) {
    diagnostics.error(code, text);
    return std::nullopt;
  };
  if (!model.has_graph())
    return fail("R018", "the model has no graph");
  if (!model.has_ir_version())
    return fail("R018", "the model has no ir_version");
  constexpr int64_t oldestIr = 3, newestIr = onnx::Version::IR_VERSION;
  if (model.ir_version() < oldestIr || model.ir_version() > newestIr)
    return fail("R014", "ir_version " + std::to_string(model.ir_version()) + " is not supported (" +
                            std::to_string(oldestIr) + ".." + std::to_string(newestIr) + ")");
  std::map<std::string, int64_t> opsets;
  for (const onnx::OperatorSetIdProto &entry : model.opset_import()) {
    const std::string domain = entry.domain().empty() ? "ai.onnx" : entry.domain();
    if (!opsets.insert({domain, entry.version()}).second)
      return fail("R059", "domain " + quote(domain) + " is imported twice");
  }
  auto opset = opsets.find("ai.onnx");
  if (opset == opsets.end())
    return fail("R018", "the model has no opset_import of ai.onnx");
  if (opset->second > kNewestOpset)
    return fail("R014", "opset " + std::to_string(opset->second) + " of ai.onnx is newer than " +
                            std::to_string(kNewestOpset) + ", the newest this build knows");
  if (opset->second < kOldestOpset)
    return fail("R014", "opset " + std::to_string(opset->second) + " of ai.onnx is not supported (" +
                            std::to_string(kOldestOpset) + ".." + std::to_string(kNewestOpset) + ")");
  return opset->second;
}

OwningOpRef<ModuleOp> importOnnx(MLIRContext &context, llvm::StringRef bytes, const ImportOptions &options,
                                 Diagnostics &diagnostics, std::vector<std::string> *dataFiles) {
  if (!checkWireFormat(bytes, diagnostics))
    return {};
  onnx::ModelProto model;
  if (!parseModel(bytes, model, diagnostics))
    return {};
  std::optional<int64_t> opset = readHeader(model, diagnostics);
  if (!opset)
    return {};
  std::vector<NodeOrigin> origins = inlineFunctions(model, *opset, diagnostics);
  if (diagnostics.hasErrors())
    return {};
  context.loadDialect<func::FuncDialect, rn::RnDialect>();
  // What MLIR says about an operation is for us, not for the user's terminal.
  std::string complaints;
  ScopedDiagnosticHandler quiet(&context, [&](mlir::Diagnostic &d) {
    complaints += d.str() + "\n";
    return success();
  });
  GraphImporter importer(&context, model, *opset, std::move(origins), options, diagnostics);
  OwningOpRef<ModuleOp> module = importer.run();
  if (dataFiles)
    *dataFiles = importer.dataFiles();
  if (diagnostics.hasErrors())
    return {};
  complaints.clear();
  if (failed(verify(*module))) {
    diagnostics.error("I001", "the imported module does not verify: " + complaints);
    return {};
  }
  return module;
}

} // namespace resnetc
