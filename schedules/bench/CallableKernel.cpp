#include "schedules/bench/CallableKernel.h"
#include "schedules/Prefetch.h"
#include "schedules/TileProducts.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include <chrono>
#include <cstring>
#include <stdexcept>

namespace resnetc {
namespace {

double nowMs() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class T> T valueOf(llvm::Expected<T> value) {
  if (!value)
    throw std::runtime_error(llvm::toString(value.takeError()));
  return std::move(*value);
}

void check(llvm::Error error) {
  if (error)
    throw std::runtime_error(llvm::toString(std::move(error)));
}

std::string generateCode(const std::string &bitcode, const KernelSpec &spec, const Machine &machine, bool keepPrefetches) {
  llvm::LLVMContext context;
  auto module = valueOf(llvm::parseBitcodeFile(llvm::MemoryBufferRef(bitcode, "kernel"), context));
  if (!keepPrefetches)
    lowerPrefetches(*module);
  addTileProducts(*module, spec);
  const llvm::Triple triple(machine.triple);
  std::string message;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    throw std::runtime_error(message);
  std::unique_ptr<llvm::TargetMachine> generator(
      target->createTargetMachine(triple, machine.llvmCpu, machine.llvmFeatures, llvm::TargetOptions(),
                                  llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Aggressive));
  module->setTargetTriple(triple);
  module->setDataLayout(generator->createDataLayout());
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  generator->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile);
  passes.run(*module);
  return std::string(bytes.data(), bytes.size());
}

// Halide's buffer descriptor; a static kernel reads `host` only.
struct HalideBuffer {
  uint64_t device = 0;
  const void *interface = nullptr;
  void *host = nullptr;
  uint64_t flags = 0;
  uint32_t type = 0, dimensions = 0;
  void *dims = nullptr, *padding = nullptr;
};

template <size_t... I> int callWith(void *f, HalideBuffer *b, std::index_sequence<I...>) {
  using Function = int (*)(void *, decltype((void)I, (void *)nullptr)...);
  return reinterpret_cast<Function>(f)(nullptr, &b[I]...);
}

}  // namespace

CallableKernel::CallableKernel(const KernelSpec &spec, const Machine &machine, Prefetch prefetch) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  double start = nowMs();
  std::string error;
  bitcode = buildKernel(spec, machine, error);
  if (bitcode.empty())
    throw std::runtime_error(error);
  halideMs = nowMs() - start;
  start = nowMs();
  object = generateCode(bitcode, spec, machine, prefetch != nullptr);
  llvmMs = nowMs() - start;
  jit = valueOf(llvm::orc::LLJITBuilder().create());
  if (prefetch)
    check(jit->getMainJITDylib().define(llvm::orc::absoluteSymbols(
        {{jit->mangleAndIntern("resnetc_prefetch"), llvm::orc::ExecutorSymbolDef::fromPtr(prefetch, llvm::JITSymbolFlags::Exported)}})));
  check(jit->addObjectFile(llvm::MemoryBuffer::getMemBuffer(object, "kernel", false)));
  function = valueOf(jit->lookup(spec.name())).toPtr<void *>();
}

CallableKernel::~CallableKernel() = default;

void CallableKernel::operator()(const std::vector<float *> &operands) const {
  HalideBuffer buffers[8];
  for (size_t i = 0; i < operands.size(); i++)
    buffers[i].host = operands[i];
  switch (operands.size()) {
  case 1: callWith(function, buffers, std::make_index_sequence<1>()); return;
  case 2: callWith(function, buffers, std::make_index_sequence<2>()); return;
  case 3: callWith(function, buffers, std::make_index_sequence<3>()); return;
  case 4: callWith(function, buffers, std::make_index_sequence<4>()); return;
  case 5: callWith(function, buffers, std::make_index_sequence<5>()); return;
  case 6: callWith(function, buffers, std::make_index_sequence<6>()); return;
  case 7: callWith(function, buffers, std::make_index_sequence<7>()); return;
  case 8: callWith(function, buffers, std::make_index_sequence<8>()); return;
  default: throw std::runtime_error("too many operands");
  }
}

}  // namespace resnetc
