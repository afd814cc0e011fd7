// What a convolution has read ahead: every line of the weights of the next call, which lie behind its own, and no other; where
// its spec says so, also the pixels of the next tile.
#include "schedules/bench/CallableKernel.h"
#include "tests/schedules/Evaluate.h"
#include "tests/schedules/Levels.h"
#include <map>
#include <set>

using namespace resnetc;

namespace {

std::map<const void *, std::set<int64_t>> asked; // offsets by operand

int32_t record(const void *address, int64_t offset) {
  asked[address].insert(offset);
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

struct Recorded {
  Operands operands;
  std::vector<float *> pointers;

  Recorded(const KernelSpec &spec, const Machine &machine) {
    for (size_t floats : operandSizes(spec))
      operands.emplace_back(floats);
    for (std::vector<float> &o : operands)
      pointers.push_back(o.data());
    asked.clear();
    CallableKernel(spec, machine, record)(pointers);
  }
};

void expectNextWeights(const KernelSpec &spec, const Machine &machine) {
  SCOPED_TRACE(machine.level + ": " + spec.name());
  const Recorded run(spec, machine);
  ASSERT_EQ(asked.size(), 1u);
  std::set<int64_t> lines;
  for (int64_t offset : asked[run.pointers[1]])
    lines.insert(offset / 64);
  const auto count = static_cast<int64_t>(run.operands[1].size()) * 4 / 64;
  EXPECT_EQ(static_cast<int64_t>(lines.size()), count);
  EXPECT_EQ(*lines.begin(), count);
  EXPECT_EQ(*lines.rbegin(), 2 * count - 1);
}

// Every line that a tile but the first of a row reads is asked for, and none that is further away than a tile.
void expectNextPixels(KernelSpec spec, const Machine &machine) {
  SCOPED_TRACE(machine.level + ": " + spec.name());
  spec.words["ahead"] = "pixels";
  const Recorded run(spec, machine);
  EXPECT_EQ(asked.size(), 2u);
  const auto first = reinterpret_cast<intptr_t>(run.pointers[0]);
  std::set<int64_t> lines;
  for (int64_t offset : asked[run.pointers[0]])
    lines.insert((first + offset) / 64);
  const int64_t width = spec.at("size"), height = spec.at("size", 1), tile = spec.at("tile"), pixel = 4 * spec.at("in_strides");
  for (int64_t block = 0; block < spec.at("in", 1); ++block)
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = tile; x < width; ++x) {
        const int64_t at = first + 4 * (y * spec.at("in_strides", 1) + block * spec.at("in_strides", 2)) + x * pixel;
        EXPECT_TRUE(lines.count(at / 64) && lines.count((at + pixel - 1) / 64)) << x << " " << y << " " << block;
      }
  EXPECT_LE(*lines.rbegin(), (first + static_cast<int64_t>(run.operands[0].size()) * 4 + tile * pixel) / 64);
}

class Prefetch : public testing::TestWithParam<Level> {};

TEST_P(Prefetch, AsksForTheWeightsOfTheNextCall) {
  const Machine &m = GetParam().machine;
  expectNextWeights(convSpec(m, 6, 3, 3, 2, 2, 3), m);  // more tiles than are needed
  expectNextWeights(convSpec(m, 4, 1, 2, 2, 3, 1), m);  // too few: several lines at a time
  expectNextWeights(convSpec(m, 1, 1, 1, 3, 1, 1), m);
  expectNextWeights(convSpec(m, 12, 1, 3, 4, 32, 1), m);  // in parts of the reduction
}

TEST_P(Prefetch, InnerProductsAskForTheWeightsOfTheNextCall) {
  const Machine &m = GetParam().machine;
  if (m.lanes != m.block)
    GTEST_SKIP() << "a block is several vectors";
  for (auto [width, height, tile, blocks] : {std::array<int64_t, 4>{14, 1, 14, 1}, {49, 1, 7, 2}, {3, 5, 1, 2}}) {
    KernelSpec s = convSpec(m, width, height, tile, blocks, 4, 1);
    s.kind = "inner_product";
    for (const char *key : {"kernel", "stride", "dilation"})
      s.ints.erase(key);
    s.ints["sums_stride"] = {width};
    const int64_t lines = 4 * 4 * m.block * m.block * blocks / 64; // of four input blocks
    s.ints["ahead"] = {lines, lines};
    expectNextWeights(s, m);
  }
}

TEST_P(Prefetch, AsksForThePixelsOfTheNextTile) {
  const Machine &m = GetParam().machine;
  expectNextPixels(convSpec(m, 12, 2, 3, 2, 3, 1), m);
  expectNextPixels(convSpec(m, 10, 1, 5, 1, 17, 1), m);
  expectNextPixels(convSpec(m, 12, 1, 3, 4, 32, 1), m);  // in parts of the reduction
}

INSTANTIATE_TEST_SUITE_P(Levels, Prefetch, testing::ValuesIn(runnableLevels()), levelName);

} // namespace
