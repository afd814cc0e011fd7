// inner_product, pair_sums: a 1x1 convolution with half of its products replaced by additions (S. Winograd 1968, "A new algorithm
// for inner product"), for processors that add in pipes of their own beside those that multiply. For a pair of input channels
//   x0 w0 + x1 w1 = (x0 + w1)(x1 + w0) - x0 x1 - w0 w1
// The second term is one number a pixel, the same for all output channels: pair_sums. The third is one number an output channel,
// known while compiling. Sums go through both pipes when two of three are formed so and the third by plain products.
// Lane l of input block 2p is paired with lane l of block 2p + 1. Weights carry a power of two for each output channel, by which
// they are about as large as the pixels they are added to: compiler/passes/InnerWeights.h.
//
// inner_product   value[c,x,y,k] = bias[c,k] + factors[c,1,k] * sum over channels of w[...] * in[...]
//   ints     size=[w,h,kb] block=[b] in=[b,in_blocks], in_blocks even; in_strides=[x,y,block] sums_stride=[y], and the strides of the
//            epilogue [x,y,block]; tile=[px]: pixels computed together, divides w. All kb blocks are computed together
//            ahead=[first,count]: optional; cache lines from its weights on that the call asks for, of the weights of the next one
//            row=[w,first]: optional, h = 1; the result lies in rows of w pixels, where the call's first pixel is number `first`. The pointer
//            to it stands at the row's first pixel
//   words    scalars=shared: optional; lanes stand in one order in all blocks of kb, so that one load of a scalar serves both
//   operands in, w, bias, factors, sums, and what the epilogue has: see Epilogue.h
//   w is [kb][pair][lane][2][b], b fastest; unless scalars are shared, in odd blocks of kb the lanes of a pair stand in the opposite
//   order, so that no two instructions read the same scalar and each remains an operand. factors is [kb][2][b]: the sum of a channel's w0 w1, and 1 / scale
// pair_sums       out[x,y] = sum over pairs p and lanes l of in[l,x,y,2p] * in[l,x,y,2p+1]
//   ints     size=[w,h] in=[b,in_blocks] in_strides=[x,y,block] out_strides=[y]
//   operands in, out
#include "schedules/Kind.h"
#include "schedules/algorithms/Ahead.h"
#include "schedules/algorithms/Epilogue.h"

