// Operators on numbers that must be known while compiling: comparisons, logic and integer arithmetic of shapes. They
// are computed here, so that `rn` needs no operations for them.
#include "compiler/import/NodeView.h"
#include <cmath>

using namespace mlir;
using namespace resnetc;

using Numbers = std::vector<double>;

// The elements of input i, broadcast to `shape`.
static Numbers broadcastInput(NodeView &n, int i, ShapeRef shape) {
  auto values = n.numbers(i, "R034");
  if (!values)
    return {};
  ShapeRef own = n.shape(i);
  Numbers result(*elementCount(shape));
  for (size_t flat = 0; flat < result.size(); ++flat) {
    int64_t rest = static_cast<int64_t>(flat), at = 0, stride = 1;
    for (size_t d = 0; d < own.size(); ++d) { // from the last dimension
      const int64_t extent = own[own.size() - 1 - d], whole = shape[shape.size() - 1 - d];
      at += extent == 1 ? 0 : rest % whole * stride;
      stride *= extent;
      rest /= whole;
    }
    result[flat] = (*values)[at];
  }
  return result;
}

// The common shape of all inputs, within what may be computed.
static std::optional<Shape> commonShape(NodeView &n) {
  Shape shape;
  for (int i = 0; i < n.inputs(); ++i) {
    auto both = n.check(broadcastShape(shape, n.shape(i)), "R048");
    if (!both)
      return std::nullopt;
    shape = *both;
  }
  return n.mayCompute(elementCount(shape).value_or(INT64_MAX)) ? std::optional<Shape>(shape) : std::nullopt;
}

static Value compute(NodeView &n, Type element, llvm::function_ref<double(ArrayRef<double>)> fn) {
  auto shape = commonShape(n);
  if (!shape)
    return {};
  std::vector<Numbers> inputs;
  for (int i = 0; i < n.inputs() && !n.failed(); ++i)
    inputs.push_back(broadcastInput(n, i, *shape));
  if (n.failed())
    return {};
  Numbers result(*elementCount(*shape)), arguments(inputs.size());
  for (size_t k = 0; k < result.size(); ++k) {
    for (size_t i = 0; i < inputs.size(); ++i)
      arguments[i] = inputs[i][k];
    result[k] = fn(arguments);
  }
  return n.constant(*shape, element, result);
}

using Function = double (*)(ArrayRef<double>);

template <Function fn> static Value importPredicate(NodeView &n) { return compute(n, n.builder().getI1Type(), fn); }
template <Function fn> static Value importFunction(NodeView &n) { return compute(n, n.elementType(0), fn); }

static double equal(ArrayRef<double> v) { return v[0] == v[1]; }
static double less(ArrayRef<double> v) { return v[0] < v[1]; }
static double lessOrEqual(ArrayRef<double> v) { return v[0] <= v[1]; }
static double greater(ArrayRef<double> v) { return v[0] > v[1]; }
static double greaterOrEqual(ArrayRef<double> v) { return v[0] >= v[1]; }
static double both(ArrayRef<double> v) { return v[0] && v[1]; }
static double either(ArrayRef<double> v) { return v[0] || v[1]; }
static double oneOf(ArrayRef<double> v) { return !v[0] != !v[1]; }
static double negated(ArrayRef<double> v) { return !v[0]; }
static double floorOf(ArrayRef<double> v) { return std::floor(v[0]); }
static double ceilOf(ArrayRef<double> v) { return std::ceil(v[0]); }
static double roundOf(ArrayRef<double> v) { return std::nearbyint(v[0]); } // half to even
static double signOf(ArrayRef<double> v) { return v[0] > 0 ? 1 : v[0] < 0 ? -1 : v[0]; }
static double logOf(ArrayRef<double> v) { return std::log(v[0]); }

static Value importWhere(NodeView &n) {
  return compute(n, n.elementType(1), [](ArrayRef<double> v) { return v[0] ? v[1] : v[2]; });
}

// The remainder has the divisor's sign, or with fmod the dividend's.
static Value importMod(NodeView &n) {
  const bool likeC = n.getFlag("fmod", false);
  return compute(n, n.elementType(0), [&](ArrayRef<double> v) {
    if (v[1] == 0)
      return n.elementType(0).isF32() ? std::nan("") : 0.0;
    const double remainder = std::fmod(v[0], v[1]);
    return !likeC && remainder != 0 && (remainder < 0) != (v[1] < 0) ? remainder + v[1] : remainder;
  });
}

static Value importRange(NodeView &n) {
  auto start = n.scalar(0, "R034"), limit = n.scalar(1, "R034"), delta = n.scalar(2, "R034");
  if (!start || !limit || !delta)
    return {};
  if (*delta == 0)
    n.error("R043", "Range delta is 0");
  const double count = std::max(0.0, std::ceil((*limit - *start) / *delta));
  if (n.failed() || !n.mayCompute(count < 0x1p62 ? static_cast<int64_t>(count) : INT64_MAX))
    return {};
  Numbers numbers;
  for (int64_t i = 0; i < static_cast<int64_t>(count); ++i)
    numbers.push_back(*start + static_cast<double>(i) * *delta);
  return n.constant({static_cast<int64_t>(count)}, n.elementType(0), numbers);
}

static Value importSize(NodeView &n) {
  return n.constant({}, n.builder().getI64Type(), static_cast<double>(*elementCount(n.shape(0))));
}

RESNETC_IMPORT_OP(Equal, 7, kNewestOpset, 2, 2, importPredicate<equal>)
RESNETC_IMPORT_OP(Less, 7, kNewestOpset, 2, 2, importPredicate<less>)
RESNETC_IMPORT_OP(LessOrEqual, 12, kNewestOpset, 2, 2, importPredicate<lessOrEqual>)
RESNETC_IMPORT_OP(Greater, 7, kNewestOpset, 2, 2, importPredicate<greater>)
RESNETC_IMPORT_OP(GreaterOrEqual, 12, kNewestOpset, 2, 2, importPredicate<greaterOrEqual>)
RESNETC_IMPORT_OP(And, 7, kNewestOpset, 2, 2, importPredicate<both>)
RESNETC_IMPORT_OP(Or, 7, kNewestOpset, 2, 2, importPredicate<either>)
RESNETC_IMPORT_OP(Xor, 7, kNewestOpset, 2, 2, importPredicate<oneOf>)
RESNETC_IMPORT_OP(Not, 7, kNewestOpset, 1, 1, importPredicate<negated>)
RESNETC_IMPORT_OP(Floor, 7, kNewestOpset, 1, 1, importFunction<floorOf>)
RESNETC_IMPORT_OP(Ceil, 7, kNewestOpset, 1, 1, importFunction<ceilOf>)
RESNETC_IMPORT_OP(Round, 11, kNewestOpset, 1, 1, importFunction<roundOf>)
RESNETC_IMPORT_OP(Sign, 9, kNewestOpset, 1, 1, importFunction<signOf>)
RESNETC_IMPORT_OP(Log, 7, kNewestOpset, 1, 1, importFunction<logOf>)
RESNETC_IMPORT_OP(Where, 9, kNewestOpset, 3, 3, importWhere)
RESNETC_IMPORT_OP(Mod, 10, kNewestOpset, 2, 2, importMod)
RESNETC_IMPORT_OP(Range, 11, kNewestOpset, 3, 3, importRange)
RESNETC_IMPORT_OP(Size, 7, kNewestOpset, 1, 1, importSize)
