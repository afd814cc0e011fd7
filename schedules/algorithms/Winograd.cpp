// winograd_in, winograd_out: the transforms around a 3x3 convolution with stride s by Winograd's F(m x m, 3x3), m = 2 or 4, s = 1 or 2
// (schedules/Winograd.h). Between them stand n^2 matrix products, one for each position of a window, which are `conv` kernels
// with 1x1 taps over tiles instead of pixels: 2.25 and 4 times fewer multiplications. A position is an element of a window, row
// by row.
//
// winograd_in   out[c,tx,ty,p] = (B^T d B)[p / n, p % n],  d[i,j] = in[c, s m tx + j, s m ty + i]
//   ints     output_tile=[m] stride=[s] tiles=[tx,ty] block=[b] in_strides=[x,y] out_strides=[tx,ty,position]
//   operands in, out; in stands at lane 0 of the first tap of the first tile
// winograd_out  value[c,x,y] = bias[c] + (A^T t A)[y % m, x % m],  t = in[c, x / m, y / m, all positions]
//   ints     output_tile=[m] stride=[s] size=[w,h] block=[b] in_strides=[tx,ty,position], and the strides of the epilogue [x,y]
//   operands in, bias, and what the epilogue has: see Epilogue.h
#include "schedules/Kind.h"
#include "schedules/Winograd.h"
#include "schedules/algorithms/Epilogue.h"

