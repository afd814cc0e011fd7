#include "tools/ModelRunner.h"
#include "tools/Describe.h"

#include "llvm/Support/Errc.h"

#include <algorithm>
#include <cmath>

using namespace llvm;

namespace resnetc {

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

Expected<std::unique_ptr<ModelRunner>> ModelRunner::create(const resnetc_model &model, int32_t batch, int32_t threads,
                                                           GuardedBuffer::Place place) {
  std::unique_ptr<ModelRunner> runner(new ModelRunner(model, batch));
  runner->exec.struct_size = sizeof(resnetc_exec);
  size_t missing = 0; // bytes that could not be had
  auto allocate = [&](size_t bytes, size_t align) {
    void *data = runner->buffers.emplace_back(bytes, align, place).data();
    missing += data ? 0 : bytes;
    return data;
  };
  auto count = [&](const resnetc_tensor_info &info) {
    size_t elements = 1;
    for (int64_t dim : shapeFor(info, model, batch))
      elements *= size_t(dim);
    return elements;
  };
  for (const resnetc_tensor_info &info : ArrayRef(model.inputs, model.num_inputs)) {
    runner->inputCounts.push_back(count(info));
    runner->inputPointers.push_back(allocate(count(info) * elementBytes(info.dtype), info.align));
  }
  for (const resnetc_tensor_info &info : ArrayRef(model.outputs, model.num_outputs)) {
    const size_t bytes = count(info) * elementBytes(info.dtype);
    runner->outputPointers.push_back(allocate(bytes, info.align));
    runner->outputs.emplace_back(static_cast<const char *>(runner->outputPointers.back()), bytes);
  }
  runner->scratch = allocate(model.scratch_bytes(batch), model.scratch_align);
  if (missing)
    return createStringError(errc::not_enough_memory, "out of memory: %zu bytes more are needed", missing);
  if (threads > 1) {
    if (const resnetc_status status = resnetc_pool_create(threads, &runner->pool))
      return createStringError(errc::resource_unavailable_try_again, "cannot start %d threads: %s", threads,
                               resnetc_strerror(status));
    runner->exec.num_threads = threads;
    runner->exec.parallel_for = resnetc_pool_parallel_for;
    runner->exec.user = runner->pool;
  }
  return runner;
}

bool ModelRunner::setInput(uint32_t i, ArrayRef<float> values) {
  if (model.inputs[i].dtype == RESNETC_F32) {
    copy(values, static_cast<float *>(inputPointers[i]));
    return true;
  }
  auto *bytes = static_cast<uint8_t *>(inputPointers[i]);
  for (float value : values) {
    if (!(value >= 0 && value <= 255 && value == std::floor(value)))
      return false;
    *bytes++ = uint8_t(value);
  }
  return true;
}

void ModelRunner::setRandomInput(uint32_t i, uint64_t seed) {
  std::vector<float> values(inputCounts[i]);
  fillRandom(values, seed, model.inputs[i].name);
  if (model.inputs[i].dtype == RESNETC_U8)
    for (float &value : values) // most of the range, some at its ends
      value = std::clamp(std::floor(128 + 64 * value), 0.f, 255.f);
  setInput(i, values);
}

ModelRunner::~ModelRunner() { resnetc_pool_destroy(pool); }

void ModelRunner::watchSteps(void (*done)(void *user, uint32_t step), void *user) {
  exec.step_done = done;
  exec.step_user = user;
}

resnetc_status ModelRunner::run() {
  const bool isPlain = !pool && !exec.step_done;
  return model.run(batch, const_cast<const void *const *>(inputPointers.data()), outputPointers.data(), scratch,
                   isPlain ? nullptr : &exec);
}

} // namespace resnetc
