#include "tools/Describe.h"
#include "tools/Npy.h"

using namespace llvm;

namespace resnetc {

std::vector<int64_t> shapeFor(const resnetc_tensor_info &info, const resnetc_model &model, int32_t batch) {
  std::vector<int64_t> shape(info.dim, info.dim + info.rank);
  if (batch != model.batch_min && !shape.empty())
    shape[0] = shape[0] / model.batch_min * batch;
  return shape;
}

const char *typeName(resnetc_dtype dtype) {
  return dtype == RESNETC_U8 ? "uint8" : dtype == RESNETC_I32 ? "int32" : "float32";
}

size_t elementBytes(resnetc_dtype dtype) { return dtype == RESNETC_U8 ? 1 : 4; }

static json::Array describe(ArrayRef<resnetc_tensor_info> tensors, const resnetc_model &model, int32_t batch) {
  json::Array list;
  for (const resnetc_tensor_info &info : tensors)
    list.push_back(json::Object{{"name", info.name},
                                {"layout", info.layout},
                                {"dtype", typeName(info.dtype)},
                                {"shape", json::Array(shapeFor(info, model, batch))}});
  return list;
}

json::Object describe(const resnetc_model &model, int32_t batch) {
  return json::Object{{"name", model.name},
                      {"compiler", model.version},
                      {"onnx_sha256", model.onnx_sha256},
                      {"target", model.target},
                      {"batch_min", model.batch_min},
                      {"batch_max", model.batch_max},
                      {"weight_bytes", int64_t(model.weight_bytes)},
                      {"scratch_bytes", int64_t(model.scratch_bytes(batch))},
                      {"inputs", describe(ArrayRef(model.inputs, model.num_inputs), model, batch)},
                      {"outputs", describe(ArrayRef(model.outputs, model.num_outputs), model, batch)}};
}

static void print(StringRef role, ArrayRef<resnetc_tensor_info> tensors, const resnetc_model &model, int32_t batch,
                  raw_ostream &os) {
  for (const resnetc_tensor_info &info : tensors)
    os << role << info.name << "  " << typeName(info.dtype) << " " << info.layout << (*info.layout ? " " : "")
       << shapeToString(shapeFor(info, model, batch)) << "\n";
}

void print(const resnetc_model &model, int32_t batch, raw_ostream &os) {
  os << "model    " << model.name << "  for " << model.target << ", by resnetc " << model.version << "\n";
  print("input    ", ArrayRef(model.inputs, model.num_inputs), model, batch, os);
  print("output   ", ArrayRef(model.outputs, model.num_outputs), model, batch, os);
  os << "batch    " << model.batch_min << " to " << model.batch_max << "\n";
  os << "memory   weights " << model.weight_bytes << " bytes, scratch " << model.scratch_bytes(batch) << " bytes\n";
}

} // namespace resnetc
