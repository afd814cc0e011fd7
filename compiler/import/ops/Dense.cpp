// Gemm and MatMul with a constant right operand become rn.dense, whose weight is [N, K]. The transposes and factors
// that that takes are applied to constants: fold-constants removes them.
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

static Value scaled(NodeView &n, Value v, double factor) {
  if (factor == 1 || !v)
    return v;
  return n.combine<rn::MulOp>(v, n.number(factor));
}

static Value dense(NodeView &n, Value rows, Value weight, Value bias) {
  return n.build<rn::DenseOp>({shapeOf(rows)[0], shapeOf(weight)[0]}, elementOf(rows), rows, weight, bias,
                              rn::ActivationAttr());
}

static bool needsConstant(NodeView &n, int i) {
  if (!n.isConstant(i))
    n.error("R034", n.opName() + " of two values that are computed at run time is not supported");
  return !n.failed();
}

// C of Gemm as a bias vector of `columns` values; null when it differs between rows.
static Value asBias(NodeView &n, Value c, int64_t columns) {
  ShapeRef shape = shapeOf(c);
  if (*elementCount(shape) == 1)
    return n.build<rn::BroadcastOp>({columns}, elementOf(c), n.reshape(c, {1}));
  return shape.back() == columns && *elementCount(shape) == columns ? n.reshape(c, {columns}) : Value();
}

static Value importGemm(NodeView &n) {
  if (!n.allFloat())
    return {};
  if (n.shape(0).size() != 2 || n.shape(1).size() != 2) {
    n.error("R041", "Gemm of " + toString(n.shape(0)) + " and " + toString(n.shape(1)) + ", want two matrices");
    return {};
  }
  const bool transA = n.getFlag("transA", false, "R056"), transB = n.getFlag("transB", false, "R056");
  const double alpha = n.getFloat("alpha", 1), beta = n.getFloat("beta", 1);
  const int64_t rows = n.shape(0)[transA], inner = n.shape(0)[!transA], columns = n.shape(1)[!transB];
  if (n.shape(1)[transB] != inner)
    n.error("R042", "Gemm cannot multiply " + toString(n.shape(0)) + (transA ? " (transposed)" : "") + " and " +
                        toString(n.shape(1)) + (transB ? " (transposed)" : ""));
  if (n.has(2)) {
    auto shape = n.check(broadcastShape(n.shape(2), {rows, columns}), "R048");
    if (shape && ShapeRef(*shape) != ShapeRef{rows, columns})
      n.error("R048", "Gemm C " + toString(n.shape(2)) + " does not broadcast to [" + Twine(rows) + ", " +
                          Twine(columns) + "]");
  }
  if (n.failed() || !needsConstant(n, 1))
    return {};
  Value a = transA ? n.transpose(n.input(0), {1, 0}) : n.input(0);
  Value b = scaled(n, transB ? n.input(1) : n.transpose(n.input(1), {1, 0}), alpha);
  Value c = scaled(n, n.input(2), beta), bias = c && n.isConstant(2) ? asBias(n, c, columns) : Value();
  if (n.failed())
    return {};
  Value product = dense(n, a, b, bias);
  return !c || bias || !product
             ? product
             : n.build<rn::AddOp>({rows, columns}, elementOf(product), product, c, rn::ActivationAttr());
}

static Value importMatMul(NodeView &n) {
  if (!n.allFloat() || !needsConstant(n, 1))
    return {};
  ShapeRef a = n.shape(0), b = n.shape(1);
  if (b.size() > 2 && llvm::all_of(b.drop_back(2), [](int64_t d) { return d == 1; }) && a.size() >= b.size())
    b = b.take_back(2);
  if (b.size() > 2) {
    n.error("R034", "MatMul with a stack of matrices " + toString(b) + " is not supported");
  } else if (a.empty() || b.empty()) {
    n.error("R041", "MatMul of a scalar");
  } else if (a.back() != b.front()) {
    n.error("R042", "MatMul cannot multiply " + toString(a) + " and " + toString(b));
  }
  if (n.failed())
    return {};
  const int64_t inner = b.front(), columns = b.size() == 2 ? b[1] : 1;
  Shape result(a.drop_back());
  const int64_t rows = *elementCount(result);
  if (b.size() == 2)
    result.push_back(columns);
  Value weight = n.transpose(n.reshape(n.input(1), {inner, columns}), {1, 0});
  Value matrix = n.reshape(n.input(0), {rows, inner});
  return n.failed() ? Value() : n.reshape(dense(n, matrix, weight, {}), result);
}

RESNETC_IMPORT_OP(Gemm, 7, 10, 3, 3, importGemm)
RESNETC_IMPORT_OP(Gemm, 11, kNewestOpset, 2, 3, importGemm)
RESNETC_IMPORT_OP(MatMul, 7, kNewestOpset, 2, 2, importMatMul)
