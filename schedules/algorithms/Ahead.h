// What a kernel asks for ahead of time, while it computes: see schedules/Prefetch.h.
#pragma once
#include "schedules/Kind.h"

namespace resnetc {

constexpr int Line = 64;  // bytes of a cache line

// `input`, which a step of a tile reads, with `count` prefetches before it: of the bytes at `of` + offset(0), + offset(1) ...
template <class Offset> Halide::Expr asking(Halide::Expr input, Halide::ImageParam of, int count, Offset offset) {
  using namespace Halide::Internal;
  const Halide::Expr base = Variable::make(Halide::Handle(), of.name(), of.parameter());
  for (int i = 0; i < count; i++) {
    const Halide::Expr ask = Call::make(Halide::Int(32), "resnetc_prefetch", {base, offset(i)}, Call::Extern);
    input = Call::make(Halide::Float(32), Call::return_second, {ask, input}, Call::PureIntrinsic);
  }
  return input;
}

}  // namespace resnetc
