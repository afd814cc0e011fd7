// A whole 3x3 convolution by Winograd's F(m x m, 3x3) with stride 1 or 2, from weights to pixels, against the direct sum in double. The
// bound holds element by element (Higham, Accuracy and Stability of Numerical Algorithms, 3.5: a product of matrices
// and a sum of products):
//   |error| <= gamma(roundings) * |A^T| [ sum over channels of (|G| |w| |G^T|) * (|B^T| |d| |B|) ] |A|
#include "schedules/Winograd.h"
#include "schedules/bench/CallableKernel.h"
#include "tests/schedules/Evaluate.h"
#include "tests/schedules/Levels.h"
#include <cmath>
#include <functional>

using namespace resnetc;

namespace {

// One image of two blocks of channels to one block, no bias. Values as functions, so that a case is a line.
struct Problem {
  int64_t m, stride, width, height, block; // extents of the result
  std::function<double(int64_t channel, int64_t x, int64_t y)> input; // of the image
  std::function<double(int64_t out, int64_t in, int64_t x, int64_t y)> weight;

  int64_t n() const { return winogradWindow(m, stride); }
  int64_t step() const { return m * stride; }
  int64_t tilesX() const { return (width + m - 1) / m; }
  int64_t tilesY() const { return (height + m - 1) / m; }
  int64_t tiles() const { return tilesX() * tilesY(); }
  int64_t rowPixels() const { return (tilesX() - 1) * step() + n(); }
  int64_t columnPixels() const { return (tilesY() - 1) * step() + n(); }
  double pixel(int64_t c, int64_t x, int64_t y) const { // zero in the border
    return x < 0 || y < 0 || x >= width * stride || y >= height * stride ? 0 : static_cast<float>(input(c, x, y));
  }
  double tap(int64_t o, int64_t i, int64_t x, int64_t y) const { return static_cast<float>(weight(o, i, x, y)); }
};

constexpr int64_t InBlocks = 2;
constexpr std::pair<int64_t, int64_t> kinds[] = {{2, 1}, {4, 1}, {2, 2}, {4, 2}}; // m, stride

double sandwich(const Matrix &a, int64_t p, const std::function<double(int64_t, int64_t)> &inner, bool sizes) {
  const auto n = static_cast<int64_t>(a.size()), k = static_cast<int64_t>(a[0].size());
  double sum = 0;
  for (int64_t i = 0; i < k; i++)
    for (int64_t j = 0; j < k; j++) {
      const double term = a[p / n][i] * inner(i, j) * a[p % n][j];
      sum += sizes ? std::fabs(term) : term;
    }
  return sum;
}

std::vector<float> compute(const Problem &p, const Machine &machine) {
  const int64_t b = p.block, positions = p.n() * p.n(), plane = p.tiles() * b;
  const Matrix &g = winogradMatrices(p.m, p.stride).g;
  std::vector<float> in(InBlocks * p.rowPixels() * p.columnPixels() * b), v(positions * InBlocks * plane),
      products(positions * plane), zero(b, 0.0f), out(p.width * p.height * b), u(positions * InBlocks * b * b);
  for (int64_t c = 0; c < InBlocks * b; c++)
    for (int64_t y = 0; y < p.columnPixels(); y++)
      for (int64_t x = 0; x < p.rowPixels(); x++)
        in[((c / b * p.columnPixels() + y) * p.rowPixels() + x) * b + c % b] =
            static_cast<float>(p.pixel(c, x - 1, y - 1));
  for (int64_t q = 0; q < positions; q++)
    for (int64_t i = 0; i < InBlocks * b; i++)
      for (int64_t o = 0; o < b; o++)
        u[(q * InBlocks * b + i) * b + o] = static_cast<float>(sandwich(
            g, q, [&](int64_t y, int64_t x) { return p.tap(o, i, x, y); }, false));

  const CallableKernel transformIn({"winograd_in",
                                    {{"output_tile", {p.m}},
                                     {"stride", {p.stride}},
                                     {"tiles", {p.tilesX(), p.tilesY()}},
                                     {"block", {b}},
                                     {"in_strides", {b, p.rowPixels() * b}},
                                     {"out_strides", {b, p.tilesX() * b, InBlocks * plane}}},
                                    {},
                                    {}},
                                   machine);
  const CallableKernel multiply({"conv",
                                 {{"size", {p.tiles(), 1, 1}},
                                  {"block", {b}},
                                  {"in", {b, InBlocks}},
                                  {"in_strides", {b, plane, plane}},
                                  {"out_strides", {b, plane, plane}},
                                  {"kernel", {1, 1}},
                                  {"stride", {1, 1}},
                                  {"dilation", {1, 1}},
                                  {"tile", {1}}},
                                 {},
                                 {}},
                                machine);
  const CallableKernel transformOut({"winograd_out",
                                     {{"output_tile", {p.m}},
                                      {"stride", {p.stride}},
                                      {"size", {p.width, p.height}},
                                      {"block", {b}},
                                      {"in_strides", {b, p.tilesX() * b, plane}},
                                      {"out_strides", {b, p.width * b}}},
                                     {},
                                     {}},
                                    machine);
  for (int64_t block = 0; block < InBlocks; block++)
    transformIn({&in[block * p.rowPixels() * p.columnPixels() * b], &v[block * plane]});
  for (int64_t q = 0; q < positions; q++)
    multiply({&v[q * InBlocks * plane], &u[q * InBlocks * b * b], zero.data(), &products[q * plane]});
  transformOut({products.data(), zero.data(), out.data()});
  return out;
}

void check(const Problem &p, const Machine &machine) {
  const std::vector<float> out = compute(p, machine);
  const WinogradMatrices &matrices = winogradMatrices(p.m, p.stride);
  const int64_t channels = InBlocks * p.block;
  // Both transforms of the input, the rounding of U, the sums over channels, both transforms of the products.
  const double gamma = gammaOf(4 * WinogradLineRoundings + 1 + static_cast<double>(channels));
  for (int64_t tile = 0; tile < p.tiles(); tile++) {
    const int64_t x0 = tile % p.tilesX() * p.m, y0 = tile / p.tilesX() * p.m;
    for (int64_t o = 0; o < p.block; o += 3) {
      std::vector<double> sizes(p.n() * p.n(), 0);
      for (int64_t q = 0; q < p.n() * p.n(); q++)
        for (int64_t i = 0; i < channels; i++)
          sizes[q] +=
              sandwich(
                  matrices.g, q, [&](int64_t y, int64_t x) { return p.tap(o, i, x, y); }, true) *
              sandwich(
                  matrices.bt, q, [&](int64_t y, int64_t x) { return p.pixel(i, x0 * p.stride + x - 1, y0 * p.stride + y - 1); }, true);
      for (int64_t y = y0; y < std::min(y0 + p.m, p.height); y++)
        for (int64_t x = x0; x < std::min(x0 + p.m, p.width); x++) {
          double exact = 0, bound = 0;
          for (int64_t i = 0; i < channels; i++)
            for (int64_t t = 0; t < 9; t++)
              exact += p.tap(o, i, t % 3, t / 3) * p.pixel(i, x * p.stride + t % 3 - 1, y * p.stride + t / 3 - 1);
          for (int64_t q = 0; q < p.n() * p.n(); q++)
            bound += std::fabs(matrices.at[y - y0][q / p.n()] * matrices.at[x - x0][q % p.n()]) * sizes[q];
          const double got = out[(y * p.width + x) * p.block + o];
          ASSERT_LE(std::fabs(got - exact), gamma * bound + 1e-37) << "pixel " << x << ", " << y << " channel " << o;
        }
    }
  }
}

double noise(int64_t a, int64_t b, int64_t c, int64_t d) {
  auto hash = static_cast<uint32_t>(a * 73856093 ^ b * 19349663 ^ c * 83492791 ^ d * 2654435761);
  for (int i = 0; i < 3; i++)
    hash = (hash ^ hash >> 15) * 0x2c1b3c6d;
  return hash / 2147483648.0 - 1;
}

double noisyPixel(int64_t c, int64_t x, int64_t y) { return noise(c, x, y, 0); }

class Winograd : public testing::TestWithParam<Level> {};

TEST_P(Winograd, StaysWithinTheElementwiseBound) {
  const Machine &machine = GetParam().machine;
  for (auto [m, stride] : kinds) {
    SCOPED_TRACE(testing::Message() << "F(" << m << ", 3), stride " << stride);
    Problem p{m, stride, 9, 7, machine.block, noisyPixel, noise};
    check(p, machine);
    p.width = 3, p.height = 1;
    check(p, machine);
    p.input = [](int64_t c, int64_t x, int64_t y) {
      return noisyPixel(c, x, y) * std::exp2(20 * noise(x, y, c, 1));
    }; // of very different sizes
    p.weight = [](int64_t o, int64_t i, int64_t x, int64_t y) { return noise(o, i, x, y) * 1e15; };
    p.width = 8, p.height = 5;
    check(p, machine);
    p.weight = [](int64_t o, int64_t i, int64_t x, int64_t y) { return noise(o, i, x, y) * 1e-15; };
    check(p, machine);
    p.input = [](int64_t, int64_t, int64_t) { return 1; }; // inside, the transform cancels to zero
    p.weight = noise;
    check(p, machine);
  }
}

TEST_P(Winograd, KeepsZeros) {
  const Machine &machine = GetParam().machine;
  for (auto [m, stride] : kinds) {
    Problem p{m, stride, 6, 5, machine.block, [](int64_t, int64_t, int64_t) { return 0; }, noise};
    for (float v : compute(p, machine))
      ASSERT_EQ(v, 0);
  }
}

// The matrices themselves: F(m, 3) in one dimension is exact in double up to its rounding.
TEST(WinogradMatrices, ComputeAConvolution) {
  for (auto [m, stride] : kinds) {
    const WinogradMatrices &f = winogradMatrices(m, stride);
    const int64_t n = winogradWindow(m, stride);
    for (int64_t i = 0; i < m; i++)
      for (int64_t d = 0; d < n; d++)
        for (int64_t t = 0; t < 3; t++) {
          double sum = 0;
          for (int64_t p = 0; p < n; p++)
            sum += f.at[i][p] * f.g[p][t] * f.bt[p][d];
          EXPECT_NEAR(sum, d == stride * i + t, 1e-15 * 16);
        }
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, Winograd, testing::ValuesIn(runnableLevels()), levelName);

} // namespace
