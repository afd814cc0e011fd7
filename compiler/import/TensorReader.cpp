#include "compiler/import/TensorReader.h"
#include "compiler/import/Limits.h"
#include "compiler/ir/Constants.h"
#include "compiler/ir/Shapes.h"
#include "onnx-ml.pb.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using onnx::TensorProto;

namespace resnetc {

Type elementTypeOf(MLIRContext *context, int onnxType) {
  switch (onnxType) {
  case TensorProto::FLOAT:
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16:
  case TensorProto::DOUBLE: return Float32Type::get(context);
  case TensorProto::INT64: return IntegerType::get(context, 64);
  case TensorProto::INT32: return IntegerType::get(context, 32);
  case TensorProto::INT8: return IntegerType::get(context, 8);
  case TensorProto::UINT8: return IntegerType::get(context, 8, IntegerType::Unsigned);
  case TensorProto::BOOL: return IntegerType::get(context, 1);
  default: return {};
  }
}

std::string typeName(int onnxType) {
  if (!onnx::TensorProto_DataType_IsValid(onnxType))
    return "unknown data_type " + std::to_string(onnxType);
  return llvm::StringRef(onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(onnxType))).lower();
}

static int64_t bytesPerElement(int onnxType) {
  switch (onnxType) {
  case TensorProto::DOUBLE:
  case TensorProto::INT64: return 8;
  case TensorProto::FLOAT:
  case TensorProto::INT32: return 4;
  case TensorProto::FLOAT16:
  case TensorProto::BFLOAT16: return 2;
  default: return 1;
  }
}

// ---- The typed fields
namespace {
struct Field {
  const char *name;
  int64_t size;
};
} // namespace

static std::vector<Field> fieldsInUse(const TensorProto &t) {
  std::vector<Field> used;
  for (Field f : {Field{"float_data", t.float_data_size()}, {"int32_data", t.int32_data_size()},
                  {"int64_data", t.int64_data_size()}, {"double_data", t.double_data_size()},
                  {"uint64_data", t.uint64_data_size()}, {"string_data", t.string_data_size()}})
    if (f.size > 0)
      used.push_back(f);
  return used;
}

static const char *typedField(int onnxType) {
  switch (onnxType) {
  case TensorProto::FLOAT: return "float_data";
  case TensorProto::DOUBLE: return "double_data";
  case TensorProto::INT64: return "int64_data";
  default: return "int32_data";
  }
}

// ---- Checks: a sentence with its code, or nothing.
static std::pair<const char *, std::string> findFault(const TensorProto &t) {
  if (!onnx::TensorProto_DataType_IsValid(t.data_type()) || t.data_type() == TensorProto::UNDEFINED)
    return {"R032", "has unknown data_type " + std::to_string(t.data_type())};
  for (int i = 0; i < t.dims_size(); ++i)
    if (t.dims(i) < 0)
      return {"R057", "dimension " + std::to_string(i) + " is " + std::to_string(t.dims(i))};
  return {nullptr, ""};
}

static std::pair<const char *, std::string> findStorageFault(const TensorProto &t, int64_t count) {
  const std::vector<Field> used = fieldsInUse(t);
  const bool external = t.data_location() == TensorProto::EXTERNAL;
  if (t.has_segment())
    return {"R057", "a segment of a larger tensor"};
  if (used.size() + t.has_raw_data() > 1 || (external && used.size() + t.has_raw_data() > 0))
    return {"R057", "more than one data field is set"};
  if (external)
    return {nullptr, ""};
  if (t.has_raw_data()) {
    const auto have = static_cast<int64_t>(t.raw_data().size()), want = count * bytesPerElement(t.data_type());
    if (have != want)
      return {"R057", "raw_data has " + std::to_string(have) + " bytes, shape needs " + std::to_string(want)};
    return {nullptr, ""};
  }
  if (!used.empty() && llvm::StringRef(used[0].name) != typedField(t.data_type()))
    return {"R057", std::string("data in ") + used[0].name + ", type " + typeName(t.data_type())};
  if (const int64_t have = used.empty() ? 0 : used[0].size; have != count)
    return {"R057", std::string(typedField(t.data_type())) + " has " + std::to_string(have) + " values, shape needs " +
                        std::to_string(count)};
  return {nullptr, ""};
}

bool TensorReader::check(const TensorProto &t, const std::string &node) {
  auto refuse = [&](const char *code, const std::string &text) {
    const char *link = llvm::StringRef(code) == "R057" ? ": " : " ";
    diagnostics.error(code, "tensor " + quote(t.name()) + link + text, node);
    return false;
  };
  if (auto [code, text] = findFault(t); code)
    return refuse(code, text);
  if (!elementTypeOf(context, t.data_type()))
    return refuse("R032", "has type " + typeName(t.data_type()) + ", which is not supported");
  ShapeRef dims(t.dims().data(), t.dims_size());
  auto count = elementCount(dims);
  if (!count || *count > limits::kElements)
    return refuse("R062", "of shape " + toString(dims) + ": element count overflows");
  if (static_cast<int64_t>(dims.size()) > limits::kRank)
    return refuse("R034", "has rank " + std::to_string(dims.size()) + ", limit " + std::to_string(limits::kRank));
  if (auto [code, text] = findStorageFault(t, *count); code)
    return refuse(code, text);
  return true;
}

// ---- Conversion
static float fromHalf(uint16_t bits) {
  const uint32_t sign = uint32_t(bits & 0x8000) << 16, exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 0) // zero and denormals, exact in float
    return (sign ? -1.0f : 1.0f) * static_cast<float>(fraction) * 0x1p-24f;
  const uint32_t wide = sign | (exponent == 31 ? 255u : exponent + 112) << 23 | fraction << 13;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

