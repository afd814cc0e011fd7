// A 3x3 convolution by Winograd's F(m x m, 3x3), m = 2 or 4, stride 1 or 2, in three steps:
//   winograd_in    each channel block: V[position][block][tile]
//   conv, inner_product  for each of n^2 positions of a window: M[position] = U[position] * V[position], a 1x1 convolution whose pixels are
//                  tiles. Positions are outside: V[position] stays in L2 while its weights stream by, in the order of use,
//                  once for all images of a batch where they are larger than these
//   winograd_out   each channel block: bias, residual, activation
// 2.25 or 4 times fewer multiplications, with stride 2 1.44 or 1.78 times. V and M are up to 4 or 6.25 times the activations and live
// in the arena only meanwhile.
// Steps for bands of tile rows, whose V and M would stay in L2, read all weights once per band and measured no better.
#include "compiler/passes/select/Problem.h"
#include "schedules/WeightStreams.h"
#include "schedules/Winograd.h"

using namespace mlir;
using namespace resnetc::rn;

namespace resnetc {
namespace {

// Fewer channels than two vectors leave little to save.
constexpr int64_t kLeastChannels = 16;
constexpr int64_t kLargestTile = 4;

int64_t tilesOf(int64_t extent, int64_t m) { return (extent + m - 1) / m; }

// Cycles of one image, for one thread. A transform takes about four cycles for
// each vector of V or M.
class Cost {
public:
  Cost(const Problem &q, const Machine &m) : q(q), machine(m) {}

  double ofDirect() const {
    const ArrayRef<int64_t> kernel = cast<ShapedType>(q.weight.getType()).getShape().drop_front(2);
    return ofProducts(kernel[0] * kernel[1], pixels(), tileConv(q.out.shape[3], q.out.blocks(), machine).efficiency);
  }
  double ofWinograd(int64_t m) const {
    const int64_t n = winogradWindow(m, q.stride[0]), positions = n * n, tiles = tilesOf(q.out.shape[2], m) * tilesOf(q.out.shape[3], m);
    const double vectors = static_cast<double>(positions * tiles * (q.in.blocks() + q.out.blocks()) * machine.block / machine.lanes);
    const double efficiency = tileProducts(q, machine, tiles, q.in.blocks(), q.out.blocks()).efficiency;
    return ofProducts(positions, tiles, efficiency) + 4 * vectors;
  }

private:
  int64_t pixels() const { return q.out.shape[2] * q.out.shape[3]; }

  double ofProducts(int64_t matrices, int64_t columns, double efficiency) const {
    const double weights = static_cast<double>(matrices * q.in.blocks() * q.out.blocks() * machine.block * machine.block);
    const double arithmetic = weights * static_cast<double>(columns) / (machine.lanes * machine.fmaPerCycle) / efficiency;
    return overlapped(arithmetic, 4 * weights / machine.memoryBytesPerCycle);
  }

