// Kernels whose operands are not all floats: bytes of an image in, indices of classes out.
#include "schedules/bench/CallableKernel.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>

using namespace resnetc;

namespace {

template <typename T> float *address(std::vector<T> &v) { return reinterpret_cast<float *>(v.data()); }

std::vector<int32_t> topK(std::vector<float> x, int64_t k) {
  const CallableKernel kernel({"top_k", {{"size", {static_cast<int64_t>(x.size()), k}}}, {}, {}}, *machineFor("", "native"));
  std::vector<int32_t> out(static_cast<size_t>(k) + 1, -7);
  kernel({address(x), address(out)});
  EXPECT_EQ(out.back(), -7) << "wrote behind the output";
  out.pop_back();
  return out;
}

TEST(TopK, OrdersAllOfThem) {
  std::vector<float> x(257);
  for (size_t i = 0; i < x.size(); i++)
    x[i] = static_cast<float>(i * 7919 % 101) - 50; // with many ties
  std::vector<int32_t> expected(x.size());
  std::iota(expected.begin(), expected.end(), 0);
  std::stable_sort(expected.begin(), expected.end(), [&](int32_t a, int32_t b) { return x[a] > x[b]; });
  EXPECT_EQ(topK(x, 257), expected);
  expected.resize(5);
  EXPECT_EQ(topK(x, 5), expected);
}

TEST(TopK, NanAndInfinity) {
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(topK({nan, -inf, 1, nan, inf, 1}, 6), (std::vector<int32_t>{4, 2, 5, 0, 1, 3}));
  EXPECT_EQ(topK({nan, nan}, 1), std::vector<int32_t>{0});
}

TEST(Take, ReadsByIndex) {
  const CallableKernel kernel({"take", {{"size", {4, 3}}}, {}, {}}, *machineFor("", "native"));
  std::vector<float> x{10, 11, 12, 13}, out(4, -7);
  std::vector<int32_t> indices{3, 0, 3};
  kernel({x.data(), address(indices), out.data()});
  EXPECT_EQ(out, (std::vector<float>{13, 10, 13, -7}));
}

// A plane of an interleaved image of bytes, scaled and shifted.
TEST(Pointwise, ReadsBytes) {
  constexpr int64_t width = 21, height = 3, channels = 3;
  const CallableKernel kernel({"pointwise",
                               {{"size", {width, height, 1, 1, 1, 1}}, {"in0_strides", {channels, channels * width, 0, 0, 0, 0}},
                                {"in1_strides", {0, 0, 0, 0, 0, 0}}, {"in2_strides", {0, 0, 0, 0, 0, 0}},
                                {"out_strides", {1, width + 2, 0, 0, 0, 0}}},
                               {}, {{"op", "mul_add"}, {"type", "uint8"}}},
                              *machineFor("", "native"));
  std::vector<uint8_t> image(width * height * channels);
  std::iota(image.begin(), image.end(), 70); // wraps at 255
  std::vector<float> scale{0.5f}, shift{-3}, out(height * (width + 2), -7);
  kernel({address(image), scale.data(), shift.data(), out.data()});
  for (int64_t y = 0; y < height; y++)
    for (int64_t x = 0; x < width + 2; x++)
      EXPECT_EQ(out[y * (width + 2) + x], x < width ? image[(y * width + x) * channels] * 0.5f - 3 : -7) << x << " " << y;
}

}  // namespace
