// winograd_in, winograd_out: the transforms around a 3x3 convolution by Winograd's F(2x2, 3x3). Between them stand 16
// matrix products, one for each position of a 4x4 tile, which are `conv` kernels with 1x1 taps over tiles instead of pixels.
//   V = B^T d B over tiles of 4x4 pixels that overlap by two; M = sum over channels of U * V; Y = A^T M A, 2x2 pixels
//   B^T = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1]   A^T = [1 1 1 0; 0 1 -1 -1]   (Lavin and Gray 2015, arXiv 1509.09308)
// 36 multiplications become 16. Sums are shorter than those of direct convolution, so errors are no larger.
//
// winograd_in   out[c,tx,ty,p] = (B^T d B)[p / 4, p % 4],  d[i,j] = in[c, 2 tx + j, 2 ty + i]
//   ints     tiles=[tx,ty] block=[b] in_strides=[x,y] out_strides=[tx,ty,position]
//   operands in, out; in stands at lane 0 of the first tap of the first tile
// winograd_out  out[c,x,y] = act(bias[c] + (A^T m A)[y % 2, x % 2] (+ residual[c,x,y])),  m = in[c, x / 2, y / 2, all positions]
//   ints     size=[w,h] block=[b] in_strides=[tx,ty,position] out_strides=[x,y] [res_strides=[x,y]]
//   words    act (with floats alpha, beta): see Activation.h
//   operands in, bias, [residual], out
#include "schedules/Kind.h"
#include "schedules/algorithms/Activation.h"

namespace resnetc {
using namespace Halide;

namespace {

// One row of B^T applied to four values, chosen by a constant index.
Expr rowOfB(const Expr &row, const std::vector<Expr> &d) { return mux(row, {d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]}); }
Expr rowOfA(const Expr &row, const std::vector<Expr> &m) { return mux(row, {m[0] + m[1] + m[2], m[1] - m[2] - m[3]}); }

template <typename At> std::vector<Expr> four(At at) { return {at(0), at(1), at(2), at(3)}; }

Computation inputTransform(const KernelSpec &spec) {
  const auto tiles = listOf(spec, "tiles", 2, 1), in = listOf(spec, "in_strides", 2), outStrides = listOf(spec, "out_strides", 3);
  const int block = listOf(spec, "block", 1, 1)[0];
  ImageParam input = operand("in", {block, 2 * tiles[0] + 2, 2 * tiles[1] + 2}, {1, in[0], in[1]});
  Var c("c"), tx("tx"), ty("ty"), p("p"), i("i"), j("j");
  Func columns("columns"), out("out");
  columns(c, tx, ty, i, j) = rowOfB(i, four([&](int y) { return input(c, 2 * tx + j, 2 * ty + y); }));
  out(c, tx, ty, p) = rowOfB(p % 4, four([&](int x) { return columns(c, tx, ty, p / 4, x); }));
  makeStatic(out.output_buffer(), {block, tiles[0], tiles[1], 16}, {1, outStrides[0], outStrides[1], outStrides[2]});
  Computation result;
  result.operands = {input};
  result.out = out;
  result.extra = {columns};
  return result;
}

Computation outputTransform(const KernelSpec &spec) {
  const auto size = listOf(spec, "size", 2, 1), in = listOf(spec, "in_strides", 3), outStrides = listOf(spec, "out_strides", 2);
  const int block = listOf(spec, "block", 1, 1)[0];
  ImageParam input = operand("in", {block, (size[0] + 1) / 2, (size[1] + 1) / 2, 16}, {1, in[0], in[1], in[2]});
  ImageParam bias = operand("bias", {block}, {1});
  Computation result;
  result.operands = {input, bias};
  Var c("c"), x("x"), y("y"), tx("tx"), ty("ty"), i("i"), j("j");
  Func columns("columns"), out("out");
  columns(c, tx, ty, i, j) = rowOfA(i, four([&](int row) { return input(c, tx, ty, row * 4 + j); }));
  Expr value = bias(c) + rowOfA(x % 2, four([&](int column) { return columns(c, x / 2, y / 2, y % 2, column); }));
  if (spec.has("res_strides")) {
    const auto strides = listOf(spec, "res_strides", 2);
    result.operands.push_back(operand("residual", {block, size[0], size[1]}, {1, strides[0], strides[1]}));
    value += result.operands.back()(c, x, y);
  }
  out(c, x, y) = activate(spec, value);
  makeStatic(out.output_buffer(), {block, size[0], size[1]}, {1, outStrides[0], outStrides[1]});
  result.out = out;
  result.extra = {columns};
  return result;
}

KernelWork inputWork(const KernelSpec &spec) {
  const double tiles = static_cast<double>(spec.at("tiles", 0)) * spec.at("tiles", 1) * spec.at("block");
  return {32 * tiles, 4 * (4 + 16) * tiles};
}
KernelWork outputWork(const KernelSpec &spec) {
  const double pixels = static_cast<double>(spec.at("size", 0)) * spec.at("size", 1) * spec.at("block");
  return {7 * pixels, 4 * (spec.has("res_strides") ? 6 : 5) * pixels};
}

RegisterAlgorithm registeredInput("winograd_in", inputTransform, inputWork);
RegisterAlgorithm registeredOutput("winograd_out", outputTransform, outputWork);

}  // namespace
}  // namespace resnetc
