// Winograd's minimal filtering F(m x m, 3x3): the matrices, for m = 2 and m = 4 and strides 1 and 2. No Halide here.
//   output tile (m x m) = A^T [ (G w G^T) * (B^T d B) ] A,   d = input window of n x n
// Toom-Cook (Lavin and Gray 2015, arXiv 1509.09308) at the points 0, 1, -1 and infinity for m = 2, and 1/2, -2 beside
// them for m = 4: these give a third of the error of 2, -2 (Barabasz et al. 2020, arXiv 1803.10986).
// With stride 2 a row of the kernel falls apart into its outer taps, which meet the even elements of the window, and its middle
// one, which meets the odd ones (Huang et al. 2020, "DWM", arXiv 2002.00552): F(m, 2) at the same points and -1/2 for m = 4, and
// m plain products. 1.44 and 1.78 times fewer multiplications than direct.
#pragma once
#include <cstdint>
#include <vector>

namespace resnetc {

using Matrix = std::vector<std::vector<double>>;

struct WinogradMatrices {
  Matrix g, bt, at; // n x 3, n x n, m x n
};
// m = 2 or 4, stride = 1 or 2.
const WinogradMatrices &winogradMatrices(int64_t m, int64_t stride);

// n: what a row of m outputs reads.
constexpr int64_t winogradWindow(int64_t m, int64_t stride) { return stride * (m - 1) + 3; }

// (G w G^T)[position / n, position % n] of one 3x3 kernel, row by row in memory.
double winogradWeight(const Matrix &g, const float *kernel, int64_t position);

} // namespace resnetc
