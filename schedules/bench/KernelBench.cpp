// kernel-bench: the convolutions of ResNet-50 at one level: tile, time, GFLOP/s and share of the FMA peak, which is measured
// between the repetitions so that both see the same clock. One thread, data hot in whatever cache holds it.
#include "schedules/bench/CallableKernel.h"
#include "schedules/bench/PeakRate.h"
#include "llvm/Support/CommandLine.h"
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <new>
#include <stdexcept>

using namespace resnetc;
namespace cl = llvm::cl;

static cl::opt<std::string> level("cpu", cl::desc("level to build for"), cl::init("native"));
static cl::opt<unsigned> repeats("repeat", cl::desc("repetitions per layer"), cl::init(40));
static cl::opt<std::string> only("only", cl::desc("layers whose name contains this"));
static cl::opt<std::string> tile("tile", cl::desc("BLOCKSxPIXELS instead of the tile chooser's"));
static cl::opt<long> l2("l2", cl::desc("bytes of L2 instead of the level's"), cl::init(0));
static cl::opt<bool> hot("hot", cl::desc("every channel tile reads the same weights, so that they stay in L2"));
static cl::opt<bool> inner("inner", cl::desc("1x1 convolutions as inner products"));
static cl::opt<std::string> dump("dump", cl::desc("folder to write bitcode and objects to"));

struct Layer {
  int64_t in, out, side, kernel, stride;
};

static const Layer layers[] = {
    {3, 64, 112, 7, 2},                                                                                  // stem
    {64, 64, 56, 3, 1},    {128, 128, 28, 3, 1},  {256, 256, 14, 3, 1},  {512, 512, 7, 3, 1},              // 3x3
    {128, 128, 28, 3, 2},  {256, 256, 14, 3, 2},  {512, 512, 7, 3, 2},                                     // 3x3 stride 2
    {64, 64, 56, 1, 1},    {64, 256, 56, 1, 1},   {256, 64, 56, 1, 1},   {256, 128, 56, 1, 1},             // 1x1
    {128, 512, 28, 1, 1},  {512, 128, 28, 1, 1},  {512, 256, 28, 1, 1},  {256, 1024, 14, 1, 1},
    {1024, 256, 14, 1, 1}, {1024, 512, 14, 1, 1}, {512, 2048, 7, 1, 1},  {2048, 512, 7, 1, 1},
    {256, 512, 28, 1, 2},  {512, 1024, 14, 1, 2}, {1024, 2048, 7, 1, 2},                                   // projections
    {256, 512, 28, 1, 1},  {512, 1024, 14, 1, 1}, {1024, 2048, 7, 1, 1},                                   // after a strided copy
    {2048, 1000, 1, 1, 1},                                                                               // dense
};

// Where a compiled model has them: at cache lines.
template <typename T> struct LineAllocator {
  using value_type = T;
  static constexpr std::align_val_t Line{64};
  T *allocate(size_t n) { return static_cast<T *>(::operator new(n * sizeof(T), Line)); }
  void deallocate(T *p, size_t) { ::operator delete(p, Line); }
  bool operator==(const LineAllocator &) const { return true; }
  bool operator!=(const LineAllocator &) const { return false; }
};
using Floats = std::vector<float, LineAllocator<float>>;

static Floats randomFloats(size_t n) {
  Floats v(n);
  uint32_t state = 1;
  for (float &x : v)
    x = static_cast<float>((state = state * 1664525 + 1013904223) >> 8) / (1 << 24) - 0.5f;
  return v;
}

// A layer as the compiler runs it: channel tiles outside, one call for each run of equal pixel tiles inside.
struct Problem {
  Layer layer;
  int64_t block, inBlock, inBlocks, outBlocks, side, width, height;  // side: of the input with its border
  ConvTiling tiling;
  bool shared;

  Problem(const Layer &l, const Machine &m) : layer(l), block(m.block), shared(sharesScalars(m)) {
    inBlock = l.in % block != 0 || l.side == 1 ? 1 : block;
    inBlocks = l.in / inBlock;
    outBlocks = (l.out + block - 1) / block;
    side = (l.side - 1) * l.stride + l.kernel + (l.kernel > 1 ? 1 : 0);
    const bool flat = l.kernel == 1 && l.stride == 1;  // rows follow each other without a border: one long row
    width = flat ? l.side * l.side : l.side;
    height = flat ? 1 : l.side;
    tiling = isInner() ? tileInner(width, outBlocks, m, depth(), height) : tileConv(width, outBlocks, m, depth(), height);
    if (!tile.empty())
      forceTile();
  }

  bool isInner() const { return inner && layer.kernel == 1 && layer.stride == 1 && inBlock == block && inBlocks % 2 == 0; }
  int64_t depth() const { return layer.in * layer.kernel * layer.kernel; }

  void forceTile() {
    long blocks = 1, pixels = 1;
    if (std::sscanf(tile.c_str(), "%ldx%ld", &blocks, &pixels) != 2 || blocks < 1 || pixels < 1 || outBlocks % blocks)
      throw std::runtime_error("--tile is BLOCKSxPIXELS, and the blocks divide those of the layer");
    tiling.blocks = blocks;
    tiling.widths.assign(static_cast<size_t>(width / pixels), pixels);
    if (width % pixels)
      tiling.widths.push_back(width % pixels);
  }

