// Where the functions that a program calls lead to: int32_t f(int32_t batch, void **inputs, void **outputs, void *scratch,
// const resnetc_exec *exec), which checks everything it was given and then runs the plans: the largest that fits into
// what is left of the batch, until nothing is left; and size_t f(int32_t batch), the bytes of scratch.
#include "compiler/emit/Parts.h"
#include "runtime/resnetc_runtime.h"
#include "llvm/IR/IRBuilder.h"

using namespace llvm;

namespace resnetc {

Function *makeFunction(Module &into, const Twine &name, Type *result, ArrayRef<Type *> arguments, bool isPublic) {
  auto *function = Function::Create(FunctionType::get(result, arguments, false),
                                    isPublic ? GlobalValue::ExternalLinkage : GlobalValue::InternalLinkage, name, into);
  function->addFnAttr(Attribute::NoUnwind);
  function->addFnAttr("target-cpu", into.getTargetTriple().isX86() ? "x86-64" : "generic");
  function->addFnAttr("target-features", "");
  return function;
}

Value *featuresHere(IRBuilder<> &ir, Module &module, uint32_t wanted) {
  const auto ask = [&](const char *function) { return ir.CreateCall(module.getOrInsertFunction(function, ir.getInt32Ty()), {}); };
  Value *found = ask("resnetc_rt_cpu_features");
  return wanted & RESNETC_CPU_TILES ? ir.CreateOr(found, ask("resnetc_rt_request_tiles")) : found;
}

namespace {

class EntryEmitter {
public:
  EntryEmitter(Module &into, const Model &model)
      : module(into), model(model), ir(into.getContext()), i32(ir.getInt32Ty()), ptr(ir.getPtrTy()) {}

  void emitRun(const std::vector<GlobalVariable *> &plans) {
    Function *run = makeFunction(module, model.symbol(".run"), i32, {i32, ptr, ptr, ptr, ptr});
    function = run;
    startBlock("entry");
    auto *zero = ir.getInt32(0);
    Value *frame = ir.CreateAlloca(ptr, ir.getInt32(1 + tensors()));
    ir.CreateStore(run->getArg(3), frame);
    checkBatch();
    checkPointers(frame);
    Value *status = ir.CreateCall(module.getOrInsertFunction("resnetc_rt_check", i32, ptr), {run->getArg(4)});
    returnIf(ir.CreateICmpNE(status, zero), status);
    Value *needed = ir.getInt32(model.machine.cpuFeatures), *features = featuresHere(ir, module, model.machine.cpuFeatures);
    returnIf(ir.CreateICmpNE(ir.CreateAnd(features, needed), needed), ir.getInt32(RESNETC_E_CPU));
    Value *left = run->getArg(0);
    for (size_t p = plans.size(); p-- > 0;)
      left = loopOverUnits(model.plans[p], plans[p], frame, left);
    ir.CreateRet(zero);
  }

  void emitScratchBytes() {
    function = makeFunction(module, model.symbol(".scratch_bytes"), ir.getInt64Ty(), {i32});
    startBlock("entry");
    int64_t most = model.plans.front().arenaBytes; // of the plans that a batch may use
    Value *bytes = ir.getInt64(most);
    for (const BatchPlan &plan : drop_begin(model.plans)) {
      most = std::max(most, plan.arenaBytes);
      bytes = ir.CreateSelect(ir.CreateICmpSGE(function->getArg(0), ir.getInt32(plan.batch)), ir.getInt64(most), bytes);
    }
    ir.CreateRet(bytes);
  }

private:
  unsigned tensors() const { return model.inputs.size() + model.outputs.size(); }

  const TensorInfo &tensor(unsigned i) const {
    return i < model.inputs.size() ? model.inputs[i] : model.outputs[i - model.inputs.size()];
  }

  BasicBlock *block(const char *label) { return BasicBlock::Create(ir.getContext(), label, function); }
  void startBlock(const char *label) { ir.SetInsertPoint(block(label)); }