namespace resnetc {
using namespace Halide;

namespace {

using Line = std::vector<Expr>;  // the elements of one row or column of a tile

// B^T and A^T times a line, written so that rows share what they have in common. No row cancels what another adds to it:
// errors stay within the bound of the rows as they stand in the matrix.
Line timesB(const Line &d) {
  if (d.size() == 4)
    return {d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]};
  if (d.size() == 5)
    return {d[0] - d[2], d[2], d[4] - d[2], d[1], d[3]};
  if (d.size() == 9) {
    const Expr outer = d[6] - d[2];
    return {d[0] - d[4] - 2 * outer, 0.5f * d[2] + 1.5f * d[4] + d[6], d[6] - 0.5f * (d[2] + d[4]), outer, d[8] - d[4] + 0.5f * outer,
            d[1], d[3], d[5], d[7]};
  }
  const Expr even = d[4] - d[2], odd = d[3] - d[1];
  return {d[0] + d[4] - 2 * d[2] + 1.5f * odd, d[4] - d[1] + 0.5f * d[2] + 2.5f * d[3], d[4] + d[1] - 2.5f * d[2] + 0.5f * d[3],
          even + 2 * odd, even - 0.5f * odd, d[1] + d[5] - 2 * d[3] + 1.5f * even};
}

Line timesA(const Line &m) {
  if (m.size() == 4)
    return {m[0] + m[1] + m[2], m[1] - m[2] - m[3]};
  if (m.size() == 5)
    return {m[0] + m[1] + m[3], m[1] + m[2] + m[4]};
  const Expr plus = m[1] + m[2], minus = m[1] - m[2];
  if (m.size() == 9)
    return {m[0] + plus + m[3] + m[5], minus - 0.5f * m[3] + m[6], plus + 0.25f * m[3] + m[7], minus - 0.125f * m[3] + m[4] + m[8]};
  return {m[0] + plus + m[3] + m[4], minus + 0.5f * m[3] - 2 * m[4], plus + 0.25f * m[3] + 4 * m[4],
          minus + m[5] + 0.125f * m[3] - 8 * m[4]};
}

template <typename At> Line lineOf(int n, At at) {
  Line line;
  for (int i = 0; i < n; i++)
    line.push_back(at(i));
  return line;
}

struct Window {
  int m, stride, n;
  explicit Window(const KernelSpec &spec) : m(listOf(spec, "output_tile", 1, 2)[0]), stride(listOf(spec, "stride", 1, 1)[0]) {
    if (m != 2 && m != 4)
      throw BadSpec("knows output tiles of 2 and of 4");
    if (stride > 2)
      throw BadSpec("knows strides of 1 and of 2");
    n = static_cast<int>(winogradWindow(m, stride));
  }
};

Computation inputTransform(const KernelSpec &spec) {
  const auto tiles = listOf(spec, "tiles", 2, 1), in = listOf(spec, "in_strides", 2), out = listOf(spec, "out_strides", 3);
  const Window window(spec);
  const int block = listOf(spec, "block", 1, 1)[0], n = window.n, step = window.m * window.stride;
  ImageParam input = operand("in", {block, step * (tiles[0] - 1) + n, step * (tiles[1] - 1) + n}, {1, in[0], in[1]});
  Var c("c"), tx("tx"), ty("ty"), p("p"), i("i"), j("j");
  Func columns("columns"), result("out");
  columns(c, tx, ty, i, j) = mux(i, timesB(lineOf(n, [&](int y) { return input(c, step * tx + j, step * ty + y); })));
  result(c, tx, ty, p) = mux(p % n, timesB(lineOf(n, [&](int x) { return columns(c, tx, ty, p / n, x); })));
  makeStatic(result.output_buffer(), {block, tiles[0], tiles[1], n * n}, {1, out[0], out[1], out[2]});
  Computation computation;
  computation.operands = {input};
  computation.out = result;
  computation.extra = {columns};
  return computation;
}

Computation outputTransform(const KernelSpec &spec) {
  const auto size = listOf(spec, "size", 2, 1), in = listOf(spec, "in_strides", 3);
  const Window window(spec);
  const int block = listOf(spec, "block", 1, 1)[0], m = window.m, n = window.n;
  ImageParam input = operand("in", {block, (size[0] + m - 1) / m, (size[1] + m - 1) / m, n * n}, {1, in[0], in[1], in[2]});
  ImageParam bias = operand("bias", {block}, {1});
  Computation computation;
  computation.operands = {input, bias};
  Var c("c"), x("x"), y("y"), tx("tx"), ty("ty"), i("i"), j("j");
  Func columns("columns");
  columns(c, tx, ty, i, j) = mux(i, timesA(lineOf(n, [&](int row) { return input(c, tx, ty, row * n + j); })));
  Expr value = bias(c) + mux(x % m, timesA(lineOf(n, [&](int column) { return columns(c, x / m, y / m, y % m, column); })));
  computation.extra = {columns};
  finish(computation, spec, value, {c, x, y}, {block, size[0], size[1]});
  return computation;
}

// Additions and multiplications of one line.
struct LineFlops {
  double b, a;
};
LineFlops lineFlops(const Window &w) {
  if (w.stride == 2)
    return w.m == 2 ? LineFlops{2, 4} : LineFlops{13, 17};
  return w.m == 2 ? LineFlops{4, 4} : LineFlops{16, 12};
}

// 2 n lines a tile on the way in, m + n on the way out.
KernelWork inputWork(const KernelSpec &spec) {
  const Window w(spec);
  const double step = w.m * w.stride, tiles = static_cast<double>(spec.at("tiles", 0) * spec.at("tiles", 1) * spec.at("block"));
  return {tiles * 2 * w.n * lineFlops(w).b, 4 * tiles * (step * step + w.n * w.n)};
}
KernelWork outputWork(const KernelSpec &spec) {
  const Window w(spec);
  const double pixels = static_cast<double>(spec.at("size", 0) * spec.at("size", 1) * spec.at("block")), tile = w.m * w.m;
  return {pixels * ((w.m + w.n) * lineFlops(w).a / tile + 1), 4 * pixels * (w.n * w.n / tile + epilogueImages(spec))};
}

RegisterAlgorithm registeredInput("winograd_in", inputTransform, inputWork);
RegisterAlgorithm registeredOutput("winograd_out", outputTransform, outputWork);

}  // namespace
}  // namespace resnetc
