// The last step: symbols become private, what nobody calls goes, and LLVM writes position-independent code to memory.
#include "compiler/emit/Parts.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/IPO/Internalize.h"
#include <mutex>

using namespace llvm;

namespace resnetc {
namespace {

void initialiseTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
  });
}

// A stream that the object writer can seek in, straight into the string that is the result.
class StringStream final : public raw_pwrite_stream {
public:
  explicit StringStream(std::string &to) : raw_pwrite_stream(true), to(to) {}
  ~StringStream() override { flush(); }

private:
  void write_impl(const char *bytes, size_t size) override { to.append(bytes, size); }
  void pwrite_impl(const char *bytes, size_t size, uint64_t at) override { to.replace(at, size, bytes, size); }
  uint64_t current_pos() const override { return to.size(); }
  std::string &to;
};

// What generated code may call: the runtime, and the functions of C that compilers assume.
bool mayCall(StringRef symbol) {
  static const char *const known[] = {"resnetc_runtime_abi_1", "memset", "memcpy", "memmove", "expf", "exp", "logf",
                                      "log", "powf", "tanhf", "sqrtf", "floorf", "ceilf", "_GLOBAL_OFFSET_TABLE_"};
  return symbol.starts_with("resnetc_rt_") || is_contained(known, symbol);
}

// Every undefined symbol must be known, every global one carry the prefix.
bool checkSymbols(StringRef bytes, const EmitOptions &options, Diagnostics &diagnostics) {
  Expected<std::unique_ptr<object::ObjectFile>> file = object::ObjectFile::createELFObjectFile(MemoryBufferRef(bytes, "object"));
  if (!file) {
    diagnostics.error("I001", "the object cannot be read back: " + toString(file.takeError()));
    return false;
  }
  for (const object::SymbolRef &symbol : (*file)->symbols()) {
    const uint32_t flags = cantFail(symbol.getFlags());
    const StringRef name = cantFail(symbol.getName());
    const bool isUndefined = flags & object::SymbolRef::SF_Undefined;
    if (name.empty() || !(flags & object::SymbolRef::SF_Global))
      continue;
    if (isUndefined ? !mayCall(name) : !name.starts_with(options.name + "_")) {
      diagnostics.error("I001", (isUndefined ? "generated code wants the unknown symbol " : "generated code exports ") + name.str());
      return false;
    }
  }
  return true;
}

} // namespace

uint64_t codeBytes(StringRef code, const std::string &name, const Machine &machine) {
  Expected<std::unique_ptr<object::ObjectFile>> file = object::ObjectFile::createELFObjectFile(MemoryBufferRef(code, "object"));
  if (!file) {
    consumeError(file.takeError());
    return 0;
  }
  uint64_t bytes = 0;
  for (const object::ELFSymbolRef symbol : (*file)->symbols())
    if (symbol.getELFType() == ELF::STT_FUNC && cantFail(symbol.getName()).starts_with(name + "." + machine.level + "."))
      bytes += symbol.getSize();
  return bytes;
}

std::unique_ptr<TargetMachine> makeTarget(const Machine &machine, Diagnostics &diagnostics) {
  initialiseTargets();
  std::string message;
  const Triple triple(machine.triple);
  const Target *target = TargetRegistry::lookupTarget(triple, message);
  if (!target) {
    diagnostics.error("U013", "no code generator for target '" + machine.triple + "'", {}, message);
    return nullptr;
  }
  return std::unique_ptr<TargetMachine>(
      target->createTargetMachine(triple, machine.llvmCpu, machine.llvmFeatures, TargetOptions(), Reloc::PIC_,
                                  std::nullopt, CodeGenOptLevel::Aggressive));
}

static bool generate(Module &module, TargetMachine &target, CodeGenFileType type, std::string &code, Diagnostics &diagnostics) {
  StringStream stream(code);
  legacy::PassManager passes;
  if (target.addPassesToEmitFile(passes, stream, nullptr, type)) {
    diagnostics.error("I001", "the target cannot write this kind of file");
    return false;
  }
  passes.run(module);
  return true;
}

bool emitCode(Module &module, TargetMachine &target, const WeightStore &weights, const EmitOptions &options,
              std::string &code, Diagnostics &diagnostics) {
  const std::string prefix = options.name + "_";
  internalizeModule(module, [&](const GlobalValue &global) { return global.getName().starts_with(prefix); });
  ModuleAnalysisManager analyses;
  GlobalDCEPass().run(module, analyses);
  module.setPICLevel(PICLevel::BigPIC);

  std::string problem;
  raw_string_ostream problems(problem);
  if (verifyModule(module, &problems)) {
    diagnostics.error("I001", "the generated module is not well formed: " + problem);
    return false;
  }
  if (options.kind == ObjectKind::Llvm) {
    raw_string_ostream(code) << module;
    return true;
  }
  if (options.kind == ObjectKind::Assembly)
    return generate(module, target, CodeGenFileType::AssemblyFile, code, diagnostics);
  code.reserve(weights.bytes() + (4 << 20)); // the string does not move while it grows
  return generate(module, target, CodeGenFileType::ObjectFile, code, diagnostics) &&
         checkSymbols(code, options, diagnostics) && patchWeights(code, weights, options, diagnostics);
}

} // namespace resnetc
