// The edges of a network: an image of the caller is converted while it is laid out for the first convolution; of the
// scores the best are chosen.
#include "compiler/ir/Constants.h"
#include "compiler/passes/select/Planner.h"

using namespace mlir;
using namespace resnetc::rn;

namespace resnetc {

// pixel * 1/std - mean/std, a plane a task. The channels may lie apart by any distance, backwards too.
static LogicalResult lowerImage(Planner &p, ImageOp op) {
  const View in = p.view(op.getInput()), out = p.result(op.getResult());
  const bool isBytes = op.getInput().getType().getElementType().isInteger(8);
  const bool nhwc = op.getNhwc(), reverse = op.getReverse();
  const int64_t channels = out.shape[1], channel = in.strides[nhwc ? 3 : 1];
  std::vector<float> scale, shift;
  for (auto [mean, deviation] : llvm::zip(op.getMean(), op.getStd())) {
    scale.push_back(static_cast<float>(1 / deviation));
    shift.push_back(static_cast<float>(-mean / deviation));
  }
  Call call;
  call.spec = pointwiseSpec("mul_add", {out.shape[3], out.shape[2]},
                            {{in.strides[nhwc ? 2 : 3], in.strides[nhwc ? 1 : 2]}, {0, 0}, {0, 0}},
                            {out.strides[3], out.strides[2]});
  if (isBytes)
    call.spec.words["type"] = "uint8";
  const int64_t first = in.offset + (reverse ? (channels - 1) * channel : 0);
  call.operands = {{in.buffer, first, {in.strides[0], reverse ? -channel : channel}, isBytes ? 1 : 4},
                   {p.weights(scale), 0, {0, 1}},
                   {p.weights(shift), 0, {0, 1}},
                   {out.buffer, out.offset, {out.strides[0], out.strides[1]}}};
  p.step(op.getLoc(), {out.shape[0], channels}, call);
  p.fillBorder(op.getLoc(), out);
  return success();
}
static Lowering<ImageOp, lowerImage> image;

static LogicalResult lowerTopK(Planner &p, TopKOp op) {
  const View in = p.view(op.getInput()), out = p.result(op.getResult());
  KernelSpec spec{"top_k", {{"size", {in.shape[1], out.shape[1]}}}, {}, {}};
  p.step(op.getLoc(), {in.shape[0]},
         Call{spec, {{in.buffer, in.offset, {in.strides[0]}}, {out.buffer, out.offset, {out.strides[0]}}}});
  return success();
}
static Lowering<TopKOp, lowerTopK> topK;

static LogicalResult lowerTake(Planner &p, TakeOp op) {
  const View in = p.view(op.getInput()), indices = p.view(op.getIndices()), out = p.result(op.getResult());
  KernelSpec spec{"take", {{"size", {in.shape[1], out.shape[1]}}}, {}, {}};
  p.step(op.getLoc(), {in.shape[0]},
         Call{spec,
              {{in.buffer, in.offset, {in.strides[0]}},
               {indices.buffer, indices.offset, {indices.strides[0]}},
               {out.buffer, out.offset, {out.strides[0]}}}});
  return success();
}
static Lowering<TakeOp, lowerTake> take;

} // namespace resnetc
