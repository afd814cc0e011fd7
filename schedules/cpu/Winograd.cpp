// Schedules of winograd_in and winograd_out: one tile of one vector of channels at a time, both halves of the transform
// unrolled. Registers: n^2 (input) and m n (output) vectors between the halves, n = m + 2; with 16 registers most go through the
// stack, which hides behind the n^2 loads or stores of a tile. AMD EPYC (Zen 3), 2026-11-25, x86-64-v3, m = 4: 64 channels at
// 56x56 0.09 ms in and 0.065 ms out, beside 0.62 ms of products.
#include "schedules/Kind.h"
#include <algorithm>

namespace resnetc {
using namespace Halide;

namespace {

int lanesOf(const KernelSpec &spec, const Machine &machine) {
  const int block = listOf(spec, "block", 1, 1)[0], lanes = std::min(machine.lanes, block);
  if (block % lanes)
    throw BadSpec("a block is not a whole number of vectors");
  return lanes;
}

void scheduleHalf(Func columns, Func out, Var at) {
  Var c = columns.args()[0], i = columns.args()[3], j = columns.args()[4];
  columns.compute_at(out, at).store_in(MemoryType::Register).reorder(c, i, j).vectorize(c).unroll(i).unroll(j);
}

void inputTransform(Computation &k, const KernelSpec &spec, const Machine &machine) {
  Var c = k.out.args()[0], tx = k.out.args()[1], ty = k.out.args()[2], p = k.out.args()[3], co("co"), ci("ci");
  k.out.split(c, co, ci, lanesOf(spec, machine)).reorder(ci, p, co, tx, ty).vectorize(ci).unroll(p);
  scheduleHalf(k.extra[0], k.out, co);
}

void outputTransform(Computation &k, const KernelSpec &spec, const Machine &machine) {
  Var c = k.out.args()[0], x = k.out.args()[1], y = k.out.args()[2], co("co"), ci("ci"), xi("xi"), yi("yi");
  const int m = listOf(spec, "output_tile", 1, 1)[0];
  // The last tiles of a row or column may have pixels beyond the image.
  k.out.split(c, co, ci, lanesOf(spec, machine)).split(x, x, xi, m, TailStrategy::GuardWithIf).split(y, y, yi, m, TailStrategy::GuardWithIf)
      .reorder(ci, xi, yi, co, x, y).vectorize(ci).unroll(xi).unroll(yi);
  scheduleHalf(k.extra[0], k.out, co);
  if (k.value.defined())
    k.value.compute_at(k.out, xi).store_in(MemoryType::Register).vectorize(k.value.args()[0]);
}

RegisterSchedule registeredInput("winograd_in", inputTransform);
RegisterSchedule registeredOutput("winograd_out", outputTransform);

}  // namespace
}  // namespace resnetc
