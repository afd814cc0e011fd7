// mlir-opt with the dialects and passes of resnetc: the driver of the lit tests. --graph-pipeline runs all graph passes.
#include "compiler/ir/Plan.h"
#include "compiler/ir/Rn.h"
#include "compiler/passes/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<mlir::func::FuncDialect, resnetc::rn::RnDialect, resnetc::plan::PlanDialect>();
  mlir::registerTransformsPasses();
  resnetc::registerResnetcPasses();
  mlir::PassPipelineRegistration<>("graph-pipeline", "Every fold and fusion, in the compiler's order",
                                   resnetc::buildGraphPipeline);
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "resnetc optimizer driver\n", registry));
}
