// A step becomes a loop over its tasks, void f(resnetc_rt_frame *frame, int32_t begin, int32_t end): the flat number of a task is
// taken apart into grid indices, these move the operands' pointers, and the kernels are called with descriptors on the stack of
// which they read one field. In a section of images the first task is one of frame->image; buffers that hold a few images only
// begin with that one.
// Deep networks repeat their blocks: steps that differ only in where their buffers lie share one function and get these
// places from a table. So code grows with the shapes of layers, not with their number.
#include "compiler/emit/Parts.h"
#include "llvm/IR/IRBuilder.h"

using namespace llvm;

namespace resnetc {
namespace {

constexpr unsigned kDescriptorBytes = 56, kHostOffset = 16; // of halide_buffer_t on 64-bit machines

// The buffers of a step in the order in which its calls name them.
std::vector<std::string> buffersOf(plan::StepOp step) {
  std::vector<std::string> names;
  step.walk([&](plan::CallOp call) {
    for (auto ref : call.getOperands_().getAsRange<plan::RefAttr>())
      if (!is_contained(names, ref.getBuffer().getValue()))
        names.push_back(ref.getBuffer().getValue().str());
  });
  return names;
}

class StepEmitter {
public:
  StepEmitter(Module &into, const Model &model, const BatchPlan &plan, plan::StepOp step, GlobalVariable *weights,
              Diagnostics &diagnostics)
      : module(into), model(model), plan(plan), step(step), weights(weights), diagnostics(diagnostics),
        ir(into.getContext()) {}

  Function *emit(size_t number) {
    function = makeFunction(module, model.symbol(".step" + Twine(number)), ir.getVoidTy(),
                            {ir.getPtrTy(), ir.getInt32Ty(), ir.getInt32Ty()});
    auto *entry = BasicBlock::Create(ir.getContext(), "entry", function);
    auto *loop = BasicBlock::Create(ir.getContext(), "loop", function);
    auto *exit = BasicBlock::Create(ir.getContext(), "exit", function);
    ir.SetInsertPoint(entry);
    makeDescriptors();
    loadBases();
    Value *mode = model.options.flushDenormals ? emitFlushMode(ir) : nullptr;
    takeSlot();
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
    if (slot)
      ir.CreateCall(module.getOrInsertFunction("resnetc_rt_give_slot", ir.getVoidTy(), ir.getPtrTy(), ir.getInt32Ty()), {function->getArg(0), slot});
    if (mode)
      emitCallersMode(ir, mode);
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
    Value *pointers = ir.CreateLoad(ir.getPtrTy(), offset(function->getArg(0), offsetof(resnetc_rt_frame, pointers)));
    Value *places = ir.CreateLoad(ir.getPtrTy(), offset(function->getArg(0), offsetof(resnetc_rt_frame, places)));
    if (step.getImages())
      image = ir.CreateLoad(ir.getInt64Ty(), offset(function->getArg(0), offsetof(resnetc_rt_frame, image)));
    for (const auto &[i, name] : enumerate(buffersOf(step)))
      bases[name] = loadBase(name, pointers, offset(places, 4 * i));
  }

  Value *loadBase(const std::string &name, Value *pointers, Value *place) {
    auto found = plan.buffers.find(name);
    if (found == plan.buffers.end())
      return nullptr;
    const std::optional<int64_t> slot = model.slotOf(found->second);
    Value *base = weights;
    if (slot)
      base = ir.CreateLoad(ir.getPtrTy(), offset(pointers, 8 * *slot));
    if (slot.value_or(0) != 0)
      return base;
    Value *units = ir.CreateZExt(ir.CreateLoad(ir.getInt32Ty(), place), ir.getInt64Ty());
    return ir.CreateGEP(ir.getInt8Ty(), base, ir.CreateMul(units, ir.getInt64(kAlign)));
  }

  // A number of this thread, where a buffer is of the kind that threads reuse.
  void takeSlot() {
    if (any_of(buffersOf(step), [&](const std::string &name) { return plan.reused.count(name) != 0; }))
      slot = ir.CreateCall(module.getOrInsertFunction("resnetc_rt_take_slot", ir.getInt32Ty(), ir.getPtrTy()), {function->getArg(0)});
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
    if (image)
      image = ir.CreateAdd(image, indices[0]);
  }

  Value *indexOf(size_t dimension, plan::RefAttr ref) {
    return image && dimension == 0 && !plan.together.count(ref.getBuffer().getValue().str()) ? image : indices[dimension];
  }

