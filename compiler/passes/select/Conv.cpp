// conv2d and dense become calls of `conv` kernels.
//   register tile   `tileConv` blocks of output channels x runs of equal pixel tiles; one call for each run
//   grid            image, group, channel tile, band of rows; bands are rows that divide the height. The images stand behind the
//                   channel tiles where a batch shares weights that are larger than its images
//   flattening      a 1x1 convolution over images without borders sees a band as one long row; an inner product also where only its result
//                   has borders
//   groups          merged until a group's channels fill whole blocks; weights between merged groups are zero
//   dense           a 1x1 convolution whose pixels are the rows of the matrix and whose input block is one float; how its
//                   weights lie does not depend on how many rows there are, so that all batches read the same ones
#include "compiler/ir/Constants.h"
#include "compiler/passes/select/Problem.h"
#include "schedules/WeightStreams.h"
#include <tuple>

using namespace mlir;
using namespace resnetc::rn;

namespace resnetc {
namespace {

constexpr int64_t kRowsOfMatrix = 4; // for which a dense layer's weights are laid out: good for one, and for many

struct Groups {
  int64_t count;               // after merging
  int64_t merged;              // original groups in each
  int64_t inBlocks, outBlocks; // of each
};

Groups mergeGroups(const Problem &q, int64_t block, int64_t inBlock) {
  const ArrayRef<int64_t> shape = cast<ShapedType>(q.weight.getType()).getShape();
  const int64_t in = shape[1], out = shape[0] / q.groups;
  int64_t merged = 1;
  while (merged < q.groups && (q.groups % merged || in * merged % block || out * merged % block))
    ++merged;
  auto ceilDiv = [](int64_t a, int64_t b) { return (a + b - 1) / b; };
  return {q.groups / merged, merged, ceilDiv(in * merged, inBlock), ceilDiv(out * merged, block)};
}

// Rows of an image are processed in bands: enough of them to share among threads and to keep a band's input in L2.
constexpr double kLeastFlops = 250e3; // of a task: ~10 us, so that a call's overhead of ~0.1 us does not matter

struct Traffic {
  int64_t input, weights; // bytes of one image and group
  double flops;
  int64_t cache; // bytes of L2 that a band or the weights may take
};

// Bytes that come from beyond L2 when bands go outside and channel tiles inside, or the other way round. What does not
// fit is read again for each turn of the loop around it.
int64_t trafficOf(int64_t bands, int64_t channelTiles, bool bandsOutside, const Traffic &t) {
  const bool weightsStay = (bandsOutside ? t.weights : t.weights / channelTiles) <= t.cache;
  const bool inputStays = (bandsOutside ? t.input / bands : t.input) <= t.cache;
  return t.weights * (weightsStay ? 1 : bands) + t.input * (inputStays ? 1 : channelTiles);
}

// The same for the input of all of kWantedTasks threads, each with a run of the tasks: other threads wrote most of what one reads.
int64_t inputOfThreads(int64_t bands, int64_t channelTiles, bool bandsOutside, const Traffic &t) {
  return t.input * (bandsOutside ? std::max<int64_t>(1, kWantedTasks / bands) : std::min(channelTiles, kWantedTasks));
}

struct Loops {
  int64_t bands;
  bool bandsOutside;
};

// Enough tasks; of these loops those that read least from beyond L2, then those whose threads read least of one another; and
// no more bands than that needs.
Loops chooseLoops(int64_t rows, int64_t channelTiles, int64_t otherTasks, const Traffic &t) {
  Loops best = {1, false};
  auto bestCost = std::make_tuple(int64_t(0), INT64_MAX, INT64_MAX);
  for (int64_t bands = 1; bands <= rows; ++bands) {
    if (rows % bands || (bands > 1 && t.flops / static_cast<double>(bands * channelTiles) < kLeastFlops))
      continue;
    for (bool outside : {false, true}) {
      const auto cost = std::make_tuple(-std::min(bands * channelTiles * otherTasks, kWantedTasks), trafficOf(bands, channelTiles, outside, t),
                                        inputOfThreads(bands, channelTiles, outside, t));
      if (cost < bestCost) {
        best = {bands, outside};
        bestCost = cost;
      }
    }
  }
  return best;
}

bool rowsTouch(const View &v) { return v.strides[2] == v.strides[3] * v.shape[3]; }

} // namespace

FlatSymbolRefAttr biasWeights(Planner &p, const Problem &q, int64_t floats) {
  return q.bias ? channelWeights(p, q.bias, floats) : p.weights(std::vector<float>(floats, 0.0f));
}

namespace {

// How one convolution is cut into tasks and where their operands lie.
struct DirectConv {
  Planner &p;
  const Problem &q;
  Groups g;
  bool flat = false;  // a band is one long row
  bool wraps = false; // of which the result is not: its rows have borders
  ProductTiling tiling = {};
  int64_t tiles = 0, rows = 1; // channel tiles of a group, rows of a band
  Loops loops = {1, false};
  bool imagesInside = false;
  FlatSymbolRefAttr weights = {}, bias = {}, factors = {};
  View sums = {}; // over pairs of channels, of each pixel

