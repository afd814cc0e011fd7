// top_k: where the k largest of n floats are, the largest first; of equal ones the first comes first, NaN counts as -infinity.
// take: out[j] = in[index[j]].
// ints    size=[n,k]
// operands top_k: in, out (int32). take: in, index (int32), out
#include "schedules/Kind.h"
#include <limits>

namespace resnetc {
using namespace Halide;

static Computation topK(const KernelSpec &spec) {
  const auto size = listOf(spec, "size", 2, 1);
  ImageParam input = operand("in", {size[0]}, {1});
  Var j("j");
  RDom r(0, size[0], 0, size[1], "r"); // for each rank one pass over the elements that come behind the rank before
  Func best("best"), out("out");
  best(j) = Tuple(-std::numeric_limits<float>::infinity(), -1);
  Expr key = strict_float(select(is_nan(input(r.x)), -std::numeric_limits<float>::infinity(), input(r.x)));
  Expr before = max(r.y - 1, 0), lastKey = best(before)[0], lastIndex = best(before)[1];
  Expr isLeft = r.y == 0 || key < lastKey || (key == lastKey && r.x > lastIndex);
  Expr isBetter = isLeft && (best(r.y)[1] < 0 || key > best(r.y)[0]);
  best(r.y) = Tuple(select(isBetter, key, best(r.y)[0]), select(isBetter, r.x, best(r.y)[1]));
  out(j) = best(j)[1];
  makeStatic(out.output_buffer(), {size[1]}, {1});
  Computation result;
  result.operands = {input};
  result.extra = {best};
  result.out = out;
  return result;
}

static Computation take(const KernelSpec &spec) {
  const auto size = listOf(spec, "size", 2, 1);
  ImageParam input = operand("in", {size[0]}, {1}), index = operand("index", {size[1]}, {1}, Int(32));
  Var j("j");
  Func out("out");
  out(j) = input(clamp(index(j), 0, size[0] - 1));
  makeStatic(out.output_buffer(), {size[1]}, {1});
  Computation result;
  result.operands = {input, index};
  result.out = out;
  return result;
}

static KernelWork workTopK(const KernelSpec &spec) {
  const double n = static_cast<double>(spec.at("size")), k = static_cast<double>(spec.at("size", 1));
  return {n * k, 4 * (n + k)};
}
static KernelWork workTake(const KernelSpec &spec) { return {0, 12 * static_cast<double>(spec.at("size", 1))}; }

static RegisterAlgorithm registeredTopK("top_k", topK, workTopK), registeredTake("take", take, workTake);

}  // namespace resnetc
