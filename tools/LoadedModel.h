// A compiled model as a generic program sees it: a shared object that is opened, or an ONNX file that is compiled to
// one first.
#pragma once

#include "resnetc_runtime.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace resnetc {

/// A message for the user in the parts of which every tool prints it, and the exit code that goes with it.
class ToolError : public llvm::ErrorInfo<ToolError> {
public:
  static char ID;
  ToolError(int exitCode, std::string file, std::string code, std::string text, std::string fix = "")
      : exitCode(exitCode), file(std::move(file)), code(std::move(code)), text(std::move(text)), fix(std::move(fix)) {}
  /// Nothing is printed: another program has told the user already.
  explicit ToolError(int exitCode) : exitCode(exitCode) {}
  void log(llvm::raw_ostream &os) const override;
  std::error_code convertToErrorCode() const override { return llvm::inconvertibleErrorCode(); }

  int exitCode;
  std::string file, code, text, fix;
};

/// Compiles `onnx` with the program `resnetc` at `compiler`, opens the result, and leaves no file behind. verify: the
/// compiler compares it with float64, layer by layer where it differs.
llvm::Expected<const resnetc_model *> compileAndLoad(llvm::StringRef onnx, llvm::StringRef compiler, bool verify);

/// Opens `path` and returns the descriptor that `symbol` names, "" for the only function called *_model in it. The
/// object stays open until the process ends.
llvm::Expected<const resnetc_model *> loadModel(llvm::StringRef path, llvm::StringRef symbol);

} // namespace resnetc
