#include "tools/ModelRunner.h"

#include "llvm/Support/Errc.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

using namespace llvm;

namespace resnetc {

std::vector<int64_t> shapeFor(const resnetc_tensor_info &info, const resnetc_model &model, int32_t batch) {
  std::vector<int64_t> shape(info.dim, info.dim + info.rank);
  if (batch != model.batch_min && !shape.empty())
    shape[0] = shape[0] / model.batch_min * batch;
  return shape;
}

size_t countFor(const resnetc_tensor_info &info, const resnetc_model &model, int32_t batch) {
  size_t count = 1;
  for (int64_t dim : shapeFor(info, model, batch))
    count *= size_t(dim);
  return count;
}

void fillRandom(MutableArrayRef<float> to, uint64_t seed, StringRef name) {
  uint64_t state = 0xcbf29ce484222325;
  for (unsigned char c : name)
    state = (state ^ c) * 0x100000001b3;
  state ^= seed;
  auto draw = [&] { // in (0, 1]
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return double(((z ^ z >> 31) >> 11) + 1) * 0x1p-53;
  };
  for (size_t i = 0; i < to.size(); i += 2) {
    const double radius = std::sqrt(-2 * std::log(draw())), angle = 6.283185307179586 * draw();
    to[i] = float(radius * std::cos(angle));
    if (i + 1 < to.size())
      to[i + 1] = float(radius * std::sin(angle));
  }
}

/// Every byte is 0xff, a NaN in each float: a model that reads what nobody wrote shows it.
ModelRunner::Buffer ModelRunner::allocate(size_t bytes, size_t align) {
  const size_t unit = std::max<size_t>(align, 64);
  const size_t size = std::max<size_t>(alignTo(bytes, unit), unit);
  auto *memory = static_cast<float *>(std::aligned_alloc(unit, size));
  if (memory)
    std::memset(memory, 0xff, size);
  return Buffer(memory);
}

static Error outOfMemory(size_t bytes) {
  return createStringError(errc::not_enough_memory, "out of memory: the model wants %zu bytes more", bytes);
}

Expected<std::unique_ptr<ModelRunner>> ModelRunner::create(const resnetc_model &model, int32_t batch,
                                                           int32_t threads) {
  std::unique_ptr<ModelRunner> runner(new ModelRunner(model, batch));
  for (const resnetc_tensor_info &info : ArrayRef(model.inputs, model.num_inputs)) {
    runner->inputCounts.push_back(countFor(info, model, batch));
    runner->inputs.push_back(allocate(runner->inputCounts.back() * sizeof(float), info.align));
    runner->inputPointers.push_back(runner->inputs.back().get());
    if (!runner->inputPointers.back())
      return outOfMemory(runner->inputCounts.back() * sizeof(float));
  }
  for (const resnetc_tensor_info &info : ArrayRef(model.outputs, model.num_outputs)) {
    runner->outputCounts.push_back(countFor(info, model, batch));
    runner->outputs.push_back(allocate(runner->outputCounts.back() * sizeof(float), info.align));
    runner->outputPointers.push_back(runner->outputs.back().get());
    if (!runner->outputPointers.back())
      return outOfMemory(runner->outputCounts.back() * sizeof(float));
  }
  runner->bytesOfScratch = model.scratch_bytes(batch);
  runner->scratch = allocate(runner->bytesOfScratch, model.scratch_align);
  if (!runner->scratch)
    return outOfMemory(runner->bytesOfScratch);
  if (threads > 1) {
    if (const resnetc_status status = resnetc_pool_create(threads, &runner->pool))
      return createStringError(errc::resource_unavailable_try_again, "cannot start %d threads: %s", threads,
                               resnetc_strerror(status));
    runner->exec = {sizeof(resnetc_exec), threads, resnetc_pool_parallel_for, runner->pool, nullptr};
  }
  return runner;
}

ModelRunner::~ModelRunner() { resnetc_pool_destroy(pool); }

resnetc_status ModelRunner::run() {
  return model.run(batch, inputPointers.data(), outputPointers.data(), scratch.get(), pool ? &exec : nullptr);
}

} // namespace resnetc
