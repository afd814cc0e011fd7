// The functions that a program calls. Where the object has several levels, each call asks the runtime what the
// processor has and takes the best; a processor that has not even the lowest gets that one, which refuses to run.
#include "compiler/emit/Parts.h"
#include "runtime/resnetc_runtime.h"
#include "llvm/IR/IRBuilder.h"

using namespace llvm;

namespace resnetc {
namespace {

class PublicEmitter {
public:
  PublicEmitter(Module &into, ArrayRef<Model> levels)
      : module(into), levels(levels), model(levels.front()), ir(into.getContext()), i32(ir.getInt32Ty()),
        ptr(ir.getPtrTy()) {}

  void emit() {
    start("_scratch_bytes", ir.getInt64Ty(), {i32});
    ir.CreateRet(callChosen(".scratch_bytes", {function->getArg(0)}));

    start("_model", ptr, {});
    ir.CreateRet(choose(".model"));

    const std::vector<Type *> pointers(model.isSimple() ? 3 : 2, ptr);
    std::vector<Type *> types{i32};
    types.insert(types.end(), pointers.begin(), pointers.end());
    types.push_back(ptr);
    start("_run_ex", i32, types);
    std::vector<Value *> arguments = argumentsOf(function);
    run(arguments.front(), {arguments.begin() + 1, arguments.end() - 1}, arguments.back());

    start("_run", i32, pointers);
    run(ir.getInt32(model.batchMin()), argumentsOf(function), ConstantPointerNull::get(ptr));
  }

private:
  void start(const char *suffix, Type *result, ArrayRef<Type *> arguments) {
    function = makeFunction(module, model.options.name + suffix, result, arguments, true);
    ir.SetInsertPoint(BasicBlock::Create(ir.getContext(), "entry", function));
  }

  static std::vector<Value *> argumentsOf(Function *function) {
    std::vector<Value *> arguments;
    for (Argument &argument : function->args())
      arguments.push_back(&argument);
    return arguments;
  }

  // The address of the best level's symbol.
  Value *choose(const char *suffix) {
    Value *chosen = module.getNamedValue(levels.front().symbol(suffix));
    if (levels.size() == 1)
      return chosen;
    uint32_t wanted = 0;
    for (const Model &level : levels)
      wanted |= level.machine.cpuFeatures;
    Value *features = featuresHere(ir, module, wanted);
    for (const Model &level : levels.drop_front()) {
      Value *needed = ir.getInt32(level.machine.cpuFeatures);
      Value *hasAll = ir.CreateICmpEQ(ir.CreateAnd(features, needed), needed);
      chosen = ir.CreateSelect(hasAll, module.getNamedValue(level.symbol(suffix)), chosen);
    }
    return chosen;
  }

  Value *callChosen(const char *suffix, ArrayRef<Value *> arguments) {
    FunctionType *type = module.getFunction(model.symbol(suffix))->getFunctionType();
    return ir.CreateCall(type, choose(suffix), arguments);
  }

  // pointers: input, output, scratch; or the struct of all tensors, which is an array of pointers, and scratch.
  void run(Value *batch, const std::vector<Value *> &pointers, Value *exec) {
    Value *inputs = pointers[0], *outputs, *scratch = pointers.back();
    if (model.isSimple()) {
      inputs = ir.CreateAlloca(ptr);
      outputs = ir.CreateAlloca(ptr);
      ir.CreateStore(pointers[0], inputs);
      ir.CreateStore(pointers[1], outputs);
    } else {
      auto *leave = BasicBlock::Create(ir.getContext(), "leave", function);
      auto *next = BasicBlock::Create(ir.getContext(), "next", function);
      ir.CreateCondBr(ir.CreateIsNull(inputs), leave, next);
      ir.SetInsertPoint(leave);
      ir.CreateRet(ir.getInt32(RESNETC_E_ARG));
      ir.SetInsertPoint(next);
      outputs = ir.CreateConstInBoundsGEP1_64(ptr, inputs, model.inputs.size());
    }
    ir.CreateRet(callChosen(".run", {batch, inputs, outputs, scratch, exec}));
  }

  Module &module;
  const ArrayRef<Model> levels;
  const Model &model; // what all levels have in common
  IRBuilder<> ir;
  Type *i32;
  PointerType *ptr;
  Function *function = nullptr;
};

} // namespace

void emitPublic(Module &into, ArrayRef<Model> levels) { PublicEmitter(into, levels).emit(); }

} // namespace resnetc
