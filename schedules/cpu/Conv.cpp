// Schedule of conv: the accumulators of kb blocks x px pixels stay in registers over the whole reduction; every weight vector
// is loaded once per tile, every input scalar broadcast once.
#include "schedules/Kind.h"
#include <algorithm>
#include <numeric>

namespace resnetc {
using namespace Halide;

static void conv(Computation &k, const KernelSpec &spec, const Machine &machine) {
  const int tile = listOf(spec, "tile", 1, 1)[0], width = listOf(spec, "size", 3, 1)[0];
  const int block = listOf(spec, "block", 1, 1)[0], lanes = std::min(machine.lanes, block);
  if (width % tile || block % lanes)
    throw BadSpec("tile does not divide the width, or the vector the block");
  Func &out = k.out, &sum = k.sum;
  Var c = out.args()[0], x = out.args()[1], y = out.args()[2], b = out.args()[3], xo("xo"), xi("xi"), ci("ci"), co("co");
  const std::vector<RVar> r = sum.rvars();
  RVar lane = r[0], kx = r[1], ky = r[2], ib = r[3], outer("outer"), inner("inner");

  out.split(x, xo, xi, tile).split(c, co, ci, lanes).reorder(ci, co, b, xi, xo, y);
  out.vectorize(ci).unroll(co).unroll(b).unroll(xi);
  sum.compute_at(out, xo).store_in(MemoryType::Register);
  sum.split(c, co, ci, lanes).reorder(ci, co, b, x, y).vectorize(ci).unroll(co).unroll(b).unroll(x);

  auto update = sum.update();
  update.split(c, co, ci, lanes).vectorize(ci);
  const int inBlock = listOf(spec, "in", 2, 1)[0], inBlocks = listOf(spec, "in", 2, 1)[1];
  const int kernelWidth = listOf(spec, "kernel", 2, 1)[0];
  const RVar unrolled = inBlock > 1 ? lane : kernelWidth > 1 ? kx : ib;
  const int extent = inBlock > 1 ? inBlock : kernelWidth > 1 ? kernelWidth : inBlocks;
  update.split(unrolled, outer, inner, std::gcd(extent, 4));
  // The operand that is kept (in the inner loop: all its vectors are live) is the one with fewer vectors.
  const int vectors = listOf(spec, "size", 3, 1)[2] * (block / lanes);
  std::vector<VarOrRVar> order = {ci, co, b, x, inner, outer};
  if (tile < vectors)
    order = {ci, x, co, b, inner, outer};
  for (const RVar &v : {lane, kx, ky, ib})
    if (v.name() != unrolled.name())
      order.push_back(v);
  order.push_back(y);
  update.reorder(order).unroll(co).unroll(b).unroll(x).unroll(inner);
}

static RegisterSchedule registered("conv", conv);

}  // namespace resnetc
