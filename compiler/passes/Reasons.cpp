#include "compiler/passes/Reasons.h"
#include "mlir/IR/Diagnostics.h"

namespace resnetc {

static thread_local Reasons *listening = nullptr;

Reasons::Reasons() { listening = this; }
Reasons::~Reasons() { listening = nullptr; }
Reasons *Reasons::current() { return listening; }

std::vector<std::string> Reasons::of(mlir::Location loc) const {
  auto found = reasons.find(loc);
  return found == reasons.end() ? std::vector<std::string>() : found->second;
}

void Reasons::notifyMatchFailure(mlir::Location loc, llvm::function_ref<void(mlir::Diagnostic &)> reason) {
  mlir::Diagnostic diagnostic(loc, mlir::DiagnosticSeverity::Remark);
  reason(diagnostic);
  std::vector<std::string> &list = reasons[loc];
  if (const std::string text = diagnostic.str(); !llvm::is_contained(list, text))
    list.push_back(text);
}

} // namespace resnetc
