#include "compiler/emit/Model.h"
#include "compiler/emit/Names.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace resnetc {

static constexpr int64_t kMostWeightBytes = 2000000000; // 32-bit relocations reach no further

int64_t TensorInfo::count() const {
  int64_t n = 1;
  for (int64_t dim : shape)
    n *= dim;
  return n;
}

int32_t Model::batchMax() const {
  const int32_t bound = options.batchBound ? options.batchBound : INT32_MAX;
  return anyBatch ? bound / batchMin() * batchMin() : batchMin();
}

int64_t Model::arenaBytes() const {
  int64_t most = 0;
  for (const BatchPlan &plan : plans)
    most = std::max(most, plan.arenaBytes);
  return most;
}

std::optional<int64_t> Model::slotOf(plan::BufferOp buffer) const {
  switch (buffer.getSpace()) {
  case plan::Space::Input:
    return 1 + *buffer.getIndex();
  case plan::Space::Output:
    return 1 + static_cast<int64_t>(inputs.size()) + *buffer.getIndex();
  case plan::Space::Arena:
    return 0;
  case plan::Space::Weights:
    break;
  }
  return std::nullopt;
}

// A guess for generic tools; the model itself does not know.
static std::string layoutOf(ArrayRef<int64_t> shape) {
  if (shape.size() == 2)
    return "NC";
  if (shape.size() != 4)
    return "";
  return shape[3] <= 4 && shape[1] > 4 && shape[2] > 4 ? "NHWC" : "NCHW";
}

static std::optional<resnetc_dtype> dtypeOf(Type element) {
  if (element.isF32())
    return RESNETC_F32;
  if (element.isUnsignedInteger(8))
    return RESNETC_U8;
  if (element.isInteger(32))
    return RESNETC_I32;
  return std::nullopt;
}

// Bytes are images, which come in; no kernel makes them.
static bool addTensor(std::vector<TensorInfo> &to, Type type, DictionaryAttr attributes, bool isInput,
                      Diagnostics &diagnostics) {
  auto text = [&](StringRef key) {
    auto attr = attributes ? attributes.getAs<StringAttr>(key) : StringAttr();
    return attr ? attr.str() : std::string();
  };
  auto tensor = dyn_cast<RankedTensorType>(type);
  const std::string name = text("rn.name"), what = name.empty() ? "tensor " + std::to_string(to.size()) : name;
  const auto dtype = tensor && tensor.hasStaticShape() ? dtypeOf(tensor.getElementType()) : std::nullopt;
  if (!dtype || (*dtype == RESNETC_U8 && !isInput)) {
    diagnostics.error("R032", "'" + what + "' is not a tensor of floats",
                      {}, "the inputs and outputs of a compiled model are float32");
    return false;
  }
  if (tensor.getRank() > 6) {
    diagnostics.error("R034", "'" + what + "' has rank " + std::to_string(tensor.getRank()) + ", at most 6 is supported");
    return false;
  }
  const ArrayRef<int64_t> shape = tensor.getShape();
  const std::string layout = text("rn.layout");
  to.push_back({what, "", layout.empty() ? layoutOf(shape) : layout, *dtype, {shape.begin(), shape.end()}, text("rn.note")});
  return true;
}

static bool readSignature(ModuleOp module, std::vector<TensorInfo> &inputs, std::vector<TensorInfo> &outputs,
                          Diagnostics &diagnostics) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main) {
    diagnostics.error("I001", "the planned module has lost its signature");
    return false;
  }
  FunctionType type = main.getFunctionType();
  for (unsigned i = 0; i < type.getNumInputs(); ++i)
    if (!addTensor(inputs, type.getInput(i), main.getArgAttrDict(i), true, diagnostics))
      return false;
  for (unsigned i = 0; i < type.getNumResults(); ++i)
    if (!addTensor(outputs, type.getResult(i), main.getResultAttrDict(i), false, diagnostics))
      return false;
  return true;
}

static void nameTensors(Model &model) {
  std::vector<std::string> names;
  for (auto *tensors : {&model.inputs, &model.outputs})
    for (const TensorInfo &tensor : *tensors)
      names.push_back(tensor.name);
  const std::vector<std::string> identifiers = identifiersFor(names);
  size_t next = 0;
  for (auto *tensors : {&model.inputs, &model.outputs})
    for (TensorInfo &tensor : *tensors)
      tensor.identifier = identifiers[next++];
}

