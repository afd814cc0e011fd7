// Names of specs, errors of buildKernel, and that equal specs give equal code.
#include "schedules/bench/CallableKernel.h"
#include <algorithm>
#include <gtest/gtest.h>
#include <thread>

using namespace resnetc;

static KernelSpec copySpec(int64_t n) {
  KernelSpec s;
  s.kind = "pointwise";
  s.words = {{"op", "copy"}, {"act", "silu"}};
  s.ints = {{"size", {n, 1, 1, 1, 1, 1}}, {"out_strides", {1, 0, 0, 0, 0, 0}}, {"in0_strides", {1, 0, 0, 0, 0, 0}}};
  return s;
}

TEST(KernelSpec, NamesAreCanonicalIdentifiers) {
  KernelSpec a = copySpec(10), b = copySpec(10);
  EXPECT_EQ(a, b);
  EXPECT_EQ(a.name(), b.name());
  const std::string name = a.name();
  EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; })) << name;
  b.ints["in0_strides"][0] = 2;
  EXPECT_FALSE(a == b);
  EXPECT_NE(a.name(), b.name());
  b = a;
  b.floats["alpha"] = 0;
  EXPECT_NE(a.name(), b.name());
}

TEST(BuildKernel, ReportsWhatIsWrong) {
  const Machine m = *machineFor("", "native");
  std::string error;
  KernelSpec s;
  s.kind = "fft";
  EXPECT_EQ(buildKernel(s, m, error), "");
  EXPECT_NE(error.find("no kernel of kind 'fft'"), std::string::npos);
  s = copySpec(8);
  s.ints.erase("in0_strides");
  EXPECT_EQ(buildKernel(s, m, error), "");
  EXPECT_NE(error.find("in0_strides"), std::string::npos) << error;
  s = copySpec(8);
  s.words["op"] = "frobnicate";
  EXPECT_EQ(buildKernel(s, m, error), "");
  EXPECT_NE(error.find("'frobnicate'"), std::string::npos) << error;
  s = copySpec(int64_t(1) << 30);
  s.ints["size"][1] = 4;
  s.ints["out_strides"][1] = s.ints["in0_strides"][1] = int64_t(1) << 30;
  EXPECT_EQ(buildKernel(s, m, error), "");
  EXPECT_NE(error.find("2^31"), std::string::npos) << error;
  s = copySpec(int64_t(1) << 40);
  EXPECT_EQ(buildKernel(s, m, error), "");
  EXPECT_NE(error.find("out of range"), std::string::npos) << error;
}

// Halide numbers the names of loops and values through the whole process: the bitcode differs in names, the code does not.
TEST(BuildKernel, SameCodeFromManyThreads) {
  const Machine m = *machineFor("", "native");
  const std::string first = CallableKernel(copySpec(33), m).object;
  std::string results[4];
  std::thread threads[4];
  for (int i = 0; i < 4; i++)
    threads[i] = std::thread([&, i] { results[i] = CallableKernel(copySpec(33), m).object; });
  for (std::thread &t : threads)
    t.join();
  for (const std::string &r : results)
    EXPECT_TRUE(r == first);
}

TEST(BuildKernel, EveryLevelCompiles) {
  for (const char *triple : {"x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"})
    for (const std::string &level : machineLevels(triple)) {
      std::string error;
      const Machine m = *machineFor(triple, level);
      EXPECT_NE(buildKernel(copySpec(100), m, error), "") << error;
      const ConvTiling tiling = tileConv(28, 8, m);
      KernelSpec conv;
      conv.kind = "conv";
      conv.ints = {{"size", {tiling.widths[0], 2, tiling.blocks}}, {"block", {m.block}}, {"in", {m.block, 2}},
                   {"in_strides", {m.block, 100 * m.block, 1000 * m.block}}, {"out_strides", {m.block, 100 * m.block, 1000 * m.block}},
                   {"kernel", {3, 3}}, {"stride", {1, 1}}, {"dilation", {1, 1}}, {"tile", {tiling.widths[0]}}};
      EXPECT_NE(buildKernel(conv, m, error), "") << error;
    }
  EXPECT_EQ(kernelKinds(), (std::vector<std::string>{"avg_pool", "conv", "inner_product", "max_pool", "pair_sums", "pointwise", "reduce", "softmax", "split", "split_product", "take",
                                                    "top_k", "winograd_in", "winograd_out"}));
}
