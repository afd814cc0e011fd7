// The way from folded rn to a plan for one machine, in one screen.
#include "compiler/passes/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"

namespace resnetc {

void buildPlanPipeline(mlir::OpPassManager &pm, const Machine &machine, bool strictMath) {
  if (machine.addsPerCycle && !strictMath)
    pm.addNestedPass<mlir::func::FuncOp>(createEstimateMoments());
  AssignLayoutOptions layout;
  layout.block = machine.block;
  layout.winograd = !strictMath;
  pm.addNestedPass<mlir::func::FuncOp>(createAssignLayout(layout));
  SelectKernelsOptions select;
  select.triple = machine.triple;
  select.cpu = machine.level;
  select.winograd = !strictMath;
  pm.addPass(createSelectKernels(select));
  pm.addPass(createPackWeights());
  pm.addPass(createGroupImages());
  pm.addPass(createPlanMemory());
}

} // namespace resnetc
