// Convolutions on processors that multiply tiles of bf16 (schedules/algorithms/SplitProduct.cpp), in two kernels:
//   split          the input as planes of parts, [pair of channel blocks][part][phase][row][pixel]. With stride s there are s^2 phases, so that the
//                  pixels of every tap lie side by side
//   split_product  sums over pairs and taps, bias, residual, activation
// A tile of pixels may hold several short rows, whose borders it computes for nothing.
//   in one task    where weights stay in L2: a band of rows is split, then all its channels are computed; its planes stay in L2, too, as all tasks of
//                  a thread use the same memory for them
//   in two steps   elsewhere: channel tiles outside, so that weights stream by once; each is used at once for all pixels where these are four
//                  tiles of the unit or less
#include "compiler/passes/select/Problem.h"
#include <cmath>

using namespace mlir;

namespace resnetc {
namespace {

constexpr int64_t kTilePixels = 16, kTileCycles = 16, kProducts = 6, kParts = 3, kSums = 4; // of the unit: schedules/cpu/SplitProduct.cpp
constexpr int64_t kSoon = 2 << 10; // bytes: within the page to which the processor itself looks ahead
constexpr int64_t kMostTaps = 25; // which a kernel writes out one by one

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Equal tiles of the result: where they begin, what they cover, one of them, and the part of it that is the first tile of the unit.
struct TileRun {
  int64_t x, y, width, height;
  int64_t px, rows, firstPx, firstRows;
  int64_t count() const { return width / px * (height / rows); }
  int64_t unitTiles() const { return firstRows < rows ? ceilDiv(rows, firstRows) : ceilDiv(px, firstPx); }
};

// Pixels of long rows side by side, short rows below each other; up to `most` tiles of the unit together.
SmallVector<TileRun, 2> tilesOf(int64_t width, int64_t height, int64_t pitch, int64_t most) {
  SmallVector<TileRun, 2> runs;
  if (width > kTilePixels) {
    const int64_t widest = most * kTilePixels, n = ceilDiv(width, widest), px = width % n ? widest : width / n, covered = width / px * px;
    const auto add = [&](int64_t x, int64_t run, int64_t px) {
      if (run)
        runs.push_back({x, 0, run, height, px, 1, ceilDiv(px, ceilDiv(px, kTilePixels)), 1});
    };
    add(0, covered, px);
    add(covered, width - covered, width - covered);
    return runs;
  }
  const int64_t fit = std::min(height, 1 + (kTilePixels - width) / pitch), together = std::min(height, most * fit), rest = height % together;
  runs.push_back({0, 0, width, height - rest, width, together, width, fit});
  if (rest)
    runs.push_back({0, height - rest, width, rest, width, rest, width, std::min(fit, rest)});
  return runs;
}

class SplitConv {
public:
  SplitConv(Planner &p, const Problem &q)
      : p(p), q(q), kernel(cast<ShapedType>(q.weight.getType()).getShape().drop_front(2)), step(q.stride[0]),
        reachY((kernel[0] - 1) * q.dilation[0]), reachX((kernel[1] - 1) * q.dilation[1]), block(p.machine.block), pairs(ceilDiv(q.in.blocks(), 2)),
        outBlocks(q.out.blocks()), height(q.out.shape[2]), pitch(q.out.shape[3] + reachX / step) {
    const auto rowsTouch = [](const View &v) { return v.strides[2] == v.strides[3] * v.shape[3]; };
    flat = pitch == q.out.shape[3] && reachY == 0 && q.all(rowsTouch);
    isOneTask = weightBytes() <= p.machine.l2Bytes / 2 && residualRuns(q, outBlocks / nb, nb).size() == 1;
    if (!isOneTask && (tilesOfImage(kSums) <= kSums || (taps() > 1 && outBlocks / nb < kWantedTasks)))
      nb = 1;
    chooseBands();
  }

  bool isPossible() const {
    return q.groups == 1 && !q.isMatrix && q.in.block == block && q.stride[1] == step && taps() <= kMostTaps && regionWords() <= INT32_MAX;
  }

  // Of one thread for one image.
  double cycles() const {
    constexpr double perResult = 2.5; // vector
    const double results = static_cast<double>(outBlocks * height * q.out.shape[3]);
    return overlapped(productCycles(bands), static_cast<double>(weightBytes()) / p.machine.memoryBytesPerCycle) + splittingCycles(bands) + perResult * results;
  }

