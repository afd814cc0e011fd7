// Pooling, reductions and softmax become calls of the kernels of the same names.
#include "compiler/passes/select/Epilogue.h"

using namespace mlir;
using namespace resnetc::rn;

namespace resnetc {
namespace {

template <typename PoolOp> KernelSpec poolSpec(PoolOp op, StringRef kind, const View &in, const View &out) {
  auto pair = [](ArrayRef<int64_t> heightWidth) { return std::vector<int64_t>{heightWidth[1], heightWidth[0]}; };
  return {kind.str(),
          {{"size", {out.shape[3], out.shape[2], 1}}, {"block", {out.block}}, {"in_size", {in.shape[3], in.shape[2]}},
           {"in_strides", {in.strides[3], in.strides[2], in.strides[1]}}, {"kernel", pair(op.getKernel())},
           {"stride", pair(op.getStrides())}, {"dilation", pair(op.getDilations())}, {"pad", pair(op.getPads())}},
          {}, {}};
}

void poolStep(Planner &p, Location loc, const KernelSpec &spec, const View &in, const Epilogue &end) {
  auto pixels = [](const View &v) { return Pointer{v.buffer, v.offset, {v.strides[0], v.strides[1]}}; };
  Call call{spec, {pixels(in)}};
  addEpilogue(call, end, 3, pixels, [&](FlatSymbolRefAttr vector) { return Pointer{vector, 0, {0, end.out.block}}; });
  p.step(loc, {end.out.shape[0], end.out.blocks()}, call);
  fillBorders(p, loc, end);
}

LogicalResult lowerMaxPool(Planner &p, MaxPoolOp op) {
  const View in = p.view(op.getInput());
  Epilogue end;
  placeResults(p, op, end);
  poolStep(p, op.getLoc(), poolSpec(op, "max_pool", in, end.out), in, end);
  return success();
}
Lowering<MaxPoolOp, lowerMaxPool> maxPool;

LogicalResult lowerAvgPool(Planner &p, AvgPoolOp op) {
  const View in = p.view(op.getInput());
  Epilogue end;
  placeResults(p, op, end);
  KernelSpec spec = poolSpec(op, "avg_pool", in, end.out);
  if (op.getCountIncludePad()) {
    ArrayRef<int64_t> pads = op.getPads();
    spec.ints["count_include_pad"] = {1};
    spec.ints["padded"] = {pads[1] + in.shape[3] + pads[3], pads[0] + in.shape[2] + pads[2]};
  }
  poolStep(p, op.getLoc(), spec, in, end);
  return success();
}
Lowering<AvgPoolOp, lowerAvgPool> avgPool;

KernelSpec reduceSpec(ReduceOp op, int64_t lanes, ShapeRef pixels, ShapeRef inStrides) {
  return {"reduce",
          {{"size", {lanes, 1}}, {"pixels", {pixels.begin(), pixels.end()}},
           {"in_strides", {inStrides.begin(), inStrides.end()}}, {"out_stride", {lanes}}},
          {},
          {{"op", op.getKind().str()}}};
}

// Over the pixels of a blocked image: a block of channels at a time, the last one perhaps partial.
LogicalResult reducePixels(Planner &p, ReduceOp op, const View &in, const View &out) {
  const int64_t channels = in.shape[1], whole = channels / in.block, rest = channels % in.block;
  auto step = [&](int64_t first, int64_t blocks, int64_t lanes) {
    KernelSpec spec = reduceSpec(op, lanes, {in.shape[3], in.shape[2]}, {in.strides[3], in.strides[2], in.strides[1]});
    p.step(op.getLoc(), {in.shape[0], blocks},
           Call{spec, {{in.buffer, in.offset + first * in.strides[1], {in.strides[0], in.strides[1]}},
                       {out.buffer, out.offset + first * in.block, {channels, in.block}}}});
  };
  if (whole)
    step(0, whole, in.block);
  if (rest)
    step(whole, 1, rest);
  return success();
}

// Over any axes of a dense tensor: kept dimensions are the grid (one number a task), at most two runs of axes are reduced.
LogicalResult reduceDense(Planner &p, ReduceOp op, const View &in, const View &out) {
  Shape grid, inSteps, pixels, pixelStrides;
  int64_t lastReduced = -2;
  for (int64_t i = 0; i < static_cast<int64_t>(in.shape.size()); ++i) {
    if (!llvm::is_contained(op.getAxes(), i)) {
      grid.push_back(in.shape[i]);
      inSteps.push_back(in.strides[i]);
    } else if (lastReduced == i - 1) { // neighbours in a row-major tensor are one longer axis
      pixels.back() *= in.shape[i];
      pixelStrides.back() = in.strides[i];
      lastReduced = i;
    } else {
      pixels.push_back(in.shape[i]);
      pixelStrides.push_back(in.strides[i]);
      lastReduced = i;
    }
  }
  if (pixels.size() > 2)
    return op.emitError() << "[R034] reducing more than two separate runs of axes is not supported";
  pixels.resize(2, 1);
  pixelStrides.resize(2, 0);
  Shape outSteps(grid.size(), 1);
  for (int i = static_cast<int>(grid.size()) - 2; i >= 0; --i)
    outSteps[i] = outSteps[i + 1] * grid[i + 1];
  if (grid.empty())
    grid = {1}, inSteps = outSteps = {0};
  KernelSpec spec = reduceSpec(op, 1, {pixels[1], pixels[0]}, {pixelStrides[1], pixelStrides[0], 1});
  if (pixels[1] == 1) // one run: let it be the inner loop
    spec = reduceSpec(op, 1, {pixels[0], 1}, {pixelStrides[0], 0, 1});
  p.step(op.getLoc(), grid, Call{spec, {{in.buffer, in.offset, inSteps}, {out.buffer, out.offset, outSteps}}});
  return success();
}

LogicalResult lowerReduce(Planner &p, ReduceOp op) {
  const View in = p.view(op.getInput()), out = p.result(op.getResult());
  return in.dense() ? reduceDense(p, op, in, out) : reducePixels(p, op, in, out);
}
Lowering<ReduceOp, lowerReduce> reduce;

LogicalResult lowerSoftmax(Planner &p, SoftmaxOp op) {
  const View in = p.view(op.getInput()), out = p.result(op.getResult());
  const int64_t axis = op.getAxis(), extent = in.shape[axis], inner = in.strides[axis];
  const int64_t outer = *elementCount(ShapeRef(in.shape).take_front(axis));
  KernelSpec spec{"softmax",
                  {{"size", {extent, inner, 1}}, {"strides", {inner, 1, extent * inner}},
                   {"out_strides", {inner, 1, extent * inner}}},
                  {},
                  {{"op", op.getLog() ? "log_softmax" : "softmax"}}};
  p.step(op.getLoc(), {outer},
         Call{spec, {{in.buffer, in.offset, {extent * inner}}, {out.buffer, out.offset, {extent * inner}}}});
  return success();
}
Lowering<SoftmaxOp, lowerSoftmax> softmax;

} // namespace
} // namespace resnetc
