// Data movement: relayout, transpose, slice, pad, concat, gather, broadcast are strided copies; reshape is another view.
#include "compiler/ir/Constants.h"
#include "compiler/passes/select/Movement.h"
#include "compiler/passes/select/Planner.h"

using namespace mlir;
using namespace resnetc::rn;

namespace resnetc {

// Copies `lanes` channels of a band of rows of each block. Both views are images; a dense one has its channels apart.
static Call blockCopy(const View &from, const View &to, int64_t block, int64_t firstBlock, int64_t lanes, int64_t rows) {
  auto strides = [&](const View &v) -> Shape { return {v.dense() ? v.strides[1] : 1, v.strides[3], v.strides[2]}; };
  auto blockStride = [&](const View &v) { return v.dense() ? v.strides[1] * block : v.strides[1]; };
  Call call;
  call.spec = pointwiseSpec("copy", {lanes, to.shape[3], rows}, {strides(from)}, strides(to));
  for (const View *v : {&from, &to})
    call.operands.push_back(
        {v->buffer, v->offset + firstBlock * blockStride(*v), {v->strides[0], blockStride(*v), rows * v->strides[2]}});
  return call;
}

// Between images of which at least one is blocked: whole blocks, then the last, partial one. Lanes of channels that do
// not exist become zero.
static void copyImages(Planner &p, Location loc, const View &from, const View &to) {
  const int64_t block = to.dense() ? from.block : to.block, n = to.shape[0], whole = to.shape[1] / block,
                rest = to.shape[1] % block;
  const int64_t height = to.shape[2], tasks = std::max<int64_t>(whole, 1),
                bands = bandsOf(height, tasks, tasks * block * height * to.shape[3]), rows = height / bands;
  if (whole)
    p.step(loc, {n, whole, bands}, blockCopy(from, to, block, 0, block, rows));
  if (!rest)
    return;
  std::vector<Call> calls{blockCopy(from, to, block, whole, rest, rows)};
  if (!to.dense()) {
    Call fill;
    fill.spec = pointwiseSpec("fill", {block - rest, to.shape[3], rows}, {}, {1, to.strides[3], to.strides[2]});
    fill.operands.push_back({to.buffer, to.offset + whole * to.strides[1] + rest, {to.strides[0], 0, rows * to.strides[2]}});
    calls.push_back(fill);
  }
  p.step(loc, {n, 1, bands}, calls);
}

static void copyDense(Planner &p, Location loc, const View &from, const View &to) {
  Shape size(to.shape.rbegin(), to.shape.rend()), in(from.strides.rbegin(), from.strides.rend()),
      out(to.strides.rbegin(), to.strides.rend());
  if (size.empty()) {
    size = {1};
    in = out = {0};
  }
  Call call;
  const int64_t grid = size.size() > 1 ? size.pop_back_val() : 1;
  const int64_t inStep = in.size() > size.size() ? in.pop_back_val() : 0;
  const int64_t outStep = out.size() > size.size() ? out.pop_back_val() : 0;
  call.spec = pointwiseSpec("copy", size, {in}, out);
  call.operands = {{from.buffer, from.offset, {inStep}}, {to.buffer, to.offset, {outStep}}};
  p.step(loc, {grid}, call);
}

void Planner::copy(Location loc, const View &from, const View &to) {
  if (*elementCount(to.shape) == 0)
    return;
  if (from.dense() && to.dense())
    copyDense(*this, loc, from, to);
  else
    copyImages(*this, loc, from, to);
}

static View permuted(View v, ArrayRef<int64_t> perm) {
  View out = v;
  for (auto [i, q] : llvm::enumerate(perm)) {
    out.shape[i] = v.shape[q];
    out.strides[i] = v.strides[q];
  }
  return out;
}

// A vector of channels is the same bytes in both layouts when blocks are full.
static bool sameBytes(const View &from, const View &to) {
  const View &blocked = from.dense() ? to : from;
  return from.dense() != to.dense() && from.shape[2] == 1 && from.shape[3] == 1 &&
         blocked.strides[1] == blocked.block && from.shape[1] % blocked.block == 0;
}

static LogicalResult lowerRelayout(Planner &p, RelayoutOp op) {
  View from = p.view(op.getInput());
  auto layout = dyn_cast_or_null<LayoutAttr>(cast<RankedTensorType>(op.getType()).getEncoding());
  if (op.getPerm()) {
    if (from.dense()) {
      from = permuted(from, *op.getPerm());
    } else if (!layout) { // blocked to dense, transposed: permute the destination instead
      View to = p.result(op.getResult());
      SmallVector<int64_t> inverse(4);
      for (auto [i, q] : llvm::enumerate(*op.getPerm()))
        inverse[q] = i;
      p.copy(op.getLoc(), from, permuted(to, inverse));
      return success();
    } else {
      return op.emitOpError() << "cannot transpose between two blocked layouts";
    }
  }
  View shape = Planner::layOut(op.getType(), from.buffer);
  if (sameBytes(from, shape) && !p.isOutput(op.getResult())) {
    shape.offset += from.offset;
    p.alias(op.getResult(), shape);
    return success();
  }
  const View to = p.result(op.getResult());
  p.copy(op.getLoc(), from, to);
  p.fillBorder(op.getLoc(), to);
  return success();
}
static Lowering<RelayoutOp, lowerRelayout> relayout;

static LogicalResult lowerTranspose(Planner &p, TransposeOp op) {
  const View from = permuted(p.view(op.getInput()), op.getPerm());
  p.copy(op.getLoc(), from, p.result(op.getResult()));
  return success();
}
static Lowering<TransposeOp, lowerTranspose> transpose;

static LogicalResult lowerReshape(Planner &p, ReshapeOp op) {
  View v = p.view(op.getInput());
  v.shape = Shape(cast<RankedTensorType>(op.getType()).getShape());
  v.strides.assign(v.shape.size(), 1);
  for (int i = static_cast<int>(v.shape.size()) - 2; i >= 0; --i)
    v.strides[i] = v.strides[i + 1] * v.shape[i + 1];
  p.alias(op.getResult(), v);
  return success();
}
static Lowering<ReshapeOp, lowerReshape> reshape;

// The box of `v` that starts at `offset` and has `shape`; channel offsets are multiples of the block.
static View box(View v, ShapeRef offset, ShapeRef shape) {
  for (size_t i = 0; i < v.shape.size(); ++i)
    v.offset += (!v.dense() && i == 1 ? offset[i] / v.block : offset[i]) * v.strides[i];
  v.shape = Shape(shape);
  return v;
}

// Of an image in blocks: another view, as kernels walk by strides. Only a border of zeros needs memory of its own.
static LogicalResult lowerSlice(Planner &p, SliceOp op) {
  if (llvm::any_of(op.getSteps(), [](int64_t step) { return step < 0; }))
    return op.emitError() << "[R034] 'slice' with a negative step of a value that is computed at run time is not supported";
  View from = box(p.view(op.getInput()), op.getOffsets(), op.getType().getShape());
  for (auto [i, step] : llvm::enumerate(op.getSteps()))
    from.strides[i] *= step;
  const View wanted = Planner::layOut(op.getType(), from.buffer);
  if (!from.dense() && from.block == wanted.block && !wanted.hasBorder() && !p.isOutput(op.getResult())) {
    from.border = wanted.border;
    p.alias(op.getResult(), from);
    return success();
  }
  const View to = p.result(op.getResult());
  p.copy(op.getLoc(), from, to);
  p.fillBorder(op.getLoc(), to);
  return success();
}
static Lowering<SliceOp, lowerSlice> slice;

bool padsPixelsWithZeros(PadOp pad) {
  auto keeps = [&](int64_t d) { return pad.getLow()[d] == 0 && pad.getHigh()[d] == 0; };
  return pad.getValue().isZero() && pad.getLow().size() == 4 && keeps(0) && keeps(1);
}

// `v` with its border of zeros, or as much of it as the pad asks for, as part of the image; nothing if it does not suffice.
static std::optional<View> withBorder(View v, PadOp pad) {
  if (v.dense() || !padsPixelsWithZeros(pad))
    return std::nullopt;
  const Shape wanted{pad.getLow()[2], pad.getLow()[3], pad.getHigh()[2], pad.getHigh()[3]};
  auto have = cast<LayoutAttr>(pad.getType().getEncoding()).getBorder();
  for (int side = 0; side < 4; ++side)
    if ((v.border[side] -= wanted[side]) < have[side])
      return std::nullopt;
  v.offset -= wanted[0] * v.strides[2] + wanted[1] * v.strides[3];
  v.shape = Shape(pad.getType().getShape());
  return v;
}

// The value everywhere, then the input over it; zeros that lie around the input already are another view of it.
static LogicalResult lowerPad(Planner &p, PadOp op) {
  const View from = p.view(op.getInput());
  if (std::optional<View> view = p.isOutput(op.getResult()) ? std::nullopt : withBorder(from, op)) {
    p.alias(op.getResult(), *view);
    return success();
  }
  const View to = p.result(op.getResult());
  Call fill;
  Shape grid, size, strides, steps;
  if (to.dense()) {
    grid = {1};
    steps = {0};
    size = {*elementCount(to.shape)};
    strides = {1};
  } else {
    grid = {to.shape[0], to.blocks()};
    steps = {to.strides[0], to.strides[1]};
    size = {to.block, to.shape[3], to.shape[2]};
    strides = {1, to.strides[3], to.strides[2]};
  }
  fill.spec = pointwiseSpec("fill", size, {}, strides);
  fill.spec.floats["value"] = op.getValue().convertToDouble();
  fill.operands.push_back({to.buffer, to.offset, steps});
  p.step(op.getLoc(), grid, fill);
  p.copy(op.getLoc(), from, box(to, op.getLow(), from.shape));
  p.fillBorder(op.getLoc(), to);
  return success();
}
static Lowering<PadOp, lowerPad> pad;

static LogicalResult lowerConcat(Planner &p, ConcatOp op) {
  const View to = p.result(op.getResult());
  Shape offset(to.shape.size(), 0);
  for (Value part : op.getInputs()) {
    const View from = p.view(part);
    p.copy(op.getLoc(), from, box(to, offset, from.shape));
    offset[op.getAxis()] += from.shape[op.getAxis()];
  }
  p.fillBorder(op.getLoc(), to);
  return success();
}
static Lowering<ConcatOp, lowerConcat> concat;

// Constant indices along one axis: a copy for each run of evenly spaced ones.
static LogicalResult lowerGather(Planner &p, GatherOp op) {
  if (!constantOf(op.getIndices()))
    return op.emitOpError() << "has indices that are no constant";
  const std::vector<double> indices = constantValues(constantOf(op.getIndices()));
  const View from = p.view(op.getInput());
  View to = p.result(op.getResult());
  const int64_t axis = op.getAxis(), extent = from.shape[axis], count = static_cast<int64_t>(indices.size());
  Shape shape(from.shape);
  shape[axis] = count;
  if (to.dense()) // the dimensions of the indices as one
    to = Planner::layOut(RankedTensorType::get(shape, op.getType().getElementType()), to.buffer);
  auto index = [&](int64_t i) { return static_cast<int64_t>(indices[i]) + (indices[i] < 0 ? extent : 0); };
  for (int64_t first = 0, next; first < count; first = next) {
    const int64_t step = first + 1 < count ? std::max<int64_t>(index(first + 1) - index(first), 0) : 0;
    for (next = first + 1; next < count && index(next) - index(next - 1) == step;)
      ++next;
    shape[axis] = next - first;
    Shape source(shape.size(), 0), target(shape.size(), 0);
    source[axis] = index(first);
    target[axis] = first;
    View run = box(from, source, shape);
    run.strides[axis] *= step;
    p.copy(op.getLoc(), run, box(to, target, shape));
  }
  p.fillBorder(op.getLoc(), to);
  return success();
}
static Lowering<GatherOp, lowerGather> gather;

static LogicalResult lowerBroadcast(Planner &p, BroadcastOp op) {
  const View from = p.view(op.getInput()), to = p.result(op.getResult());
  View wide = to;
  wide.buffer = from.buffer;
  wide.offset = from.offset;
  const size_t lead = to.shape.size() - from.shape.size();
  for (size_t i = 0; i < to.shape.size(); ++i)
    wide.strides[i] = i < lead || from.shape[i - lead] == 1 ? 0 : from.strides[i - lead];
  p.copy(op.getLoc(), wide, to);
  return success();
}
static Lowering<BroadcastOp, lowerBroadcast> broadcast;

} // namespace resnetc
