// A 3x3 convolution by Winograd's F(2x2, 3x3), in three steps:
//   winograd_in    each channel block: V[position][block][tile]
//   conv           for each of 16 positions: M[position] = U[position] * V[position], a 1x1 convolution whose pixels are tiles
//   winograd_out   each channel block: bias, residual, activation
// 2.25 times fewer multiplications; V and M are four times the activations and live in the arena only meanwhile.
#include "compiler/passes/select/Problem.h"

using namespace mlir;
using namespace resnetc::rn;

namespace resnetc {

// Below this many channels the transforms cost more than the products save.
static constexpr int64_t kLeastChannels = 32;
// Of the pixels of whole tiles, those that the image has.
static constexpr double kLeastFill = 0.6;

static int64_t tilesOf(int64_t extent) { return (extent + 1) / 2; }

bool suitsWinograd(Conv2dOp conv) {
  ArrayRef<int64_t> w = conv.getWeight().getType().getShape(), out = conv.getType().getShape();
  const bool isPlain3x3 = w[2] == 3 && w[3] == 3 && conv.getGroups() == 1 && conv.getStrides() == ArrayRef<int64_t>{1, 1} &&
                          conv.getDilations() == ArrayRef<int64_t>{1, 1};
  const double fill = static_cast<double>(out[2] * out[3]) / static_cast<double>(4 * tilesOf(out[2]) * tilesOf(out[3]));
  return isPlain3x3 && std::min(w[0], w[1]) >= kLeastChannels && fill >= kLeastFill;
}

Shape winogradPads(Conv2dOp conv) {
  Shape pads(conv.getPads());
  ArrayRef<int64_t> out = conv.getType().getShape();
  pads[2] += out[2] % 2;
  pads[3] += out[3] % 2;
  return pads;
}

LogicalResult lowerWinograd(Planner &p, Location loc, const Problem &q) {
  const int64_t block = p.machine.block, n = q.out.shape[0], tx = tilesOf(q.out.shape[3]), ty = tilesOf(q.out.shape[2]),
                tiles = tx * ty, inBlocks = q.in.blocks(), outBlocks = q.out.blocks();
  const ConvTiling tiling = tileConv(tiles, outBlocks, p.machine, inBlocks * block, 1);
  if (tiling.widths.empty())
    return emitError(loc) << "no register tile fits";
  const int64_t channelTiles = outBlocks / tiling.blocks, plane = tiles * block;

  Type f32 = Float32Type::get(loc.getContext());
  auto positions = [&](int64_t blocks) { return p.scratch(RankedTensorType::get({n * 16 * blocks * plane}, f32)); };
  const View v = positions(inBlocks), m = positions(outBlocks);

  KernelSpec in{"winograd_in",
                {{"tiles", {tx, ty}}, {"block", {block}}, {"in_strides", {q.in.strides[3], q.in.strides[2]}},
                 {"out_strides", {block, tx * block, inBlocks * plane}}}, {}, {}};
  p.step(loc, {n, inBlocks}, Call{in, {{q.in.buffer, firstTap(q), {q.in.strides[0], q.in.strides[1]}},
                                       {v.buffer, 0, {16 * inBlocks * plane, plane}}}});

  const int64_t tileFloats = inBlocks * block * tiling.blocks * block; // weights of one position and channel tile
  const ArrayRef<int64_t> shape = cast<ShapedType>(q.weight.getType()).getShape();
  KernelSpec pack{"winograd", {{"shape", {shape[0], shape[1], 3, 3}}, {"block", {block}}, {"in", {block, inBlocks}}, {"tile", {tiling.blocks}}}, {}, {}};
  auto weights = p.weights(q.weight, plan::specToAttr(loc.getContext(), pack), 4 * 16 * channelTiles * tileFloats);
  auto zero = p.weights(std::vector<float>(tiling.blocks * block, 0.0f));
  std::vector<Call> products;
  int64_t x = 0;
  for (auto [width, run] : runsOf(tiling.widths)) {
    KernelSpec spec{"conv",
                    {{"size", {run, 1, tiling.blocks}}, {"block", {block}}, {"in", {block, inBlocks}},
                     {"in_strides", {block, plane, plane}}, {"out_strides", {block, plane, plane}}, {"kernel", {1, 1}},
                     {"stride", {1, 1}}, {"dilation", {1, 1}}, {"tile", {width}}}, {}, {}};
    products.push_back({spec, {{v.buffer, x * block, {16 * inBlocks * plane, inBlocks * plane, 0}},
                               {weights, 0, {0, channelTiles * tileFloats, tileFloats}},
                               {zero, 0, {0, 0, 0}},
                               {m.buffer, x * block, {16 * outBlocks * plane, outBlocks * plane, tiling.blocks * plane}}}});
    x += run;
  }
  p.step(loc, {n, 16, channelTiles}, products);

  Call out;
  out.spec = {"winograd_out",
              {{"size", {q.out.shape[3], q.out.shape[2]}}, {"block", {block}}, {"in_strides", {block, tx * block, outBlocks * plane}},
               {"out_strides", {q.out.strides[3], q.out.strides[2]}}}, {}, {}};
  setActivation(out.spec, q.act);
  out.operands = {{m.buffer, 0, {16 * outBlocks * plane, plane}}, {biasWeights(p, q, outBlocks * block), 0, {0, block}}};
  auto image = [](const View &view) { return Pointer{view.buffer, view.offset, {view.strides[0], view.strides[1]}}; };
  if (q.residual) {
    out.spec.ints["res_strides"] = {q.residual->strides[3], q.residual->strides[2]};
    out.operands.push_back(image(*q.residual));
  }
  out.operands.push_back(image(q.out));
  p.step(loc, {n, outBlocks}, out);
  return success();
}

} // namespace resnetc
