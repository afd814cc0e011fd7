// The tile chooser: rows are covered exactly, blocks divide, registers suffice, and nothing common is slow.
#include "schedules/Kernels.h"
#include <gtest/gtest.h>
#include <numeric>
#include <set>

using namespace resnetc;

static std::vector<Machine> machines() {
  std::vector<Machine> list;
  for (const char *triple : {"x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"})
    for (const std::string &level : machineLevels(triple))
      list.push_back(*machineFor(triple, level));
  return list;
}

TEST(ConvTiling, CoversRowsExactly) {
  for (const Machine &m : machines())
    for (int64_t width : {1, 2, 3, 5, 7, 8, 11, 14, 15, 28, 49, 56, 112, 113, 196, 784, 3136})
      for (int64_t blocks : {1, 2, 3, 4, 5, 7, 8, 16, 32, 63, 125, 256}) {
        const ConvTiling t = tileConv(width, blocks, m);
        SCOPED_TRACE(m.level + " " + std::to_string(width) + " x " + std::to_string(blocks));
        EXPECT_EQ(std::accumulate(t.widths.begin(), t.widths.end(), int64_t(0)), width);
        EXPECT_EQ(blocks % t.blocks, 0);
        std::set<int64_t> distinct(t.widths.begin(), t.widths.end());
        EXPECT_LE(distinct.size(), 3u);
        int runs = 1;
        for (size_t i = 1; i < t.widths.size(); i++)
          runs += t.widths[i] != t.widths[i - 1];
        EXPECT_EQ(static_cast<size_t>(runs), distinct.size());
        for (int64_t px : distinct)
          EXPECT_LT(t.blocks * (m.block / m.lanes) * px, m.registers);
        EXPECT_GT(t.efficiency, 0);
        EXPECT_LE(t.efficiency, 1);
      }
}

TEST(ConvTiling, RowsOfGivenBlocks) {
  for (const Machine &m : machines())
    for (int64_t width : {1, 4, 7, 32}) {
      const ConvTiling t = tileRow(width, 2, m);
      EXPECT_EQ(t.blocks, 2);
      EXPECT_EQ(std::accumulate(t.widths.begin(), t.widths.end(), int64_t(0)), width) << m.level;
      EXPECT_TRUE(tileRow(width, m.registers, m).widths.empty()) << m.level;
    }
}

TEST(ConvTiling, CommonRowsAreFast) {
  for (const char *level : {"x86-64-v3", "x86-64-v4", "znver4", "znver5"})
    for (int64_t width : {7, 14, 28, 56, 49, 196, 784, 3136})
      for (int64_t blocks : {4, 8, 16, 32, 64})
        EXPECT_GT(tileConv(width, blocks, *machineFor("x86_64-unknown-linux-gnu", level)).efficiency, 0.85) << level << " " << width;
}

TEST(ConvTiling, OfInnerProducts) {
  for (const char *level : {"znver4", "znver5"})
    for (int64_t width : {1, 7, 16, 36, 49, 113, 196, 784, 3136})
      for (int64_t blocks : {1, 2, 3, 4, 32}) {
        SCOPED_TRACE(level + (" " + std::to_string(width)) + " x " + std::to_string(blocks));
        const Machine m = *machineFor("x86_64-unknown-linux-gnu", level);
        const ConvTiling t = tileInner(width, blocks, m);
        EXPECT_EQ(std::accumulate(t.widths.begin(), t.widths.end(), int64_t(0)), width);
        EXPECT_EQ(blocks % t.blocks, 0);
        EXPECT_LE(t.blocks, 2); // whose scalars are read in opposite orders, or shared
        EXPECT_LT(t.efficiency, 1.5);
        const bool isFast = width >= 7 && (t.blocks == 2 || !sharesScalars(m));
        EXPECT_GT(t.efficiency, isFast ? 1.2 : 0);
      }
  EXPECT_TRUE(tileInner(49, 2, *machineFor("x86_64-unknown-linux-gnu", "x86-64-v4")).widths.empty());
}

// Zen 4 starts two loads beside one FMA and one addition, Zen 5 beside two of both.
TEST(ConvTiling, ScalarsAreSharedWhereLoadsAreFew) {
  EXPECT_FALSE(sharesScalars(*machineFor("x86_64-unknown-linux-gnu", "znver4")));
  EXPECT_TRUE(sharesScalars(*machineFor("x86_64-unknown-linux-gnu", "znver5")));
}

// Both kinds of pipes are equally busy: an inner sum of two products takes two additions and an FMA, a plain one two FMAs.
TEST(ConvTiling, MixOfInnerAndPlainSums) {
  for (int64_t sums = 1; sums < 30; sums++) {
    const int64_t inner = innerSums(sums), fmas = inner + 2 * (sums - inner), additions = 2 * inner;
    EXPECT_LE(additions, fmas);
    EXPECT_GE(additions + 3, fmas); // one more would be too many
  }
}

TEST(Machine, KnowsItsLevels) {
  EXPECT_FALSE(machineFor("", "i486"));
  EXPECT_FALSE(machineFor("riscv64-unknown-linux-gnu", "baseline"));
  EXPECT_EQ(machineFor("aarch64-unknown-linux-gnu", "baseline")->level, "armv8-a");
  EXPECT_EQ(machineFor("x86_64-pc-linux-gnu", "baseline")->level, "x86-64-v2");
  ASSERT_TRUE(machineFor("", "native"));
  for (const Machine &m : machines())
    EXPECT_EQ(m.block % m.lanes, 0) << m.level;
}
