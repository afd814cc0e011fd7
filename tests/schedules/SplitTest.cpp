// split and split_product, on processors with a unit for tiles of bf16; elsewhere these tests say that they were skipped.
#include "tests/schedules/Check.h"
#include <array>

using namespace resnetc;

namespace {

constexpr int64_t Block = 16;

Level level() { return {"sapphirerapids", *machineFor("x86_64-unknown-linux-gnu", "sapphirerapids")}; }

class Split : public testing::Test {
protected:
  void SetUp() override {
    if (!canRunHere(level().machine))
      GTEST_SKIP() << "this processor multiplies no tiles";
  }
};

// The bf16 in one half of each word: what a number consists of must be it, to the last bit.
TEST_F(Split, PartsAreTheWhole) {
  for (int64_t blocks : {1, 2, 3}) {
    const int64_t w = 5, h = 3, pairs = (blocks + 1) / 2, row = 2 * Block * w, plane = row * h, part = 7 * Block * h, pair = 3 * part;
    const KernelSpec spec{"split", {{"size", {w, h, pairs}}, {"in", {Block, blocks}}, {"in_strides", {2 * Block, row, plane}}, {"out_strides", {Block, 7 * Block, part, pair}}}, {}, {}};
    std::vector<float> in = randomFloats(static_cast<size_t>(plane * blocks), 3), out(static_cast<size_t>(pair * pairs), Untouched);
    in[0] = 0, in[1] = -0.0f, in[2] = 1, in[3] = floatOf(0x3fffffff), in[4] = 3e38f, in[5] = -1e-30f;
    CallableKernel(spec, level().machine)({in.data(), out.data()});
    for (int64_t p = 0; p < pairs; p++)
      for (int64_t y = 0; y < h; y++)
        for (int64_t x = 0; x < 7; x++)
          for (int64_t i = 0; i < 2 * Block; i++) {
            const int64_t at = i / 2 + x * Block + y * 7 * Block + p * pair, block = 2 * p + i % 2;
            if (x >= w) {
              EXPECT_EQ(out[static_cast<size_t>(at)], Untouched);
              continue;
            }
            float sum = 0;
            for (int64_t q = 2; q >= 0; q--) {
              const uint32_t word = bitsOf(out[static_cast<size_t>(at + q * part)]);
              sum += floatOf(i % 2 ? word & 0xffff0000u : word << 16);
            }
            EXPECT_EQ(sum, block < blocks ? in[static_cast<size_t>(i / 2 + x * 2 * Block + y * row + block * plane)] : 0.0f);
          }
  }
}

// Numbers as words of parts, in place: two for each word of the first of three planes.
void splitInPlace(std::vector<float> &words, int64_t planes, int64_t apart, uint32_t seed) {
  const std::vector<float> numbers = randomFloats(2 * words.size(), seed);
  for (int64_t plane = 0; plane < planes; plane++)
    for (int64_t i = 0; i < apart; i++) {
      const auto at = static_cast<size_t>(plane * 3 * apart + i);
      float low = numbers[2 * at], high = numbers[2 * at + 1];
      for (size_t part = 0; part < 3 && at + part * static_cast<size_t>(apart) < words.size(); part++) {
        const uint32_t l = bitsOf(low) & 0xffff0000u, h = bitsOf(high) & 0xffff0000u;
        words[at + part * static_cast<size_t>(apart)] = floatOf(l >> 16 | h);
        low -= floatOf(l), high -= floatOf(h);
      }
    }
}

struct Shape {
  int64_t w, h, kb, pairs, kernel, px, rows, nb, firstPx, firstRows;
};

KernelSpec productSpec(const Shape &t) {
  const int64_t pitch = t.w + t.kernel - 1, plane = pitch * (t.h + t.kernel - 1) * Block;
  KernelSpec s{"split_product", {{"size", {t.w, t.h, t.kb}}, {"block", {Block}}, {"pairs", {t.pairs}}, {"in_strides", {Block, pitch * Block, plane, 3 * plane}},
                                 {"tile", {t.px, t.rows, t.nb}}, {"first", {t.firstPx, t.firstRows}},
                                 {"out_strides", {Block, (t.w + 2) * Block, (t.w + 2) * (t.h + 1) * Block}}}, {}, {}};
  for (int64_t y = 0; y < t.kernel; y++)
    for (int64_t x = 0; x < t.kernel; x++)
      s.ints["taps"].push_back((y * pitch + x) * Block);
  return s;
}

const std::vector<Shape> shapes = {
    {64, 1, 4, 3, 1, 32, 1, 2, 16, 1},  // two tiles of pixels side by side
    {10, 3, 2, 2, 1, 5, 1, 1, 3, 1},    // parts of them, one block of channels
    {14, 4, 2, 1, 3, 14, 2, 2, 14, 1},  // below each other
    {7, 4, 4, 2, 3, 7, 4, 2, 7, 2},     // each of several rows, with the border between them
    {7, 3, 2, 1, 3, 7, 3, 2, 7, 2},     // of which the second has fewer
    {7, 2, 2, 1, 1, 7, 2, 2, 7, 2},     // one tile
    {49, 2, 2, 1, 1, 49, 1, 1, 13, 1},  // four of them
    {7, 7, 2, 2, 3, 7, 7, 1, 7, 2},
    {9, 3, 1, 1, 1, 9, 3, 1, 9, 1},     // three
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
};

TEST_F(Split, Products) {
  for (const Shape &shape : shapes) {
    KernelSpec s = productSpec(shape);
    const auto complete = [&](Operands &in) {
      splitInPlace(in[0], s.at("pairs"), s.at("in_strides", 2), 5);
      splitInPlace(in[1], s.at("size", 2) / s.at("tile", 2), s.at("tile", 2) * Block * Block * s.at("pairs") * static_cast<int64_t>(s.list("taps").size()), 6);
    };
    check(s, level(), -1, complete);
    s.words["act"] = "silu";
    s.ints["res_strides"] = s.ints["out_strides"];
    check(s, level(), 3, complete);
    s.ints["soon"] = {1024};
    s.words["act"] = "relu";
    s.words["preact_act"] = "relu";
    s.ints["preact_strides"] = {2 * Block, 2 * (shape.w + 2) * Block, 2 * (shape.w + 2) * (shape.h + 1) * Block};
    check(s, level(), -1, complete);
    s.ints.erase("out_strides");
    check(s, level(), -1, complete);
  }
}

// Numbers of which every product of parts is a part of the result, which is exact: what one of the six leaves out, no bound of roundings shows.
TEST_F(Split, EveryProductOfPartsCounts) {
  const float full = floatOf(0x3f9a5b6d), near = 1 + 0x1p-10f; // three parts; two
  KernelSpec s = productSpec({1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  const std::vector<size_t> sizes = operandSizes(s);
  for (auto [x, w] : {std::pair{full, 1.0f}, {1.0f, full}, {near, near}, {-full, 0.5f}}) {
    std::vector<float> in(sizes[0], 0), weights(sizes[1], 0), bias(sizes[2], 0), out(sizes[3], Untouched);
    const auto split = [](float number, std::vector<float> &words, size_t apart) { // in the high half of the first word
      for (size_t part = 0; part < 3; part++) {
        words[part * apart] = floatOf(bitsOf(number) & 0xffff0000u);
        number -= words[part * apart];
      }
    };
    split(x, in, Block);
    split(w, weights, Block * Block);
    CallableKernel(s, level().machine)({in.data(), weights.data(), bias.data(), out.data()});
    EXPECT_EQ(out[0], x * w);
  }
}

TEST_F(Split, ResidualOfSomeBlocks) {
  KernelSpec s = productSpec({14, 2, 2, 1, 1, 14, 2, 2, 14, 1});
  s.ints["res_strides"] = s.ints["out_strides"];
  s.ints["res_blocks"] = {1, 1};
  check(s, level(), -1, [&](Operands &in) {
    splitInPlace(in[0], 1, s.at("in_strides", 2), 5);
    splitInPlace(in[1], 1, 2 * Block * Block, 6);
  });
}

TEST(SplitProduct, TilesThatTheUnitHasNot) {
  std::string error;
  for (const Shape &shape : {Shape{17, 1, 2, 1, 1, 17, 1, 2, 17, 1}, {40, 1, 2, 1, 1, 40, 1, 2, 20, 1}, {9, 4, 2, 1, 3, 9, 4, 2, 9, 2}, {8, 2, 3, 1, 1, 8, 2, 3, 8, 1}, {8, 2, 2, 1, 1, 3, 2, 2, 3, 1}}) {
    EXPECT_TRUE(buildKernel(productSpec(shape), level().machine, error).empty());
    EXPECT_NE(error.find("split_product"), std::string::npos);
  }
  EXPECT_TRUE(buildKernel(productSpec(shapes[0]), *machineFor("x86_64-unknown-linux-gnu", "x86-64-v4"), error).empty());
  EXPECT_NE(error.find("multiplies no tiles"), std::string::npos);
}

} // namespace
