// What a convolution has read ahead: every line of the weights of the next call, which lie behind its own, and no other.
#include "schedules/bench/CallableKernel.h"
#include "tests/schedules/Evaluate.h"
#include "tests/schedules/Levels.h"
#include <set>

using namespace resnetc;

namespace {

const void *base;
std::set<int64_t> lines;

int32_t record(const void *address, int64_t offset) {
  EXPECT_EQ(address, base);
  lines.insert(offset / 64);
  return 0;
}

KernelSpec convSpec(const Machine &m, int64_t width, int64_t height, int64_t tile, int64_t blocks, int64_t inBlocks, int64_t taps) {
  const int64_t b = m.block, row = b * (width + taps - 1), image = row * (height + taps - 1);
  KernelSpec s;
  s.kind = "conv";
  s.words["act"] = "none";
  s.ints = {{"size", {width, height, blocks}}, {"block", {b}}, {"in", {b, inBlocks}}, {"in_strides", {b, row, image}},
            {"out_strides", {b, b * width, b * width * height}}, {"kernel", {taps, taps}}, {"stride", {1, 1}}, {"dilation", {1, 1}},
            {"tile", {tile}}};
  return s;
}

void expectNextWeights(const KernelSpec &spec, const Machine &machine) {
  SCOPED_TRACE(machine.level + ": " + spec.name());
  Operands operands;
  std::vector<float *> pointers;
  for (size_t floats : operandSizes(spec))
    operands.emplace_back(floats);
  for (std::vector<float> &o : operands)
    pointers.push_back(o.data());
  base = pointers[1], lines.clear();
  CallableKernel(spec, machine, record)(pointers);
  const auto count = static_cast<int64_t>(operands[1].size()) * 4 / 64;
  EXPECT_EQ(static_cast<int64_t>(lines.size()), count);
  EXPECT_EQ(*lines.begin(), count);
  EXPECT_EQ(*lines.rbegin(), 2 * count - 1);
}

class Prefetch : public testing::TestWithParam<Level> {};

TEST_P(Prefetch, AsksForTheWeightsOfTheNextCall) {
  const Machine &m = GetParam().machine;
  expectNextWeights(convSpec(m, 6, 3, 3, 2, 2, 3), m);  // more tiles than are needed
  expectNextWeights(convSpec(m, 4, 1, 2, 2, 3, 1), m);  // too few: several lines at a time
  expectNextWeights(convSpec(m, 1, 1, 1, 3, 1, 1), m);
  expectNextWeights(convSpec(m, 12, 1, 3, 4, 32, 1), m);  // in parts of the reduction
}

INSTANTIATE_TEST_SUITE_P(Levels, Prefetch, testing::ValuesIn(runnableLevels()), levelName);

} // namespace
