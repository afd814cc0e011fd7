#include "compiler/emit/Model.h"
#include "compiler/emit/Names.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace resnetc {

static constexpr int64_t kMostWeightBytes = 2000000000; // 32-bit relocations reach no further

int64_t TensorInfo::count() const {
  int64_t n = 1;
  for (int64_t dim : shape)
    n *= dim;
  return n;
}

// A guess for generic tools; the model itself does not know.
static std::string layoutOf(ArrayRef<int64_t> shape) {
  if (shape.size() == 2)
    return "NC";
  if (shape.size() != 4)
    return "";
  return shape[3] <= 4 && shape[1] > 4 ? "NHWC" : "NCHW";
}

static bool addTensor(std::vector<TensorInfo> &to, Type type, StringAttr name, Diagnostics &diagnostics) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  const std::string what = name ? name.str() : "tensor " + std::to_string(to.size());
  if (!tensor || !tensor.hasStaticShape() || !tensor.getElementType().isF32()) {
    diagnostics.error("R032", "'" + what + "' is not a tensor of floats",
                      {}, "the inputs and outputs of a compiled model are float32");
    return false;
  }
  if (tensor.getRank() > 6) {
    diagnostics.error("R034", "'" + what + "' has rank " + std::to_string(tensor.getRank()) + ", at most 6 is supported");
    return false;
  }
  to.push_back({what, "", layoutOf(tensor.getShape()), {tensor.getShape().begin(), tensor.getShape().end()}});
  return true;
}

static bool readSignature(Model &model, Diagnostics &diagnostics) {
  auto main = model.module.lookupSymbol<func::FuncOp>("main");
  if (!main) {
    diagnostics.error("I001", "the planned module has lost its signature");
    return false;
  }
  FunctionType type = main.getFunctionType();
  for (unsigned i = 0; i < type.getNumInputs(); ++i)
    if (!addTensor(model.inputs, type.getInput(i), main.getArgAttrOfType<StringAttr>(i, "rn.name"), diagnostics))
      return false;
  for (unsigned i = 0; i < type.getNumResults(); ++i)
    if (!addTensor(model.outputs, type.getResult(i), main.getResultAttrOfType<StringAttr>(i, "rn.name"), diagnostics))
      return false;

  std::vector<std::string> names;
  for (auto *tensors : {&model.inputs, &model.outputs})
    for (const TensorInfo &tensor : *tensors)
      names.push_back(tensor.name);
  const std::vector<std::string> identifiers = identifiersFor(names);
  size_t next = 0;
  for (auto *tensors : {&model.inputs, &model.outputs})
    for (TensorInfo &tensor : *tensors)
      tensor.identifier = identifiers[next++];
  return true;
}

// All tensors have the same first dimension: that is the batch. Otherwise a call computes "one".
static void readBatch(Model &model) {
  std::optional<int64_t> unit;
  for (auto *tensors : {&model.inputs, &model.outputs})
    for (const TensorInfo &tensor : *tensors) {
      if (tensor.shape.empty() || (unit && *unit != tensor.shape[0]) || tensor.shape[0] > INT32_MAX)
        return;
      unit = tensor.shape[0];
    }
  model.unit = static_cast<int32_t>(unit.value_or(1));
  model.anyBatch = unit && model.module->hasAttr("rn.dynamic_batch");
}

static bool readPlan(Model &model, Diagnostics &diagnostics) {
  for (Operation &op : *model.module.getBody()) {
    if (auto buffer = dyn_cast<plan::BufferOp>(op)) {
      model.buffers[buffer.getSymName().str()] = buffer;
      if (buffer.getSpace() == plan::Space::Weights) {
        model.offsets[buffer.getSymName().str()] = model.weightBytes;
        model.weightBytes = llvm::alignTo(model.weightBytes + buffer.getBytes(), kAlign);
        model.weights.push_back(buffer);
      } else if (buffer.getSpace() == plan::Space::Arena) {
        model.offsets[buffer.getSymName().str()] = buffer.getOffset().value_or(0);
      }
    } else if (auto kernel = dyn_cast<plan::KernelOp>(op)) {
      model.kernels.push_back(kernel);
    } else if (auto step = dyn_cast<plan::StepOp>(op)) {
      model.steps.push_back(step);
    }
  }
  if (auto arena = model.module->getAttrOfType<IntegerAttr>(plan::kArenaBytesAttr))
    model.arenaBytes = arena.getInt();
  for (const auto &[name, op] : model.buffers) {
    plan::BufferOp buffer = op;
    const auto *tensors = buffer.getSpace() == plan::Space::Input ? &model.inputs
                          : buffer.getSpace() == plan::Space::Output ? &model.outputs : nullptr;
    if (tensors && *buffer.getIndex() >= tensors->size()) {
      diagnostics.error("I001", "buffer " + name + " is a tensor that the model does not have");
      return false;
    }
  }
  return true;
}

// The number of a task is an int32_t.
static bool hasSmallGrid(plan::StepOp step) {
  int64_t tasks = 1;
  for (int64_t extent : step.getGrid()) {
    if (extent > INT32_MAX / tasks)
      return false;
    tasks *= extent;
  }
  return true;
}

std::optional<Model> readModel(ModuleOp module, const Machine &machine, const EmitOptions &options,
                               Diagnostics &diagnostics) {
  Model model{module, machine, options};
  if (!readSignature(model, diagnostics) || !readPlan(model, diagnostics))
    return std::nullopt;
  readBatch(model);
  if (model.weightBytes > kMostWeightBytes) {
    diagnostics.error("R061", "the weights have " + std::to_string(model.weightBytes) + " bytes, the limit is " +
                                  std::to_string(kMostWeightBytes));
    return std::nullopt;
  }
  for (plan::StepOp step : model.steps)
    if (!hasSmallGrid(step)) {
      diagnostics.error("R061", "a step has more than 2147483647 tasks", step.getLabel().str());
      return std::nullopt;
    }
  return model;
}

} // namespace resnetc
