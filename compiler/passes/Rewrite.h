// What the rewriting passes share: questions about values, constants by evaluation, the greedy driver.
#pragma once
#include "compiler/ir/Constants.h"
#include "compiler/ir/Rn.h"
#include "compiler/ir/Shapes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"

namespace resnetc {

inline mlir::RankedTensorType typeOf(mlir::Value v) { return mlir::cast<mlir::RankedTensorType>(v.getType()); }
inline ShapeRef shapeOf(mlir::Value v) { return typeOf(v).getShape(); }
inline int64_t rankOf(mlir::Value v) { return typeOf(v).getRank(); }

inline bool isAll(llvm::ArrayRef<int64_t> list, int64_t wanted) {
  return llvm::all_of(list, [&](int64_t v) { return v == wanted; });
}
inline bool isAll(llvm::ArrayRef<double> list, double wanted) {
  return llvm::all_of(list, [&](double v) { return v == wanted; });
}

// A pattern that counts its rewrites in a statistic of its pass.
template <typename OpT> struct CountingPattern : mlir::OpRewritePattern<OpT> {
  CountingPattern(mlir::MLIRContext *context, mlir::Pass::Statistic &count)
      : mlir::OpRewritePattern<OpT>(context), count(count) {}
  mlir::Pass::Statistic &count;
};

// Applies the patterns until none matches.
void applyPatterns(mlir::Operation *root, mlir::RewritePatternSet patterns);

// The location of what two operations became. Of very many the first names must do: a long chain that folds into one
// operation would cost the square of its length.
mlir::Location fuseLocations(mlir::Location first, mlir::Location second);

// A constant operation at the rewriter's place.
mlir::Value makeConstantOp(mlir::OpBuilder &builder, mlir::Location loc, mlir::ElementsAttr value);

// The value of `op`, whose operands are all constants, rounded to its type. Nothing if an operand is no constant or the
// result would be much larger, or cost much more, than what it is made of.
mlir::ElementsAttr evaluateConstant(mlir::Operation *op);

// Places `op` (just built) unless it can be evaluated: then its value takes its place.
template <typename OpT, typename... Args>
mlir::Value createFolded(mlir::PatternRewriter &rewriter, mlir::Location loc, Args &&...args) {
  auto op = OpT::create(rewriter, loc, std::forward<Args>(args)...);
  mlir::ElementsAttr value = evaluateConstant(op);
  if (!value)
    return op;
  rewriter.eraseOp(op);
  return makeConstantOp(rewriter, loc, value);
}

} // namespace resnetc
