// The bound of ir/Rounding.h holds for float32 arithmetic, and is not so wide that it holds for anything.
#include "compiler/ir/Rn.h"
#include "compiler/ir/Rounding.h"
#include "mlir/Parser/Parser.h"
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace resnetc;

namespace {

// A module of one function.
class Parsed {
public:
  explicit Parsed(const char *text) {
    context.loadDialect<mlir::func::FuncDialect, rn::RnDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  }
  mlir::func::FuncOp function() const { return *module.get().getOps<mlir::func::FuncOp>().begin(); }

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

TEST(Rounding, OfALongSum) {
  constexpr int64_t n = 4096;
  const Parsed parsed(R"(
    func.func @main(%x: tensor<1x4096xf32>, %w: tensor<1x4096xf32>) -> tensor<1x1xf32> {
      %0 = rn.dense(%x, %w) : tensor<1x4096xf32>, tensor<1x4096xf32> -> tensor<1x1xf32>
      return %0 : tensor<1x1xf32>
    })");
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
    auto results = evaluateRounded(parsed.function(), arguments, {});
    ASSERT_TRUE(mlir::succeeded(results));
    const Uncertain &y = (*results)[0];
    mostSigmas = std::max(mostSigmas, std::abs(sum - y.value.data[0]) / std::sqrt(y.variance[0]));
  }
  EXPECT_LT(mostSigmas, kSigmas);
  EXPECT_GT(mostSigmas, 0.1);
}

// An inner product of 1024 channels as the kernels compute it, with the best scale and with one that is four times off.
TEST(Rounding, OfInnerProducts) {
  constexpr int64_t n = 1024, block = 16;
  const Parsed parsed(R"(
    func.func @main(%x: tensor<1x1024x1x1xf32>, %w: tensor<1x1024x1x1xf32>) -> tensor<1x1x1x1xf32> {
      %0 = rn.conv2d(%x, %w) : tensor<1x1024x1x1xf32>, tensor<1x1024x1x1xf32> -> tensor<1x1x1x1xf32>
      return %0 : tensor<1x1x1x1xf32>
    })");
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  double mostSigmas[3] = {};
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<Tensor> arguments(2, Tensor{{1, n, 1, 1}, std::vector<double>(n)});
    double ofPixels = 0, ofWeights = 0, tailX = 0, tailW = 0;
    for (int64_t i = 0; i < n; ++i)
      arguments[0].data[i] = std::max(0.0f, normal(random)), arguments[1].data[i] = normal(random) / 32;
    const std::vector<double> &x = arguments[0].data, &w = arguments[1].data;
    auto forEachPair = [&](auto visit) {
      for (int64_t i = 0; i < n; ++i)
        if (i / block % 2 == 0)
          visit(i, i + block);
    };
    forEachPair([&](int64_t a, int64_t b) {
      tailX += x[a] * x[b], tailW += w[a] * w[b];
      ofPixels += tailX * tailX, ofWeights += tailW * tailW;
    });
    for (int off : {-2, 0, 2}) {
      const float scale = std::exp2(std::round(std::log2(ofPixels / ofWeights) / 4) + off);
      float sum = static_cast<float>(-tailW * scale * scale) - static_cast<float>(tailX);
      forEachPair([&](int64_t a, int64_t b) {
        const auto x0 = static_cast<float>(x[a]), x1 = static_cast<float>(x[b]), w0 = scale * static_cast<float>(w[a]), w1 = scale * static_cast<float>(w[b]);
        sum = std::fma(w1 + x0, w0 + x1, sum);
      });
      auto results = evaluateRounded(parsed.function(), arguments, {true, true});
      ASSERT_TRUE(mlir::succeeded(results));
      const Uncertain &y = (*results)[0];
      double &most = mostSigmas[off / 2 + 1];
      most = std::max(most, std::abs(sum / scale - y.value.data[0]) / std::sqrt(y.variance[0]));
    }
  }
  for (double most : mostSigmas) {
    EXPECT_LT(most, kSigmas);
    EXPECT_GT(most, 0.05);
  }
}

// d(x^2) = 2 x dx: the variance that x brings is that of the square, on top of the roundings.
TEST(Rounding, OfAMeanOfSquares) {
  const Parsed parsed(R"(
    func.func @main(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
      %0 = rn.reduce "mean_square" %x {axes = array<i64: 1>, keepdims} : tensor<1x2xf32> -> tensor<1x1xf32>
      return %0 : tensor<1x1xf32>
    })");
  mlir::Operation *reduce = &parsed.function().getBody().front().front();
  const Uncertain x{{{1, 2}, {3, -4}}, {0.01, 0.04}};
  auto y = evaluateRounded(reduce, x, {});
  ASSERT_TRUE(mlir::succeeded(y));
  EXPECT_DOUBLE_EQ(y->value.data[0], 12.5);
  EXPECT_NEAR(y->variance[0], (36 * 0.01 + 64 * 0.04) / 2, 1e-9); // of errors that may all point the same way
}

} // namespace
