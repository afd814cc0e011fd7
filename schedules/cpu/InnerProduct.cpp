// Schedules of inner_product and pair_sums. The accumulators of kb blocks x px pixels stay in registers; a step is a pair of input
// channels: per plain sum two FMAs, per inner one two additions and an FMA.
//   AVX-512  1 block x 14 px: 9 of 14 sums inner: 19 FMAs beside 18 additions for 28 products, 147 % of the FMA peak at most; 14
//            accumulators + 2 weights + 2 factors on their way to a product. Scalars are operands of the additions and FMAs
//            2 blocks x 7 px for rows of 49 pixels, 4 weights
//            shared scalars: 2 blocks x 12 px: 16 of 24 sums inner: 32 FMAs beside 32 additions for 48 products, in 16 cycles of two each,
//            and 28 loads, of two; 24 accumulators + 4 weights + 2 scalars + 2 factors. As operands the scalars alone were 48 loads
// AMD EPYC (Zen 4, 2 cores), 2026-11-27, znver4: 141 % with 14 sums, 145 % with 18 to 24, weights in L2.
// AMD EPYC (Zen 5, 2 cores), 2026-11-27, znver5: 129-134 % at 56x56, 118-134 % at 14x14 and 7x7 with 9 to 12 pixels. README.md has the tables.
// Unrolling the lanes makes LLVM keep two generations of accumulators, and spill.
#include "schedules/Kind.h"
#include <algorithm>

namespace resnetc {
using namespace Halide;

namespace {

void innerProduct(Computation &k, const KernelSpec &spec, const Machine &machine) {
  const auto size = listOf(spec, "size", 3, 1);
  const int block = listOf(spec, "block", 1, 1)[0], tile = listOf(spec, "tile", 1, 1)[0];
  if (size[0] % tile || block != machine.lanes)
    throw BadSpec("the tile does not divide the width, or a vector is no block");
  const std::vector<Var> v = k.out.args(), s = k.sum.args();
  const std::vector<RVar> r = k.sum.rvars();
  if (spec.has("row")) {
    RVar xo("xo"), xi("xi");
    k.out.update().split(k.out.rvars()[0], xo, xi, tile).reorder(v[0], v[3], xi, xo).vectorize(v[0]).unroll(v[3]).unroll(xi);
    k.sum.compute_at(k.out, xo);
  } else {
    Var xo("xo"), xi("xi");
    k.out.split(v[1], xo, xi, tile).reorder(v[0], v[3], xi, xo, v[2]).vectorize(v[0]).unroll(v[3]).unroll(xi);
    if (k.value.defined())
      k.value.compute_at(k.out, xi).store_in(MemoryType::Register).vectorize(k.value.args()[0]);
    k.sum.compute_at(k.out, xo);
  }
  k.sum.store_in(MemoryType::Register).reorder(s[0], s[3], s[1], s[2]);
  k.sum.vectorize(s[0]).unroll(s[3]).unroll(s[1]);
  k.sum.update().reorder(s[0], s[3], s[1], r[0], r[1], s[2]).vectorize(s[0]).unroll(s[3]).unroll(s[1]);
}

void pairSums(Computation &k, const KernelSpec &spec, const Machine &machine) {
  const int block = listOf(spec, "in", 2, 1)[0], lanes = std::min(machine.lanes, block);
  if (block % lanes)
    throw BadSpec("a block is not a whole number of vectors");
  const Func products = k.extra[0];
  const Var x = k.sum.args()[0], lane = products.args()[0];
  k.sum.compute_at(k.out, k.out.args()[0]).update().atomic().vectorize(k.sum.rvars()[0], block);
  Func(products).compute_at(k.sum, x).store_in(MemoryType::Register).bound(lane, 0, block).vectorize(lane, lanes);
  Func(products).update().vectorize(lane, lanes);
}

RegisterSchedule registeredInnerProduct("inner_product", innerProduct);
RegisterSchedule registeredPairSums("pair_sums", pairSums);

} // namespace
} // namespace resnetc
