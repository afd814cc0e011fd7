// A step becomes a loop over its tasks: the flat number of a task is taken apart into grid indices, these move the
// operands' pointers, and the kernels are called with descriptors on the stack of which they read one field.
#include "compiler/emit/Parts.h"
#include "llvm/IR/IRBuilder.h"

using namespace llvm;

namespace resnetc {
namespace {

constexpr unsigned kDescriptorBytes = 56, kHostOffset = 16; // of halide_buffer_t on 64-bit machines

class StepEmitter {
public:
  StepEmitter(Module &into, const Model &model, const BatchPlan &plan, plan::StepOp step, GlobalVariable *weights, Diagnostics &diagnostics)
      : module(into), model(model), plan(plan), step(step), weights(weights), diagnostics(diagnostics), ir(into.getContext()) {}

  Function *emit(size_t index) {
    function = makeFunction(module, model.options.name + ".b" + Twine(plan.batch) + ".step" + Twine(index), ir.getVoidTy(),
                            {ir.getPtrTy(), ir.getInt32Ty(), ir.getInt32Ty()});
    auto *entry = BasicBlock::Create(ir.getContext(), "entry", function);
    auto *loop = BasicBlock::Create(ir.getContext(), "loop", function);
    auto *exit = BasicBlock::Create(ir.getContext(), "exit", function);
    ir.SetInsertPoint(entry);
    makeDescriptors();
    loadBases();
    ir.CreateCondBr(ir.CreateICmpSLT(function->getArg(1), function->getArg(2)), loop, exit);
    ir.SetInsertPoint(loop);
    PHINode *task = ir.CreatePHI(ir.getInt32Ty(), 2, "task");
    task->addIncoming(function->getArg(1), entry);
    splitTask(task);
    for (auto call : step.getOps<plan::CallOp>())
      if (!emitCall(call))
        return nullptr;
    Value *next = ir.CreateAdd(task, ir.getInt32(1));
    task->addIncoming(next, loop);
    ir.CreateCondBr(ir.CreateICmpSLT(next, function->getArg(2)), loop, exit);
    ir.SetInsertPoint(exit);
    ir.CreateRetVoid();
    return function;
  }

private:
  Value *offset(Value *pointer, int64_t bytes) {
    return bytes == 0 ? pointer : ir.CreateGEP(ir.getInt8Ty(), pointer, ir.getInt64(bytes));
  }

  // As many as the call with most operands needs; calls reuse them.
  void makeDescriptors() {
    size_t most = 0;
    for (auto call : step.getOps<plan::CallOp>())
      most = std::max(most, call.getOperands_().size());
    Value *memory = ir.CreateAlloca(ArrayType::get(ir.getInt64Ty(), most * kDescriptorBytes / 8));
    ir.CreateMemSet(memory, ir.getInt8(0), most * kDescriptorBytes, Align(8));
    for (size_t i = 0; i < most; ++i)
      descriptors.push_back(offset(memory, i * kDescriptorBytes));
  }

  // The buffers of all calls: pointers that do not depend on the task.
  void loadBases() {
    step.walk([&](plan::CallOp call) {
      for (auto ref : call.getOperands_().getAsRange<plan::RefAttr>()) {
        auto [entry, isNew] = bases.try_emplace(ref.getBuffer().getValue().str(), nullptr);
        if (isNew)
          entry->second = loadBase(entry->first);
      }
    });
  }

  Value *loadBase(const std::string &name) {
    auto found = plan.buffers.find(name);
    if (found == plan.buffers.end())
      return nullptr;
    plan::BufferOp buffer = found->second;
    int64_t slot = 0;
    switch (buffer.getSpace()) {
    case plan::Space::Weights: return offset(weights, plan.offsets.at(name));
    case plan::Space::Arena: break;
    case plan::Space::Input: slot = 1 + *buffer.getIndex(); break;
    case plan::Space::Output: slot = 1 + model.inputs.size() + *buffer.getIndex(); break;
    }
    Value *base = ir.CreateLoad(ir.getPtrTy(), offset(function->getArg(0), 8 * slot));
    return slot == 0 ? offset(base, plan.offsets.at(name)) : base;
  }

  void splitTask(Value *task) {
    const ArrayRef<int64_t> grid = step.getGrid();
    indices.assign(grid.size(), ir.getInt64(0));
    for (size_t d = grid.size(); d-- > 0;) {
      if (grid[d] == 1)
        continue;
      Value *extent = ir.getInt32(static_cast<uint32_t>(grid[d]));
      indices[d] = ir.CreateZExt(ir.CreateURem(task, extent), ir.getInt64Ty());
      task = ir.CreateUDiv(task, extent);
    }
  }

  bool emitCall(plan::CallOp call) {
    Function *kernel = module.getFunction(call.getKernel());
    const size_t count = call.getOperands_().size();
    if (!kernel || kernel->isDeclaration() || kernel->arg_size() != count + 1)
      return fail("kernel " + call.getKernel().str() + " does not take " + std::to_string(count) + " operands");
    std::vector<Value *> arguments{ConstantPointerNull::get(ir.getPtrTy())};
    for (auto ref : call.getOperands_().getAsRange<plan::RefAttr>()) {
      Value *pointer = bases.at(ref.getBuffer().getValue().str());
      if (!pointer)
        return fail("there is no buffer " + ref.getBuffer().getValue().str());
      pointer = offset(pointer, ref.getOffset());
      for (size_t d = 0; d < indices.size(); ++d)
        if (ref.getSteps()[d] != 0 && step.getGrid()[d] != 1)
          pointer = ir.CreateGEP(ir.getInt8Ty(), pointer, ir.CreateMul(indices[d], ir.getInt64(ref.getSteps()[d])));
      Value *descriptor = descriptors[arguments.size() - 1];
      ir.CreateStore(pointer, offset(descriptor, kHostOffset));
      arguments.push_back(descriptor);
    }
    ir.CreateCall(kernel, arguments); // cannot fail: the kernels have no checks
    return true;
  }

  bool fail(const std::string &text) {
    diagnostics.error("I001", text, step.getLabel().str());
    return false;
  }

  Module &module;
  const Model &model;
  const BatchPlan &plan;
  plan::StepOp step;
  GlobalVariable *weights;
  Diagnostics &diagnostics;
  IRBuilder<> ir;
  Function *function = nullptr;
  std::vector<Value *> descriptors, indices;
  std::map<std::string, Value *> bases;
};

} // namespace

Function *emitStep(Module &into, const Model &model, const BatchPlan &plan, size_t index, GlobalVariable *weights,
                   Diagnostics &diagnostics) {
  return StepEmitter(into, model, plan, plan.steps[index], weights, diagnostics).emit(index);
}

} // namespace resnetc