  DirectConv(Planner &p, const Problem &q) : p(p), q(q), g(mergeGroups(q, p.machine.block, q.in.block)) {}

  bool isPoint() const { return kernel() == ArrayRef<int64_t>{1, 1}; }
  ArrayRef<int64_t> kernel() const { return cast<ShapedType>(q.weight.getType()).getShape().drop_front(2); }
  int64_t block() const { return p.machine.block; }
  int64_t reduction() const { return g.inBlocks * q.in.block * kernel()[0] * kernel()[1]; }
  int64_t tileFloats() const { return reduction() * tiling.blocks * block(); }
  int64_t weightBytes() const { return 4 * tileFloats() * tiles * g.count; }

  void chooseTile(int64_t rowsOfCall) {
    const int64_t width = flat ? rowsOfCall * q.out.shape[3] : q.out.shape[3], rows = flat ? 1 : rowsOfCall;
    if (q.isMatrix || !isPoint() || q.stride != Shape{1, 1} || q.groups > 1)
      tiling = {tileConv(q.isMatrix ? kRowsOfMatrix : width, g.outBlocks, p.machine, reduction(), rows), false};
    else
      tiling = tileProducts(q, p.machine, width, g.inBlocks, g.outBlocks, reduction(), rows);
    if (wraps && !tiling.isInner) { // others do not find the rows of a flat result
      flat = wraps = false;
      return chooseTile(rowsOfCall);
    }
    if (q.isMatrix)
      tiling = {tileRow(width, tiling.blocks, p.machine, reduction(), rows), false};
    tiles = g.outBlocks / tiling.blocks;
  }

  LogicalResult choose(Location loc) {
    const int64_t depth = g.inBlocks * q.in.block, lanes = g.outBlocks * block(), height = q.out.shape[2];
    flat = isPoint() && q.stride == Shape{1, 1} && rowsTouch(q.in) && (q.all(rowsTouch) || (!q.residual && !q.preact));
    wraps = flat && !q.all(rowsTouch);
    chooseTile(height);
    const Traffic traffic{4 * depth * q.in.shape[2] * q.in.shape[3], 4 * reduction() * lanes,
                          2.0 * static_cast<double>(reduction() * lanes) * static_cast<double>(height * q.out.shape[3]),
                          p.machine.l2Bytes / 2};
    // Those of one image whatever the batch: then its bits are, too.
    loops = chooseLoops(height, tiles, g.count, traffic);
    rows = height / loops.bands;
    chooseTile(rows);
    if (tiling.widths.empty())
      return emitError(loc) << "no register tile fits";
    imagesInside = imagesShareWeights(p.machine, q.out.shape[0], weightBytes(), 4 * (q.in.strides[0] + q.out.strides[0]),
                                      weightBytes() / 4 * height * q.out.shape[3]);
    return success();
  }

  void pack(Location loc) {
    if (tiling.isInner) {
      const InnerOperands operands = innerOperands(p, q, tiling.blocks, g.inBlocks, g.outBlocks);
      weights = operands.weights, factors = operands.factors;
    } else {
      weights = packedWeights(loc);
    }
    bias = biasWeights(p, q, g.count * g.outBlocks * block());
  }

  FlatSymbolRefAttr packedWeights(Location loc) const {
    const ArrayRef<int64_t> shape = cast<ShapedType>(q.weight.getType()).getShape();
    KernelSpec spec{"conv",
                    {{"shape", {shape[0], shape[1], shape[2], shape[3]}},
                     {"groups", {q.groups}},
                     {"merged", {g.merged}},
                     {"block", {block()}},
                     {"in", {q.in.block, g.inBlocks}},
                     {"tile", {tiling.blocks / weightStreams(tiling.blocks)}}},
                    {},
                    {}};
    return p.weights(q.weight, plan::specToAttr(loc.getContext(), spec), weightBytes());
  }

  // The grid, in the order that saves traffic.
  Shape inOrder(int64_t image, int64_t group, int64_t tile, int64_t band) const {
    if (imagesInside)
      return {group, tile, image, band};
    return loops.bandsOutside ? Shape{image, group, band, tile} : Shape{image, group, tile, band};
  }

  int64_t imagePixels() const { return q.out.shape[2] * q.out.shape[3]; }

