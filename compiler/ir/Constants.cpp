#include "compiler/ir/Constants.h"
#include "compiler/ir/Rn.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"
#include <cstring>

using namespace mlir;

namespace resnetc {

// Below this many elements a constant is an ordinary attribute, readable in the printed IR.
static constexpr size_t kInlineElements = 64;

template <typename T> static void appendAs(ArrayRef<char> bytes, std::vector<double> &out) {
  for (size_t i = 0; i + sizeof(T) <= bytes.size(); i += sizeof(T)) {
    T v;
    std::memcpy(&v, bytes.data() + i, sizeof(T));
    out.push_back(static_cast<double>(v));
  }
}

static void appendBlob(Type element, ArrayRef<char> bytes, std::vector<double> &out) {
  if (element.isF32())
    return appendAs<float>(bytes, out);
  if (element.isUnsignedInteger(8))
    return appendAs<uint8_t>(bytes, out);
  switch (element.getIntOrFloatBitWidth()) {
  case 64:
    return appendAs<int64_t>(bytes, out);
  case 32:
    return appendAs<int32_t>(bytes, out);
  default:
    return appendAs<int8_t>(bytes, out);
  }
}

std::vector<double> constantValues(ElementsAttr value) {
  std::vector<double> out;
  out.reserve(value.getNumElements());
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      appendBlob(value.getElementType(), blob->getData(), out);
    return out;
  }
  auto dense = cast<DenseElementsAttr>(value);
  if (isa<FloatType>(dense.getElementType())) {
    for (const APFloat &v : dense.getValues<APFloat>())
      out.push_back(v.convertToDouble());
  } else {
    const bool isUnsigned = dense.getElementType().isUnsignedInteger() || dense.getElementType().isInteger(1);
    for (const APInt &v : dense.getValues<APInt>())
      out.push_back(isUnsigned ? static_cast<double>(v.getZExtValue()) : static_cast<double>(v.getSExtValue()));
  }
  return out;
}

std::vector<float> constantFloats(ElementsAttr value) {
  std::vector<float> out(value.getNumElements());
  auto resource = dyn_cast<DenseResourceElementsAttr>(value);
  if (resource && value.getElementType().isF32()) {
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      std::memcpy(out.data(), blob->getData().data(), out.size() * sizeof(float));
    return out;
  }
  std::vector<double> values = constantValues(value);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<float>(values[i]);
  return out;
}

static int64_t saturate(double v) {
  if (v != v)
    return 0;
  if (v >= 9223372036854775807.0)
    return INT64_MAX;
  return v <= -9223372036854775808.0 ? INT64_MIN : static_cast<int64_t>(v);
}

ElementsAttr makeConstant(RankedTensorType type, ArrayRef<double> values) {
  Type element = type.getElementType();
  if (element.isF32())
    return makeConstant(type, std::vector<float>(values.begin(), values.end()));
  SmallVector<APInt> ints;
  for (double v : values)
    ints.push_back(APInt(element.getIntOrFloatBitWidth(), static_cast<uint64_t>(saturate(v)), true, true));
  return DenseElementsAttr::get(type, ints);
}

template <class T> static ElementsAttr constantOfBits(RankedTensorType type, const std::vector<T> &values) {
  auto sameBits = [&](T v) { return std::memcmp(&v, values.data(), sizeof v) == 0; };
  if (!values.empty() && llvm::all_of(values, sameBits))
    return DenseElementsAttr::get(type, ArrayRef<T>(values.data(), 1));
  if (values.size() <= kInlineElements)
    return DenseElementsAttr::get(type, ArrayRef<T>(values));
  ArrayRef<char> bytes(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
  // Named by content: a name that is taken costs a search for a free one, and a deep network has thousands.
  std::string name =
      "w" + llvm::utohexstr(llvm::xxh3_64bits(ArrayRef(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size())));
  return DenseResourceElementsAttr::get(type, name, HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, 64));
}

ElementsAttr makeConstant(RankedTensorType type, std::vector<float> values) { return constantOfBits(type, values); }
ElementsAttr makeConstant(RankedTensorType type, std::vector<uint32_t> values) { return constantOfBits(type, values); }

ElementsAttr reshapedConstant(ElementsAttr value, ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, value.getElementType());
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  return cast<DenseElementsAttr>(value).reshape(type);
}

ElementsAttr constantOf(Value value) {
  auto op = value.getDefiningOp<rn::ConstantOp>();
  return op ? op.getValue() : ElementsAttr();
}

} // namespace resnetc
