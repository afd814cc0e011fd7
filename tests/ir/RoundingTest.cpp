// The bound of ir/Rounding.h holds for float32 arithmetic, and is not so wide that it holds for anything.
#include "compiler/ir/Rn.h"
#include "compiler/ir/Rounding.h"
#include "mlir/Parser/Parser.h"
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace resnetc;

namespace {

TEST(Rounding, OfALongSum) {
  constexpr int64_t n = 4096;
  mlir::MLIRContext context;
  context.loadDialect<mlir::func::FuncDialect, rn::RnDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(R"(
    func.func @main(%x: tensor<1x4096xf32>, %w: tensor<1x4096xf32>) -> tensor<1x1xf32> {
      %0 = rn.dense(%x, %w) : tensor<1x4096xf32>, tensor<1x4096xf32> -> tensor<1x1xf32>
      return %0 : tensor<1x1xf32>
    })", &context);
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  double mostSigmas = 0;
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<Tensor> arguments(2, Tensor{{1, n}, std::vector<double>(n)});
    float sum = 0;
    for (int64_t i = 0; i < n; ++i) {
      const float x = normal(random), w = normal(random);
      arguments[0].data[i] = x, arguments[1].data[i] = w;
      sum += x * w;
    }
    auto results = evaluateRounded(*module->getOps<mlir::func::FuncOp>().begin(), arguments, false);
    ASSERT_TRUE(mlir::succeeded(results));
    const Uncertain &y = (*results)[0];
    mostSigmas = std::max(mostSigmas, std::abs(sum - y.value.data[0]) / std::sqrt(y.variance[0]));
  }
  EXPECT_LT(mostSigmas, kSigmas);
  EXPECT_GT(mostSigmas, 0.1);
}

// d(x^2) = 2 x dx: the variance that x brings is that of the square, on top of the roundings.
TEST(Rounding, OfAMeanOfSquares) {
  mlir::MLIRContext context;
  context.loadDialect<mlir::func::FuncDialect, rn::RnDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(R"(
    func.func @main(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
      %0 = rn.reduce "mean_square" %x {axes = array<i64: 1>, keepdims} : tensor<1x2xf32> -> tensor<1x1xf32>
      return %0 : tensor<1x1xf32>
    })", &context);
  mlir::Operation *reduce = &(*module->getOps<mlir::func::FuncOp>().begin()).getBody().front().front();
  const Uncertain x{{{1, 2}, {3, -4}}, {0.01, 0.04}};
  auto y = evaluateRounded(reduce, x, false);
  ASSERT_TRUE(mlir::succeeded(y));
  EXPECT_DOUBLE_EQ(y->value.data[0], 12.5);
  EXPECT_NEAR(y->variance[0], (36 * 0.01 + 64 * 0.04) / 2, 1e-9); // of errors that may all point the same way
}

} // namespace
