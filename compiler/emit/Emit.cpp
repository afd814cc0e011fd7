#include "compiler/emit/Emit.h"
#include "compiler/emit/Parts.h"
#include "llvm/IR/LLVMContext.h"

namespace resnetc {

bool emit(mlir::ModuleOp plan, const Machine &machine, const EmitOptions &options, Emitted &result,
          Diagnostics &diagnostics) {
  std::optional<Model> model = readModel(plan, machine, options, diagnostics);
  if (!model || !checkWeights(*model, diagnostics))
    return false;
  std::unique_ptr<llvm::TargetMachine> target = makeTarget(machine, diagnostics);
  if (!target)
    return false;

  llvm::LLVMContext context;
  context.setDiscardValueNames(options.kind != ObjectKind::Llvm);
  llvm::Module module(options.name, context);
  module.setTargetTriple(target->getTargetTriple());
  module.setDataLayout(target->createDataLayout());
  if (!emitKernels(module, *model, diagnostics))
    return false;
  llvm::GlobalVariable *weights = emitWeights(module, *model);
  std::vector<llvm::Function *> steps;
  for (size_t i = 0; i < model->steps.size(); ++i) {
    steps.push_back(emitStep(module, *model, i, weights, diagnostics));
    if (!steps.back())
      return false;
  }
  emitDescriptor(module, *model, emitEntry(module, *model, steps));
  result.header = emitHeader(*model);
  return emitCode(module, *target, *model, result.code, diagnostics);
}

} // namespace resnetc
