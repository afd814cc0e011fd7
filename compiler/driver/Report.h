// --report: what the compiler made of a model, as text.
#pragma once
#include "compiler/driver/Compile.h"

namespace resnetc {

// A model for one batch, before and after the folds, and what runs.
struct Compiled {
  mlir::ModuleOp imported, folded, plan;
  llvm::StringRef object; // empty: none was made
};

std::string reportText(const Compiled &compiled, const Machine &machine, const Options &options);

} // namespace resnetc
