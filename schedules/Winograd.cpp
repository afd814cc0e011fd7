#include "schedules/Winograd.h"

namespace resnetc {

const WinogradMatrices &winogradMatrices(int64_t m, int64_t stride) {
  static const WinogradMatrices two = {
      {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}},
      {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}},
      {{1, 1, 1, 0}, {0, 1, -1, -1}},
  };
  static const WinogradMatrices four = {
      {{1, 0, 0},
       {1. / 3, 1. / 3, 1. / 3},
       {-1. / 3, 1. / 3, -1. / 3},
       {-16. / 15, -8. / 15, -4. / 15},
       {1. / 15, -2. / 15, 4. / 15},
       {0, 0, 1}},
      {{1, -1.5, -2, 1.5, 1, 0},
       {0, -1, 0.5, 2.5, 1, 0},
       {0, 1, -2.5, 0.5, 1, 0},
       {0, -2, -1, 2, 1, 0},
       {0, 0.5, -1, -0.5, 1, 0},
       {0, 1, -1.5, -2, 1.5, 1}},
      {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 0.5, -2, 0}, {0, 1, 1, 0.25, 4, 0}, {0, 1, -1, 0.125, -8, 1}},
  };
  static const WinogradMatrices stridedTwo = {
      {{1, 0, 0}, {1, 0, 1}, {0, 0, 1}, {0, 1, 0}, {0, 1, 0}},
      {{1, 0, -1, 0, 0}, {0, 0, 1, 0, 0}, {0, 0, -1, 0, 1}, {0, 1, 0, 0, 0}, {0, 0, 0, 1, 0}},
      {{1, 1, 0, 1, 0}, {0, 1, 1, 0, 1}},
  };
  static const WinogradMatrices stridedFour = {
      {{1, 0, 0}, {1. / 3, 0, 1. / 3}, {-1, 0, 1}, {8. / 3, 0, -4. / 3}, {0, 0, 1}, {0, 1, 0}, {0, 1, 0}, {0, 1, 0}, {0, 1, 0}},
      {{1, 0, 2, 0, -1, 0, -2, 0, 0},
       {0, 0, 0.5, 0, 1.5, 0, 1, 0, 0},
       {0, 0, -0.5, 0, -0.5, 0, 1, 0, 0},
       {0, 0, -1, 0, 0, 0, 1, 0, 0},
       {0, 0, -0.5, 0, -1, 0, 0.5, 0, 1},
       {0, 1, 0, 0, 0, 0, 0, 0, 0},
       {0, 0, 0, 1, 0, 0, 0, 0, 0},
       {0, 0, 0, 0, 0, 1, 0, 0, 0},
       {0, 0, 0, 0, 0, 0, 0, 1, 0}},
      {{1, 1, 1, 1, 0, 1, 0, 0, 0}, {0, 1, -1, -0.5, 0, 0, 1, 0, 0}, {0, 1, 1, 0.25, 0, 0, 0, 1, 0}, {0, 1, -1, -0.125, 1, 0, 0, 0, 1}},
  };
  if (stride == 2)
    return m == 2 ? stridedTwo : stridedFour;
  return m == 2 ? two : four;
}

double winogradWeight(const Matrix &g, const float *kernel, int64_t position) {
  const int64_t n = static_cast<int64_t>(g.size());
  double sum = 0;
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 3; ++x)
      sum += g[position / n][y] * kernel[3 * y + x] * g[position % n][x];
  return sum;
}

} // namespace resnetc
