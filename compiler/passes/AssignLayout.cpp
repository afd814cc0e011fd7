// assign-layout: decides how each value lies in memory and makes every change of layout an rn.relayout.
//   conv2d, pools and element-wise operations on images   -> blocked, #rn.layout<b, [t, l, b, r]>, channels in blocks of b
//   the border is the largest padding of the convolutions that read the value: they then need no bounds tests; and of the
//   pads with zeros, which then are nothing but another view
//   convolutions with fewer input channels than a block   -> planar input, #rn.layout<1, ...>
//   image (bytes of the caller) with one such reader       -> written in the layout of the reader
//   everything else                                       -> dense, row-major (no layout)
//   relayout(transpose(x)), transpose(relayout(x))        -> one relayout with perm
#include "compiler/ir/Constants.h"
#include "compiler/ir/Rn.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/select/Movement.h"
#include "compiler/passes/select/Winograd.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/MapVector.h"

namespace resnetc {
#define GEN_PASS_DEF_ASSIGNLAYOUT
#include "compiler/passes/Passes.h.inc"

using namespace mlir;
using namespace resnetc::rn;

namespace {

RankedTensorType typeOf(Value v) { return cast<RankedTensorType>(v.getType()); }
bool isImage(Value v) { return typeOf(v).getRank() == 4 && typeOf(v).getElementType().isF32(); }
int64_t channels(Value v) { return typeOf(v).getDimSize(1); }

RankedTensorType withLayout(RankedTensorType type, LayoutAttr layout) {
  return RankedTensorType::get(type.getShape(), type.getElementType(), layout);
}

struct AssignLayout : impl::AssignLayoutBase<AssignLayout> {
  using AssignLayoutBase::AssignLayoutBase;

  // Whether an operation works on whole channel blocks; decided in program order, so operands are known.
  bool worksOnBlocks(Operation &op) {
    if (isa<Conv2dOp, MaxPoolOp, AvgPoolOp>(op))
      return true;
    if (auto reduce = dyn_cast<ReduceOp>(op))
      return isImage(reduce.getInput()) && reduce.getAxes() == ArrayRef<int64_t>{2, 3};
    if (!isa<AddOp, SubOp, MulOp, MulAddOp, DivOp, MinOp, MaxOp, ActivationOp, BatchNormOp, SliceOp, PadOp, ConcatOp,
             GatherOp>(op) ||
        !isImage(op.getResult(0)))
      return false;
    auto parameters = isa<BatchNormOp>(op) ? op.getOperands().take_front(1) : op.getOperands();
    auto fromBlocks = [&](Value v) { return blocked.contains(v); };
    return llvm::any_of(parameters, fromBlocks) && llvm::all_of(parameters, isImageOrConstant) && movesWholeBlocks(op);
  }

  static bool isImageOrConstant(Value v) { return isImage(v) || constantOf(v); }

  // Slices, pads, gathers and concatenations may cut channels only between blocks.
  bool movesWholeBlocks(Operation &op) {
    if (auto gather = dyn_cast<GatherOp>(op))
      return gather.getAxis() >= 2 && typeOf(gather.getIndices()).getRank() == 1;
    if (auto slice = dyn_cast<SliceOp>(op))
      return slice.getOffsets()[1] % block == 0 && slice.getSteps()[1] == 1 && channels(slice.getResult()) % block == 0;
    if (auto pad = dyn_cast<PadOp>(op))
      return pad.getLow()[1] % block == 0 && (pad.getHigh()[1] == 0 || channels(pad.getInput()) % block == 0);
    if (auto concat = dyn_cast<ConcatOp>(op))
      return llvm::all_of(concat.getInputs(), [&](Value v) { return isImage(v) && !constantOf(v); }) &&
             (concat.getAxis() != 1 ||
              llvm::all_of(concat.getInputs(), [&](Value v) { return channels(v) % block == 0; }));
    // Lanes of channels that do not exist hold zeros: dividing by them would make NaNs that no zero weight removes.
    if (auto div = dyn_cast<DivOp>(op))
      return constantOf(div.getRhs()) || channels(div.getRhs()) % block == 0;
    return true;
  }

  LayoutAttr layout(int64_t lanes, ArrayRef<int64_t> border) { return LayoutAttr::get(&getContext(), lanes, border); }

  // A convolution reads a dense image with few channels from planes: no lanes are wasted on channels that do not exist.
  bool wantsPlanes(Conv2dOp conv) { return channels(conv.getInput()) < block && !blocked.contains(conv.getInput()); }

  // A residual that starts or ends inside a block of channels gets its zeros back.
  void padResidual(Conv2dOp conv) {
    Value residual = conv.getResidual();
    const int64_t all = channels(conv.getResult());
    if (!residual || channels(residual) == all)
      return;
    const int64_t first = conv.getResidualChannel(), count = channels(residual);
    if (first % block == 0 && count % block == 0)
      return;
    OpBuilder builder(conv);
    conv.getResidualMutable().assign(PadOp::create(builder, conv.getLoc(), conv.getResult().getType(), residual,
                                                   ArrayRef<int64_t>{0, first, 0, 0},
                                                   ArrayRef<int64_t>{0, all - first - count, 0, 0}, APFloat(0.0)));
    conv.setResidualChannel(0);
  }

