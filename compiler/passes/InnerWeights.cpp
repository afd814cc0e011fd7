// The scale of an output channel. With scale c an accumulator holds, after some of its pairs,
//   c * (their products) - sum over the other pairs of (x0 x1 + c^2 w0 w1)
// and its roundings are in proportion to that. Divided by c again, the squares of the second part sum up to A / c^2 + B c^2 over all
// pairs, where A follows from the moments of the pixels and B from the weights; the least is at c = (A / B)^(1/4). A power of two
// near it is exact. For n pairs of pixels of mean m and root mean square r, independent of each other:
//   A = sum over k < n of (k m^2)^2 + k r^4  ~  m^4 n^3 / 3 + r^4 n^2 / 2
#include "compiler/passes/InnerWeights.h"
#include "schedules/Winograd.h"
#include <algorithm>
#include <cmath>

namespace resnetc {
namespace {

constexpr int MostDoublings = 60; // scaled weights and what they are added to stay far from the ends of float32

class Matrices {
public:
  Matrices(const KernelSpec &spec, const std::vector<float> &weights)
      : outputs(spec.at("shape")), inputs(spec.at("shape", 1)), block(spec.at("block")), inBlocks(spec.at("in", 1)),
        tile(spec.at("tile")), sharesScalars(spec.word("scalars", "") == "shared"), isWinograd(spec.has("output_tile")), moments{spec.real("mean", 0), spec.real("rms", 1)},
        weights(weights) {
    if (isWinograd) {
      const WinogradMatrices &m = winogradMatrices(spec.at("output_tile"), spec.at("stride"));
      g = m.g, bt = m.bt;
    }
  }

  const int64_t outputs, inputs, block, inBlocks, tile;
  const bool sharesScalars;

  int64_t positions() const { return isWinograd ? static_cast<int64_t>(g.size() * g.size()) : 1; }
  int64_t outBlocks() const { return (outputs + block - 1) / block; }
  int64_t pairs() const { return inBlocks / 2; }

  // The weights of one output channel at one position, pair by pair in the order in which they are added, zeros for channels
  // that do not exist.
  struct Row {
    std::vector<float> first, second;
  };
  Row row(int64_t position, int64_t output) const {
    Row row;
    for (int64_t p = 0; p < pairs(); ++p)
      for (int64_t lane = 0; lane < block; ++lane) {
        row.first.push_back(weight(position, output, 2 * p * block + lane));
        row.second.push_back(weight(position, output, (2 * p + 1) * block + lane));
      }
    return row;
  }

  double scaleOf(int64_t position, const Row &row) const {
    const auto n = static_cast<double>(row.first.size());
    double squares = 0, products = 0, tail = 0, ofTails = 0;
    for (size_t i = row.first.size(); i-- > 0;) {
      const double first = row.first[i], second = row.second[i], product = first * second;
      squares += first * first + second * second;
      products += product * product;
      ofTails += tail * tail;
      tail += product;
    }
    // Where weights of pairs cancel by chance, or have no partner, as if they were independent.
    const double r4 = squares / (2 * n) * (squares / (2 * n)), b = std::max(ofTails, r4 * n * n / 2) + 2 * products;
    const Moments x = momentsAt(position);
    const double m2 = x.mean * x.mean, x4 = x.rms * x.rms * x.rms * x.rms;
    const double a = m2 * m2 * n * n * n / 3 + x4 * n * n / 2 + 2 * x4 * n;
    // Of weights that are all zero the roundings of the pixels' own products would remain: as small as can be.
    const int doublings = b > 0 ? static_cast<int>(std::lround(std::log2(a / b) / 4)) : MostDoublings;
    return std::ldexp(1.0, std::clamp(doublings, -MostDoublings, MostDoublings));
  }

private:
  float weight(int64_t position, int64_t o, int64_t i) const {
    if (o >= outputs || i >= inputs)
      return 0;
    return isWinograd ? static_cast<float>(winogradWeight(g, &weights[(o * inputs + i) * 9], position)) : weights[o * inputs + i];
  }

  // Of B^T d B at a position, for pixels that are independent of each other. They differ, if only from the zeros of the border.
  Moments momentsAt(int64_t position) const {
    if (!isWinograd)
      return moments;
    double sum = 1, squares = 1;
    const auto n = static_cast<int64_t>(g.size());
    for (const std::vector<double> &row : {bt[position / n], bt[position % n]}) {
      double ofRow = 0, ofSquares = 0;
      for (double b : row)
        ofRow += b, ofSquares += b * b;
      sum *= ofRow, squares *= ofSquares;
    }
    const double square = moments.rms * moments.rms, mean = moments.mean * sum;
    return {mean, std::sqrt(mean * mean + std::max(square - moments.mean * moments.mean, square / 16) * squares)};
  }

  const bool isWinograd;
  const Moments moments;
  const std::vector<float> &weights;
  Matrix g, bt;
};

template <typename Visit> void forEachRow(const Matrices &m, Visit visit) {
  for (int64_t position = 0; position < m.positions(); ++position)
    for (int64_t output = 0; output < m.outputs; ++output) {
      const Matrices::Row row = m.row(position, output);
      visit(position, output, row, m.scaleOf(position, row));
    }
}

} // namespace

std::vector<float> packInnerWeights(const KernelSpec &spec, const std::vector<float> &weights) {
  const Matrices m(spec, weights);
  const int64_t b = m.block, ofBlock = m.pairs() * b * 2 * b;
  std::vector<float> out(m.positions() * m.outBlocks() * ofBlock, 0.0f);
  forEachRow(m, [&](int64_t position, int64_t output, const Matrices::Row &row, double scale) {
    const int64_t block = output / b, start = (position * m.outBlocks() + block) * ofBlock + output % b;
    const bool isBackwards = !m.sharesScalars && block % m.tile % 2 == 1;
    for (int64_t p = 0; p < m.pairs(); ++p)
      for (int64_t lane = 0; lane < b; ++lane) {
        const int64_t at = start + (p * b + (isBackwards ? b - 1 - lane : lane)) * 2 * b;
        out[at] = static_cast<float>(scale * row.first[p * b + lane]);
        out[at + b] = static_cast<float>(scale * row.second[p * b + lane]);
      }
  });
  return out;
}

std::vector<float> packInnerFactors(const KernelSpec &spec, const std::vector<float> &weights) {
  const Matrices m(spec, weights);
  std::vector<float> out(m.positions() * m.outBlocks() * 2 * m.block, 0.0f);
  forEachRow(m, [&](int64_t position, int64_t output, const Matrices::Row &row, double scale) {
    double sum = 0;
    for (size_t i = 0; i < row.first.size(); ++i)
      sum += static_cast<double>(row.first[i]) * row.second[i];
    const int64_t at = (position * m.outBlocks() + output / m.block) * 2 * m.block + output % m.block;
    out[at] = static_cast<float>(scale * scale * sum);
    out[at + m.block] = static_cast<float>(1 / scale);
  });
  return out;
}

} // namespace resnetc
