#include "compiler/emit/Emit.h"
#include "compiler/emit/Parts.h"
#include "llvm/IR/LLVMContext.h"

namespace resnetc {

bool emit(llvm::ArrayRef<mlir::ModuleOp> plans, const Machine &machine, const EmitOptions &options, Emitted &result,
          Diagnostics &diagnostics) {
  std::optional<Model> model = readModel(plans, machine, options, diagnostics);
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
  const std::optional<std::vector<llvm::GlobalVariable *>> tables = emitSteps(module, *model, weights, diagnostics);
  if (!tables)
    return false;
  emitDescriptor(module, *model, emitEntry(module, *model, *tables));
  std::string verified;
  if (!emitCode(module, *target, *model, result.code, diagnostics) ||
      (options.verify && !options.verify(result.code, verified)))
    return false;
  result.header = emitHeader(*model, verified);
  return true;
}

} // namespace resnetc
