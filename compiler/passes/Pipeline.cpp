// The edges that the user asks for, then the order of the graph passes. Each does all it can in one go, so none is run twice.
#include "compiler/passes/Passes.h"
#include "mlir/Transforms/Passes.h"

namespace resnetc {

void buildEdgePipeline(mlir::OpPassManager &pm, const EdgeOptions &options) {
  mlir::OpPassManager &function = pm.nest<mlir::func::FuncOp>();
  for (const ImageFormat &image : options.images) {
    ReadImageOptions read{image.input, image.bytes, image.nhwc, image.bgr, {}, {}};
    read.mean.assign(image.mean.begin(), image.mean.end());
    read.deviation.assign(image.deviation.begin(), image.deviation.end());
    function.addPass(createReadImage(read));
  }
  if (options.softmax || options.topK)
    function.addPass(createAppendHead({options.softmax, options.topK}));
}

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
  function.addPass(createFusePreactivation()); // of the sums, so behind them
}

} // namespace resnetc
