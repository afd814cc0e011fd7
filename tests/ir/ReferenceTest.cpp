// The float64 evaluator against numbers worked out by hand: it is the oracle of all other tests, so nothing here is computed.
#include "compiler/ir/Reference.h"
#include "compiler/ir/Rn.h"
#include "mlir/Parser/Parser.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mlir;
using namespace resnetc;

namespace {

// Evaluates a function body on float inputs; the first result.
std::vector<double> run(const std::string &function, std::vector<Tensor> inputs) {
  MLIRContext context;
  context.loadDialect<func::FuncDialect, rn::RnDialect>();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(function, &context);
  EXPECT_TRUE(module);
  if (!module)
    return {};
  auto results = evaluate(*module->getOps<func::FuncOp>().begin(), std::move(inputs));
  EXPECT_TRUE(succeeded(results));
  return succeeded(results) ? (*results)[0].data : std::vector<double>();
}

Tensor count(Shape shape) { // 1, 2, 3, ...
  Tensor t{shape, {}};
  for (int64_t i = 0; i < *elementCount(shape); ++i)
    t.data.push_back(static_cast<double>(i + 1));
  return t;
}

using Values = std::vector<double>;

TEST(Reference, ConvolvesWithPaddingAndStride) {
  // [1 2; 3 4] padded by one, kernel of ones 3x3, stride 2: only the window at (0, 0) fits, and it sees everything.
  EXPECT_EQ(run(R"(func.func @f(%x: tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32> {
      %w = rn.constant dense<1.0> : tensor<1x1x3x3xf32>
      %0 = rn.conv2d(%x, %w) {pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
        : tensor<1x1x2x2xf32>, tensor<1x1x3x3xf32> -> tensor<1x1x1x1xf32>
      return %0 : tensor<1x1x1x1xf32> })", {count({1, 1, 2, 2})}), Values{10});
}

TEST(Reference, ConvolutionKernelIsNotFlipped) {
  EXPECT_EQ(run(R"(func.func @f(%x: tensor<1x1x1x3xf32>) -> tensor<1x1x1x2xf32> {
      %w = rn.constant dense<[[[[1.0, 10.0]]]]> : tensor<1x1x1x2xf32>
      %0 = rn.conv2d(%x, %w) : tensor<1x1x1x3xf32>, tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32>
      return %0 : tensor<1x1x1x2xf32> })", {count({1, 1, 1, 3})}), (Values{21, 32}));
}

TEST(Reference, GroupsDilationBiasResidualActivation) {
  // Two groups of one channel; taps two pixels apart; channel 0: 1 + 3, channel 1: 2 * (4 + 6); bias, residual, clip at 20.
  EXPECT_EQ(run(R"(func.func @f(%x: tensor<1x2x1x3xf32>) -> tensor<1x2x1x1xf32> {
      %w = rn.constant dense<[[[[1.0, 1.0]]], [[[2.0, 2.0]]]]> : tensor<2x1x1x2xf32>
      %b = rn.constant dense<[0.5, 0.25]> : tensor<2xf32>
      %r = rn.constant dense<100.0> : tensor<1x2x1x1xf32>
      %n = rn.constant dense<-100.0> : tensor<1x2x1x1xf32>
      %s = rn.add %r, %n : tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32> -> tensor<1x2x1x1xf32>
      %0 = rn.conv2d(%x, %w, bias %b residual %s) {groups = 2 : i64, dilations = array<i64: 1, 2>, act = #rn.act<clip, 0.0, 20.0>}
        : tensor<1x2x1x3xf32>, tensor<2x1x1x2xf32>, bias tensor<2xf32> residual tensor<1x2x1x1xf32> -> tensor<1x2x1x1xf32>
      return %0 : tensor<1x2x1x1xf32> })", {count({1, 2, 1, 3})}), (Values{4.5, 20}));
}

TEST(Reference, ResidualOfSomeChannelsAndSecondResult) {
  // Channels 1, 1, 1 of which the second gains 10; activation; then 2 v - 3 and its own activation.
  const char *text = R"(func.func @f(%%x: tensor<1x1x1x1xf32>) -> tensor<1x3x1x1xf32> {
      %%w = rn.constant dense<1.0> : tensor<3x1x1x1xf32>
      %%r = rn.constant dense<10.0> : tensor<1x1x1x1xf32>
      %%s = rn.constant dense<[2.0, 2.0, -2.0]> : tensor<3xf32>
      %%t = rn.constant dense<-3.0> : tensor<3xf32>
      %%0, %%1 = rn.conv2d(%%x, %%w residual %%r) preact(%%s, %%t) {residual_channel = 1 : i64, act = #rn.act<clip, 0.0, 6.0>, preact_act = #rn.act<relu>}
        : tensor<1x1x1x1xf32>, tensor<3x1x1x1xf32> residual tensor<1x1x1x1xf32> preact(tensor<3xf32>, tensor<3xf32>)
          -> tensor<1x3x1x1xf32>, tensor<1x3x1x1xf32>
      return %%%d : tensor<1x3x1x1xf32> })";
  char buffer[1024];
  std::snprintf(buffer, sizeof buffer, text, 0);
  EXPECT_EQ(run(buffer, {count({1, 1, 1, 1})}), (Values{1, 6, 1}));
  std::snprintf(buffer, sizeof buffer, text, 1);
  EXPECT_EQ(run(buffer, {count({1, 1, 1, 1})}), (Values{0, 9, 0}));
}

TEST(Reference, MultiplyAddBroadcastsItsOperands) {
  EXPECT_EQ(run(R"(func.func @f(%x: tensor<1x2x1x2xf32>) -> tensor<1x2x1x2xf32> {
      %s = rn.constant dense<[[[[2.0]], [[-1.0]]]]> : tensor<1x2x1x1xf32>
      %t = rn.constant dense<10.0> : tensor<1xf32>
      %0 = rn.mul_add %x, %s, %t : tensor<1x2x1x2xf32>, tensor<1x2x1x1xf32>, tensor<1xf32> -> tensor<1x2x1x2xf32>
      return %0 : tensor<1x2x1x2xf32> })", {count({1, 2, 1, 2})}), (Values{12, 14, 7, 6}));
}

TEST(Reference, AveragePoolCountsOrSkipsPadding) {
  const char *text = R"(func.func @f(%%x: tensor<1x1x1x2xf32>) -> tensor<1x1x1x2xf32> {
      %%0 = rn.avg_pool %%x {kernel = array<i64: 1, 2>, pads = array<i64: 0, 1, 0, 0>%s} : tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32>
      return %%0 : tensor<1x1x1x2xf32> })";
  char buffer[512];
  std::snprintf(buffer, sizeof buffer, text, "");
  EXPECT_EQ(run(buffer, {count({1, 1, 1, 2})}), (Values{1, 1.5}));
  std::snprintf(buffer, sizeof buffer, text, ", count_include_pad");
  EXPECT_EQ(run(buffer, {count({1, 1, 1, 2})}), (Values{0.5, 1.5}));
}

