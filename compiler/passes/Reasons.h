// Why patterns did not match: what they tell with notifyMatchFailure, collected for the report.
#pragma once
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/MapVector.h"
#include <string>
#include <vector>

namespace resnetc {

// Listens to every pattern that is applied in this thread while it lives.
class Reasons final : public mlir::RewriterBase::Listener {
public:
  Reasons();
  ~Reasons() override;
  // Of the operations at a location, in the order in which they came, each once.
  std::vector<std::string> of(mlir::Location loc) const;
  // The one that lives in this thread, if any.
  static Reasons *current();

private:
  void notifyMatchFailure(mlir::Location loc, llvm::function_ref<void(mlir::Diagnostic &)> reason) override;
  llvm::DenseMap<mlir::Location, std::vector<std::string>> reasons;
};

} // namespace resnetc