  LogicalResult lower(Location loc) {
    const int64_t images = q.out.shape[0], regions = isOneTask ? bands : 1;
    const auto type = RankedTensorType::get({images * regions * regionWords()}, Float32Type::get(loc.getContext()));
    planes = isOneTask ? p.scratchOfTasks(type) : p.scratch(type);
    weights = packed(loc.getContext());
    bias = biasWeights(p, q, outBlocks * block);
    if (isOneTask) {
      std::vector<Call> calls = splitCalls(pairs, {q.in.strides[0], rows() * step * q.in.strides[2]}, {regions * regionWords(), regionWords()}, rows());
      for (const TileRun &run : runs())
        calls.push_back(product(run, residualRuns(q, outBlocks / nb, nb).front(), outBlocks));
      p.step(loc, {images, bands}, calls);
      return success();
    }
    const int64_t together = q.in.blocks() % 2 ? pairs : 1;
    p.step(loc, {images, pairs / together},
           splitCalls(together, {q.in.strides[0], 2 * q.in.strides[1]}, {regionWords(), pairWords()}, height));
    for (const ResidualRun &run : residualRuns(q, outBlocks / nb, nb)) {
      std::vector<Call> calls;
      for (const TileRun &tiles : runs())
        calls.push_back(product(tiles, run, nb));
      p.step(loc, inOrder(images, run.tiles, bands), calls);
    }
    return success();
  }

private:
  int64_t taps() const { return kernel[0] * kernel[1]; }
  int64_t tilesOfImage(int64_t together) const {
    int64_t tiles = 0;
    for (const TileRun &run : runsOfBands(1, together))
      tiles += run.count() * run.unitTiles();
    return tiles;
  }
  int64_t weightBytes() const { return 2 * kParts * 2 * pairs * block * outBlocks * block * taps(); }
  int64_t rows() const { return height / bands; }
  int64_t rowsOfRegion() const { return (isOneTask ? rows() : height) + reachY / step; }
  int64_t phases(int64_t reach) const { return std::min(reach, step - 1) + 1; }
  // An odd number of lines, so that planes do not share the sets of L1.
  int64_t phaseWords() const { return (rowsOfRegion() * pitch | 1) * block; }
  int64_t partWords() const { return phaseWords() * phases(reachY) * phases(reachX); }
  int64_t pairWords() const { return kParts * partWords(); }
  int64_t regionWords() const { return pairs * pairWords(); }

  SmallVector<TileRun, 2> runsOfBands(int64_t count, int64_t together) const {
    const int64_t ofBand = height / count, width = q.out.shape[3];
    return flat ? tilesOf(ofBand * width, 1, ofBand * width, together) : tilesOf(width, ofBand, pitch, together);
  }
  SmallVector<TileRun, 2> runs() const { return runsOfBands(bands, kSums / nb); }

  // What the unit waits for is part of it: it was measured at 85 % of its products at best.
  double productCycles(int64_t count) const {
    constexpr double busy = 0.85;
    double tiles = 0;
    for (const TileRun &run : runsOfBands(count, kSums / nb))
      tiles += static_cast<double>(run.count() * run.unitTiles());
    return tiles * static_cast<double>(count * outBlocks * pairs * taps() * kProducts * kTileCycles) / busy;
  }

  // Rows between bands are split twice where a task splits its own.
  double splittingCycles(int64_t count) const {
    constexpr double perPair = 8; // of vectors
    const int64_t vectors = 2 * pairs * pitch * (height + (isOneTask ? count : 1) * (reachY / step)) * phases(reachY) * phases(reachX);
    return perPair * static_cast<double>(vectors) / 2;
  }

  // In one task: bands of the least cost, of those whose planes stay in L2. Of n tasks on many threads about one is waited for. In two steps: no
  // more bands than make some tasks, as each reads all weights. They are those of one image whatever the batch: then its bits are, too.
  void chooseBands() {
    constexpr int64_t kSomeTasks = 8;
    const auto isGood = [&](int64_t n) {
      return n == height || (isOneTask ? 4 * kParts * pairs * block * (height / n) * pitch <= p.machine.l2Bytes / 4 : n * (outBlocks / nb) >= kSomeTasks);
    };
    double least = HUGE_VAL;
    for (int64_t n = 1; n <= height; ++n) {
      if (height % n || !isGood(n) || (n > kWantedTasks && least < HUGE_VAL))
        continue;
      if (const double cost = (productCycles(n) + splittingCycles(n)) * (1 + 1 / static_cast<double>(n)); cost < least)
        least = cost, bands = n;
      if (!isOneTask)
        return;
    }
  }

  Shape inOrder(int64_t image, int64_t tile, int64_t band) const {
    const int64_t imageBytes = 4 * (q.in.strides[0] + q.out.strides[0]), products = weightBytes() / (2 * kParts) * height * q.out.shape[3];
    return imagesShareWeights(p.machine, q.out.shape[0], weightBytes(), imageBytes, products) ? Shape{tile, image, band} : Shape{image, tile, band};
  }

