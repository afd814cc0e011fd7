// Winograd's minimal filtering F(m x m, 3x3): the matrices, for m = 2 and m = 4. No Halide here.
//   output tile (m x m) = A^T [ (G w G^T) * (B^T d B) ] A,   d = input tile of (m + 2) x (m + 2)
// Toom-Cook (Lavin and Gray 2015, arXiv 1509.09308) at the points 0, 1, -1 and infinity for m = 2, and 1/2, -2 beside
// them for m = 4: these give a third of the error of 2, -2 (Barabasz et al. 2020, arXiv 1803.10986).
#pragma once
#include <cstdint>
#include <vector>

namespace resnetc {

using Matrix = std::vector<std::vector<double>>;

struct WinogradMatrices {
  Matrix g, bt, at; // (m + 2) x 3, (m + 2) x (m + 2), m x (m + 2)
};
// m = 2 or 4.
const WinogradMatrices &winogradMatrices(int64_t m);

} // namespace resnetc
