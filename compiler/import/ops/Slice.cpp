// Slice: starts, ends, axes are attributes up to opset 9, then inputs, with steps. A step backwards becomes a gather.
#include "compiler/import/NodeView.h"

using namespace mlir;
using namespace resnetc;

namespace {
struct Ranges {
  Shape starts, ends, axes, steps;
};
} // namespace

// List i (0 starts, 1 ends, 2 axes, 3 steps); nothing when absent or after an error.
static std::optional<Shape> readList(NodeView &n, int i) {
  static const char *const names[] = {"starts", "ends", "axes", "steps"};
  if (n.opset() < 10)
    return i < 3 ? n.getInts(names[i]) : std::nullopt;
  return n.has(1 + i) ? n.integers(1 + i, "R034") : std::nullopt;
}

static std::optional<Ranges> readRanges(NodeView &n) {
  const auto rank = static_cast<int64_t>(n.shape(0).size());
  auto starts = readList(n, 0), ends = readList(n, 1), axes = readList(n, 2), steps = readList(n, 3);
  if (!starts || !ends)
    n.error("R056", "Slice has no starts or ends");
  if (n.failed())
    return std::nullopt;
  Ranges r{*starts, *ends, {}, steps.value_or(Shape(starts->size(), 1))};
  for (size_t i = 0; !axes && i < starts->size(); ++i)
    r.axes.push_back(static_cast<int64_t>(i));
  if (axes)
    r.axes = *axes;
  if (r.ends.size() != r.starts.size() || r.axes.size() != r.starts.size() || r.steps.size() != r.starts.size())
    n.error("R045", "Slice starts, ends, axes and steps have different lengths");
  n.normalizeAxes(r.axes, rank);
  for (int64_t &axis : r.axes)
    axis = n.normalizeAxis(axis, rank);
  if (llvm::is_contained(r.steps, 0))
    n.error("R043", "Slice step is 0");
  return n.failed() ? std::nullopt : std::optional<Ranges>(r);
}

// Counted from the end when negative, then clamped to [low, high]. Starts and ends may be as large as int64.
static int64_t clampIndex(int64_t index, int64_t extent, int64_t low, int64_t high) {
  return std::clamp(index < 0 ? index + extent : index, low, high);
}

static Value importSlice(NodeView &n) {
  auto ranges = readRanges(n);
  if (!ranges)
    return {};
  Shape shape(n.shape(0)), offsets(shape.size(), 0), steps(shape.size(), 1);
  for (auto [start, end, axis, step] : llvm::zip(ranges->starts, ranges->ends, ranges->axes, ranges->steps)) {
    const int64_t extent = shape[axis];
    if (extent == 0)
      continue;
    // Backwards the end may lie before the first element; a step over the extent takes one element.
    const int64_t jump = std::clamp<int64_t>(step, -limits::kElements, limits::kElements);
    const int64_t from = clampIndex(start, extent, 0, jump > 0 ? extent : extent - 1);
    const int64_t to = clampIndex(end, extent, jump > 0 ? 0 : -1, jump > 0 ? extent : extent - 1);
    const int64_t room = jump > 0 ? to - from : from - to, stride = std::abs(jump);
    shape[axis] = room <= 0 ? 0 : (room + stride - 1) / stride;
    offsets[axis] = shape[axis] == 0 ? 0 : from;
    steps[axis] = shape[axis] <= 1 ? 1 : jump;
  }
  Value result = n.input(0);
  for (auto [axis, step] : llvm::enumerate(steps))
    if (step < 0) {
      result = n.gather(result, static_cast<int64_t>(axis), shape[axis],
                        [&, axis = axis, step = step](int64_t i) { return offsets[axis] + i * step; });
      offsets[axis] = 0;
      step = 1;
    }
  return n.failed() ? Value() : n.build<rn::SliceOp>(shape, elementOf(result), result, n.list(offsets), n.list(steps));
}

RESNETC_IMPORT_OP(Slice, 7, 9, 1, 1, importSlice)
RESNETC_IMPORT_OP(Slice, 10, kNewestOpset, 3, 5, importSlice)