  KernelSpec spec(int64_t px, int64_t pixels) const {
    const int64_t area = layer.side * layer.side, k = layer.kernel, s = layer.stride;
    KernelSpec spec;
    spec.kind = "conv";
    spec.words["act"] = "relu";
    spec.ints = {{"size", {pixels, height, tiling.blocks}}, {"block", {block}}, {"in", {inBlock, inBlocks}},
                 {"in_strides", {inBlock, inBlock * side, inBlock * side * side}},
                 {"out_strides", {block, block * layer.side, block * area}}, {"tile", {px}}};
    if (isInner()) {
      spec.kind = "inner_product";
      spec.ints["sums_stride"] = {width};
      if (shared)
        spec.words["scalars"] = "shared";
    } else {
      spec.ints["kernel"] = {k, k}, spec.ints["stride"] = {s, s}, spec.ints["dilation"] = {1, 1};
    }
    return spec;
  }
};

struct Run {
  std::unique_ptr<CallableKernel> kernel;
  int64_t firstPixel;
};

static std::vector<Run> buildRuns(const Problem &p, const Machine &m, std::string &description) {
  std::vector<Run> runs;
  int64_t x = 0;
  const auto &widths = p.tiling.widths;
  for (size_t i = 0, end; i < widths.size(); i = end) {
    for (end = i; end < widths.size() && widths[end] == widths[i];)
      end++;
    const int64_t pixels = widths[i] * static_cast<int64_t>(end - i);
    const KernelSpec spec = p.spec(widths[i], pixels);
    runs.push_back({std::make_unique<CallableKernel>(spec, m), x});
    if (!dump.empty()) {
      std::ofstream(dump + "/" + spec.name() + ".bc") << runs.back().kernel->bitcode;
      std::ofstream(dump + "/" + spec.name() + ".o") << runs.back().kernel->object;
    }
    description += (description.empty() ? "" : "+") + std::to_string(end - i) + "*" + std::to_string(widths[i]);
    x += pixels;
  }
  return runs;
}

struct Data {
  Floats in, w, bias, out, factors, sums;
  explicit Data(const Problem &p)
      : in(randomFloats(static_cast<size_t>(p.layer.in * p.side * p.side))),
        w(randomFloats(static_cast<size_t>(p.depth() * p.outBlocks * p.block))),
        bias(randomFloats(static_cast<size_t>(p.outBlocks * p.block))),
        out(static_cast<size_t>(p.outBlocks * p.block * p.layer.side * p.layer.side)), factors(2 * bias.size()),
        sums(static_cast<size_t>(p.width * p.height)) {}
};

static double runOnce(const Problem &p, const std::vector<Run> &runs, Data &d) {
  const double start = threadMs();
  for (int64_t k = 0; k < p.outBlocks; k += p.tiling.blocks)
    for (const Run &run : runs) {
      std::vector<float *> operands = {d.in.data() + run.firstPixel * p.layer.stride * p.inBlock,
                                       d.w.data() + (hot ? 0 : k) * p.block * p.depth(), d.bias.data() + k * p.block};
      if (p.isInner())
        operands.insert(operands.end(), {d.factors.data() + 2 * k * p.block, d.sums.data() + run.firstPixel});
      operands.push_back(d.out.data() + k * p.block * p.layer.side * p.layer.side + run.firstPixel * p.block);
      (*run.kernel)(operands);
    }
  return threadMs() - start;
}

static void benchmark(const Layer &l, const Machine &m) {
  const Problem p(l, m);
  std::string widths;
  const std::vector<Run> runs = buildRuns(p, m, widths);
  Data data(p);
  const double gflop = 2e-9 * static_cast<double>(p.depth() * p.outBlocks * p.block * l.side * l.side);
  // The clock moves with what the other cores do: the best is compared with the best, and every repetition with the peak
  // just before and after it.
  double best = 1e300, before = measurePeakGflops(m.level), peak = before;
  std::vector<double> shares;
  for (unsigned repeat = 0; repeat < repeats; repeat++) {
    const double ms = runOnce(p, runs, data), after = measurePeakGflops(m.level);
    best = std::min(best, ms);
    shares.push_back(100 * gflop / (ms * 1e-3) / std::max(before, after));
    before = after;
    peak = std::max(peak, after);
  }
  std::sort(shares.begin(), shares.end());
  const double rate = gflop / (best * 1e-3);
  std::printf("%4ld -> %4ld  %ldx%ld/%ld @%-3ld  %2ld blocks x %-14s %8.3f ms %6.1f GFLOP/s  %5.1f %% of %.1f (median %5.1f)  "
              "model %5.1f  compile %.0f + %.0f ms\n",
              l.in, l.out, l.kernel, l.kernel, l.stride, l.side, p.tiling.blocks, widths.c_str(), best, rate, 100 * rate / peak,
              peak, shares[shares.size() / 2], 100 * p.tiling.efficiency, runs[0].kernel->halideMs, runs[0].kernel->llvmMs);
  std::fflush(stdout);
}

int main(int argc, char **argv) {
  cl::ParseCommandLineOptions(argc, argv, "Measures the convolutions of ResNet-50\n");
  auto machine = machineFor("", level);
  if (!machine) {
    std::fprintf(stderr, "kernel-bench: error: unknown level '%s'\n", level.c_str());
    return 2;
  }
  if (!canRunHere(*machine)) {
    std::fprintf(stderr, "kernel-bench: error: this processor does not have %s\n", level.c_str());
    return 2;
  }
  if (l2)
    machine->l2Bytes = l2;
  try {
    for (const Layer &l : layers) {
      char name[64];
      std::snprintf(name, sizeof name, "%ld-%ld-%ldx%ld/%ld@%ld", l.in, l.out, l.kernel, l.kernel, l.stride, l.side);
      if (std::string(name).find(only) != std::string::npos)
        benchmark(l, *machine);
    }
  } catch (const std::exception &e) {
    std::fprintf(stderr, "kernel-bench: error: %s\n", e.what());
    return 1;
  }
}