  void collectBorders(func::FuncOp function) {
    function.walk([&](Conv2dOp conv) {
      SmallVector<int64_t> &border = borders[{conv.getInput(), wantsPlanes(conv)}];
      border.resize(4, 0);
      for (auto [have, want] :
           llvm::zip(border, winograd && suitsWinograd(conv) ? winogradPads(conv) : Shape(conv.getPads())))
        have = std::max(have, want);
    });
  }

  // From the last one to the first: what is read with a border and padded needs both.
  void collectPads(Block &block) {
    for (Operation &op : llvm::reverse(block)) {
      auto pad = dyn_cast<PadOp>(op);
      if (!pad || !blockOps.contains(pad) || !padsPixelsWithZeros(pad))
        continue;
      SmallVector<int64_t> outside(4, 0);
      if (auto it = borders.find({pad.getResult(), false}); it != borders.end())
        outside = it->second;
      SmallVector<int64_t> &border = borders[{pad.getInput(), false}];
      border.resize(4, 0);
      const int64_t wanted[] = {pad.getLow()[2], pad.getLow()[3], pad.getHigh()[2], pad.getHigh()[3]};
      for (int side = 0; side < 4; ++side)
        border[side] = std::max(border[side], wanted[side] + outside[side]);
    }
  }

  LayoutAttr layoutOf(Value v, bool planes) {
    auto it = borders.find({v, planes});
    SmallVector<int64_t> none(4, 0);
    return layout(planes ? 1 : block, it == borders.end() ? none : it->second);
  }

  // `v` in the layout that a reader wants; one copy serves all readers of the same layout.
  Value relaid(OpBuilder &builder, Value v, LayoutAttr want) {
    if (typeOf(v).getEncoding() == want)
      return v;
    // An image is read in whatever layout its only reader wants, unless lanes of several channels lie side by side.
    if (v.getDefiningOp<ImageOp>() && v.hasOneUse() && want && want.getBlock() == 1) {
      v.setType(withLayout(typeOf(v), want));
      return v;
    }
    Value &copy = copies[{v, want}];
    if (copy)
      return copy;
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointAfterValue(v);
    Value source = v;
    DenseI64ArrayAttr perm;
    if (auto transpose = v.getDefiningOp<TransposeOp>(); transpose && want) {
      source = transpose.getInput();
      perm = transpose.getPermAttr();
    }
    Location loc = v.getDefiningOp() ? v.getLoc() : NameLoc::get(StringAttr::get(&getContext(), "input"));
    copy = RelayoutOp::create(builder, loc, withLayout(typeOf(v), want), source, perm);
    ++numRelayouts;
    return copy;
  }

  void assign(Operation &op) {
    OpBuilder builder(&op);
    if (auto transpose = dyn_cast<TransposeOp>(op); transpose && blocked.contains(transpose.getInput())) {
      Value relayout =
          RelayoutOp::create(builder, op.getLoc(), transpose.getType(), transpose.getInput(), transpose.getPermAttr());
      for (bool planes : {false, true}) // the copy inherits what its readers want
        if (auto it = borders.find({transpose, planes}); it != borders.end()) {
          SmallVector<int64_t> border = it->second;
          borders[{relayout, planes}] = border;
        }
      transpose.replaceAllUsesWith(relayout);
      transpose.erase();
      ++numRelayouts;
      return;
    }
    const bool blocks = blockOps.contains(&op);
    for (OpOperand &operand : op.getOpOperands()) {
      Value v = operand.get();
      if (constantOf(v))
        continue;
      auto conv = dyn_cast<Conv2dOp>(op);
      const bool planes = conv && operand.getOperandNumber() == 0 && planar.contains(&op);
      operand.set(relaid(builder, v, blocks ? layoutOf(v, planes) : LayoutAttr()));
    }
    if (blocks && !isa<ReduceOp>(op))
      for (Value result : op.getResults())
        result.setType(withLayout(typeOf(result), layoutOf(result, false)));
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    function.walk([&](Conv2dOp conv) { padResidual(conv); });
    for (Operation &op : function.getBody().front())
      if (worksOnBlocks(op)) {
        blockOps.insert(&op);
        if (auto conv = dyn_cast<Conv2dOp>(op); conv && wantsPlanes(conv))
          planar.insert(&op);
        if (!isa<ReduceOp>(op))
          blocked.insert(op.result_begin(), op.result_end());
      }
    collectBorders(function);
    collectPads(function.getBody().front());
    for (Operation &op : llvm::make_early_inc_range(function.getBody().front()))
      if (!isa<ConstantOp>(op))
        assign(op);
    function.walk([](TransposeOp op) {
      if (op->use_empty())
        op.erase();
    });
  }

  llvm::DenseSet<Value> blocked;        // values in blocks
  llvm::DenseSet<Operation *> blockOps; // operations that read blocks
  llvm::DenseSet<Operation *> planar;   // convolutions that read planes
  llvm::MapVector<std::pair<Value, int>, SmallVector<int64_t>> borders;
  llvm::DenseMap<std::pair<Value, Attribute>, Value> copies;
};

} // namespace
} // namespace resnetc
