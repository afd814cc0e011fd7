// What changes the shape but not the order of elements: Reshape, Flatten, Squeeze, Unsqueeze.
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

// 0 copies the input's extent (unless allowzero), one -1 is what remains.
static std::optional<Shape> resolve(NodeView &n, Shape target, bool allowZero) {
  ShapeRef input = n.shape(0);
  const std::string text = "cannot reshape " + toString(input) + " (" + std::to_string(*elementCount(input)) +
                           " elements) to " + toString(target);
  int64_t known = 1, unknownAt = -1;
  for (auto [i, extent] : llvm::enumerate(target)) {
    if (extent == 0 && !allowZero && i < input.size())
      extent = input[i];
    if (extent < -1 || (extent == -1 && unknownAt >= 0) || (extent == 0 && !allowZero && i >= input.size())) {
      n.error("R046", text);
      return std::nullopt;
    }
    auto product = checkedMul(known, extent == -1 ? 1 : extent);
    if (extent == -1)
      unknownAt = static_cast<int64_t>(i);
    known = product.value_or(0);
  }
  const int64_t count = *elementCount(input);
  if (unknownAt >= 0)
    target[unknownAt] = known == 0 ? -1 : count / known;
  if (elementCount(target) != count) {
    n.error("R046", text);
    return std::nullopt;
  }
  return target;
}

// A graph that was exported for one batch states it in its reshapes: to [1, 2048] or [1, -1]. Compiled for another batch
// it means that one. Weights have no batch.
static void renewBatch(NodeView &n, Shape &target) {
  const auto batch = n.importer.givenBatch();
  const int64_t exported = n.importer.exportedBatch;
  ShapeRef input = n.shape(0);
  if (!batch || *batch == exported || input.empty() || input[0] != *batch || target.empty() || target[0] != exported ||
      n.isConstant(0) || elementCount(target) == elementCount(input))
    return;
  const std::string before = toString(target);
  target[0] = *batch;
  n.warning("W110", "Reshape to " + before + " fixes the batch of the export: read as " + toString(target));
}

static Value importReshape(NodeView &n) {
  auto target = n.integers(1, "R046");
  if (target && n.shape(1).size() != 1)
    n.error("R041", "Reshape wants its shape as a vector, got rank " + Twine(n.shape(1).size()));
  if (target && !n.failed())
    renewBatch(n, *target);
  const bool allowZero = n.opset() >= 14 && n.getFlag("allowzero", false);
  auto shape = target && !n.failed() ? resolve(n, *target, allowZero) : std::nullopt;
  return shape ? n.reshape(n.input(0), *shape) : Value();
}

static Value importFlatten(NodeView &n) {
  ShapeRef shape = n.shape(0);
  const auto rank = static_cast<int64_t>(shape.size());
  const int64_t given = n.getInt("axis", 1);
  const int64_t axis = given == rank ? rank : n.normalizeAxis(given, rank);
  if (n.failed())
    return {};
  return n.reshape(n.input(0), {*elementCount(shape.take_front(axis)), *elementCount(shape.drop_front(axis))});
}

// The axes: an attribute up to opset 12, then an input. Nothing when absent or after an error.
static std::optional<Shape> readAxes(NodeView &n) {
  if (n.opset() < 13)
    return n.getInts("axes");
  return n.has(1) ? n.integers(1, "R034") : std::nullopt;
}

static Value importSqueeze(NodeView &n) {
  ShapeRef input = n.shape(0);
  auto given = readAxes(n);
  const Shape axes = given ? n.normalizeAxes(*given, static_cast<int64_t>(input.size())) : Shape();
  Shape shape;
  for (auto [i, extent] : llvm::enumerate(input)) {
    const bool named = llvm::is_contained(axes, static_cast<int64_t>(i));
    if (named && extent != 1)
      n.error("R047", "Squeeze of dimension " + Twine(i) + ", which has extent " + Twine(extent));
    if (!named && (given || extent != 1))
      shape.push_back(extent);
  }
  return n.failed() ? Value() : n.reshape(n.input(0), shape);
}

static Value importUnsqueeze(NodeView &n) {
  ShapeRef input = n.shape(0);
  auto given = readAxes(n);
  if (!given) {
    n.error("R056", "Unsqueeze without axes");
    return {};
  }
  const auto rank = static_cast<int64_t>(input.size() + given->size());
  const Shape axes = n.normalizeAxes(*given, rank);
  if (n.failed())
    return {};
  Shape shape;
  for (int64_t i = 0; i < rank; ++i) {
    const bool isNew = llvm::is_contained(axes, i);
    shape.push_back(isNew ? 1 : input.front());
    input = isNew ? input : input.drop_front();
  }
  return n.reshape(n.input(0), shape);
}

RESNETC_IMPORT_OP(Reshape, 7, kNewestOpset, 2, 2, importReshape)
RESNETC_IMPORT_OP(Flatten, 7, kNewestOpset, 1, 1, importFlatten)
RESNETC_IMPORT_OP(Squeeze, 7, 12, 1, 1, importSqueeze)
RESNETC_IMPORT_OP(Squeeze, 13, kNewestOpset, 1, 2, importSqueeze)
RESNETC_IMPORT_OP(Unsqueeze, 7, 12, 1, 1, importUnsqueeze)
RESNETC_IMPORT_OP(Unsqueeze, 13, kNewestOpset, 2, 2, importUnsqueeze)