TEST(Reference, MaxPoolPaddingNeverWinsAndNanStays) {
  Tensor x{{1, 1, 1, 3}, {-5, std::nan(""), -7}};
  Values y = run(R"(func.func @f(%x: tensor<1x1x1x3xf32>) -> tensor<1x1x1x3xf32> {
      %0 = rn.max_pool %x {kernel = array<i64: 1, 2>, pads = array<i64: 0, 1, 0, 0>} : tensor<1x1x1x3xf32> -> tensor<1x1x1x3xf32>
      return %0 : tensor<1x1x1x3xf32> })", {x});
  ASSERT_EQ(y.size(), 3u);
  EXPECT_EQ(y[0], -5);
  EXPECT_TRUE(std::isnan(y[1]));
}

TEST(Reference, BatchNormUsesAllFiveNumbers) {
  // (x - mean) / sqrt(variance + epsilon) * scale + bias = (1 - 3) / sqrt(3 + 1) * 10 + 0.5
  EXPECT_EQ(run(R"(func.func @f(%x: tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32> {
      %s = rn.constant dense<10.0> : tensor<1xf32>
      %b = rn.constant dense<0.5> : tensor<1xf32>
      %v = rn.constant dense<3.0> : tensor<1xf32>
      %0 = rn.batch_norm(%x, %s, %b, %v, %v) {epsilon = 1.0 : f64}
        : (tensor<1x1x1x1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x1x1xf32>
      return %0 : tensor<1x1x1x1xf32> })", {count({1, 1, 1, 1})}), Values{-9.5});
}

TEST(Reference, DenseSoftmaxReduce) {
  EXPECT_EQ(run(R"(func.func @f(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
      %w = rn.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
      %0 = rn.dense(%x, %w) : tensor<1x2xf32>, tensor<2x2xf32> -> tensor<1x2xf32>
      return %0 : tensor<1x2xf32> })", {count({1, 2})}), (Values{5, 11}));
  Values p = run(R"(func.func @f(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
      %0 = rn.softmax %x {axis = 1} : tensor<1x2xf32> -> tensor<1x2xf32>
      return %0 : tensor<1x2xf32> })", {count({1, 2})});
  EXPECT_DOUBLE_EQ(p[1], 1 / (1 + std::exp(-1)));
  EXPECT_EQ(run(R"(func.func @f(%x: tensor<1x2x2x2xf32>) -> tensor<1x2xf32> {
      %0 = rn.reduce "mean" %x {axes = array<i64: 2, 3>} : tensor<1x2x2x2xf32> -> tensor<1x2xf32>
      return %0 : tensor<1x2xf32> })", {count({1, 2, 2, 2})}), (Values{2.5, 6.5}));
  EXPECT_EQ(run(R"(func.func @f(%x: tensor<1x2x2x2xf32>) -> tensor<1x2xf32> {
      %0 = rn.reduce "mean_square" %x {axes = array<i64: 2, 3>} : tensor<1x2x2x2xf32> -> tensor<1x2xf32>
      return %0 : tensor<1x2xf32> })", {count({1, 2, 2, 2})}), (Values{7.5, 43.5}));
}

TEST(Reference, MovesData) {
  EXPECT_EQ(run(R"(func.func @f(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
      %0 = rn.transpose %x {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
      return %0 : tensor<3x2xf32> })", {count({2, 3})}), (Values{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(run(R"(func.func @f(%x: tensor<2x3xf32>) -> tensor<1x2xf32> {
      %0 = rn.slice %x {offsets = array<i64: 1, 2>, steps = array<i64: 1, -2>} : tensor<2x3xf32> -> tensor<1x2xf32>
      return %0 : tensor<1x2xf32> })", {count({2, 3})}), (Values{6, 4}));
}

} // namespace
