// --report: what the compiler made of a model, as text.
#pragma once
#include "compiler/driver/Compile.h"
#include "compiler/emit/Emit.h"

namespace resnetc {

// What an object has for one level.
struct LevelSize {
  std::string level;
  uint64_t code;
  WeightBytes weights;
};

// A model for one batch, before and after the folds, and what runs.
struct Compiled {
  mlir::ModuleOp imported, folded;
  std::vector<mlir::ModuleOp> plans; // for each machine
  llvm::ArrayRef<LevelSize> sizes;   // the same; empty: no object was made
};

std::string reportText(const Compiled &compiled, llvm::ArrayRef<Machine> machines, const Options &options);

// The sizes of several levels in one object, as a table or on one line.
std::string sizesTable(llvm::ArrayRef<LevelSize> sizes, int64_t allWeights);
std::string sizesText(llvm::ArrayRef<LevelSize> sizes, int64_t allWeights);

} // namespace resnetc
