// One convolution, as the ways to compute it see it.
#pragma once
#include "compiler/passes/InnerWeights.h"
#include "compiler/passes/select/Epilogue.h"
#include "compiler/passes/select/Winograd.h"

namespace resnetc {

// Extents in pixels and channels, height before width; strides in the views.
struct Problem : Epilogue {
  View in;
  mlir::ElementsAttr weight, bias;
  Shape stride{1, 1}, dilation{1, 1}, pads{0, 0, 0, 0};
  int64_t groups = 1;
  std::optional<Moments> moments; // of the input, where inner products may be used
  bool isMatrix = false; // pixels are rows of a matrix: how many there are is the batch's affair
};

// The pointer to the first tap of the first pixel.
inline int64_t firstTap(const Problem &q) {
  return q.in.offset - q.pads[0] * q.in.strides[2] - q.pads[1] * q.in.strides[3];
}
// The bias in whole blocks, zeros where there is none.
mlir::FlatSymbolRefAttr biasWeights(Planner &p, const Problem &q, int64_t floats);

// Whether the tiles of a 1x1 convolution ask for each other's pixels: those of so many input blocks come in more streams than a
// processor follows by itself, unless many channel tiles read what the first of them has brought into L2.
inline bool asksForPixels(int64_t inBlocks, int64_t channelTiles) { return inBlocks > 16 && channelTiles < 16; }

// Whether the images of a batch take turns at each tile of the weights. Otherwise one image after the other reads all weights, and
// those that are much larger than its pixels come from memory each time. The arithmetic on one image, of `products`, hides part of
// that stream; where it hides most, an image that takes all steps by itself gains more, as it finds its pixels in the caches.
inline bool imagesShareWeights(const Machine &m, int64_t images, int64_t weightBytes, int64_t imageBytes, int64_t products) {
  const double stream = static_cast<double>(weightBytes) / m.memoryBytesPerCycle;
  const double arithmetic = static_cast<double>(products) / static_cast<double>(m.lanes * m.fmaPerCycle);
  return images > 1 && weightBytes >= 2 * imageBytes && stream > 0.45 * arithmetic;
}

struct ProductTiling : ConvTiling {
  bool isInner = false;
};
// The tile of a 1x1 convolution without strides or groups, or of the products of Winograd's transforms: as inner products where they
// can be and that pays. `reduction` and `rows` as for tileConv.
ProductTiling tileProducts(const Problem &q, const Machine &machine, int64_t width, int64_t inBlocks, int64_t outBlocks,
                           int64_t reduction = 0, int64_t rows = 1);
// Gives the spec of an inner_product, or of the recipe of its weights, its key `scalars`.
void shareScalars(KernelSpec &spec, const Machine &machine);
// Gives `spec`, of the inner_product of `run` pixels from `x` on, of `width` in all, its key `ahead`: each run asks for its share of the
// weights of the next channel tile, which are `bytes` long and follow those of this one. Small shares are no line.
void askAhead(KernelSpec &spec, int64_t bytes, int64_t x, int64_t run, int64_t width);
// What such kernels need beside the pixels: weights and factors of all positions and channel tiles, in the order of
// schedules/algorithms/InnerProduct.cpp.
struct InnerOperands {
  mlir::FlatSymbolRefAttr weights, factors;
};
// `positions`: those of Winograd's transform with output tiles of `m`, else 1.
InnerOperands innerOperands(Planner &p, const Problem &q, int64_t tileBlocks, int64_t inBlocks, int64_t outBlocks, int64_t m = 0);

mlir::LogicalResult lowerDirect(Planner &p, mlir::Location loc, const Problem &q);
// By F(m x m, 3x3); m is what winogradTile says, 0 where direct convolution costs less.
int64_t winogradTile(const Problem &q, const Machine &machine);
// Cycles of one image for one thread, modelled: by F(m x m, 3x3), or directly.
double winogradCycles(const Problem &q, const Machine &machine, int64_t m);
double directCycles(const Problem &q, const Machine &machine);
mlir::LogicalResult lowerWinograd(Planner &p, mlir::Location loc, const Problem &q, int64_t m);
// By products of parts, with the same measure; infinite where the processor or the convolution does not suit them.
double splitCycles(Planner &p, const Problem &q);
mlir::LogicalResult lowerSplit(Planner &p, mlir::Location loc, const Problem &q);

} // namespace resnetc
