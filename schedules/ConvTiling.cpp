// Chooses the register tile of a convolution row by a model of one step of its inner loop: one input channel, `vectors`
// weight vectors times `pixels` broadcast scalars.
#include "schedules/Kernels.h"
#include <algorithm>

namespace resnetc {
namespace {

// Whether the accumulators and what feeds them fit the register file.
bool fits(int64_t vectors, int64_t pixels, const Machine &m) {
  const int64_t accumulators = vectors * pixels;
  if (m.broadcastOperand)  // pixels come as operands of the FMA: only the weights need registers
    return accumulators + vectors + 1 <= m.registers && accumulators <= 28;
  return accumulators + std::min(vectors, pixels) + 1 <= m.registers;
}

// Cycles of one step: bound by FMAs, by loads, by what the front end issues, or by the latency of the accumulators' chains.
double stepCycles(int64_t vectors, int64_t pixels, const Machine &m) {
  const double accumulators = static_cast<double>(vectors * pixels), broadcasts = m.broadcastOperand ? 0 : static_cast<double>(pixels);
  const double fmas = accumulators / m.fmaPerCycle, loads = (static_cast<double>(vectors) + broadcasts) / m.loadsPerCycle;
  const double issue = (accumulators + static_cast<double>(vectors) + broadcasts) / m.issuePerCycle;
  // Measured: every bound hurts a little before it is reached, and weights come from L2 at half a vector per cycle.
  return std::max({fmas, loads, issue, 2.0 * static_cast<double>(vectors), static_cast<double>(m.fmaLatency)}) +
         0.05 * (loads + issue) + 0.1;
}

// The widths that cover `width` at least cost, with `vectors` weight vectors: whole tiles of the best size, and an end of
// at most two other sizes. Returns the cycles of one step over the row; `widths` is empty when nothing fits.
double coverRow(int64_t width, int64_t vectors, const Machine &m, std::vector<int64_t> &widths) {
  double best = 1e300;
  int64_t largest = 0;
  while (fits(vectors, largest + 1, m))
    largest++;
  for (int64_t a = 1; a <= largest; a++)
    for (int64_t b = 0; b < a; b++)
      for (int64_t nb = b ? 1 : 0; nb <= (b ? 3 : 0) && nb * b <= width; nb++)
        for (int64_t c = 0; c <= (b > 1 ? b - 1 : 0); c++) {
          const int64_t rest = width - nb * b - c;
          if (rest < 0 || rest % a)
            continue;
          const double cycles = rest / a * stepCycles(vectors, a, m) + (b ? nb * stepCycles(vectors, b, m) : 0) +
                                (c ? stepCycles(vectors, c, m) : 0);
          if (cycles >= best)
            continue;
          best = cycles;
          widths.assign(static_cast<size_t>(rest / a), a);
          widths.insert(widths.end(), static_cast<size_t>(nb), b);
          if (c)
            widths.push_back(c);
        }
  return best;
}

}  // namespace

ConvTiling tileConv(int64_t width, int64_t blocks, const Machine &m) {
  ConvTiling best;
  const int64_t vectorsPerBlock = std::max(1, m.block / m.lanes);
  for (int64_t kb = 1; kb <= blocks && kb * vectorsPerBlock <= m.registers; kb++) {
    if (blocks % kb)
      continue;
    const int64_t vectors = kb * vectorsPerBlock;
    std::vector<int64_t> widths;
    const double cycles = coverRow(width, vectors, m, widths);
    if (widths.empty())
      continue;
    const double efficiency = static_cast<double>(width * vectors) / m.fmaPerCycle / cycles;
    if (efficiency > best.efficiency) {
      best.blocks = kb;
      best.widths = widths;
      best.efficiency = efficiency;
    }
  }
  return best;
}

}  // namespace resnetc
