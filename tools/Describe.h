// What a model is and wants, in words and as JSON.
#pragma once

#include "resnetc_runtime.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace resnetc {

/// The shape of a tensor for a batch.
std::vector<int64_t> shapeFor(const resnetc_tensor_info &info, const resnetc_model &model, int32_t batch);

/// "float32", "uint8", "int32".
const char *typeName(resnetc_dtype dtype);
size_t elementBytes(resnetc_dtype dtype);

llvm::json::Object describe(const resnetc_model &model, int32_t batch);

void print(const resnetc_model &model, int32_t batch, llvm::raw_ostream &os);

} // namespace resnetc
