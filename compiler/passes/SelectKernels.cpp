// select-kernels: rn with layouts -> plan. Each operation becomes steps that call kernels (select/*.cpp); each value a buffer.
// The function stays as a declaration: names and types of the inputs and outputs.
#include "compiler/passes/Passes.h"
#include "compiler/passes/select/Planner.h"

namespace resnetc {
#define GEN_PASS_DEF_SELECTKERNELS
#include "compiler/passes/Passes.h.inc"

using namespace mlir;

namespace {
struct SelectKernels : impl::SelectKernelsBase<SelectKernels> {
  using SelectKernelsBase::SelectKernelsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto function = module.lookupSymbol<func::FuncOp>("main");
    std::optional<Machine> machine = machineFor(triple, cpu);
    if (!machine || !function || function.isExternal()) {
      module.emitError() << (machine ? "no function @main" : "unknown machine");
      return signalPassFailure();
    }
    Planner planner(module, function, *machine, winograd);
    if (failed(planner.run()))
      return signalPassFailure();
    function.eraseBody();
    function.setPrivate();
  }
};
} // namespace
} // namespace resnetc