  // For each phase; `inSteps` and `outSteps` along the grid of the step, `outRows` of the result.
  std::vector<Call> splitCalls(int64_t ofCall, const Shape &inSteps, const Shape &outSteps, int64_t outRows) const {
    std::vector<Call> calls;
    const int64_t blocks = std::min(2 * ofCall, q.in.blocks());
    for (int64_t py = 0; py < phases(reachY); ++py)
      for (int64_t px = 0; px < phases(reachX); ++px) {
        const int64_t phase = py * phases(reachX) + px;
        Call call;
        call.spec = {"split",
                     {{"size", {q.out.shape[3] + (reachX - px) / step, outRows + (reachY - py) / step, ofCall}},
                      {"in", {block, blocks}},
                      {"in_strides", {step * q.in.strides[3], step * q.in.strides[2], q.in.strides[1]}},
                      {"out_strides", {block, pitch * block, partWords(), pairWords()}}}, {}, {}};
        call.operands = {{q.in.buffer, firstTap(q) + py * q.in.strides[2] + px * q.in.strides[3], inSteps}, {planes.buffer, phase * phaseWords(), outSteps}};
        calls.push_back(std::move(call));
      }
    return calls;
  }

  std::vector<int64_t> tapOffsets() const {
    std::vector<int64_t> offsets;
    for (int64_t ky = 0; ky < kernel[0]; ++ky)
      for (int64_t kx = 0; kx < kernel[1]; ++kx) {
        const int64_t y = ky * q.dilation[0], x = kx * q.dilation[1], phase = y % step * phases(reachX) + x % step;
        offsets.push_back(phase * phaseWords() + (y / step * pitch + x / step) * block);
      }
    return offsets;
  }

  // Equal tiles of a band, of as many channel blocks in a call, from those on that `channels` begins with.
  Call product(const TileRun &run, const ResidualRun &channels, int64_t blocks) const {
    const bool hasTiles = !isOneTask;
    const auto steps = [&](int64_t image, int64_t tile, int64_t band) { return hasTiles ? inOrder(image, tile, band) : Shape{image, band}; };
    const int64_t ofTile = weightBytes() / 4 / (outBlocks / nb), lanes = nb * block;
    Call call;
    call.spec = {"split_product",
                 {{"size", {run.width, run.height, blocks}},
                  {"block", {block}},
                  {"pairs", {pairs}},
                  {"in_strides", {block, pitch * block, partWords(), pairWords()}},
                  {"taps", tapOffsets()},
                  {"tile", {run.px, run.rows, nb}},
                  {"first", {run.firstPx, run.firstRows}}}, {}, {}};
    call.spec.ints["soon"] = {kSoon};
    const int64_t regions = isOneTask ? bands : 1;
    call.operands = {{planes.buffer, (run.y * pitch + run.x) * block,
                      steps(regions * regionWords(), 0, isOneTask ? regionWords() : rows() * pitch * block)},
                     {weights, channels.firstTile * ofTile, steps(0, ofTile, 0)}};
    const auto vector = [&](FlatSymbolRefAttr v) { return Pointer{v, channels.firstTile * lanes, steps(0, lanes, 0)}; };
    const auto image = [&](const View &v) {
      return Pointer{v.buffer, v.offset + run.y * v.strides[2] + run.x * v.strides[3], steps(v.strides[0], nb * v.strides[1], rows() * v.strides[2])};
    };
    call.operands.push_back(vector(bias));
    addEpilogue(call, partOf(q, channels, nb), 3, image, vector);
    if (channels.count != 0 && channels.count != nb)
      call.spec.ints["res_blocks"] = {channels.at, channels.count};
    return call;
  }

  FlatSymbolRefAttr packed(MLIRContext *context) const {
    const ArrayRef<int64_t> shape = cast<ShapedType>(q.weight.getType()).getShape();
    KernelSpec pack{"split_weights", {{"shape", {shape[0], shape[1], shape[2], shape[3]}}, {"block", {block}}, {"pairs", {pairs}}, {"tile", {nb}}}, {}, {}};
    return p.weights(q.weight, plan::specToAttr(context, pack), weightBytes());
  }

  Planner &p;
  const Problem &q;
  const ArrayRef<int64_t> kernel;
  const int64_t step, reachY, reachX, block, pairs, outBlocks, height, pitch; // pixels of a row of a plane
  int64_t nb = outBlocks % 2 ? 1 : 2;
  bool flat = false, isOneTask = false;
  int64_t bands = 1;
  View planes;
  FlatSymbolRefAttr weights, bias;
};

} // namespace

double splitCycles(Planner &p, const Problem &q) {
  if (!p.machine.multipliesTiles)
    return HUGE_VAL;
  const SplitConv conv(p, q);
  return conv.isPossible() ? conv.cycles() : HUGE_VAL;
}

LogicalResult lowerSplit(Planner &p, Location loc, const Problem &q) { return SplitConv(p, q).lower(loc); }

} // namespace resnetc