// All tensors have the same first dimension: that is the batch. Nothing otherwise.
static std::optional<int32_t> batchOf(ArrayRef<TensorInfo> inputs, ArrayRef<TensorInfo> outputs) {
  std::optional<int64_t> batch;
  for (auto tensors : {inputs, outputs})
    for (const TensorInfo &tensor : tensors) {
      if (tensor.shape.empty() || (batch && *batch != tensor.shape[0]) || tensor.shape[0] > INT32_MAX)
        return std::nullopt;
      batch = tensor.shape[0];
    }
  return static_cast<int32_t>(batch.value_or(1));
}

static bool readPlan(Model &model, BatchPlan &plan, unsigned level, WeightStore &weights, llvm::StringSet<> &kernels,
                     Diagnostics &diagnostics) {
  for (Operation &op : *plan.module.getBody()) {
    if (auto buffer = dyn_cast<plan::BufferOp>(op)) {
      const std::string name = buffer.getSymName().str();
      plan.buffers[name] = buffer;
      if (buffer.getTogether())
        plan.together[name] = static_cast<int64_t>(*buffer.getTogether());
      if (buffer.getReused())
        plan.reused.insert(name);
      if (buffer.getSpace() == plan::Space::Arena)
        plan.offsets[name] = buffer.getOffset().value_or(0);
      if (buffer.getSpace() != plan::Space::Weights)
        continue;
      const std::optional<int64_t> offset = weights.add(buffer, level, diagnostics);
      if (!offset)
        return false;
      plan.offsets[name] = *offset;
    } else if (auto kernel = dyn_cast<plan::KernelOp>(op)) {
      if (kernels.insert(kernel.getSymName()).second)
        model.kernels.push_back(kernel);
    } else if (auto step = dyn_cast<plan::StepOp>(op)) {
      plan.steps.push_back(step);
    }
  }
  if (auto arena = plan.module->getAttrOfType<IntegerAttr>(plan::kArenaBytesAttr))
    plan.arenaBytes = arena.getInt();
  return true;
}

static bool checkPlan(const Model &model, const BatchPlan &plan, Diagnostics &diagnostics) {
  for (const auto &[name, op] : plan.buffers) {
    plan::BufferOp buffer = op;
    const auto *tensors = buffer.getSpace() == plan::Space::Input ? &model.inputs
                          : buffer.getSpace() == plan::Space::Output ? &model.outputs : nullptr;
    if (tensors && *buffer.getIndex() >= tensors->size()) {
      diagnostics.error("I001", "buffer " + name + " is a tensor that the model does not have");
      return false;
    }
  }
  for (plan::StepOp step : plan.steps) {
    int64_t tasks = 1;
    for (int64_t extent : step.getGrid()) {
      if (extent > INT32_MAX / tasks) { // the number of a task is an int32_t
        diagnostics.error("R061", "a step has more than 2147483647 tasks", step.getLabel().str());
        return false;
      }
      tasks *= extent;
    }
  }
  return true;
}

// The plans of a model differ in the first dimension of every tensor and in nothing else.
static bool readBatches(Model &model, Diagnostics &diagnostics) {
  for (BatchPlan &plan : model.plans) {
    std::vector<TensorInfo> inputs, outputs;
    if (!readSignature(plan.module, inputs, outputs, diagnostics))
      return false;
    const std::optional<int32_t> batch = batchOf(inputs, outputs);
    plan.batch = batch.value_or(1);
    if (&plan == &model.plans.front()) {
      model.inputs = std::move(inputs);
      model.outputs = std::move(outputs);
      model.anyBatch = batch && plan.module->hasAttr("rn.dynamic_batch");
    }
    if (model.plans.size() > 1 && !(batch && model.anyBatch)) {
      diagnostics.error("U017", "the model cannot be compiled for several batches: its inputs and outputs do not all begin with "
                        "the batch", {}, {}, "--batch=N for one");
      return false;
    }
  }
  return true;
}

std::optional<Model> readModel(llvm::ArrayRef<ModuleOp> plans, const Machine &machine, unsigned level,
                               const EmitOptions &options, WeightStore &weights, Diagnostics &diagnostics) {
  Model model{machine, options};
  for (ModuleOp module : plans)
    model.plans.push_back({module});
  if (!readBatches(model, diagnostics))
    return std::nullopt;
  nameTensors(model);
  llvm::StringSet<> kernels;
  for (BatchPlan &plan : model.plans)
    if (!readPlan(model, plan, level, weights, kernels, diagnostics) || !checkPlan(model, plan, diagnostics))
      return std::nullopt;
  model.weightBytes = weights.bytesOf(level);
  if (weights.bytes() > kMostWeightBytes) {
    diagnostics.error("R061",
                      "the weights have " + std::to_string(weights.bytes()) + " bytes, the limit is " +
                          std::to_string(kMostWeightBytes),
                      {}, {}, level ? "fewer levels in --multi-cpu" : "");
    return std::nullopt;
  }
  return model;
}

} // namespace resnetc
