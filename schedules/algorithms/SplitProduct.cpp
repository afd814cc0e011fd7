// split, split_product: a convolution whose products are formed by a unit that multiplies tiles of bf16 (Intel AMX), without loss (G. Henry,
// P. Tang, A. Heinecke 2019, "Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations").
// A float32 has 24 bits, a bf16 8: each number is exactly the sum of three parts, x = x0 + x1 + x2, and
//   x w = x0 w0 + (x0 w1 + x1 w0) + (x0 w2 + x1 w1 + x2 w0) + terms below 2^-23 |x w|
// Such products are exact in the unit, which sums them up in float32. Pixels are cut off to their parts, weights rounded (compiler/passes/SplitWeights.cpp), so
// that what is left out has no sign of its own. Infinity becomes NaN, as infinity less infinity; denormal parts are zeros.
//
// split           out[l,x,y,p,part] = part of in[l,x,y,2p] in the low half, of in[l,x,y,2p+1] in the high half of a word
//   ints     size=[w,h,pairs] in=[b,in_blocks] in_strides=[x,y,block] out_strides=[x,y,part,pair], in words. An odd last block is paired with zeros
//   operands in, out
// split_product   value[c,x,y,k] = bias[c,k] + sum over pairs, taps and lanes of w[...] * in[...]
//   ints     size=[w,h,kb] block=[16] pairs=[n]; in_strides=[x,y,part,pair] in words, taps=[...] the offset in words of each tap
//            tile=[px,rows,nb]   pixels and channel blocks computed together; the pixels are up to 4 / nb tiles of the unit
//            first=[px,rows]     what of them is the first tile: all, or part of the only row, or some of the rows. Others follow beside or
//                                below it, the last may be smaller. A tile is at most 16 pixels, those between its rows (in_strides) counted in
//            soon=[bytes]        optional: the first tile asks for its weights, in each of three streams, the parts, for what is as far ahead
//            and the strides of the epilogue [x,y,block]
//   operands in, w, bias, and what the epilogue has: see Epilogue.h
//   w is [k tile][part][pair][tap][nb][lane][b][2] of bf16: channels of a pair of blocks by turns
#include "schedules/Kind.h"
#include "schedules/TileProducts.h"
#include "schedules/algorithms/Epilogue.h"

namespace resnetc {
using namespace Halide;

namespace {

constexpr int Parts = 3, TilePixels = 16;

Computation split(const KernelSpec &spec) {
  const auto size = listOf(spec, "size", 3, 1), in = listOf(spec, "in", 2, 1), inStrides = listOf(spec, "in_strides", 3), strides = listOf(spec, "out_strides", 4);
  if ((in[1] + 1) / 2 != size[2])
    throw BadSpec("there is one pair for each two blocks");
  ImageParam input = operand("in", {in[0], size[0], size[1], in[1]}, {1, inStrides[0], inStrides[1], inStrides[2]});
  Var l("l"), x("x"), y("y"), part("part"), p("p"), half("half");
  const Expr highHalf = Internal::UIntImm::make(UInt(32), 0xffff0000u);
  Func bits("bits"), out("out");
  const Expr block = 2 * p + half;
  const Expr value = in[1] % 2 ? select(block < in[1], input(l, x, y, min(block, in[1] - 1)), 0.f) : input(l, x, y, block);
  const auto cut = [&](const Expr &v) { return reinterpret<float>(reinterpret<uint32_t>(v) & highHalf); };
  const Expr rest = strict_float(value - cut(value)), last = strict_float(rest - cut(rest));
  bits(l, x, y, p, part, half) = mux(part, {reinterpret<uint32_t>(value), reinterpret<uint32_t>(rest), reinterpret<uint32_t>(last)});
  out(l, x, y, part, p) = bits(l, x, y, p, part, 0) >> 16 | (bits(l, x, y, p, part, 1) & highHalf);
  makeStatic(out.output_buffer(), {in[0], size[0], size[1], Parts, size[2]}, {1, strides[0], strides[1], strides[2], strides[3]});
  Computation result;
  result.operands = {input};
  result.out = out;
  return result;
}

// Its end, for one tile: schedules/TileProducts.h.
Computation splitProduct(const KernelSpec &spec) {
  const auto size = listOf(spec, "size", 3, 1), tile = listOf(spec, "tile", 3, 1), first = listOf(spec, "first", 2, 1), in = listOf(spec, "in_strides", 4, 1);
  const int block = listOf(spec, "block", 1, 1)[0], row = static_cast<int>(tileRowPixels(spec));
  listOf(spec, "pairs", 1, 1);
  listOf(spec, "taps", spec.has("taps") ? spec.list("taps").size() : 1);
  const bool isBelow = first[1] < tile[1], isBeside = first[0] < tile[0];
  const int tiles = isBelow ? (tile[1] + first[1] - 1) / first[1] : (tile[0] + first[0] - 1) / first[0];
  if (block != TilePixels || tile[2] > 2 || tiles * tile[2] > 4 || in[1] % in[0] || (isBeside && tile[1] > 1) || first[0] > tile[0] || first[1] > tile[1] ||
      (first[1] - 1) * row + first[0] > TilePixels)
    throw BadSpec("the unit has no such tiles");
  if (size[0] % tile[0] || size[1] % tile[1] || size[2] % tile[2])
    throw BadSpec("the tile does not divide the result");
  if (spec.has("res_blocks") && size[2] != tile[2])
    throw BadSpec("a residual of some blocks is one of a single tile");
  Var c("c"), x("x"), y("y"), k("k");
  const std::vector<int> extents = {block, tile[0], tile[1], tile[2]};
  ImageParam sums = operand("sums", extents, {1, block, block * row, block * row * tile[1]});
  Computation result;
  result.operands = {sums};
  result.suffix = TileFunctionSuffix;
  finish(result, spec, sums(c, x, y, k), {c, x, y, k}, extents);
  return result;
}

KernelWork splitWork(const KernelSpec &spec) {
  const double floats = static_cast<double>(spec.at("size", 0) * spec.at("size", 1) * spec.at("in", 0) * spec.at("in", 1));
  return {2 * floats, 10 * floats};
}

// Counted as the products of float32 that it stands for.
KernelWork splitProductWork(const KernelSpec &spec) {
  const double pixels = static_cast<double>(spec.at("size", 0) * spec.at("size", 1)), lanes = static_cast<double>(spec.at("size", 2) * spec.at("block"));
  const double inputs = static_cast<double>(2 * spec.at("pairs") * spec.at("block")), taps = static_cast<double>(spec.list("taps").size());
  return {2 * pixels * lanes * inputs * taps, 6 * inputs * (pixels + taps * lanes) + 4 * pixels * lanes * epilogueImages(spec)};
}

RegisterAlgorithm registeredSplit("split", split, splitWork);
RegisterAlgorithm registeredSplitProduct("split_product", splitProduct, splitProductWork);

} // namespace
} // namespace resnetc