  void sumPairs(Location loc) {
    const int64_t n = q.out.shape[0], width = q.out.shape[3], bands = bandsOf(q.out.shape[2], 1, g.inBlocks * block() * imagePixels()), height = q.out.shape[2] / bands;
    sums = p.scratch(RankedTensorType::get({n * imagePixels()}, Float32Type::get(loc.getContext())));
    Call call;
    call.spec = {"pair_sums",
                 {{"size", {width, height}}, {"in", {q.in.block, g.inBlocks}},
                  {"in_strides", {q.in.strides[3], q.in.strides[2], q.in.strides[1]}}, {"out_strides", {width}}}, {}, {}};
    call.operands = {{q.in.buffer, firstTap(q), {q.in.strides[0], height * q.in.strides[2]}}, {sums.buffer, 0, {imagePixels(), height * width}}};
    p.step(loc, {n, bands}, call);
  }

  // One run of equal pixel tiles, `width` pixels from `x` on, over a run of channel tiles.
  Call call(int64_t x, int64_t width, int64_t pixels, const ResidualRun &run) const {
    Call call;
    call.spec = {"conv",
                 {{"size", {width, flat ? 1 : rows, tiling.blocks}},
                  {"block", {block()}},
                  {"in", {q.in.block, g.inBlocks}},
                  {"in_strides", {q.in.strides[3], q.in.strides[2], q.in.strides[1]}},
                  {"tile", {pixels}}},
                 {},
                 {}};
    if (tiling.isInner) {
      call.spec.kind = "inner_product";
      shareScalars(call.spec, p.machine);
      call.spec.ints["sums_stride"] = {q.out.shape[3]};
      if (wraps)
        call.spec.ints["row"] = {q.out.shape[3], x % q.out.shape[3]};
      askAhead(call.spec, 4 * tileFloats(), x, width, (flat ? rows : 1) * q.out.shape[3]);
    } else {
      call.spec.ints["kernel"] = {kernel()[1], kernel()[0]};
      call.spec.ints["stride"] = {q.stride[1], q.stride[0]};
      call.spec.ints["dilation"] = {q.dilation[1], q.dilation[0]};
      if (isPoint() && !q.isMatrix && asksForPixels(g.inBlocks, tiles))
        call.spec.words["ahead"] = "pixels";
    }
    const int64_t lanes = tiling.blocks * block();
    const auto vector = [&](FlatSymbolRefAttr v) {
      return Pointer{v, run.firstTile * lanes, inOrder(0, g.outBlocks * block(), lanes, 0)};
    };
    const auto image = [&](const View &v) -> Pointer {
      const int64_t start = wraps ? x / q.out.shape[3] * v.strides[2] : x * v.strides[3];
      return {v.buffer, v.offset + start,
              inOrder(v.strides[0], g.outBlocks * v.strides[1], tiling.blocks * v.strides[1], rows * v.strides[2])};
    };
    call.operands = {{q.in.buffer, firstTap(q) + x * q.stride[1] * q.in.strides[3],
                      inOrder(q.in.strides[0], g.inBlocks * q.in.strides[1], 0, rows * q.stride[0] * q.in.strides[2])},
                     {weights, run.firstTile * tileFloats(), inOrder(0, tileFloats() * tiles, tileFloats(), 0)},
                     vector(bias)};
    if (tiling.isInner) {
      call.operands.push_back({factors, run.firstTile * 2 * lanes, inOrder(0, 0, 2 * lanes, 0)});
      call.operands.push_back({sums.buffer, x, inOrder(imagePixels(), 0, 0, rows * q.out.shape[3])});
    }
    addEpilogue(call, partOf(q, run, tiling.blocks), 3, image, vector);
    if (run.count != 0 && run.count != tiling.blocks)
      call.spec.ints["res_blocks"] = {run.at, run.count};
    return call;
  }

