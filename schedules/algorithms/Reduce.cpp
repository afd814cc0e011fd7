// reduce: mean, mean of squares, sum or max over all pixels of each channel (global pooling).
//   out[c,k] = op over x,y of in[c,x,y,k]
// ints    size=[c,blocks]        lanes (fewer than a block for the last, partial block), channel blocks
//         pixels=[w,h] in_strides=[x,y,block] out_stride=[block]  in floats; the lane stride is 1
// words   op: mean | mean_square | sum | max
// operands in, out. max skips NaN.
#include "schedules/Kind.h"
#include <limits>

namespace resnetc {
using namespace Halide;

static Computation reduce(const KernelSpec &spec) {
  const std::string op = wordOf(spec, "op", {"mean", "mean_square", "sum", "max"});
  const auto size = listOf(spec, "size", 2, 1), pixels = listOf(spec, "pixels", 2, 1);
  const auto strides = listOf(spec, "in_strides", 3);
  ImageParam input = operand("in", {size[0], pixels[0], pixels[1], size[1]}, {1, strides[0], strides[1], strides[2]});
  Var c("c"), k("k");
  RDom r(0, pixels[0], 0, pixels[1], "r");
  Func sum("sum"), out("out");
  Expr pixel = input(c, r.x, r.y, k);
  if (op == "max") {
    sum(c, k) = -std::numeric_limits<float>::infinity();
    sum(c, k) = strict_float(select(pixel > sum(c, k), pixel, sum(c, k)));
  } else {
    sum(c, k) = 0.f;
    sum(c, k) += op == "mean_square" ? pixel * pixel : pixel;
  }
  const double count = static_cast<double>(pixels[0]) * pixels[1];
  out(c, k) = op == "mean" || op == "mean_square" ? sum(c, k) / static_cast<float>(count) : sum(c, k);
  makeStatic(out.output_buffer(), size, {1, listOf(spec, "out_stride", 1)[0]});
  Computation result;
  result.operands = {input};
  result.sum = sum;
  result.out = out;
  return result;
}

static KernelWork work(const KernelSpec &spec) {
  const double outputs = static_cast<double>(spec.at("size", 0)) * spec.at("size", 1);
  const double inputs = outputs * spec.at("pixels", 0) * spec.at("pixels", 1);
  return {(wordOf(spec, "op", {"mean", "mean_square", "sum", "max"}) == "mean_square" ? 2 : 1) * inputs, 4 * (inputs + outputs)};
}

static RegisterAlgorithm registered("reduce", reduce, work);

}  // namespace resnetc
