// Pow, Neg, Abs: powers that ResNets have are a product, a root or a quotient. Of integers all three must be known.
#include "compiler/import/NodeView.h"
#include <cmath>

using namespace mlir;
using namespace resnetc;

// x^k for k >= 1, by squaring.
static Value product(NodeView &n, Value x, int64_t k) {
  if (k == 1)
    return x;
  Value half = product(n, x, k / 2), square = n.combine<rn::MulOp>(half, half);
  return k % 2 ? n.combine<rn::MulOp>(square, x) : square;
}

static Value power(NodeView &n, Value x, double exponent) {
  constexpr double kLargest = 64;
  const double size = std::abs(exponent);
  if (exponent == 0)
    return n.splat(shapeOf(x), elementOf(x), 1);
  if (size > kLargest || (size != std::floor(size) && size != 0.5)) {
    n.error("R034", "Pow with exponent " + Twine(std::to_string(exponent)) +
                        " is not supported: want 0.5 or a whole number, or their negatives");
    return {};
  }
  Value result = size == 0.5 ? n.activation(x, rn::ActivationKind::Sqrt) : product(n, x, static_cast<int64_t>(size));
  return exponent > 0 ? result : n.combine<rn::DivOp>(n.number(1), result);
}

// Element by element, for numbers that are known; nothing is broadcast.
static Value computed(NodeView &n, llvm::function_ref<double(double)> fn) {
  auto values = n.numbers(0, "R034");
  if (!values || !n.mayCompute(static_cast<int64_t>(values->size())))
    return {};
  for (double &v : *values)
    v = fn(v);
  return n.constant(n.shape(0), n.elementType(0), *values);
}

static Value importPow(NodeView &n) {
  auto exponents = n.numbers(1, "R034");
  if (!exponents)
    return {};
  if (exponents->empty() || llvm::any_of(*exponents, [&](double e) { return e != exponents->front(); }))
    n.error("R034", "Pow with several exponents is not supported");
  auto shape = n.check(broadcastShape(n.shape(0), n.shape(1)), "R048");
  if (n.failed())
    return {};
  const double exponent = exponents->front();
  if (!n.elementType(0).isF32())
    return n.broadcast(computed(n, [&](double v) { return std::pow(v, exponent); }), *shape);
  return n.broadcast(power(n, n.input(0), exponent), *shape);
}

static Value importNeg(NodeView &n) {
  if (!n.elementType(0).isF32())
    return computed(n, [](double v) { return -v; });
  return n.combine<rn::MulOp>(n.input(0), n.number(-1));
}

static Value importAbs(NodeView &n) {
  if (!n.elementType(0).isF32())
    return computed(n, [](double v) { return std::abs(v); });
  return n.activation(n.input(0), rn::ActivationKind::Abs);
}

RESNETC_IMPORT_OP(Pow, 7, kNewestOpset, 2, 2, importPow)
RESNETC_IMPORT_OP(Neg, 7, kNewestOpset, 1, 1, importNeg)
RESNETC_IMPORT_OP(Abs, 7, kNewestOpset, 1, 1, importAbs)
