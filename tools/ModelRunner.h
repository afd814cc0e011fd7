// Everything one model needs to run, allocated once: inputs, outputs, scratch memory, threads.
#pragma once

#include "resnetc_runtime.h"
#include "tools/GuardedBuffer.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

namespace resnetc {

/// Fills `to` with normally distributed numbers (mean 0, variance 1) that depend on the seed and the name alone:
/// splitmix64 started at seed xor FNV-1a(name), two draws a pair, Box and Muller's transform in double.
void fillRandom(llvm::MutableArrayRef<float> to, uint64_t seed, llvm::StringRef name);

class ModelRunner {
public:
  static llvm::Expected<std::unique_ptr<ModelRunner>> create(const resnetc_model &model, int32_t batch,
                                                             int32_t threads,
                                                             GuardedBuffer::Place place);
  ~ModelRunner();

  /// Converts the values to the type of the input. False if one of them is no value of that type.
  bool setInput(uint32_t i, llvm::ArrayRef<float> values);
  /// Floats as fillRandom makes them, bytes from the same stream.
  void setRandomInput(uint32_t i, uint64_t seed);
  llvm::StringRef output(uint32_t i) const { return outputs[i]; }

  /// Calls `done` after each step of a run, see resnetc_exec::step_done; NULL: no longer.
  void watchSteps(void (*done)(void *user, uint32_t step), void *user);

  /// One inference.
  resnetc_status run();
  int32_t images() const { return batch; }

private:
  ModelRunner(const resnetc_model &model, int32_t batch) : model(model), batch(batch) {}

  const resnetc_model &model;
  int32_t batch;
  std::vector<GuardedBuffer> buffers;
  std::vector<size_t> inputCounts;
  std::vector<llvm::StringRef> outputs;
  std::vector<void *> inputPointers;
  std::vector<void *> outputPointers;
  void *scratch = nullptr;
  resnetc_pool *pool = nullptr;
  resnetc_exec exec = {};
};

} // namespace resnetc
