// What moves or repeats elements: Transpose, Concat, Split, Gather, Expand, Tile, DepthToSpace, SpaceToDepth.
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

static Value importTranspose(NodeView &n) {
  Shape reversed;
  for (size_t i = n.shape(0).size(); i-- > 0;)
    reversed.push_back(static_cast<int64_t>(i));
  const Shape perm = n.getInts("perm").value_or(reversed);
  return n.failed() ? Value() : n.transpose(n.input(0), perm);
}

static Value importConcat(NodeView &n) {
  if (!n.hasAttribute("axis"))
    n.error("R056", "Concat has no axis");
  const int64_t axis = n.getAxis("axis", 0, static_cast<int64_t>(n.shape(0).size()));
  llvm::SmallVector<Shape> shapes;
  llvm::SmallVector<Value> inputs;
  for (int i = 0; i < n.inputs(); ++i) {
    if (!n.has(i))
      n.error("R053", "Concat input " + Twine(i) + " is missing");
    shapes.push_back(Shape(n.shape(i)));
    inputs.push_back(n.input(i));
  }
  if (n.failed() || !n.sameTypes())
    return {};
  auto shape = n.check(concatShape(shapes, axis), "R042");
  return shape ? n.build<rn::ConcatOp>(*shape, n.elementType(0), inputs, n.builder().getI64IntegerAttr(axis)) : Value();
}

static Value importGather(NodeView &n) {
  const int64_t axis = n.getAxis("axis", 0, static_cast<int64_t>(n.shape(0).size()));
  if (!n.elementType(1).isInteger(64) && !n.elementType(1).isInteger(32))
    n.error("R032", "Gather indices must be int32 or int64");
  auto shape = n.failed() ? std::nullopt : n.check(gatherShape(n.shape(0), n.shape(1), axis), "R047");
  if (!shape)
    return {};
  auto indices = n.integers(1, "R034");
  const int64_t extent = n.shape(0)[axis];
  for (size_t i = 0; indices && i < indices->size(); ++i)
    if ((*indices)[i] < -extent || (*indices)[i] >= extent)
      n.error("R047", "Gather index " + Twine((*indices)[i]) + " is out of [" + Twine(-extent) + ", " +
                          Twine(extent - 1) + "]");
  if (n.failed())
    return {};
  Value known = n.constant(n.shape(1), n.elementType(1), std::vector<double>(indices->begin(), indices->end()));
  return n.build<rn::GatherOp>(*shape, n.elementType(0), n.input(0), known, n.builder().getI64IntegerAttr(axis));
}

static Value importExpand(NodeView &n) {
  auto target = n.integers(1, "R046");
  if (target && llvm::any_of(*target, [](int64_t d) { return d < 0; }))
    n.error("R046", "Expand to " + toString(*target) + ": a negative extent");
  auto shape = target && !n.failed() ? n.check(broadcastShape(n.shape(0), *target), "R048") : std::nullopt;
  return shape ? n.broadcast(n.input(0), *shape) : Value();
}

// The sizes: an attribute up to opset 12, then an input; else equal ones, the last of which may be smaller since
// opset 18.
static std::optional<Shape> splitSizes(NodeView &n, int64_t extent) {
  auto given = n.opset() < 13 ? n.getInts("split") : n.has(1) ? n.integers(1, "R034") : std::nullopt;
  if (n.failed())
    return std::nullopt;
  const int64_t count = given ? static_cast<int64_t>(given->size()) : n.getInt("num_outputs", n.outputs());
  if (count != n.outputs() || count < 1)
    n.error("R054", "Split into " + Twine(count) + " parts has " + Twine(n.outputs()) + " outputs");
  if (n.failed())
    return std::nullopt;
  if (!given) {
    const int64_t size = (extent + count - 1) / count;
    given = Shape(count, size);
    given->back() = extent - size * (count - 1);
    if (given->back() < 0 || (given->back() != size && n.opset() < 18))
      n.error("R042", "Split of extent " + Twine(extent) + " into " + Twine(count) + " equal parts");
  }
  int64_t left = extent;
  for (int64_t size : *given) {
    if (size < 0 || size > left)
      n.error("R042", "Split " + toString(*given) + " of extent " + Twine(extent));
    left -= std::max<int64_t>(size, 0);
  }
  if (left != 0)
    n.error("R042", "Split " + toString(*given) + " of extent " + Twine(extent));
  return n.failed() ? std::nullopt : given;
}