  void emit(Location loc) {
    if (tiling.isInner)
      sumPairs(loc);
    for (const ResidualRun &run : residualRuns(q, tiles, tiling.blocks)) {
      std::vector<Call> calls;
      int64_t x = 0;
      for (auto [pixels, width] : runsOf(tiling.widths)) {
        calls.push_back(call(x, width, pixels, run));
        x += width;
      }
      p.step(loc, inOrder(q.out.shape[0], g.count, run.tiles, loops.bands), calls);
    }
  }
};

} // namespace

LogicalResult lowerDirect(Planner &p, Location loc, const Problem &q) {
  DirectConv conv(p, q);
  if (failed(conv.choose(loc)))
    return failure();
  conv.pack(loc);
  conv.emit(loc);
  return success();
}

namespace {

// A 1x1 convolution with strides reads pixels that lie apart, one row at a time. Copying them together first costs less
// than it saves: the copy reads a quarter of the input once, the convolution then reads it for each channel tile,
// flattened.
void gatherPixels(Planner &p, Location loc, Problem &q) {
  View apart = q.in;
  apart.shape = q.in.shape;
  apart.shape[2] = q.out.shape[2];
  apart.shape[3] = q.out.shape[3];
  auto layout = LayoutAttr::get(loc.getContext(), q.in.block, Shape(4, 0));
  auto type = RankedTensorType::get(apart.shape, Float32Type::get(loc.getContext()), layout);
  apart.strides[2] *= q.stride[0];
  apart.strides[3] *= q.stride[1];
  q.in = p.scratch(type);
  p.copy(loc, apart, q.in);
  q.stride = {1, 1};
}

// In the way that costs least; without shortcuts directly.
LogicalResult lowerBest(Planner &p, Conv2dOp op, Problem &q) {
  const int64_t winograd = p.useWinograd && suitsWinograd(op) ? winogradTile(q, p.machine) : 0;
  if (p.useWinograd && splitCycles(p, q) < (winograd ? winogradCycles(q, p.machine, winograd) : directCycles(q, p.machine)))
    return lowerSplit(p, op.getLoc(), q);
  if (winograd)
    return lowerWinograd(p, op.getLoc(), q, winograd);
  const ArrayRef<int64_t> kernel = cast<ShapedType>(q.weight.getType()).getShape().drop_front(2);
  if (kernel[0] == 1 && kernel[1] == 1 && q.stride != Shape{1, 1} && q.pads == Shape{0, 0, 0, 0})
    gatherPixels(p, op.getLoc(), q);
  return lowerDirect(p, op.getLoc(), q);
}

LogicalResult lowerConv(Planner &p, Conv2dOp op) {
  Problem q;
  q.weight = constantOf(op.getWeight());
  q.bias = op.getBias() ? constantOf(op.getBias()) : ElementsAttr();
  if (!q.weight || (op.getBias() && !q.bias))
    return op.emitError() << "[R034] weights or a bias that are not known while compiling are not supported";
  q.in = p.view(op.getInput());
  for (auto [border, pad] : llvm::zip(q.in.border, op.getPads()))
    if (border < pad)
      return op.emitOpError() << "input has no border for its padding";
  q.residualBlock = op.getResidualChannel() / p.machine.block;
  if (op.getResidual())
    q.residual =
        constantOf(op.getResidual()) ? p.constantLike(constantOf(op.getResidual()), q.in) : p.view(op.getResidual());
  q.stride = Shape(op.getStrides());
  q.dilation = Shape(op.getDilations());
  q.pads = Shape(op.getPads());
  q.groups = op.getGroups();
  q.act = op.getAct();
  if (std::optional<ArrayRef<double>> moments = op.getInputMoments())
    q.moments = Moments{(*moments)[0], (*moments)[1]};
  // In place: a task reads each residual element just before it writes there; but the input may not be the residual.
  const bool inPlace = q.residual && q.residual->buffer != q.in.buffer;
  placeResults(p, op, q, inPlace ? &*q.residual : nullptr);
  if (failed(lowerBest(p, op, q)))
    return failure();
  fillBorders(p, op.getLoc(), q);
  return success();
}
Lowering<Conv2dOp, lowerConv> conv;

// A row-major matrix [rows, columns] as an image whose pixels are the rows; `block` floats of a row are a channel
// block.
View asImage(const View &matrix, int64_t block) {
  View v = matrix;
  v.shape = {1, matrix.shape[1], 1, matrix.shape[0]};
  v.strides = {0, block, matrix.shape[0] * matrix.strides[0], matrix.strides[0]};
  v.block = block;
  v.border = {0, 0, 0, 0};
  return v;
}

LogicalResult lowerDense(Planner &p, DenseOp op) {
  Problem q;
  ElementsAttr weight = constantOf(op.getWeight());
  q.bias = op.getBias() ? constantOf(op.getBias()) : ElementsAttr();
  if (!weight || (op.getBias() && !q.bias))
    return op.emitError() << "[R034] weights or a bias that are not known while compiling are not supported";
  auto type = cast<RankedTensorType>(op.getWeight().getType());
  const int64_t n = type.getDimSize(0), k = type.getDimSize(1), block = p.machine.block;
  q.weight = reshapedConstant(weight, {n, k, 1, 1});
  q.act = op.getAct();
  q.isMatrix = true;
  q.in = asImage(p.view(op.getInput()), 1);
  const View out = p.result(op.getResult());
  // Kernels write whole blocks: a width that is no multiple of the block goes through a wider matrix.
  View wide = out;
  if (n % block)
    wide = p.scratch(RankedTensorType::get({out.shape[0], (n + block - 1) / block * block}, type.getElementType()));
  q.out = asImage(wide, block);
  if (failed(lowerDirect(p, op.getLoc(), q)))
    return failure();
  if (n % block) {
    wide.shape = out.shape;
    p.copy(op.getLoc(), wide, out);
  }
  return success();
}
Lowering<DenseOp, lowerDense> dense;

} // namespace
} // namespace resnetc
