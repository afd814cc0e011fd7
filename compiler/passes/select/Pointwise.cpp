// Element-wise operations, activations, batch norms that stayed, and copies between layouts: all are `pointwise` kernels.
#include "compiler/ir/Constants.h"
#include "compiler/passes/select/Planner.h"
#include <cmath>

using namespace mlir;
using namespace resnetc::rn;

namespace resnetc {

ImageStrides imageStrides(const View &v, int64_t block) {
  auto zeroIfOne = [](int64_t extent, int64_t stride) { return extent == 1 ? 0 : stride; };
  ImageStrides s{};
  s.n = zeroIfOne(v.shape[0], v.strides[0]);
  s.y = zeroIfOne(v.shape[2], v.strides[2]);
  s.x = zeroIfOne(v.shape[3], v.strides[3]);
  if (v.dense()) { // block channels of a dense image, each a plane (NCHW)
    s.lane = zeroIfOne(v.shape[1], v.strides[1]);
    s.block = s.lane * block;
  } else {
    s.lane = zeroIfOne(v.shape[1], 1);
    s.block = zeroIfOne(v.shape[1], v.strides[1]);
  }
  return s;
}

KernelSpec pointwiseSpec(StringRef op, ShapeRef size, ArrayRef<Shape> inputs, ShapeRef output) {
  auto six = [](ShapeRef list, int64_t filler) {
    std::vector<int64_t> v(list.begin(), list.end());
    v.resize(6, filler);
    return v;
  };
  KernelSpec spec{"pointwise", {{"size", six(size, 1)}, {"out_strides", six(output, 0)}}, {}, {{"op", op.str()}}};
  for (auto [i, strides] : llvm::enumerate(inputs))
    spec.ints["in" + std::to_string(i) + "_strides"] = six(strides, 0);
  return spec;
}

void setActivation(KernelSpec &spec, std::optional<ActivationAttr> act, const std::string &prefix) {
  if (!act || !*act)
    return;
  spec.words[prefix + "act"] = stringifyActivationKind(act->getKind()).str();
  spec.floats[prefix + "alpha"] = act->alpha();
  spec.floats[prefix + "beta"] = act->beta();
}

// out = act(op(inputs)), all blocked alike or broadcast along whole dimensions.
static void blockedStep(Planner &p, Location loc, StringRef op, ArrayRef<View> inputs, const View &out,
                        std::optional<ActivationAttr> act) {
  const ImageStrides o = imageStrides(out, out.block);
  SmallVector<Shape> strides;
  Call call;
  for (const View &in : inputs) {
    // One channel for all of several: the same lane for each; otherwise lanes lie side by side.
    ImageStrides s = imageStrides(in, out.block);
    if (in.shape[1] == 1 && out.shape[1] == 1)
      s.lane = 1;
    strides.push_back({s.lane, s.x, s.y});
    call.operands.push_back({in.buffer, in.offset, {s.n, s.block}});
  }
  call.spec = pointwiseSpec(op, {out.block, out.shape[3], out.shape[2]}, strides,
                            {1, out.strides[3], out.strides[2]});
  setActivation(call.spec, act);
  call.operands.push_back({out.buffer, out.offset, {o.n, o.block}});
  p.step(loc, {out.shape[0], out.blocks()}, call);
  p.fillBorder(loc, out);
}

// The same for dense tensors of any rank up to 6; the outermost dimension is the grid.
static LogicalResult denseStep(Planner &p, Operation *at, StringRef op, ArrayRef<View> inputs, const View &out,
                               std::optional<ActivationAttr> act) {
  const size_t rank = out.shape.size();
  if (rank > 6)
    return at->emitError() << "[R034] a value of rank " << rank << " is computed at run time, limit 6";
  auto reversed = [&](const View &v) { // innermost first, broadcast to the result's rank
    Shape s(rank, 0);
    for (size_t i = 0; i < v.shape.size(); ++i)
      s[v.shape.size() - 1 - i] = v.shape[i] == 1 ? 0 : v.strides[i];
    return s;
  };
  Shape size(out.shape.rbegin(), out.shape.rend()), outStrides = reversed(out);
  const bool splits = rank > 1;
  Call call;
  SmallVector<Shape> strides;
  auto point = [&](const View &v, Shape s) {
    call.operands.push_back({v.buffer, v.offset, {splits ? s.back() : 0}});
    if (splits)
      s.pop_back();
    return s;
  };
  for (const View &in : inputs)
    strides.push_back(point(in, reversed(in)));
  Shape outInner = point(out, outStrides);
  const int64_t grid = splits ? size.pop_back_val() : 1;
  call.spec = pointwiseSpec(op, size, strides, outInner);
  setActivation(call.spec, act);
  p.step(at->getLoc(), {grid}, call);
  return success();
}

static LogicalResult lowerElementwise(Planner &p, Operation *op, StringRef kind, ArrayRef<Value> operands,
                                      std::optional<ActivationAttr> act) {
  // A result of the same type may take the memory of an operand: each element is read before it is written.
  const View *reuse = nullptr;
  std::vector<View> inputs;
  const bool blocks = isa_and_nonnull<LayoutAttr>(cast<RankedTensorType>(op->getResult(0).getType()).getEncoding());
  View like;
  like.block = blocks ? p.machine.block : 0;
  for (Value v : operands)
    inputs.push_back(constantOf(v) ? p.constantLike(constantOf(v), like) : p.view(v));
  for (const View &in : inputs)
    if (!reuse && llvm::count_if(inputs, [&](const View &o) { return o.buffer == in.buffer; }) == 1)
      reuse = &in;
  const View out = p.result(op->getResult(0), reuse);
  if (blocks)
    return blockedStep(p, op->getLoc(), kind, inputs, out, act), success();
  return denseStep(p, op, kind, inputs, out, act);
}

template <typename Op> static LogicalResult lowerBinary(Planner &p, Op op) {
  return lowerElementwise(p, op, Op::getOperationName().drop_front(3), {op.getLhs(), op.getRhs()}, op.getAct());
}
static Lowering<AddOp, lowerBinary<AddOp>> add;
static Lowering<SubOp, lowerBinary<SubOp>> sub;
static Lowering<MulOp, lowerBinary<MulOp>> mul;
static Lowering<DivOp, lowerBinary<DivOp>> div;
static Lowering<MinOp, lowerBinary<MinOp>> min;
static Lowering<MaxOp, lowerBinary<MaxOp>> max;

static LogicalResult lowerMulAdd(Planner &p, MulAddOp op) {
  return lowerElementwise(p, op, "mul_add", {op.getLhs(), op.getRhs(), op.getAddend()}, op.getAct());
}
static Lowering<MulAddOp, lowerMulAdd> mulAdd;

static LogicalResult lowerActivation(Planner &p, ActivationOp op) {
  return lowerElementwise(p, op, "copy", {op.getInput()}, op.getAct());
}
static Lowering<ActivationOp, lowerActivation> activation;

// y = x * s + t with s = scale / sqrt(variance + epsilon), t = bias - mean * s, in double.
static LogicalResult lowerBatchNorm(Planner &p, BatchNormOp op) {
  std::vector<std::vector<double>> parameters;
  for (Value v : op.getOperands().drop_front()) {
    if (!constantOf(v))
      return op.emitError() << "[R034] BatchNormalization with parameters that are not known while compiling is not supported";
    parameters.push_back(constantValues(constantOf(v)));
  }
  const size_t channels = parameters[0].size();
  std::vector<float> scale(channels), shift(channels);
  for (size_t c = 0; c < channels; ++c) {
    const double s = parameters[0][c] / std::sqrt(parameters[3][c] + op.getEpsilon().convertToDouble());
    scale[c] = static_cast<float>(s);
    shift[c] = static_cast<float>(parameters[1][c] - parameters[2][c] * s);
  }
  const View in = p.view(op.getInput());
  Shape shape(in.shape.size() - 1, 1); // [C, 1, 1] broadcasts along everything but the channels
  shape[0] = static_cast<int64_t>(channels);
  auto type = RankedTensorType::get(shape, op.getType().getElementType());
  const View s = p.constantLike(makeConstant(type, scale), in), t = p.constantLike(makeConstant(type, shift), in);
  const View out = p.result(op.getResult(), &in);
  if (!out.dense())
    return blockedStep(p, op.getLoc(), "mul_add", {in, s, t}, out, op.getAct()), success();
  return denseStep(p, op, "mul_add", {in, s, t}, out, op.getAct());
}
static Lowering<BatchNormOp, lowerBatchNorm> batchNorm;

} // namespace resnetc
