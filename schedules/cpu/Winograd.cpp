// Schedules of winograd_in and winograd_out: one tile of one vector of channels at a time, both halves of the transform
// unrolled. Registers: 16 (input) and 8 (output) vectors between the halves; with 16 registers some go through the stack,
// which hides behind the 16 loads or stores of a tile.
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
  // An odd last row or column has no second pixel to store.
  k.out.split(c, co, ci, lanesOf(spec, machine)).split(x, x, xi, 2, TailStrategy::GuardWithIf).split(y, y, yi, 2, TailStrategy::GuardWithIf)
      .reorder(ci, xi, yi, co, x, y).vectorize(ci).unroll(xi).unroll(yi);
  scheduleHalf(k.extra[0], k.out, co);
}

RegisterSchedule registeredInput("winograd_in", inputTransform);
RegisterSchedule registeredOutput("winograd_out", outputTransform);

}  // namespace
}  // namespace resnetc
