// Chooses the register tile of a convolution row by a model of one step of its inner loop: one input channel, `vectors`
// weight vectors times `pixels` broadcast scalars.
#include "schedules/Kernels.h"
#include <algorithm>

namespace resnetc {
namespace {

// Whether the accumulators and what feeds them fit the register file. LLVM spills before all registers are full, and sooner
// where broadcasts need registers of their own.
bool fits(int64_t vectors, int64_t pixels, const Machine &m) {
  const int64_t accumulators = vectors * pixels, most = m.broadcastOperand ? m.registers - 4 : m.registers * 3 / 4;
  return accumulators + std::min(vectors, pixels) + 1 <= m.registers && accumulators <= most;
}

// Cycles of one step: bound by FMAs, by loads, by what the front end issues, by the latency of the accumulators' chains, or by
// L2, from which weights come at 32 bytes a cycle. What an FMA does not take from memory itself costs a little beside all
// that, so that of two tiles the one with fewer such loads wins, and so does the loop itself.
double stepCycles(int64_t vectors, int64_t pixels, const Machine &m) {
  const double accumulators = static_cast<double>(vectors * pixels), weights = static_cast<double>(vectors);
  const double broadcasts = static_cast<double>(pixels), loads = weights + broadcasts;
  const double issue = (accumulators + (m.broadcastOperand ? weights : loads)) / m.issuePerCycle;
  const double beside = m.broadcastOperand ? 2 * weights : broadcasts;
  return std::max({accumulators / m.fmaPerCycle, loads / m.loadsPerCycle, issue, weights * m.lanes * 4 / 32,
                   static_cast<double>(m.fmaLatency)}) + 0.02 * (issue + broadcasts) + 0.1 * beside / m.fmaPerCycle + 0.1;
}

// The same for sums of which innerSums are inner products: per pair of input channels these take two additions, in pipes of their
// own, and an FMA, the others two FMAs. Weights of a block are two vectors a pair. The loop costs 0.7 cycles a pair beside (Zen 4, Zen 5),
// what is loaded for several instructions a little more, and the fewer pixels, the more stay in L1.
bool fitsInner(int64_t vectors, int64_t pixels, const Machine &m) {
  return vectors * pixels + 2 * vectors + 4 <= m.registers && vectors * pixels <= m.registers * 3 / 4;
}

double innerStepCycles(int64_t vectors, int64_t pixels, const Machine &m) {
  const int64_t sums = vectors * pixels, inner = innerSums(sums);
  const double additions = static_cast<double>(2 * inner), fmas = static_cast<double>(inner + 2 * (sums - inner));
  const bool shared = sharesScalars(m);
  const double loads = static_cast<double>(2 * vectors + 2 * (shared ? pixels : sums)), latency = (inner == sums ? 1 : 2) * m.fmaLatency;
  const double pair = std::max({fmas / m.fmaPerCycle, additions / m.addsPerCycle, loads / m.loadsPerCycle, latency});
  return (pair + 0.7 + (shared ? 0.1 : 0.02) * static_cast<double>(pixels)) / 2;
}

// The loop that a row is tiled for.
struct Loop {
  bool (*fits)(int64_t vectors, int64_t pixels, const Machine &m);
  double (*stepCycles)(int64_t vectors, int64_t pixels, const Machine &m);
};
constexpr Loop Plain = {fits, stepCycles}, Inner = {fitsInner, innerStepCycles};

struct Run {
  int64_t count, pixels;
};

struct Row {
  int64_t width, reduction, rows;
};

// Cycles in which the weights of one step arrive, per row: from memory, and for each further run at 16 bytes a cycle from L3 when
// those of a call do not stay in L2.
double weightCycles(int64_t vectors, int64_t runs, const Row &row, const Machine &m) {
  const double bytes = 4.0 * static_cast<double>(vectors * m.lanes);
  const bool staysInL2 = bytes * static_cast<double>(row.reduction) <= 0.625 * static_cast<double>(m.l2Bytes);
  return row.reduction ? (bytes / m.memoryBytesPerCycle + (staysInL2 ? 0 : bytes / 16 * static_cast<double>(runs - 1))) / static_cast<double>(row.rows) : 0;
}

// Up to three runs of equal tiles that cover the width: as many as fit of one size, then an end of two other sizes. Every run
// is one more kernel.
double coverRow(const Loop &loop, const Row &row, int64_t vectors, const Machine &m, std::vector<int64_t> &widths) {
  int64_t largest = 0;
  while (loop.fits(vectors, largest + 1, m))
    largest++;
  double best = 1e300;
  auto consider = [&](std::vector<Run> runs) {
    double cycles = 0;
    int64_t used = 0;
    for (const Run &r : runs)
      if (r.count && r.pixels) {
        cycles += static_cast<double>(r.count) * loop.stepCycles(vectors, r.pixels, m);
        used++;
      }
    cycles = overlapped(cycles * (1 + 0.004 * static_cast<double>(used)), weightCycles(vectors, used, row, m));
    if (cycles >= best)
      return;
    best = cycles;
    widths.clear();
    for (const Run &r : runs)
      widths.insert(widths.end(), static_cast<size_t>(r.pixels ? r.count : 0), r.pixels);
  };
  for (int64_t a = 1; a <= largest; a++)
    for (int64_t b = 0; b < a; b++)
      for (int64_t n = b ? 1 : 0; n <= (b ? 3 : 0) && n * b <= row.width; n++)
        for (int64_t c = 0; c <= std::max<int64_t>(0, b - 1) && n * b + c <= row.width; c++)
          if (const int64_t rest = row.width - n * b - c; rest % a == 0)
            consider({{rest / a, a}, {n, b}, {1, c}});
  return best;
}

}  // namespace

int64_t innerSums(int64_t sums) { return 2 * sums / 3; }

bool sharesScalars(const Machine &m) { return 2 * m.loadsPerCycle < 3 * m.addsPerCycle; }

double overlapped(double arithmetic, double stream) { return std::max(arithmetic, stream) + 0.4 * std::min(arithmetic, stream); }

static ConvTiling tileBlocks(const Loop &loop, const Row &row, int64_t blocks, const Machine &m) {
  ConvTiling t;
  t.blocks = blocks;
  const int64_t vectors = blocks * std::max(1, m.block / m.lanes);
  const double cycles = coverRow(loop, row, vectors, m, t.widths);
  if (!t.widths.empty())
    t.efficiency = static_cast<double>(row.width * vectors) / m.fmaPerCycle / cycles;
  return t;
}

// The best number of blocks together, of those up to `most` that divide them.
static ConvTiling bestOf(const Loop &loop, const Row &row, int64_t blocks, int64_t most, const Machine &m) {
  ConvTiling best;
  for (int64_t kb = 1; kb <= std::min(blocks, most); kb++)
    if (blocks % kb == 0)
      if (ConvTiling t = tileBlocks(loop, row, kb, m); t.efficiency > best.efficiency)
        best = std::move(t);
  return best;
}

ConvTiling tileRow(int64_t width, int64_t blocks, const Machine &m, int64_t reduction, int64_t rows) {
  return tileBlocks(Plain, {width, reduction, rows}, blocks, m);
}

ConvTiling tileConv(int64_t width, int64_t blocks, const Machine &m, int64_t reduction, int64_t rows) {
  return bestOf(Plain, {width, reduction, rows}, blocks, m.registers, m);
}

ConvTiling tileInner(int64_t width, int64_t blocks, const Machine &m, int64_t reduction, int64_t rows) {
  constexpr int64_t most = 2; // of whose scalars each is an operand once; where they are shared, four would read weights from L2 too fast
  return m.addsPerCycle ? bestOf(Inner, {width, reduction, rows}, blocks, most, m) : ConvTiling();
}

}  // namespace resnetc
