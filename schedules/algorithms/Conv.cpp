// conv: direct convolution of one row block, bias and epilogue included.
//   value[c,x,y,k] = bias[c,k] + sum over ib,ky,kx,i of w[...] * in[i, x*sx + kx*dx, y*sy + ky*dy, ib]
// ints    size=[w,h,kb]          pixels in a row, rows, channel blocks of this call
//         block=[b]              output lanes
//         in=[in_block,in_blocks]  in_block = b for blocked inputs, 1 for planar and dense ones
//         in_strides=[x,y,block], and the strides of the epilogue [x,y,block]  in floats; the lane stride is 1
//         kernel=[kw,kh] stride=[sx,sy] dilation=[dx,dy]
//         tile=[px]              pixels computed together; divides w. All kb blocks are computed together (tileConv)
// words   ahead=pixels           optional: each tile asks for the pixels of the next one; for 1x1 kernels
// operands in, w, bias, and what the epilogue has: see Epilogue.h
// Weights lie in the order of use, in one or two streams of kb / streams blocks each (weightStreams): [stream][ib][ky][kx][i][kb][b],
// b fastest; bias is [kb][b]. The input pointer stands at lane 0 of
// the first tap of the first pixel: borders are physical zeros, nothing tests bounds. NaN and infinity propagate.
#include "schedules/Kind.h"
#include "schedules/WeightStreams.h"
#include "schedules/algorithms/Ahead.h"
#include "schedules/algorithms/Epilogue.h"

namespace resnetc {
using namespace Halide;

constexpr int Pair = 2;  // steps of the inner loop that are unrolled

// One point for each pair of steps.
static Expr readingWeightsAhead(Expr input, const KernelSpec &spec, ImageParam weights, const RDom &r, Var x, Var y) {
  const auto size = listOf(spec, "size", 3, 1), in = listOf(spec, "in", 2, 1), kernel = listOf(spec, "kernel", 2, 1);
  const int block = listOf(spec, "block", 1, 1)[0], tile = listOf(spec, "tile", 1, 1)[0];
  const int64_t steps = int64_t(in[0]) * in[1] * kernel[0] * kernel[1], lines = 4 * steps * block * size[2] / Line;
  const Expr step = ((r.w * kernel[1] + r.z) * kernel[0] + r.y) * in[0] + r.x;
  return askingFor({lines, lines}, input, weights, size[0] / tile * size[1], y * (size[0] / tile) + x / tile, static_cast<int>(steps / Pair), step / Pair);
}

// A 1x1 convolution reads one stream of pixels for each input block. Those are more than the processor follows by itself, so in
// each of them a tile asks for the pixels of the next one.
static Expr readingPixelsAhead(Expr input, const KernelSpec &spec, ImageParam image, const RDom &r, Var x, Var y) {
  const auto in = listOf(spec, "in", 2, 1), stride = listOf(spec, "stride", 2, 1), inStrides = listOf(spec, "in_strides", 3);
  const int tile = listOf(spec, "tile", 1, 1)[0], pixel = stride[0] * inStrides[0];  // floats between two pixels
  const int bytes = 4 * tile * pixel, pairs = in[0] / Pair;
  const int perPair = (bytes + Line * pairs - 1) / (Line * pairs), apart = bytes / (pairs * perPair);
  const Expr next = 4 * ((x + tile) * pixel + y * (stride[1] * inStrides[1]) + r.w * inStrides[2]);
  return asking(input, image, perPair, [&](int i) { return cast<int64_t>(next + (r.x / Pair * perPair + i) * apart); });
}

static Computation conv(const KernelSpec &spec) {
  const auto size = listOf(spec, "size", 3, 1), in = listOf(spec, "in", 2, 1), kernel = listOf(spec, "kernel", 2, 1);
  const auto stride = listOf(spec, "stride", 2, 1), dilation = listOf(spec, "dilation", 2, 1);
  const auto inStrides = listOf(spec, "in_strides", 3);
  const int block = listOf(spec, "block", 1, 1)[0], tile = listOf(spec, "tile", 1, 1)[0];
  const int inWidth = (size[0] - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1;
  const int inHeight = (size[1] - 1) * stride[1] + (kernel[1] - 1) * dilation[1] + 1;

  const int streams = static_cast<int>(weightStreams(size[2])), blocks = size[2] / streams;  // of a stream
  const std::vector<int> weightShape = {block, blocks, in[0], kernel[0], kernel[1], in[1], streams};
  ImageParam input = operand("in", {in[0], inWidth, inHeight, in[1]}, {1, inStrides[0], inStrides[1], inStrides[2]});
  ImageParam weights = operand("w", weightShape, dense(weightShape));
  ImageParam bias = operand("bias", {block, size[2]}, {1, block});

  Computation result;
  result.operands = {input, weights, bias};
  Var c("c"), x("x"), y("y"), k("k");
  RDom r(0, in[0], 0, kernel[0], 0, kernel[1], 0, in[1], "r");  // lane, kx, ky, input block
  Func sum("sum");
  sum(c, x, y, k) = bias(c, k);
  Expr pixel = input(r.x, x * stride[0] + r.y * dilation[0], y * stride[1] + r.z * dilation[1], r.w);
  if (in[0] % Pair == 0) {
    Expr ahead = readingWeightsAhead(pixel, spec, weights, r, x, y);
    if (wordOf(spec, "ahead", {"", "pixels"}) == "pixels")
      ahead = readingPixelsAhead(ahead, spec, input, r, x, y);
    pixel = select(x % tile == 0 && k == 0 && r.x % Pair == 0, ahead, pixel);
  }
  sum(c, x, y, k) += weights(c, k % blocks, r.x, r.y, r.z, r.w, k / blocks) * pixel;
  result.sum = sum;
  finish(result, spec, sum(c, x, y, k), {c, x, y, k}, {block, size[0], size[1], size[2]});
  return result;
}

static KernelWork work(const KernelSpec &spec) {
  const double pixels = static_cast<double>(spec.at("size", 0)) * spec.at("size", 1);
  const double lanes = static_cast<double>(spec.at("size", 2)) * spec.at("block");
  const double inputs = static_cast<double>(spec.at("in", 0)) * spec.at("in", 1);
  const double taps = static_cast<double>(spec.at("kernel", 0)) * spec.at("kernel", 1);
  const double strides = static_cast<double>(spec.at("stride", 0)) * spec.at("stride", 1);
  const double read = taps == 1 ? inputs * pixels : inputs * pixels * strides;
  const double written = pixels * lanes * epilogueImages(spec);
  return {2 * pixels * lanes * inputs * taps, 4 * (read + written + (inputs * taps + 1) * lanes)};
}

static RegisterAlgorithm registered("conv", conv, work);

}  // namespace resnetc
