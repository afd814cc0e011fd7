// append-head: what programs do with the scores of a classifier becomes part of it; both act on the last output.
//   softmax    y -> softmax(y) along the classes
//   top-k      y -> top_k(y), take(y, top_k(y)): where the k best are, and their scores, the best first
#include "compiler/passes/Passes.h"
#include "compiler/passes/Rewrite.h"

using namespace mlir;

namespace resnetc {
#define GEN_PASS_DEF_APPENDHEAD
#include "compiler/passes/Passes.h.inc"

namespace {

constexpr int64_t kMostClasses = 1024; // that top-k returns: its kernel keeps them on the stack

struct AppendHeadPass : impl::AppendHeadBase<AppendHeadPass> {
  using AppendHeadBase::AppendHeadBase;

  struct Output {
    Value value;
    std::string name, note;
  };

  // [N, C] or [N, C, 1, ...]: one score a class.
  static bool isVector(Value v) {
    return rankOf(v) >= 2 && isAll(shapeOf(v).drop_front(2), 1) && typeOf(v).getElementType().isF32();
  }

  static Value flatten(OpBuilder &builder, Value v) {
    auto type = RankedTensorType::get(shapeOf(v).take_front(2), typeOf(v).getElementType());
    return v.getType() == type ? v : rn::ReshapeOp::create(builder, v.getLoc(), type, v);
  }

  static bool isSoftmax(Value v) {
    while (auto reshape = v.getDefiningOp<rn::ReshapeOp>())
      v = reshape.getInput();
    return v.getDefiningOp<rn::SoftmaxOp>() != nullptr;
  }

  void appendSoftmax(OpBuilder &builder, Output &last) {
    if (isSoftmax(last.value)) {
      getOperation().emitWarning() << "[W111] '" << last.name << "' is a softmax already: --softmax adds nothing";
      return;
    }
    last.value = rn::SoftmaxOp::create(builder, last.value.getLoc(), last.value.getType(), last.value, 1, false);
    last.note = "softmax";
  }

  void appendTopK(OpBuilder &builder, SmallVector<Output> &outputs) {
    const Output last = outputs.pop_back_val();
    Value scores = flatten(builder, last.value);
    const Shape shape{shapeOf(scores)[0], topK};
    const std::string note =
        "the " + std::to_string(topK) + " best of " + std::to_string(shapeOf(scores)[1]) + ", the best first";
    Value indices =
        rn::TopKOp::create(builder, scores.getLoc(), RankedTensorType::get(shape, builder.getI32Type()), scores);
    Value best = rn::TakeOp::create(builder, scores.getLoc(), RankedTensorType::get(shape, builder.getF32Type()),
                                    scores, indices);
    outputs.push_back({indices, last.name + "_indices", note});
    outputs.push_back({best, last.name + "_scores", last.note});
  }

  bool check(const Output &last) {
    auto refuse = [&] { return getOperation().emitError() << "[U018] " << (topK ? "--top-k: " : "--softmax: "); };
    if (!isVector(last.value)) {
      refuse() << "'" << last.name << "' has no single score for each class: its shape is "
               << toString(shapeOf(last.value));
      return false;
    }
    const int64_t most = std::min(shapeOf(last.value)[1], kMostClasses);
    if (topK > most) {
      refuse() << int64_t(topK) << " of " << shapeOf(last.value)[1] << " classes, at most " << most;
      return false;
    }
    return true;
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    auto end = cast<func::ReturnOp>(function.getBody().front().getTerminator());
    SmallVector<Output> outputs;
    for (auto [i, value] : llvm::enumerate(end.getOperands())) {
      auto name = function.getResultAttrOfType<StringAttr>(i, rn::kNameAttr);
      outputs.push_back({value, name ? name.str() : "output", ""});
    }
    if (outputs.empty() || !check(outputs.back()))
      return signalPassFailure();
    OpBuilder builder(end);
    if (softmax)
      appendSoftmax(builder, outputs.back());
    if (topK)
      appendTopK(builder, outputs);

    SmallVector<Value> values;
    SmallVector<DictionaryAttr> attributes;
    for (const Output &output : outputs) {
      values.push_back(output.value);
      SmallVector<NamedAttribute> attrs{builder.getNamedAttr(rn::kNameAttr, builder.getStringAttr(output.name))};
      if (!output.note.empty())
        attrs.push_back(builder.getNamedAttr("rn.note", builder.getStringAttr(output.note)));
      attributes.push_back(builder.getDictionaryAttr(attrs));
    }
    end.getOperandsMutable().assign(values);
    function.setFunctionType(builder.getFunctionType(function.getArgumentTypes(), ValueRange(values).getTypes()));
    function.setAllResultAttrs(attributes);
  }
};

} // namespace
} // namespace resnetc
