#include "compiler/ir/Convolution.h"
#include "mlir/IR/Threading.h"
#include <algorithm>

using namespace mlir;

namespace resnetc {
namespace {

constexpr int64_t kRows = 4, kPixels = 4; // the sums that are held in registers: output channels by pixels
constexpr int64_t kColumns = 16;          // pixels of a task
constexpr int64_t kTerms = 512;           // of a sum at a time, so that both operands stay in the first caches

struct Tile {
  double sum[kRows][kPixels] = {}, squares[kRows][kPixels] = {};
};

// Adds products to the sums of a tile. A partial sum ends after every `part` of them.
template <bool withSquares>
void addTerms(Tile &tile, const double *const (&weights)[kRows], const double *columns, int64_t terms, int64_t part) {
  Tile now = tile; // in registers
  for (int64_t begin = 0; begin < terms; begin += part) {
    for (int64_t k = begin; k < begin + part; ++k)
      for (int64_t r = 0; r < kRows; ++r)
        for (int64_t p = 0; p < kPixels; ++p)
          now.sum[r][p] += weights[r][k] * columns[k * kPixels + p];
    if constexpr (withSquares)
      for (int64_t r = 0; r < kRows; ++r)
        for (int64_t p = 0; p < kPixels; ++p)
          now.squares[r][p] += static_cast<double>(part) * now.sum[r][p] * now.sum[r][p];
  }
  tile = now;
}

template <bool withSquares> class Convolution {
public:
  Convolution(rn::Conv2dOp op, const Tensor &x, const Tensor &weight, const Tensor *bias)
      : op(op), x(x), weight(weight), bias(bias), shape(op.getResult().getType().getShape()), groups(op.getGroups()),
        rows(shape[1] / groups), channels(weight.shape[1]), taps(weight.shape[2] * weight.shape[3]),
        pixels(shape[2] * shape[3]), out(*elementCount(shape)) {}

  std::vector<double> run() {
    const int64_t blocks = (pixels + kColumns - 1) / kColumns;
    parallelFor(op->getContext(), 0, shape[0] * groups * blocks, [&](size_t task) {
      const auto at = static_cast<int64_t>(task);
      computeBlock(at / blocks / groups, at / blocks % groups, at % blocks * kColumns);
    });
    return std::move(out);
  }

private:
  // All channels of a group at some pixels of an image.
  void computeBlock(int64_t image, int64_t group, int64_t firstPixel) {
    constexpr int64_t across = kColumns / kPixels;
    std::vector<Tile> tiles((rows + kRows - 1) / kRows * across);
    for (int64_t row = 0; bias && row < rows; ++row)
      for (int64_t i = 0; i < across; ++i)
        std::fill_n(tiles[row / kRows * across + i].sum[row % kRows], kPixels, bias->data[group * rows + row]);
    const int64_t step = std::clamp<int64_t>(kTerms / taps, 1, channels);
    std::vector<double> columns(step * taps * kColumns);
    for (int64_t c = 0; c < channels; c += step) {
      const int64_t count = std::min(step, channels - c), terms = count * taps;
      gather(image, group * channels + c, count, firstPixel, columns);
      for (size_t t = 0; t < tiles.size(); ++t) {
        const double *weights[kRows];
        for (int64_t r = 0; r < kRows; ++r) { // rows that do not exist repeat the last
          const int64_t row = std::min<int64_t>(t / across * kRows + r, rows - 1);
          weights[r] = &weight.data[((group * rows + row) * channels + c) * taps];
        }
        addTerms<withSquares>(tiles[t], weights, &columns[t % across * terms * kPixels], terms,
                              withSquares ? taps : terms);
      }
    }
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t i = 0; i < std::min(kColumns, pixels - firstPixel); ++i) {
        const Tile &tile = tiles[row / kRows * across + i / kPixels];
        out[(image * shape[1] + group * rows + row) * pixels + firstPixel + i] =
            (withSquares ? tile.squares : tile.sum)[row % kRows][i % kPixels];
      }
  }

  // What the taps of some channels read at the pixels of a block: [tile][channel, tap][pixel of the tile].
  void gather(int64_t image, int64_t firstChannel, int64_t count, int64_t firstPixel, std::vector<double> &columns) {
    const int64_t height = x.shape[2], width = x.shape[3], kernelWidth = weight.shape[3], terms = count * taps;
    ArrayRef<int64_t> s = op.getStrides(), p = op.getPads(), d = op.getDilations();
    for (int64_t i = 0; i < kColumns; ++i) {
      const int64_t pixel = firstPixel + i, top = pixel / shape[3] * s[0] - p[0], left = pixel % shape[3] * s[1] - p[1];
      double *to = &columns[i / kPixels * terms * kPixels + i % kPixels];
      for (int64_t k = 0; k < terms; ++k) {
        const int64_t sy = top + k % taps / kernelWidth * d[0], sx = left + k % taps % kernelWidth * d[1];
        const bool isInside = pixel < pixels && sy >= 0 && sy < height && sx >= 0 && sx < width;
        const int64_t channel = image * x.shape[1] + firstChannel + k / taps;
        to[k * kPixels] = isInside ? x.data[(channel * height + sy) * width + sx] : 0;
      }
    }
  }

  rn::Conv2dOp op;
  const Tensor &x, &weight, *bias;
  const ShapeRef shape;
  const int64_t groups, rows, channels, taps, pixels; // rows, channels: output and input channels of a group
  std::vector<double> out;
};

} // namespace

std::vector<double> convolve(rn::Conv2dOp op, const Tensor &x, const Tensor &weight, const Tensor *bias) {
  return Convolution<false>(op, x, weight, bias).run();
}

std::vector<double> squaredPartialSums(rn::Conv2dOp op, const Tensor &x, const Tensor &weight) {
  return Convolution<true>(op, x, weight, nullptr).run();
}

} // namespace resnetc
