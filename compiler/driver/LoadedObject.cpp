#include "compiler/driver/LoadedObject.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include <cstdlib>
#include <cstring>

namespace resnetc {
namespace {

using Memory = std::unique_ptr<void, decltype(&std::free)>;

// Of all ones: as floats NaN, so that what nobody wrote is seen.
Memory allocate(size_t bytes, size_t align) {
  const size_t whole = (std::max<size_t>(bytes, 1) + align - 1) / align * align;
  Memory memory(std::aligned_alloc(align, whole), &std::free);
  if (memory)
    std::memset(memory.get(), 0xff, whole);
  return memory;
}

size_t elementBytes(resnetc_dtype dtype) { return dtype == RESNETC_U8 ? 1 : 4; }

template <typename T> void write(const std::vector<double> &from, void *to) {
  for (size_t i = 0; i < from.size(); ++i)
    static_cast<T *>(to)[i] = static_cast<T>(from[i]);
}

template <typename T> void read(const void *from, std::vector<double> &to) {
  for (size_t i = 0; i < to.size(); ++i)
    to[i] = static_cast<const T *>(from)[i];
}

Tensor tensorFor(const resnetc_tensor_info &info, int32_t units) {
  Tensor tensor{Shape(info.dim, info.dim + info.rank), {}};
  if (!tensor.shape.empty())
    tensor.shape[0] *= units;
  tensor.data.resize(*elementCount(tensor.shape));
  return tensor;
}

} // namespace

// What objects see in place of what the runtime finds. Each call of one's code sets it first.
static thread_local uint32_t visibleFeatures;
static uint32_t reportVisibleFeatures() { return resnetc_rt_cpu_features() & visibleFeatures; }
static uint32_t reportVisibleTiles() { return visibleFeatures & RESNETC_CPU_TILES ? resnetc_rt_request_tiles() : 0; }

LoadedObject::LoadedObject(std::unique_ptr<llvm::orc::LLJIT> jit, Describe *describe)
    : jit(std::move(jit)), describe(describe) {
  restrictTo(features);
}
LoadedObject::LoadedObject(LoadedObject &&) = default;
LoadedObject::~LoadedObject() = default;

llvm::Expected<LoadedObject> LoadedObject::load(llvm::StringRef object, const std::string &name) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit)
    return jit.takeError();
  if (llvm::Error error = (*jit)->addObjectFile(llvm::MemoryBuffer::getMemBuffer(object, name, false)))
    return error;
  llvm::orc::SymbolMap ours;
  const auto replace = [&](const char *symbol, uint32_t (*by)()) {
    ours[(*jit)->mangleAndIntern(symbol)] = {llvm::orc::ExecutorAddr::fromPtr(by),
                                             llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  };
  replace("resnetc_rt_cpu_features", &reportVisibleFeatures);
  replace("resnetc_rt_request_tiles", &reportVisibleTiles);
  if (llvm::Error error = (*jit)->getMainJITDylib().define(llvm::orc::absoluteSymbols(ours)))
    return error;
  auto symbol = (*jit)->lookup(name + "_model");
  if (!symbol)
    return symbol.takeError();
  return LoadedObject(std::move(*jit), symbol->toPtr<Describe *>());
}

void LoadedObject::restrictTo(uint32_t to) {
  features = visibleFeatures = to;
  description = describe();
}

std::vector<Tensor> LoadedObject::run(int32_t batch, llvm::ArrayRef<Tensor> inputs, resnetc_status &status) const {
  const resnetc_model &m = *description;
  std::vector<Memory> memory;
  std::vector<void *> in, out;
  std::vector<Tensor> outputs;
  for (uint32_t i = 0; i < m.num_inputs; ++i) {
    in.push_back(
        memory.emplace_back(allocate(inputs[i].data.size() * elementBytes(m.inputs[i].dtype), m.scratch_align)).get());
    if (in.back() && m.inputs[i].dtype == RESNETC_U8)
      write<uint8_t>(inputs[i].data, in.back());
    else if (in.back())
      write<float>(inputs[i].data, in.back());
  }
  for (uint32_t i = 0; i < m.num_outputs; ++i) {
    const Tensor &tensor = outputs.emplace_back(tensorFor(m.outputs[i], batch / m.batch_min));
    out.push_back(
        memory.emplace_back(allocate(tensor.data.size() * elementBytes(m.outputs[i].dtype), m.scratch_align)).get());
  }
  void *scratch = memory.emplace_back(allocate(m.scratch_bytes(batch), m.scratch_align)).get();
  status = RESNETC_E_NOMEM;
  visibleFeatures = features;
  if (llvm::all_of(memory, [](const Memory &piece) { return piece != nullptr; }))
    status = m.run(batch, in.data(), out.data(), scratch, nullptr);
  if (status != RESNETC_OK)
    return {};
  for (uint32_t i = 0; i < m.num_outputs; ++i)
    if (m.outputs[i].dtype == RESNETC_I32)
      read<int32_t>(out[i], outputs[i].data);
    else
      read<float>(out[i], outputs[i].data);
  return outputs;
}

} // namespace resnetc
