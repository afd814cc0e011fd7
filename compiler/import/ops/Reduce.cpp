// ReduceMean, ReduceSum, ReduceMax and what they are made into. The axes moved from attribute to input: ReduceSum at
// opset 13, the others at 18. Integers, which are shapes, must be known.
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;
using rn::ActivationKind;

// Nothing after an error. Without axes: all of them, or none with noop_with_empty_axes.
static std::optional<Shape> readAxes(NodeView &n, bool asInput, int64_t rank) {
  std::optional<Shape> axes;
  if (!asInput)
    axes = n.getInts("axes");
  else if (n.has(1) && !(axes = n.integers(1, "R034")))
    return std::nullopt;
  if (axes && !axes->empty())
    return n.normalizeAxes(*axes, rank);
  Shape all;
  if (!(asInput && n.getFlag("noop_with_empty_axes", false)))
    for (int64_t i = 0; i < rank; ++i)
      all.push_back(i);
  return all;
}

// Kernels walk over at most two runs of neighbouring axes.
static void checkRuns(NodeView &n, ShapeRef axes) {
  int runs = 0;
  for (size_t i = 0; i < axes.size(); ++i)
    runs += i == 0 || axes[i] != axes[i - 1] + 1;
  if (runs > 2 && !n.isConstant(0))
    n.error("R034", n.opName() + " over axes " + toString(axes) + " is not supported: more than two separate runs");
}

namespace {
struct Reduction {
  const char *kind; // of rn.reduce
  int axesAsInput;  // since this opset
  double (*combine)(double, double);
  Value (*before)(NodeView &, Value) = nullptr;
  Value (*after)(NodeView &, Value) = nullptr;
};
} // namespace

// The elements that each result is made of, combined from the first to the last.
static Value reduceKnown(NodeView &n, const Reduction &r, ShapeRef axes, ShapeRef result) {
  auto values = n.numbers(0, "R034");
  if (!values || !n.mayCompute(static_cast<int64_t>(values->size())))
    return {};
  ShapeRef shape = n.shape(0);
  std::vector<double> out(*elementCount(result));
  std::vector<bool> seen(out.size());
  for (size_t flat = 0; flat < values->size(); ++flat) {
    int64_t rest = static_cast<int64_t>(flat), at = 0, stride = 1;
    for (auto d = static_cast<int64_t>(shape.size()) - 1; d >= 0; rest /= shape[d--])
      if (!llvm::is_contained(axes, d)) {
        at += rest % shape[d] * stride;
        stride *= shape[d];
      }
    out[at] = seen[at] ? r.combine(out[at], (*values)[flat]) : (*values)[flat];
    seen[at] = true;
  }
  return n.constant(result, n.elementType(0), out);
}

static Value importReduction(NodeView &n, const Reduction &r) {
  auto axes = readAxes(n, n.opset() >= r.axesAsInput, static_cast<int64_t>(n.shape(0).size()));
  const bool keepdims = n.getFlag("keepdims", true), isFloat = n.elementType(0).isF32();
  if (!axes || n.failed())
    return {};
  if (!isFloat && (r.before || r.after || StringRef(r.kind) == "mean"))
    n.error("R032", n.opName() + " of integers is not supported");
  for (int64_t axis : *axes)
    if (n.shape(0)[axis] == 0)
      n.error("R044", n.opName() + " over an axis without elements");
  checkRuns(n, *axes);
  auto shape = n.failed() ? std::nullopt : n.check(reduceShape(n.shape(0), *axes, keepdims), "R047");
  if (!shape)
    return {};
  if (!isFloat || !*r.kind)
    return reduceKnown(n, r, *axes, *shape);
  Value x = r.before ? r.before(n, n.input(0)) : n.input(0);
  Value result = axes->empty() ? x : n.reduce(x, r.kind, *axes, keepdims);
  return r.after ? r.after(n, result) : result;
}

static double sum(double a, double b) { return a + b; }
static double product(double a, double b) { return a * b; }
static double larger(double a, double b) { return std::max(a, b); }
static double smaller(double a, double b) { return std::min(a, b); }
static Value absolute(NodeView &n, Value v) { return n.activation(v, ActivationKind::Abs); }
static Value squared(NodeView &n, Value v) { return n.combine<rn::MulOp>(v, v); }
static Value root(NodeView &n, Value v) { return n.activation(v, ActivationKind::Sqrt); }
static Value negated(NodeView &n, Value v) { return v ? n.combine<rn::MulOp>(v, n.number(-1)) : v; }

static Value importReduceMean(NodeView &n) { return importReduction(n, {"mean", 18, sum}); }
static Value importReduceMax(NodeView &n) { return importReduction(n, {"max", 18, larger}); }
static Value importReduceSum(NodeView &n) { return importReduction(n, {"sum", 13, sum}); }
static Value importReduceProd(NodeView &n) { return importReduction(n, {"", 18, product}); }
static Value importReduceL1(NodeView &n) { return importReduction(n, {"sum", 18, sum, absolute}); }
static Value importReduceL2(NodeView &n) { return importReduction(n, {"sum", 18, sum, squared, root}); }
static Value importReduceSumSquare(NodeView &n) { return importReduction(n, {"sum", 18, sum, squared}); }
static Value importReduceMin(NodeView &n) { // min(x) = -max(-x)
  return n.elementType(0).isF32() ? importReduction(n, {"max", 18, smaller, negated, negated})
                                  : importReduction(n, {"min", 18, smaller});
}

RESNETC_IMPORT_OP(ReduceMean, 7, 17, 1, 1, importReduceMean)
RESNETC_IMPORT_OP(ReduceMean, 18, kNewestOpset, 1, 2, importReduceMean)
RESNETC_IMPORT_OP(ReduceMax, 7, 17, 1, 1, importReduceMax)
RESNETC_IMPORT_OP(ReduceMax, 18, kNewestOpset, 1, 2, importReduceMax)
RESNETC_IMPORT_OP(ReduceMin, 7, 17, 1, 1, importReduceMin)
RESNETC_IMPORT_OP(ReduceMin, 18, kNewestOpset, 1, 2, importReduceMin)
RESNETC_IMPORT_OP(ReduceProd, 7, 17, 1, 1, importReduceProd)
RESNETC_IMPORT_OP(ReduceProd, 18, kNewestOpset, 1, 2, importReduceProd)
RESNETC_IMPORT_OP(ReduceL1, 7, 17, 1, 1, importReduceL1)
RESNETC_IMPORT_OP(ReduceL1, 18, kNewestOpset, 1, 2, importReduceL1)
RESNETC_IMPORT_OP(ReduceL2, 7, 17, 1, 1, importReduceL2)
RESNETC_IMPORT_OP(ReduceL2, 18, kNewestOpset, 1, 2, importReduceL2)
RESNETC_IMPORT_OP(ReduceSumSquare, 7, 17, 1, 1, importReduceSumSquare)
RESNETC_IMPORT_OP(ReduceSumSquare, 18, kNewestOpset, 1, 2, importReduceSumSquare)
RESNETC_IMPORT_OP(ReduceSum, 7, 12, 1, 1, importReduceSum)
RESNETC_IMPORT_OP(ReduceSum, 13, kNewestOpset, 1, 2, importReduceSum)