static Value importSplit(NodeView &n) {
  const int64_t axis = n.getAxis("axis", 0, static_cast<int64_t>(n.shape(0).size()));
  auto sizes = n.failed() ? std::nullopt : splitSizes(n, n.shape(0)[axis]);
  if (!sizes)
    return {};
  int64_t offset = 0;
  Value first;
  for (auto [i, size] : llvm::enumerate(*sizes)) {
    Value part = n.slice(n.input(0), axis, offset, size);
    n.setOutput(static_cast<int>(i), part);
    first = i == 0 ? part : first;
    offset += size;
  }
  return first;
}

static Value importTile(NodeView &n) {
  auto repeats = n.integers(1, "R034");
  if (!repeats)
    return {};
  if (repeats->size() != n.shape(0).size() || llvm::any_of(*repeats, [](int64_t r) { return r < 0; }))
    n.error("R045", "Tile repeats " + toString(*repeats) + " of " + toString(n.shape(0)));
  if (n.failed())
    return {};
  Value result = n.input(0);
  for (auto [axis, repeat] : llvm::enumerate(*repeats)) {
    const int64_t extent = n.shape(0)[axis];
    auto wide = checkedMul(extent, repeat);
    if (repeat != 1)
      result =
          n.gather(result, static_cast<int64_t>(axis), wide.value_or(INT64_MAX), [&](int64_t i) { return i % extent; });
  }
  return result;
}

// Blocks of pixels become channels, or the other way; both are a transpose of six dimensions.
static Value regroup(NodeView &n, ShapeRef split, ShapeRef perm, ShapeRef result) {
  return n.reshape(n.transpose(n.reshape(n.input(0), split), perm), result);
}

static int64_t readBlock(NodeView &n) {
  const int64_t block = n.getInt("blocksize", 0);
  if (n.shape(0).size() != 4)
    n.error("R041", n.opName() + " input rank is " + Twine(n.shape(0).size()) + ", want 4");
  else if (block < 1 || block > limits::kAttributeValue)
    n.error("R043", n.opName() + " blocksize is " + Twine(block));
  else if (*elementCount(n.shape(0)) == 0)
    n.error("R044", n.opName() + " of no elements");
  return n.failed() ? 1 : block;
}

// Whether the channel is the outer part of the depth (CRD), or the place in the block (DCR).
static bool channelFirst(NodeView &n) {
  const std::string mode = n.getString("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    n.error("R056", n.opName() + " mode '" + mode + "' is unknown");
  return mode == "CRD";
}

static Value importSpaceToDepth(NodeView &n) {
  const int64_t b = readBlock(n);
  const bool crd = channelFirst(n);
  if (n.failed())
    return {};
  const Shape s(n.shape(0));
  if (s[2] % b || s[3] % b)
    n.error("R042", "SpaceToDepth blocksize " + Twine(b) + " does not divide " + toString(s));
  if (n.failed())
    return {};
  return regroup(n, {s[0], s[1], s[2] / b, b, s[3] / b, b}, crd ? Shape{0, 1, 3, 5, 2, 4} : Shape{0, 3, 5, 1, 2, 4},
                 {s[0], s[1] * b * b, s[2] / b, s[3] / b});
}

static Value importDepthToSpace(NodeView &n) {
  const int64_t b = readBlock(n);
  const bool crd = channelFirst(n);
  if (n.failed())
    return {};
  const Shape s(n.shape(0));
  if (b > s[1] || s[1] % (b * b))
    n.error("R042", "DepthToSpace blocksize " + Twine(b) + " squared does not divide the channels of " + toString(s));
  if (n.failed())
    return {};
  const int64_t c = s[1] / (b * b);
  const Shape result{s[0], c, s[2] * b, s[3] * b};
  return crd ? regroup(n, {s[0], c, b, b, s[2], s[3]}, {0, 1, 4, 2, 5, 3}, result)
             : regroup(n, {s[0], b, b, c, s[2], s[3]}, {0, 3, 4, 1, 5, 2}, result);
}

RESNETC_IMPORT_OP(Transpose, 7, kNewestOpset, 1, 1, importTranspose)
RESNETC_IMPORT_OP(Concat, 7, kNewestOpset, 1, kAnyNumber, importConcat)
RESNETC_IMPORT_OP(Gather, 7, kNewestOpset, 2, 2, importGather)
RESNETC_IMPORT_OP(Expand, 8, kNewestOpset, 2, 2, importExpand)
RESNETC_IMPORT_OP(Split, 7, 12, 1, 1, importSplit)
RESNETC_IMPORT_OP(Split, 13, kNewestOpset, 1, 2, importSplit)
RESNETC_IMPORT_OP(Tile, 7, kNewestOpset, 2, 2, importTile)
RESNETC_IMPORT_OP(SpaceToDepth, 7, kNewestOpset, 1, 1, importSpaceToDepth)
RESNETC_IMPORT_OP(DepthToSpace, 7, kNewestOpset, 1, 1, importDepthToSpace)