  const Problem &q;
  const Machine &machine;
};

// The weights U = G w G^T in the order of use.
FlatSymbolRefAttr transformedWeights(Planner &p, const Problem &q, int64_t m, int64_t tileBlocks) {
  const ArrayRef<int64_t> shape = cast<ShapedType>(q.weight.getType()).getShape();
  const int64_t block = p.machine.block, inBlocks = q.in.blocks(), outBlocks = q.out.blocks();
  KernelSpec pack{"winograd",
                  {{"shape", {shape[0], shape[1], 3, 3}}, {"output_tile", {m}}, {"stride", {q.stride[0]}}, {"block", {block}}, {"in", {block, inBlocks}},
                   {"tile", {tileBlocks / weightStreams(tileBlocks)}}}, {}, {}};
  const int64_t n = winogradWindow(m, q.stride[0]), floats = n * n * outBlocks * block * inBlocks * block;
  return p.weights(q.weight, plan::specToAttr(q.weight.getContext(), pack), 4 * floats);
}

// Positions of a tile lie apart by an odd number of cache lines: by a power of two, all of them would share a set of L1.
int64_t positionStride(int64_t floats) {
  constexpr int64_t line = 16;
  return ((floats + line - 1) / line | 1) * line;
}

} // namespace

bool suitsWinograd(Conv2dOp conv) {
  ArrayRef<int64_t> w = conv.getWeight().getType().getShape();
  return w[2] == 3 && w[3] == 3 && conv.getGroups() == 1 &&
         (conv.getStrides() == ArrayRef<int64_t>{1, 1} || conv.getStrides() == ArrayRef<int64_t>{2, 2}) &&
         conv.getDilations() == ArrayRef<int64_t>{1, 1} && std::min(w[0], w[1]) >= kLeastChannels;
}

Shape winogradPads(Conv2dOp conv) {
  Shape pads(conv.getPads());
  ArrayRef<int64_t> out = conv.getResult().getType().getShape();
  for (int i : {0, 1})
    pads[2 + i] += conv.getStrides()[i] * (tilesOf(out[2 + i], kLargestTile) * kLargestTile - out[2 + i]);
  return pads;
}

double winogradCycles(const Problem &q, const Machine &machine, int64_t m) { return Cost(q, machine).ofWinograd(m); }
double directCycles(const Problem &q, const Machine &machine) { return Cost(q, machine).ofDirect(); }

int64_t winogradTile(const Problem &q, const Machine &machine) {
  const Cost cost(q, machine);
  const double direct = cost.ofDirect(), two = cost.ofWinograd(2), four = cost.ofWinograd(4);
  return std::min(two, four) > direct ? 0 : two < four ? 2 : 4;
}

namespace {

// The three steps of one convolution, and where their operands lie.
class WinogradConv {
public:
  WinogradConv(Planner &p, const Problem &q, Location loc, int64_t m)
      : p(p), q(q), loc(loc), m(m), stride(q.stride[0]), positions(winogradWindow(m, stride) * winogradWindow(m, stride)),
        block(p.machine.block), images(q.out.shape[0]), tx(tilesOf(q.out.shape[3], m)), ty(tilesOf(q.out.shape[2], m)),
        tiles(tx * ty), plane(tiles * block), inBlocks(q.in.blocks()), outBlocks(q.out.blocks()),
        inPosition(positionStride(inBlocks * plane)), outPosition(positionStride(outBlocks * plane)) {}

  LogicalResult lower() {
    tiling = tileProducts(q, p.machine, tiles, inBlocks, outBlocks, inBlocks * block);
    if (tiling.widths.empty())
      return emitError(loc) << "no register tile fits";
    v = scratch(positions * inPosition), products = scratch(positions * outPosition);
    transformInput();
    tiling.isInner ? multiplyInner() : multiplyPlain();
    transformOutput();
    return success();
  }

private:
  // Memory for each image.
  View scratch(int64_t floats) { return p.scratch(RankedTensorType::get({images * floats}, Float32Type::get(loc.getContext()))); }

  void transformInput() {
    const int64_t bands = bandsOf(ty, inBlocks, positions * inPosition), rows = ty / bands; // rows of tiles
    KernelSpec spec{"winograd_in",
                    {{"output_tile", {m}}, {"stride", {stride}}, {"tiles", {tx, rows}}, {"block", {block}},
                     {"in_strides", {q.in.strides[3], q.in.strides[2]}}, {"out_strides", {block, tx * block, inPosition}}}, {}, {}};
    p.step(loc, {images, inBlocks, bands},
           Call{spec, {{q.in.buffer, firstTap(q), {q.in.strides[0], q.in.strides[1], rows * m * stride * q.in.strides[2]}},
                       {v.buffer, 0, {positions * inPosition, plane, rows * tx * block}}}});
  }

  // How a pointer moves along the grid of the products.
  Shape inOrder(int64_t image, int64_t position, int64_t tile) const {
    const int64_t weights = positions * outBlocks * block * inBlocks * block;
    const bool imagesInside = imagesShareWeights(p.machine, images, 4 * weights, 4 * positions * (inPosition + outPosition), weights * tiles);
    return imagesInside ? Shape{position, tile, image} : Shape{image, position, tile};
  }

  int64_t channelTiles() const { return outBlocks / tiling.blocks; }
  int64_t tileFloats() const { return inBlocks * block * tiling.blocks * block; } // weights of one position and channel tile

  // One call for each run of equal tiles, `spec` and the operands between pixels and result filled in by `complete`.
  void multiply(KernelSpec spec, llvm::function_ref<void(Call &, int64_t x)> complete) {
    std::vector<Call> calls;
    int64_t x = 0;
    for (auto [width, run] : runsOf(tiling.widths)) {
      spec.ints["size"] = {run, 1, tiling.blocks};
      spec.ints["tile"] = {width};
      Call call{spec, {{v.buffer, x * block, inOrder(positions * inPosition, inPosition, 0)}}};
      complete(call, x);
      call.operands.push_back({products.buffer, x * block, inOrder(positions * outPosition, outPosition, tiling.blocks * plane)});
      calls.push_back(std::move(call));
      x += run;
    }
    p.step(loc, inOrder(images, positions, channelTiles()), calls);
  }