static float fromBrain(uint16_t bits) {
  const uint32_t wide = uint32_t(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

template <typename T, typename Out, typename Fn> static std::vector<Out> convert(const std::string &raw, Fn fn) {
  std::vector<Out> out(raw.size() / sizeof(T));
  for (size_t i = 0; i < out.size(); ++i) {
    T v;
    std::memcpy(&v, raw.data() + i * sizeof(T), sizeof(T));
    out[i] = fn(v);
  }
  return out;
}

static std::vector<float> readFloats(const TensorProto &t, const std::string *raw) {
  auto same = [](auto v) { return static_cast<float>(v); };
  if (raw) {
    switch (t.data_type()) {
    case TensorProto::FLOAT: return convert<float, float>(*raw, same);
    case TensorProto::DOUBLE: return convert<double, float>(*raw, same);
    case TensorProto::FLOAT16: return convert<uint16_t, float>(*raw, fromHalf);
    default: return convert<uint16_t, float>(*raw, fromBrain);
    }
  }
  std::vector<float> out;
  switch (t.data_type()) {
  case TensorProto::FLOAT: out.assign(t.float_data().begin(), t.float_data().end()); break;
  case TensorProto::DOUBLE: out.assign(t.double_data().begin(), t.double_data().end()); break;
  default:
    for (int32_t bits : t.int32_data())
      out.push_back((t.data_type() == TensorProto::FLOAT16 ? fromHalf : fromBrain)(static_cast<uint16_t>(bits)));
  }
  return out;
}

static std::vector<int64_t> readIntegers(const TensorProto &t, const std::string *raw) {
  auto same = [](auto v) { return static_cast<int64_t>(v); };
  if (raw) {
    switch (t.data_type()) {
    case TensorProto::INT64: return convert<int64_t, int64_t>(*raw, same);
    case TensorProto::INT32: return convert<int32_t, int64_t>(*raw, same);
    case TensorProto::INT8: return convert<int8_t, int64_t>(*raw, same);
    case TensorProto::BOOL: return convert<uint8_t, int64_t>(*raw, [](uint8_t v) { return int64_t(v != 0); });
    default: return convert<uint8_t, int64_t>(*raw, same);
    }
  }
  if (t.data_type() == TensorProto::INT64)
    return {t.int64_data().begin(), t.int64_data().end()};
  return {t.int32_data().begin(), t.int32_data().end()};
}

template <typename T> static ElementsAttr denseAs(RankedTensorType type, ArrayRef<int64_t> values) {
  std::vector<T> narrow(values.begin(), values.end());
  ArrayRef<char> bytes(reinterpret_cast<const char *>(narrow.data()), narrow.size() * sizeof(T));
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

static ElementsAttr denseIntegers(RankedTensorType type, ArrayRef<int64_t> values) {
  switch (type.getElementTypeBitWidth()) {
  case 64: return DenseElementsAttr::get(type, values);
  case 32: return denseAs<int32_t>(type, values);
  case 8: return denseAs<int8_t>(type, values);
  default: return DenseElementsAttr::get(type, SmallVector<bool>(values.begin(), values.end()));
  }
}

void TensorReader::countOdd(llvm::ArrayRef<float> numbers, const std::string &tensor) {
  auto add = [&](Odd &odd, auto isOdd) {
    const int64_t count = llvm::count_if(numbers, isOdd);
    if (count > 0 && odd.count == 0)
      odd.firstTensor = tensor;
    odd.count += count;
  };
  add(nonFinite, [](float v) { return !std::isfinite(v); });
  add(denormal, [](float v) { return std::fpclassify(v) == FP_SUBNORMAL; });
}

void TensorReader::reportNumbers(bool rejectNonFinite, bool flushesDenormals) {
  auto describe = [](const Odd &odd, const char *what) {
    return std::to_string(odd.count) + (odd.count == 1 ? " number is " : " numbers are ") + what +
           ", first in tensor " + quote(odd.firstTensor);
  };
  if (nonFinite.count > 0 && rejectNonFinite)
    diagnostics.error("R058", describe(nonFinite, "infinite or NaN"));
  else if (nonFinite.count > 0)
    diagnostics.add({Severity::Warning, "W201", describe(nonFinite, "infinite or NaN")});
  if (denormal.count > 0 && flushesDenormals)
    diagnostics.add({Severity::Warning, "W203", describe(denormal, "denormal: taken as zero"), {}, {},
                     "--denormals=keep computes with them"});
  else if (denormal.count > 0)
    diagnostics.add(
        {Severity::Warning, "W203", describe(denormal, "denormal"), {}, "many processors are slow on them"});
}

ElementsAttr TensorReader::read(const TensorProto &t, const std::string &node) {
  if (!check(t, node))
    return {};
  auto type = RankedTensorType::get(ArrayRef<int64_t>(t.dims().data(), t.dims_size()),
                                    elementTypeOf(context, t.data_type()));
  std::optional<std::string> file;
  const std::string *raw = t.has_raw_data() ? &t.raw_data() : nullptr;
  if (t.data_location() == TensorProto::EXTERNAL) {
    file = external.read(t, type.getNumElements() * bytesPerElement(t.data_type()), node);
    if (!file)
      return {};
    raw = &*file;
  }
  if (type.getElementType().isF32()) {
    std::vector<float> numbers = readFloats(t, raw);
    countOdd(numbers, t.name());
    return makeConstant(type, std::move(numbers));
  }
  return denseIntegers(type, readIntegers(t, raw));
}

} // namespace resnetc
