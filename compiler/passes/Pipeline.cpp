// The order of the graph passes. Each does all it can in one go, so none is run twice.
#include "compiler/passes/Passes.h"
#include "mlir/Transforms/Passes.h"

namespace resnetc {

void buildGraphPipeline(mlir::OpPassManager &pm) {
  mlir::OpPassManager &function = pm.nest<mlir::func::FuncOp>();
  // One form for everything: constants evaluated, NCHW, each value once.
  function.addPass(createFoldConstants());
  function.addPass(createFoldTransposes()); // before simplify-shapes, which turns some transposes into reshapes
  function.addPass(createSimplifyShapes());
  function.addPass(mlir::createCSEPass());
  // Into the weights and windows. Batch normalisation goes first: behind an activation it could not fold any more.
  function.addPass(createFoldPad());
  function.addPass(createFoldBatchNorm());
  // Into the epilogues: act(add(x, y)) -> add {act}, then into the convolution with its activation.
  function.addPass(createFuseActivation());
  function.addPass(createFoldShortcut());
}

} // namespace resnetc
