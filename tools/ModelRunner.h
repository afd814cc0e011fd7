// Everything one model needs to run, allocated once: inputs, outputs, scratch memory, threads.
#pragma once

#include "resnetc_runtime.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace resnetc {

/// The shape of a tensor for a batch, and how many floats that is.
std::vector<int64_t> shapeFor(const resnetc_tensor_info &info, const resnetc_model &model, int32_t batch);
size_t countFor(const resnetc_tensor_info &info, const resnetc_model &model, int32_t batch);

/// Fills `to` with normally distributed numbers (mean 0, variance 1) that depend on the seed and the name alone:
/// splitmix64 started at seed xor FNV-1a(name), two draws a pair, Box and Muller's transform in double.
void fillRandom(llvm::MutableArrayRef<float> to, uint64_t seed, llvm::StringRef name);

class ModelRunner {
public:
  static llvm::Expected<std::unique_ptr<ModelRunner>> create(const resnetc_model &model, int32_t batch,
                                                             int32_t threads);
  ~ModelRunner();

  llvm::MutableArrayRef<float> input(uint32_t i) { return {inputs[i].get(), inputCounts[i]}; }
  llvm::ArrayRef<float> output(uint32_t i) const { return {outputs[i].get(), outputCounts[i]}; }
  size_t scratchBytes() const { return bytesOfScratch; }

  /// One inference.
  resnetc_status run();

private:
  struct Free {
    void operator()(float *memory) const { free(memory); }
  };
  using Buffer = std::unique_ptr<float, Free>;
  ModelRunner(const resnetc_model &model, int32_t batch) : model(model), batch(batch) {}
  static Buffer allocate(size_t bytes, size_t align);

  const resnetc_model &model;
  int32_t batch;
  size_t bytesOfScratch = 0;
  std::vector<Buffer> inputs, outputs;
  std::vector<size_t> inputCounts, outputCounts;
  std::vector<const void *> inputPointers;
  std::vector<void *> outputPointers;
  Buffer scratch;
  resnetc_pool *pool = nullptr;
  resnetc_exec exec = {};
};

} // namespace resnetc
