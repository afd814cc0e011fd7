// Schedule of conv: the accumulators of kb blocks x px pixels stay in registers over the reduction; per step (one input
// channel of one tap) every weight vector is loaded once and every input scalar broadcast once.
//   AVX2     4 blocks x 3 px = 12 accumulators + 3 kept pixels + 1 weight = 16 of 16; 12 FMA, 4 loads, 3 broadcasts a step
//   AVX-512  2 blocks x 14 px = 28 accumulators + 2 weights; the broadcasts are operands of the FMAs
//   NEON     1 block (2 vectors) x 8 px = 16 accumulators + 8 pixels (lanes are operands) + 2 weights = 26 of 32
//   SSE4.1   1 block (2 vectors) x 4 px = 8 accumulators; products need a register
// Weights come in two streams, the halves of the kb blocks: 72.6 -> 71.6 ms for ResNet-50, most of it where they come from memory.
// Measured on AMD EPYC (Zen 3, 2 cores), 2026-11-25, x86-64-v3: 95-100 % of the FMA peak where weights are used often enough;
// on Intel Sapphire Rapids, 2026-11-26, x86-64-v4: 87-99 %. README.md has the tables.
#include "schedules/Kind.h"
#include <algorithm>
#include <numeric>

namespace resnetc {
namespace {
using namespace Halide;

const Var Tile("tile");  // the loop over the tiles of a row

struct Shape {
  int width, height, blocks, block, lanes, tile, inBlock, inBlocks, kernelWidth, kernelHeight;
  Shape(const KernelSpec &spec, const Machine &machine) {
    const auto size = listOf(spec, "size", 3, 1), in = listOf(spec, "in", 2, 1), kernel = listOf(spec, "kernel", 2, 1);
    width = size[0], height = size[1], blocks = size[2];
    inBlock = in[0], inBlocks = in[1];
    kernelWidth = kernel[0], kernelHeight = kernel[1];
    block = listOf(spec, "block", 1, 1)[0], lanes = std::min(machine.lanes, block);
    tile = listOf(spec, "tile", 1, 1)[0];
    if (width % tile || block % lanes)
      throw BadSpec("the tile does not divide the width, or the vector the block");
    if (int64_t(tile) * blocks * (block / lanes) > 64)
      throw BadSpec("the tile needs more registers than any processor has");
  }
  int64_t sumBytes(int rows) const { return int64_t(4) * width * rows * blocks * block; }
  bool isMatrix() const { return inBlock == 1 && kernelWidth == 1 && kernelHeight == 1; }
  int64_t weightBytes() const { return int64_t(4) * blocks * block * inBlock * inBlocks * kernelWidth * kernelHeight; }
};

// Into how many parts the input blocks are cut: all tiles work through one part of the reduction before any goes on to the
// next. The sums in between cost one load and store per part and lie on the stack, where Halide puts no more than 16 KB.
//   many weights  Every tile reads all weights: those of a part stay in L1. Zen 3: 1024 to 256 channels at 14x14 1.34 -> 1.15 ms.
//   few tiles     The first tile of a part may wait for its weights, the others do not. The shorter the part, the sooner they work; but
//                 each costs its loads and stores. Sapphire Rapids: parts of 8, 32 and 128 steps, ResNet-18 13.0, 12.5, 13.5 ms.
constexpr int64_t SumBytes = 16 << 10;
constexpr int64_t FewTiles = 8, ShortPart = 32;  // steps

int partsOf(const Shape &s, const Machine &machine) {
  const int64_t tiles = int64_t(s.width) / s.tile * s.height, bytes = s.weightBytes();
  const bool isFew = tiles <= FewTiles;
  if (tiles == 1 || bytes <= machine.l1Bytes / (isFew ? 2 : 1) || s.sumBytes(1) > SumBytes)
    return 1;
  const int64_t wanted = isFew ? 4 * ShortPart * s.blocks * s.block : machine.l1Bytes * 3 / 4;
  int parts = 1;
  while (parts < s.inBlocks && (s.inBlocks % parts || bytes / parts > wanted))
    parts++;
  return parts;
}

// Rows that go through the parts together: as many as the sums have room for.
int bandOf(const Shape &s) {
  int rows = s.height;
  while (s.height % rows || s.sumBytes(rows) > SumBytes)
    rows--;
  return rows;
}

// The loop nest of one tile's reduction: `f` accumulates in registers.
void scheduleTile(Func f, const std::vector<RVar> &r, const Shape &s) {
  Var c = f.args()[0], x = f.args()[1], y = f.args()[2], k = f.args()[3], co("co"), ci("ci");
  f.store_in(MemoryType::Register);
  f.split(c, co, ci, s.lanes).reorder(ci, co, k, x, y).vectorize(ci).unroll(co).unroll(k).unroll(x);

  RVar lane = r[0], kx = r[1], ky = r[2], ib = r[3], outer("outer"), inner("inner");
  const RVar unrolled = s.inBlock > 1 ? lane : s.kernelWidth > 1 ? kx : ib;
  const int extent = s.inBlock > 1 ? s.inBlock : s.kernelWidth > 1 ? s.kernelWidth : s.inBlocks;
  // The inner loop keeps one operand in registers, the one with fewer vectors, and streams the other.
  const bool keepPixels = s.tile < s.blocks * (s.block / s.lanes);
  std::vector<VarOrRVar> order = {ci, co, k, x, inner, outer};
  if (keepPixels)
    order = {ci, x, co, k, inner, outer};
  for (const RVar &v : {lane, kx, ky, ib})
    if (v.name() != unrolled.name())
      order.push_back(v);
  order.push_back(y);
  f.update().split(c, co, ci, s.lanes).split(unrolled, outer, inner, std::gcd(extent, 2)).reorder(order);
  f.update().vectorize(ci).unroll(co).unroll(k).unroll(x).unroll(inner);
}

// Vectors and whole tiles, for a stage that only touches each element once.
template <class Stage> void scheduleTiles(Stage &&f, const std::vector<Var> &v, const Shape &s, std::vector<VarOrRVar> outer) {
  Var xi("xi"), co("co"), ci("ci");
  std::vector<VarOrRVar> order = {ci, co, v[3], xi};
  order.insert(order.end(), outer.begin(), outer.end());
  f.split(v[1], Tile, xi, s.tile).split(v[0], co, ci, s.lanes).reorder(order);
  f.vectorize(ci).unroll(co).unroll(v[3]).unroll(xi);
}

// The output; what a second one is computed from stays in a register between the two stores.
void scheduleOutput(Computation &k, const Shape &s, const std::vector<VarOrRVar> &outer) {
  scheduleTiles(k.out, k.out.args(), s, outer);
  if (k.value.defined())
    k.value.compute_at(k.out, Var("co")).store_in(MemoryType::Register).vectorize(k.value.args()[0]);
}

void scheduleWhole(Computation &k, const Shape &s) {
  scheduleOutput(k, s, {Tile, k.out.args()[2]});
  k.sum.compute_at(k.out, Tile);
  scheduleTile(k.sum, k.sum.rvars(), s);
}

void scheduleParts(Computation &k, const Shape &s, int parts) {
  const std::vector<RVar> r = k.sum.rvars();
  const std::vector<Var> v = k.sum.args();
  const Var y = k.out.args()[2], band("band");
  k.out.split(y, band, y, bandOf(s));
  scheduleOutput(k, s, {Tile, y, band});
  RVar part("part"), rest("rest");
  Var p("p");
  k.sum.update().split(r[3], part, rest, s.inBlocks / parts);
  Func partial = k.sum.update().rfactor(part, p);
  k.sum.compute_at(k.out, band).store_in(MemoryType::Stack);
  scheduleTiles(k.sum, v, s, {Tile, v[2]});
  scheduleTiles(k.sum.update(), v, s, {Tile, v[2], part});
  partial.compute_at(k.sum, Tile);
  scheduleTile(partial, {r[0], r[1], r[2], rest}, s);
}

// The longest sums are those of dense layers. In parts of some 256 terms their errors grow with the length of a part and the
// number of parts instead of the product of both (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 4.2).
// The parts depend on nothing but the number of terms: the pixels are the images of a batch, and what one gets must not depend
// on how many there are.
constexpr int LongestPart = 256, ShortestPart = 32;

int partsOfMatrix(const Shape &s) {
  int parts = 1;
  while (parts < s.inBlocks && (s.inBlocks % parts || s.inBlocks / parts > LongestPart))
    parts++;
  return s.inBlocks / parts < ShortestPart ? 1 : parts;
}

void scheduleMatrix(Computation &k, const Shape &s, int parts) {
  const std::vector<RVar> r = k.sum.rvars();
  const std::vector<Var> v = k.sum.args();
  Var co("co"), ci("ci"), p("p");
  RVar part("part"), rest("rest");
  scheduleOutput(k, s, {Tile, k.out.args()[2]});
  k.sum.update().split(r[3], part, rest, s.inBlocks / parts);
  Func partial = k.sum.update().rfactor(part, p);
  k.sum.compute_at(k.out, Tile).store_in(MemoryType::Stack);
  k.sum.split(v[0], co, ci, s.lanes).reorder(ci, co, v[3], v[1], v[2]).vectorize(ci).unroll(co).unroll(v[3]).unroll(v[1]);
  k.sum.update().split(v[0], co, ci, s.lanes).reorder(ci, co, v[3], v[1], v[2], part);
  k.sum.update().vectorize(ci).unroll(co).unroll(v[3]).unroll(v[1]);
  partial.compute_at(k.sum, part);
  scheduleTile(partial, {r[0], r[1], r[2], rest}, s);
}

void conv(Computation &k, const KernelSpec &spec, const Machine &machine) {
  const Shape s(spec, machine);
  if (s.isMatrix() && partsOfMatrix(s) > 1)
    return scheduleMatrix(k, s, partsOfMatrix(s));
  if (s.isMatrix())
    return scheduleWhole(k, s);
  if (const int parts = partsOf(s, machine); parts > 1)
    return scheduleParts(k, s, parts);
  scheduleWhole(k, s);
}

RegisterSchedule registered("conv", conv);

}  // namespace
}  // namespace resnetc
