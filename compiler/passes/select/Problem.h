// One convolution, as the ways to compute it see it.
#pragma once
#include "compiler/passes/select/Epilogue.h"
#include "compiler/passes/select/Winograd.h"

namespace resnetc {

// Extents in pixels and channels, height before width; strides in the views.
struct Problem : Epilogue {
  View in;
  mlir::ElementsAttr weight, bias;
  Shape stride{1, 1}, dilation{1, 1}, pads{0, 0, 0, 0};
  int64_t groups = 1;
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
// those that are much larger than its pixels come from memory each time.
inline bool imagesShareWeights(int64_t images, int64_t weightBytes, int64_t imageBytes) {
  return images > 1 && weightBytes >= 2 * imageBytes;
}

mlir::LogicalResult lowerDirect(Planner &p, mlir::Location loc, const Problem &q);
// By F(m x m, 3x3); m is what winogradTile says, 0 where direct convolution costs less.
int64_t winogradTile(const Problem &q, const Machine &machine);
mlir::LogicalResult lowerWinograd(Planner &p, mlir::Location loc, const Problem &q, int64_t m);

} // namespace resnetc
