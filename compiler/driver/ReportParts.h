// The tables of a report. Private to this folder.
#pragma once
#include "compiler/driver/Report.h"
#include "llvm/Support/raw_ostream.h"

namespace resnetc {

// ---- ReportFolds.cpp: what became of each ONNX node: folded into which layer, gone, or kept and why.
void reportFolds(llvm::raw_ostream &os, const Compiled &compiled);

// ---- ReportPlan.cpp: the layers with their work, and where everything lies. size: null where no object was made.
void reportLayers(llvm::raw_ostream &os, mlir::ModuleOp plan);
void reportMemory(llvm::raw_ostream &os, mlir::ModuleOp plan, const LevelSize *size);

} // namespace resnetc