  // Where a task finds an operand. In a buffer that threads reuse all tasks of one use the part that its number selects.
  Value *moved(Value *pointer, plan::RefAttr ref) {
    const auto by = [&](Value *index, int64_t bytes) { return ir.CreateGEP(ir.getInt8Ty(), pointer, ir.CreateMul(index, ir.getInt64(bytes))); };
    if (plan.reused.count(ref.getBuffer().getValue().str()))
      return by(ir.CreateZExt(slot, ir.getInt64Ty()), ref.getSteps().back());
    for (size_t d = 0; d < indices.size(); ++d)
      if (ref.getSteps()[d] != 0 && step.getGrid()[d] != 1)
        pointer = by(indexOf(d, ref), ref.getSteps()[d]);
    return pointer;
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
      pointer = moved(offset(pointer, ref.getOffset()), ref);
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
  Value *image = nullptr; // of the task, in the batch; null where the step does not care for images
  Value *slot = nullptr;  // of the thread; null where the step has no memory of its own for each
  std::vector<Value *> descriptors, indices;
  std::map<std::string, Value *> bases;
};

// Everything that the code of a step depends on: steps with equal text share a function.
std::string shapeOf(const Model &model, const BatchPlan &plan, plan::StepOp step) {
  std::string text;
  raw_string_ostream stream(text);
  const std::vector<std::string> names = buffersOf(step);
  for (const std::string &name : names)
    if (auto found = plan.buffers.find(name); found != plan.buffers.end())
      stream << model.slotOf(found->second).value_or(-1) << (plan.together.count(name) ? " few" : "") << (plan.reused.count(name) ? " reused " : " ");
  interleave(step.getGrid(), stream, "x");
  if (step.getImages())
    stream << " images";
  for (auto call : step.getOps<plan::CallOp>()) {
    stream << ' ' << call.getKernel();
    for (auto ref : call.getOperands_().getAsRange<plan::RefAttr>()) {
      stream << ' ' << find(names, ref.getBuffer().getValue()) - names.begin() << '+' << ref.getOffset() << '+';
      interleave(ref.getSteps(), stream, ",");
    }
  }
  return text;
}

uint32_t tasksOf(plan::StepOp step) {
  uint32_t tasks = 1;
  for (int64_t extent : step.getGrid().drop_front(step.getImages() ? 1 : 0))
    tasks *= static_cast<uint32_t>(extent);
  return tasks;
}

// How many images the buffers of a section have room for.
int64_t togetherOf(const BatchPlan &plan, const plan::Section &section) {
  int64_t together = section.images;
  for (plan::StepOp step : section.steps)
    for (const std::string &name : buffersOf(step))
      if (auto found = plan.together.find(name); found != plan.together.end())
        together = std::min(together, found->second);
  return together;
}

// The constants of all plans. A step is numbered as in the descriptor, which lists the steps of one plan after the other.
class PlanEmitter {
public:
  PlanEmitter(Module &into, const Model &model, GlobalVariable *weights, Diagnostics &diagnostics)
      : module(into), model(model), weights(weights), diagnostics(diagnostics), ir(into.getContext()) {}

  GlobalVariable *emit(const BatchPlan &plan) {
    const uint32_t first = number;
    std::vector<Constant *> sections, rows;
    std::vector<uint32_t> places;
    for (const plan::Section &section : plan::sectionsOf(plan.module)) {
      sections.push_back(ConstantStruct::getAnon({ir.getInt32(section.steps.size()), ir.getInt32(section.images),
                                                  ir.getInt32(togetherOf(plan, section))}));
      for (plan::StepOp step : section.steps) {
        Function *function = functionOf(plan, step);
        if (!function)
          return nullptr;
        rows.push_back(ConstantStruct::getAnon({function, ir.getInt32(tasksOf(step)), ir.getInt32(places.size())}));
        for (const std::string &name : buffersOf(step)) {
          auto place = plan.offsets.find(name);
          places.push_back(place == plan.offsets.end() ? 0 : static_cast<uint32_t>(place->second / kAlign));
        }
        ++number;
      }
    }
    Constant *fields[] = {array(".sections", plan, sections), array(".rows", plan, rows),
                          global(".places", plan, ConstantDataArray::get(ir.getContext(), places)), ir.getInt32(sections.size()),
                          ir.getInt32(first)};
    return global(".plan", plan, ConstantStruct::getAnon(fields));
  }

private:
  Function *functionOf(const BatchPlan &plan, plan::StepOp step) {
    Function *&function = functions[shapeOf(model, plan, step)];
    if (!function)
      function = StepEmitter(module, model, plan, step, weights, diagnostics).emit(number);
    return function;
  }

  Constant *array(const char *name, const BatchPlan &plan, const std::vector<Constant *> &elements) {
    if (elements.empty())
      return ConstantPointerNull::get(ir.getPtrTy());
    return global(name, plan, ConstantArray::get(ArrayType::get(elements[0]->getType(), elements.size()), elements));
  }

  GlobalVariable *global(const char *name, const BatchPlan &plan, Constant *value) {
    return new GlobalVariable(module, value->getType(), true, GlobalValue::InternalLinkage, value,
                              model.symbol(".b" + Twine(plan.batch) + name));
  }

  Module &module;
  const Model &model;
  GlobalVariable *weights;
  Diagnostics &diagnostics;
  IRBuilder<> ir;
  std::map<std::string, Function *> functions; // by shape
  uint32_t number = 0;                         // of the next step
};

} // namespace

std::optional<std::vector<GlobalVariable *>> emitSteps(Module &into, const Model &model, GlobalVariable *weights,
                                                       Diagnostics &diagnostics) {
  PlanEmitter emitter(into, model, weights, diagnostics);
  std::vector<GlobalVariable *> plans;
  for (const BatchPlan &plan : model.plans) {
    plans.push_back(emitter.emit(plan));
    if (!plans.back())
      return std::nullopt;
  }
  return plans;
}

} // namespace resnetc
