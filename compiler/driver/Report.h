// --report: what the compiler made of a model, as text.
#pragma once
#include "compiler/driver/Compile.h"

namespace resnetc {

// folded: the graph after the folds. plan: what runs. For one batch.
std::string reportText(mlir::ModuleOp folded, mlir::ModuleOp plan, const Machine &machine, const Options &options);

} // namespace resnetc