  void returnIf(Value *condition, Value *status) {
    auto *leave = block("leave"), *next = block("next");
    ir.CreateCondBr(condition, leave, next);
    ir.SetInsertPoint(leave);
    ir.CreateRet(status);
    ir.SetInsertPoint(next);
  }

  Value *slot(Value *array, unsigned i) { return ir.CreateConstInBoundsGEP1_64(ptr, array, i); }

  Value *isCrooked(Value *pointer, uint64_t align) {
    return ir.CreateIsNotNull(ir.CreateAnd(ir.CreatePtrToInt(pointer, ir.getInt64Ty()), ir.getInt64(align - 1)));
  }

  void checkBatch() {
    Value *batch = function->getArg(0), *least = ir.getInt32(model.batchMin());
    Value *wrong = ir.CreateOr(ir.CreateICmpSLT(batch, least), ir.CreateICmpSGT(batch, ir.getInt32(model.batchMax())));
    returnIf(ir.CreateOr(wrong, ir.CreateIsNotNull(ir.CreateSRem(batch, least))), ir.getInt32(RESNETC_E_BATCH));
  }

  // Copies the pointers of the tensors to the frame, behind that of scratch.
  void checkPointers(Value *frame) {
    auto *argument = ir.getInt32(RESNETC_E_ARG), *align = ir.getInt32(RESNETC_E_ALIGN);
    for (unsigned i : {1, 2})
      returnIf(ir.CreateIsNull(function->getArg(i)), argument);
    for (unsigned i = 0; i < tensors(); ++i) {
      const bool isInput = i < model.inputs.size();
      Value *pointer = ir.CreateLoad(ptr, isInput ? slot(function->getArg(1), i)
                                                  : slot(function->getArg(2), i - model.inputs.size()));
      returnIf(ir.CreateIsNull(pointer), argument);
      returnIf(isCrooked(pointer, tensor(i).elementBytes()), align);
      ir.CreateStore(pointer, slot(frame, 1 + i));
    }
    if (model.arenaBytes() == 0)
      return;
    returnIf(ir.CreateIsNull(function->getArg(3)), argument);
    returnIf(isCrooked(function->getArg(3), kAlign), align);
  }

  // while (left >= batch) { run the plan; advance the tensors; left -= batch; }  Returns from run when a step fails.
  Value *loopOverUnits(const BatchPlan &plan, GlobalVariable *steps, Value *frame, Value *atFirst) {
    Value *batch = ir.getInt32(plan.batch);
    auto *before = ir.GetInsertBlock();
    auto *loop = block("loop"), *body = block("body"), *exit = block("exit");
    ir.CreateBr(loop);
    ir.SetInsertPoint(loop);
    PHINode *left = ir.CreatePHI(i32, 2, "left");
    left->addIncoming(atFirst, before);
    ir.CreateCondBr(ir.CreateICmpSGE(left, batch), body, exit);
    ir.SetInsertPoint(body);
    FunctionCallee rtRun = module.getOrInsertFunction("resnetc_rt_run", i32, ptr, ptr, ptr);
    Value *status = ir.CreateCall(rtRun, {function->getArg(4), steps, frame});
    returnIf(ir.CreateIsNotNull(status), status);
    for (unsigned i = 0; i < tensors(); ++i) {
      Value *pointer = ir.CreateLoad(ptr, slot(frame, 1 + i));
      const int64_t bytes = tensor(i).bytes() / model.batchMin() * plan.batch;
      ir.CreateStore(ir.CreateGEP(ir.getInt8Ty(), pointer, ir.getInt64(bytes)), slot(frame, 1 + i));
    }
    left->addIncoming(ir.CreateSub(left, batch), ir.GetInsertBlock());
    ir.CreateBr(loop);
    ir.SetInsertPoint(exit);
    return left;
  }

  Module &module;
  const Model &model;
  IRBuilder<> ir;
  Type *i32;
  PointerType *ptr;
  Function *function = nullptr;
};

} // namespace

void emitEntry(Module &into, const Model &model, const std::vector<GlobalVariable *> &plans) {
  EntryEmitter emitter(into, model);
  emitter.emitRun(plans);
  emitter.emitScratchBytes();
}

} // namespace resnetc
