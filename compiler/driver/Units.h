// A model on its way from bytes to plans, once for each batch. Private to this folder.
#pragma once
#include "compiler/driver/Compile.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OwningOpRef.h"

namespace resnetc {

// The model for one batch. Each has a context of its own, so that what one needs is independent of the others.
struct Unit {
  Unit(int64_t batch, Diagnostics &diagnostics);

  int64_t batch; // 0: the model's own
  mlir::MLIRContext context{
      mlir::MLIRContext::Threading::DISABLED}; // threads would change the order of messages and names
  mlir::ScopedDiagnosticHandler handler;
  mlir::OwningOpRef<mlir::ModuleOp> module;             // imported, then folded
  mlir::OwningOpRef<mlir::ModuleOp> imported;           // a copy for the verification and the report
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> plans; // one for each machine
};
using Units = std::vector<std::unique_ptr<Unit>>;

// Each is false when diagnostics got an error.
bool importUnit(Unit &unit, llvm::StringRef onnx, const Options &options, Artifacts &artifacts,
                Diagnostics &diagnostics);
bool foldUnit(Unit &unit, const Options &options, Diagnostics &diagnostics);
bool planUnit(Unit &unit, const Machine &machine, const Options &options, Diagnostics &diagnostics);

// Gives back the memory of the weights that were packed for the last plan: nothing may read them any more.
void dropWeights(Unit &unit);

} // namespace resnetc
