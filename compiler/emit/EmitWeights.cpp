// Weights are bytes that nobody looks into. In an object they are copied straight from the plans into the finished
// file; until then the section is a run of zeros that takes no memory.
#include "compiler/emit/Parts.h"
#include "llvm/IR/Constants.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace resnetc {

static std::string symbolOf(const EmitOptions &options) { return options.name + ".weights"; }

std::string weightSection(const EmitOptions &options) { return ".rodata." + options.name + ".weights"; }

GlobalVariable *declareWeights(Module &into, const Model &model) {
  if (model.weightBytes == 0)
    return nullptr;
  return new GlobalVariable(into, Type::getInt8Ty(into.getContext()), true, GlobalValue::ExternalLinkage, nullptr,
                            symbolOf(model.options));
}

void defineWeights(Module &into, const WeightStore &weights, const EmitOptions &options) {
  GlobalVariable *declared = into.getNamedGlobal(symbolOf(options));
  if (!declared)
    return;
  auto *type = ArrayType::get(Type::getInt8Ty(into.getContext()), weights.bytes());
  Constant *value = ConstantAggregateZero::get(type);
  if (options.kind != ObjectKind::Object) {
    std::string bytes(weights.bytes(), '\0');
    weights.copyTo(bytes.data(), options.flushDenormals);
    value = ConstantDataArray::getRaw(bytes, bytes.size(), type->getElementType());
  }
  auto *global = new GlobalVariable(into, type, true, GlobalValue::InternalLinkage, value);
  global->setExternallyInitialized(true); // the value above is not to be reasoned with
  global->setSection(weightSection(options));
  global->setAlignment(Align(kAlign));
  global->takeName(declared);
  declared->replaceAllUsesWith(global);
  declared->eraseFromParent();
}

bool patchWeights(std::string &object, const WeightStore &weights, const EmitOptions &options,
                  Diagnostics &diagnostics) {
  if (weights.bytes() == 0)
    return true;
  Expected<std::unique_ptr<object::ObjectFile>> file =
      object::ObjectFile::createELFObjectFile(MemoryBufferRef(object, "object"));
  if (!file) {
    diagnostics.error("I001", "the object cannot be read back: " + toString(file.takeError()));
    return false;
  }
  for (const object::ELFSectionRef section : (*file)->sections()) {
    Expected<StringRef> name = section.getName();
    if (!name) {
      consumeError(name.takeError());
    } else if (*name == weightSection(options) && section.getSize() >= static_cast<uint64_t>(weights.bytes())) {
      weights.copyTo(&object[section.getOffset()], options.flushDenormals);
      return true;
    }
  }
  diagnostics.error("I001", "the object has no section for the weights");
  return false;
}

} // namespace resnetc
