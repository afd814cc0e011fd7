// softmax: e^x / sum of e^x along one axis, or the logarithm of it, with the maximum subtracted first.
// ints    size=[axis,inner,outer]  strides=[axis,inner,outer] of the input, out_strides=[axis,inner,outer], in floats
// words   op: softmax | log_softmax
// operands in, out; out may be in, with the same strides
#include "schedules/Kind.h"
#include "schedules/algorithms/Activation.h"
#include <limits>

namespace resnetc {
using namespace Halide;

static Computation softmax(const KernelSpec &spec) {
  const std::string op = wordOf(spec, "op", {"softmax", "log_softmax"});
  const auto size = listOf(spec, "size", 3, 1);
  ImageParam input = operand("in", size, listOf(spec, "strides", 3));
  Var a("a"), i("i"), o("o");
  RDom r(0, size[0], "r");
  Func largest("largest"), sum("sum"), out("out");
  largest(i, o) = -std::numeric_limits<float>::infinity();
  largest(i, o) = select(input(r, i, o) > largest(i, o), input(r, i, o), largest(i, o));
  sum(i, o) = 0.f;
  sum(i, o) += exponential(strict_float(input(r, i, o) - largest(i, o)));
  Expr x = input(a, i, o) - largest(i, o);
  out(a, i, o) = strict_float(op == "softmax" ? exponential(x) / sum(i, o) : x - logarithm(sum(i, o)));
  makeStatic(out.output_buffer(), size, listOf(spec, "out_strides", 3));
  Computation result;
  result.operands = {input};
  result.sum = sum;
  result.extra = {largest};
  result.out = out;
  return result;
}

static KernelWork work(const KernelSpec &spec) {
  const double elements = static_cast<double>(spec.at("size", 0)) * spec.at("size", 1) * spec.at("size", 2);
  return {40 * elements, 8 * elements};
}

static RegisterAlgorithm registered("softmax", softmax, work);

}  // namespace resnetc
