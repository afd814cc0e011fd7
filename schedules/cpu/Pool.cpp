// Schedule of max_pool and avg_pool: one pixel of one block in a register, all its taps, then the next pixel. The conditions
// on a window's taps become bounds of its loops.
// Registers: one or two sums. AMD EPYC (Zen 1), 2026-11-23, x86-64-v3: 3x3/2 of 64 channels at 112x112 0.28 ms (14 GB/s).
#include "schedules/Kind.h"
#include <algorithm>

namespace resnetc {
using namespace Halide;

static void pool(Computation &k, const KernelSpec &spec, const Machine &machine) {
  const int block = listOf(spec, "block", 1, 1)[0], lanes = std::min(machine.lanes, block);
  if (block % lanes)
    throw BadSpec("a block is not a whole number of vectors");
  Var c = k.out.args()[0], x = k.out.args()[1], co("co"), ci("ci");
  const std::vector<RVar> taps = k.sum.rvars();
  k.out.split(c, co, ci, lanes).vectorize(ci).unroll(co);
  k.sum.compute_at(k.out, x).store_in(MemoryType::Register);
  k.sum.split(c, co, ci, lanes).vectorize(ci).unroll(co);
  k.sum.update().split(c, co, ci, lanes).reorder(ci, co, taps[0], taps[1]).vectorize(ci).unroll(co);
}

static RegisterSchedule registeredMax("max_pool", pool);
static RegisterSchedule registeredAverage("avg_pool", pool);

}  // namespace resnetc