  KernelSpec productSpec(const char *kind) const {
    return {kind, {{"block", {block}}, {"in", {block, inBlocks}}, {"in_strides", {block, plane, plane}}, {"out_strides", {block, plane, plane}}}, {}, {}};
  }
  Pointer zeroBias() { return {p.weights(std::vector<float>(tiling.blocks * block, 0.0f)), 0, {0, 0, 0}}; }
  Pointer weightsOfTile(FlatSymbolRefAttr weights) const {
    return {weights, 0, inOrder(0, channelTiles() * tileFloats(), tileFloats())};
  }

  void multiplyPlain() {
    const FlatSymbolRefAttr weights = transformedWeights(p, q, m, tiling.blocks);
    const Pointer zero = zeroBias();
    KernelSpec spec = productSpec("conv");
    spec.ints["kernel"] = spec.ints["stride"] = spec.ints["dilation"] = {1, 1};
    if (asksForPixels(inBlocks, channelTiles()))
      spec.words["ahead"] = "pixels";
    multiply(spec, [&](Call &call, int64_t) { call.operands.insert(call.operands.end(), {weightsOfTile(weights), zero}); });
  }

  void multiplyInner() {
    const View sums = scratch(positions * tiles);
    KernelSpec pairs{"pair_sums", {{"size", {tiles, 1}}, {"in", {block, inBlocks}}, {"in_strides", {block, plane, plane}}, {"out_strides", {tiles}}}, {}, {}};
    p.step(loc, {images, positions},
           Call{pairs, {{v.buffer, 0, {positions * inPosition, inPosition}}, {sums.buffer, 0, {positions * tiles, tiles}}}});
    const InnerOperands inner = innerOperands(p, q, tiling.blocks, inBlocks, outBlocks, m);
    const Pointer zero = zeroBias();
    KernelSpec spec = productSpec("inner_product");
    spec.ints["sums_stride"] = {tiles};
    shareScalars(spec, p.machine);
    multiply(spec, [&](Call &call, int64_t x) {
      askAhead(call.spec, 4 * tileFloats(), x, call.spec.at("size"), tiles);
      const Pointer factors{inner.factors, 0, inOrder(0, 2 * outBlocks * block, 2 * tiling.blocks * block)};
      const Pointer sumsOfTile{sums.buffer, x, inOrder(positions * tiles, tiles, 0)};
      call.operands.insert(call.operands.end(), {weightsOfTile(inner.weights), zero, factors, sumsOfTile});
    });
  }

  void transformOutput() {
    const FlatSymbolRefAttr bias = biasWeights(p, q, outBlocks * block);
    const int64_t height = q.out.shape[2], bands = height % m ? 1 : bandsOf(ty, outBlocks, positions * outPosition), rows = height / bands;
    for (const ResidualRun &run : residualRuns(q, outBlocks, 1)) {
      const auto image = [&](const View &view) {
        return Pointer{view.buffer, view.offset, {view.strides[0], view.strides[1], rows * view.strides[2]}};
      };
      const auto channels = [&](FlatSymbolRefAttr vector) { return Pointer{vector, run.firstTile * block, {0, block, 0}}; };
      Call call;
      call.spec = {"winograd_out",
                   {{"output_tile", {m}}, {"stride", {stride}}, {"size", {q.out.shape[3], rows}}, {"block", {block}},
                    {"in_strides", {block, tx * block, outPosition}}}, {}, {}};
      call.operands = {{products.buffer, run.firstTile * plane, {positions * outPosition, plane, rows / m * tx * block}}, channels(bias)};
      addEpilogue(call, partOf(q, run, 1), 2, image, channels);
      p.step(loc, {images, run.tiles, bands}, call);
    }
  }

  Planner &p;
  const Problem &q;
  const Location loc;
  const int64_t m, stride, positions, block, images, tx, ty, tiles, plane, inBlocks, outBlocks, inPosition, outPosition; // in floats
  ProductTiling tiling;
  View v, products; // of [image][position]
};

} // namespace

LogicalResult lowerWinograd(Planner &p, Location loc, const Problem &q, int64_t m) { return WinogradConv(p, q, loc, m).lower(); }

} // namespace resnetc