namespace resnetc {
using namespace Halide;

namespace {

int pairsOf(const std::vector<int> &in) {
  if (in[1] % 2)
    throw BadSpec("an odd number of input blocks has no pairs");
  return in[1] / 2;
}

Expr readingWeightsAhead(Expr pixel, const KernelSpec &spec, ImageParam weights, const RDom &r, Var x, Var y) {
  const auto size = listOf(spec, "size", 3, 1), in = listOf(spec, "in", 2, 1), ahead = listOf(spec, "ahead", 2, 1);
  const int tile = listOf(spec, "tile", 1, 1)[0], steps = in[0] * pairsOf(in);
  return askingFor({ahead[0], ahead[1]}, pixel, weights, size[0] / tile * size[1], y * (size[0] / tile) + x / tile, steps, r.y * in[0] + r.x);
}

Computation innerProduct(const KernelSpec &spec) {
  const auto size = listOf(spec, "size", 3, 1), in = listOf(spec, "in", 2, 1), inStrides = listOf(spec, "in_strides", 3);
  const int block = listOf(spec, "block", 1, 1)[0], tile = listOf(spec, "tile", 1, 1)[0], pairs = pairsOf(in);
  const std::vector<int> weightShape = {block, 2, in[0], pairs, size[2]}, factorShape = {block, 2, size[2]};
  ImageParam input = operand("in", {in[0], size[0], size[1], in[1]}, {1, inStrides[0], inStrides[1], inStrides[2]});
  ImageParam weights = operand("w", weightShape, dense(weightShape));
  ImageParam bias = operand("bias", {block, size[2]}, {1, block});
  ImageParam factors = operand("factors", factorShape, dense(factorShape));
  ImageParam sums = operand("sums", {size[0], size[1]}, {1, listOf(spec, "sums_stride", 1)[0]});

  Computation result;
  result.operands = {input, weights, bias, factors, sums};
  Var c("c"), x("x"), y("y"), k("k");
  RDom r(0, in[0], 0, pairs, "r"); // lane, pair
  const int together = tile * size[2], inner = static_cast<int>(innerSums(together));
  const Expr isInner = (k * tile + x % tile) * inner % together < inner; // spread evenly
  const bool shared = wordOf(spec, "scalars", {"", "shared"}) == "shared";
  const Expr lane = shared ? Expr(r.x) : select(k % 2 == 0, r.x, in[0] - 1 - r.x);
  Expr x0 = input(lane, x, y, 2 * r.y);
  if (spec.has("ahead"))
    x0 = select(x % tile == 0 && k == 0, readingWeightsAhead(x0, spec, weights, r, x, y), x0);
  const Expr x1 = input(lane, x, y, 2 * r.y + 1);
  const Expr w0 = weights(c, 0, r.x, r.y, k), w1 = weights(c, 1, r.x, r.y, k);
  Func sum("sum");
  sum(c, x, y, k) = select(isInner, -factors(c, 0, k) - sums(x, y), 0.f);
  sum(c, x, y, k) = select(isInner, sum(c, x, y, k) + (w1 + x0) * (w0 + x1), sum(c, x, y, k) + w0 * x0 + w1 * x1);
  result.sum = sum;
  if (!spec.has("row")) {
    finish(result, spec, sum(c, x, y, k) * factors(c, 1, k) + bias(c, k), {c, x, y, k}, {block, size[0], size[1], size[2]});
    return result;
  }
  const auto row = listOf(spec, "row", 2);
  if (size[1] != 1 || row[0] < 1)
    throw BadSpec("pixels of one line are cut into rows");
  RDom p(0, size[0], "p");
  const Expr pixel = p + row[1];
  finishAt(result, spec, sum(c, p, 0, k) * factors(c, 1, k) + bias(c, k), {c, x, y, k}, {c, pixel % row[0], pixel / row[0], k},
           {block, row[0], (row[1] + size[0] - 1) / row[0] + 1, size[2]});
  return result;
}

Computation pairSums(const KernelSpec &spec) {
  const auto size = listOf(spec, "size", 2, 1), in = listOf(spec, "in", 2, 1), inStrides = listOf(spec, "in_strides", 3);
  ImageParam input = operand("in", {in[0], size[0], size[1], in[1]}, {1, inStrides[0], inStrides[1], inStrides[2]});
  Var l("l"), x("x"), y("y");
  RDom pair(0, pairsOf(in), "pair"), lane(0, in[0], "lane");
  Func products("products"), sum("sum"), out("out");
  products(l, x, y) = 0.f;
  products(l, x, y) += input(l, x, y, 2 * pair) * input(l, x, y, 2 * pair + 1);
  sum(x, y) = 0.f;
  sum(x, y) += products(lane, x, y);
  out(x, y) = sum(x, y);
  makeStatic(out.output_buffer(), size, {1, listOf(spec, "out_strides", 1)[0]});
  Computation result;
  result.operands = {input};
  result.sum = sum;
  result.out = out;
  result.extra = {products};
  return result;
}

// Counted as the products that it stands for.
KernelWork innerProductWork(const KernelSpec &spec) {
  const double pixels = static_cast<double>(spec.at("size", 0)) * spec.at("size", 1);
  const double lanes = static_cast<double>(spec.at("size", 2)) * spec.at("block");
  const double inputs = static_cast<double>(spec.at("in", 0)) * spec.at("in", 1);
  const double written = pixels * lanes * epilogueImages(spec);
  return {2 * pixels * lanes * inputs, 4 * (inputs * pixels + pixels + written + (inputs + 3) * lanes)};
}

KernelWork pairSumsWork(const KernelSpec &spec) {
  const double pixels = static_cast<double>(spec.at("size", 0)) * spec.at("size", 1);
  const double inputs = static_cast<double>(spec.at("in", 0)) * spec.at("in", 1);
  return {pixels * inputs, 4 * pixels * (inputs + 1)};
}

RegisterAlgorithm registeredInnerProduct("inner_product", innerProduct, innerProductWork);
RegisterAlgorithm registeredPairSums("pair_sums", pairSums, pairSumsWork);

} // namespace
} // namespace resnetc
