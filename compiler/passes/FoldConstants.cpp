// fold-constants: f(constants) -> constant, by the float64 evaluator, rounded once per operation. Left alone is what would
// make the program larger: broadcasts of tensors, and results far beyond their operands (see evaluateConstant).
#include "compiler/passes/Passes.h"
#include "compiler/passes/Rewrite.h"

using namespace mlir;

namespace resnetc {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "compiler/passes/Passes.h.inc"

namespace {

struct Evaluate : RewritePattern {
  Evaluate(MLIRContext *context, Pass::Statistic &count)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context), count(count) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa_and_nonnull<rn::RnDialect>(op->getDialect()))
      return rewriter.notifyMatchFailure(op, "is no operation of rn");
    ElementsAttr value = evaluateConstant(op);
    if (!value)
      return rewriter.notifyMatchFailure(op, "operands are no constants, or the result is too large");
    rewriter.replaceOp(op, makeConstantOp(rewriter, op->getLoc(), value));
    ++count;
    return success();
  }

  Pass::Statistic &count;
};

struct FoldConstantsPass : impl::FoldConstantsBase<FoldConstantsPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<Evaluate>(&getContext(), numFolded);
    applyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
} // namespace resnetc
