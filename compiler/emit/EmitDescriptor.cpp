// The constant resnetc_model, field by field as in runtime/resnetc_runtime.h.
#include "compiler/emit/Parts.h"
#include "runtime/resnetc_runtime.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/IRBuilder.h"

using namespace llvm;

namespace resnetc {
namespace {

class DescriptorEmitter {
public:
  DescriptorEmitter(Module &into, const Model &model) : module(into), model(model), ir(into.getContext()) {}

  void emit() {
    const std::vector<Constant *> stepInfos = steps();
    Constant *fields[] = {i32(RESNETC_ABI),
                          i32(sizeof(resnetc_model)),
                          text(model.options.name),
                          text(RESNETC_VERSION),
                          text(model.options.sha256),
                          text(model.machine.triple + " " + model.machine.level),
                          i32(model.inputs.size()),
                          i32(model.outputs.size()),
                          tensors(model.inputs),
                          tensors(model.outputs),
                          i32(model.batchMin()),
                          i32(model.batchMax()),
                          ir.getInt64(model.weightBytes),
                          ir.getInt64(kAlign),
                          module.getFunction(model.symbol(".scratch_bytes")),
                          module.getFunction(model.symbol(".run")),
                          i32(stepInfos.size()),
                          array(stepInfos)};
    // The reference to the runtime's ABI lies behind the descriptor, so that one cannot be linked without the other.
    Constant *abi = module.getOrInsertGlobal("resnetc_runtime_abi_1", ir.getInt8Ty());
    constant(ConstantStruct::getAnon({ConstantStruct::getAnon(fields), abi}))->setName(model.symbol(".model"));
  }

private:
  Constant *i32(uint64_t value) { return ir.getInt32(static_cast<uint32_t>(value)); }

  GlobalVariable *constant(Constant *value) {
    return new GlobalVariable(module, value->getType(), true, GlobalValue::InternalLinkage, value,
                              model.symbol(".info"));
  }

  Constant *text(StringRef value) {
    Constant *bytes = ConstantDataArray::getString(ir.getContext(), value);
    auto *global = new GlobalVariable(module, bytes->getType(), true, GlobalValue::PrivateLinkage, bytes, "text");
    global->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    global->setAlignment(Align(1));
    return global;
  }

  Constant *array(const std::vector<Constant *> &elements) {
    if (elements.empty())
      return ConstantPointerNull::get(ir.getPtrTy());
    return constant(ConstantArray::get(ArrayType::get(elements[0]->getType(), elements.size()), elements));
  }

  Constant *tensors(const std::vector<TensorInfo> &list) {
    std::vector<Constant *> infos;
    for (const TensorInfo &tensor : list) {
      std::vector<uint64_t> dims(tensor.shape.begin(), tensor.shape.end());
      dims.resize(6);
      infos.push_back(ConstantStruct::getAnon(
          {text(tensor.name), text(tensor.layout), i32(tensor.dtype), i32(tensor.shape.size()),
           ConstantDataArray::get(ir.getContext(), dims), ir.getInt64(tensor.bytes()), ir.getInt64(tensor.elementBytes())}));
    }
    return array(infos);
  }

  // "conv 3x3, conv 3x3" of a step with two runs of tiles is said once.
  static std::string kernelsOf(plan::StepOp step) {
    std::vector<std::string> names;
    for (auto call : step.getOps<plan::CallOp>()) {
      // The readable part of the name: the hash behind it tells people nothing.
      std::string name = call.getKernel().rsplit('_').first.str();
      if (!is_contained(names, name))
        names.push_back(name);
    }
    return join(names, " + ");
  }

  // Of all plans, in their order.
  std::vector<Constant *> steps() {
    std::vector<Constant *> infos;
    for (const BatchPlan &plan : model.plans)
      for (plan::StepOp step : plan.steps)
        infos.push_back(ConstantStruct::getAnon(
            {text(step.getLabel()), text(kernelsOf(step)),
             ConstantFP::get(ir.getDoubleTy(), static_cast<double>(step.getFlops().value_or(0))), i32(plan.batch)}));
    return infos;
  }

  Module &module;
  const Model &model;
  IRBuilder<> ir;
};

} // namespace

void emitDescriptor(Module &into, const Model &model) { DescriptorEmitter(into, model).emit(); }

} // namespace resnetc
