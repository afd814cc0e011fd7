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

// Lines of memory from a pointer on.
struct Lines {
  int64_t first, count;
};

// Weights arrive from memory more slowly than one pass over them takes, but a call makes a pass for each of its tiles. So these ask for
// `lines` from the weights of this call on, which belong to those of the next one: some at each of the `points` points of a tile's loop, until
// all are asked for. This is point `point` of tile number `tile` of `tiles`.
inline Halide::Expr askingFor(Lines lines, Halide::Expr input, Halide::ImageParam weights, int tiles, Halide::Expr tile, int points,
                              Halide::Expr point) {
  const int count = static_cast<int>(lines.count), perPoint = (count + points * tiles - 1) / (points * tiles);
  const Halide::Expr askingTile = Halide::min(tile, (count - 1) / (perPoint * points));
  return asking(input, weights, perPoint, [&](int i) {
    return Halide::cast<int64_t>(((askingTile * points + point) * perPoint + i) * Line) + Halide::Expr(lines.first * Line);
  });
}

}  // namespace resnetc
