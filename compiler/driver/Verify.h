// --verify: the object against the float64 meaning of the model, on random inputs, within the bound of ir/Rounding.h.
#pragma once
#include "compiler/driver/Compile.h"

namespace resnetc {

// One model for one batch: as imported (with its edges) and after the folds.
struct Meaning {
  int32_t batch; // 0: the smallest that the object takes
  mlir::ModuleOp imported, folded;
};

// Every level of the object that can run here. What was found, for people; a remark says it too. Nothing after an error:
// V001 with the first node whose result is not what its operands give; U013, U019 where no level can run here.
std::optional<std::string> verifyObject(llvm::StringRef object, llvm::ArrayRef<Meaning> meanings,
                                        llvm::ArrayRef<Machine> machines, const Options &options,
                                        Diagnostics &diagnostics);

} // namespace resnetc
