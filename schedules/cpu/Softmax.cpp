// Schedule of softmax: vectors across the inner dimension where it is long enough, otherwise along the axis, where only the
// output is vectorized. Maximum and sum of a slice come before its output, so that the output may be the input.
// AMD EPYC (Zen 1), 2026-11-23, x86-64-v3: 1000 classes 12 us.
#include "schedules/Kind.h"

namespace resnetc {
using namespace Halide;

static void softmax(Computation &k, const KernelSpec &spec, const Machine &machine) {
  const auto size = listOf(spec, "size", 3, 1);
  Func &largest = k.extra[0];
  Var a = k.out.args()[0], i = k.out.args()[1], o = k.out.args()[2], io("io"), ii("ii"), ao("ao"), ai("ai");
  const TailStrategy tail = TailStrategy::GuardWithIf;
  int lanes = machine.lanes;
  if (size[1] >= lanes) {
    k.out.split(i, io, ii, lanes, tail).reorder(ii, a, io, o).vectorize(ii);
    for (Func f : {largest, k.sum}) {
      f.compute_at(k.out, io).vectorize(i, lanes);
      f.update().reorder(i, f.rvars()[0]).vectorize(i, lanes);
    }
    return;
  }
  while (lanes > size[0])
    lanes /= 2;
  k.out.split(a, ao, ai, lanes, tail).reorder(ai, ao, i, o).vectorize(ai);
  for (Func f : {largest, k.sum})
    f.compute_at(k.out, i);
}

static RegisterSchedule registered("softmax", softmax);

}  // namespace resnetc
