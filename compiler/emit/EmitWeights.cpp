// Weights are bytes that nobody looks into. In an object they are copied straight from the plan into the finished file;
// until then the section is a run of zeros that takes no memory.
#include "compiler/emit/Parts.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/IR/Constants.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cmath>

using namespace llvm;

namespace resnetc {

WeightBytes bytesOfWeights(plan::BufferOp buffer) {
  const mlir::ElementsAttr value = *buffer.getValue();
  if (auto resource = dyn_cast<mlir::DenseResourceElementsAttr>(value)) {
    mlir::AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return {blob ? blob->getData() : ArrayRef<char>(), false};
  }
  auto dense = dyn_cast<mlir::DenseElementsAttr>(value);
  if (!dense)
    return {};
  return {dense.getRawData(), dense.isSplat()};
}

bool checkWeights(const Model &model, Diagnostics &diagnostics) {
  for (const Weights &weights : model.weights) {
    plan::BufferOp buffer = weights.buffer;
    const auto [bytes, isSplat] = bytesOfWeights(buffer);
    const uint64_t want = buffer.getBytes();
    if (bytes.empty() || (isSplat ? want % bytes.size() != 0 : want != bytes.size())) {
      diagnostics.error("I001", "weights " + buffer.getSymName().str() + " have " + std::to_string(bytes.size()) +
                                    " bytes, the plan wants " + std::to_string(want));
      return false;
    }
  }
  return true;
}

// As kernels that flush denormals read them.
static void zeroDenormals(char *floats, uint64_t bytes) {
  for (uint64_t at = 0; at < bytes; at += sizeof(float)) {
    float value;
    std::memcpy(&value, floats + at, sizeof value);
    if (std::fpclassify(value) == FP_SUBNORMAL)
      std::memset(floats + at, 0, sizeof value);
  }
}

static void copyWeights(const Model &model, char *to) {
  for (const Weights &weights : model.weights) {
    plan::BufferOp buffer = weights.buffer;
    const ArrayRef<char> bytes = bytesOfWeights(buffer).bytes;
    for (uint64_t done = 0; done < buffer.getBytes(); done += bytes.size())
      std::memcpy(to + weights.offset + done, bytes.data(), bytes.size());
    if (model.options.flushDenormals && buffer.getValue()->getElementType().isF32())
      zeroDenormals(to + weights.offset, buffer.getBytes());
  }
}

GlobalVariable *emitWeights(Module &into, const Model &model) {
  if (model.weightBytes == 0)
    return nullptr;
  auto *type = ArrayType::get(Type::getInt8Ty(into.getContext()), model.weightBytes);
  Constant *value = ConstantAggregateZero::get(type);
  if (model.options.kind != ObjectKind::Object) {
    std::string bytes(model.weightBytes, '\0');
    copyWeights(model, bytes.data());
    value = ConstantDataArray::getRaw(bytes, bytes.size(), type->getElementType());
  }
  auto *global = new GlobalVariable(into, type, true, GlobalValue::InternalLinkage, value, model.options.name + ".weights");
  global->setExternallyInitialized(true); // the value above is not to be reasoned with
  global->setSection(model.weightSection());
  global->setAlignment(Align(kAlign));
  return global;
}

bool patchWeights(std::string &object, const Model &model, Diagnostics &diagnostics) {
  if (model.weightBytes == 0)
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
    } else if (*name == model.weightSection() && section.getSize() >= static_cast<uint64_t>(model.weightBytes)) {
      copyWeights(model, &object[section.getOffset()]);
      return true;
    }
  }
  diagnostics.error("I001", "the object has no section for the weights");
  return false;
}

} // namespace resnetc
