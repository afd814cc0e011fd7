#include "compiler/passes/select/Planner.h"
#include "compiler/ir/Constants.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace resnetc::rn;
using resnetc::plan::Space;

namespace resnetc {

static constexpr int64_t kFloat = sizeof(float);

static std::map<std::string, LowerFn> &lowerings() {
  static std::map<std::string, LowerFn> table;
  return table;
}
RegisterLowering::RegisterLowering(llvm::StringRef operation, LowerFn fn) { lowerings()[operation.str()] = fn; }

static Shape rowMajor(ShapeRef shape) {
  Shape strides(shape.size(), 1);
  for (int i = static_cast<int>(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

int64_t bandsOf(int64_t rows, int64_t otherTasks, int64_t floats) {
  constexpr int64_t leastFloats = 1024; // of a task
  int64_t best = 1;
  for (int64_t bands = 2; bands <= rows && best * otherTasks < kWantedTasks; ++bands)
    if (rows % bands == 0 && floats >= bands * otherTasks * leastFloats)
      best = bands;
  return best;
}

SmallVector<std::pair<int64_t, int64_t>, 3> runsOf(ArrayRef<int64_t> widths) {
  SmallVector<std::pair<int64_t, int64_t>, 3> runs;
  for (int64_t width : widths) {
    if (runs.empty() || runs.back().first != width)
      runs.push_back({width, 0});
    runs.back().second += width;
  }
  return runs;
}

Planner::Planner(ModuleOp module, func::FuncOp function, const Machine &machine, bool useWinograd)
    : machine(machine), useWinograd(useWinograd), function(function), buffers(module.getBodyRegion()), steps(module.getBodyRegion()) {
  buffers.setInsertionPoint(function);
  steps.setInsertionPointToEnd(module.getBody());
}

// ---- Memory
FlatSymbolRefAttr Planner::buffer(StringRef prefix, Space space, int64_t bytes, std::optional<int64_t> index,
                                  FlatSymbolRefAttr mayAlias, bool isReused) {
  MLIRContext *context = buffers.getContext();
  std::string name = (prefix + Twine(index ? *index : counter++)).str();
  plan::BufferOp::create(buffers, buffers.getUnknownLoc(), name, space, bytes,
                         index ? buffers.getI64IntegerAttr(*index) : IntegerAttr(), IntegerAttr(), IntegerAttr(), mayAlias,
                         DictionaryAttr(), ElementsAttr(), isReused);
  return FlatSymbolRefAttr::get(context, name);
}

FlatSymbolRefAttr Planner::weights(ElementsAttr value, DictionaryAttr pack, int64_t bytes) {
  FlatSymbolRefAttr &symbol = packed[{value, pack}];
  if (symbol)
    return symbol;
  std::string name = ("w" + Twine(counter++)).str();
  plan::BufferOp::create(buffers, buffers.getUnknownLoc(), name, Space::Weights, bytes, IntegerAttr(), IntegerAttr(),
                         IntegerAttr(), FlatSymbolRefAttr(), pack, value, false);
  return symbol = FlatSymbolRefAttr::get(buffers.getContext(), name);
}

FlatSymbolRefAttr Planner::weights(std::vector<float> values) {
  const int64_t count = static_cast<int64_t>(values.size());
  auto type = RankedTensorType::get({count}, buffers.getF32Type());
  return weights(makeConstant(type, std::move(values)), DictionaryAttr(), count * kFloat);
}

View Planner::layOut(RankedTensorType type, FlatSymbolRefAttr symbol) {
  View v{symbol, 0, Shape(type.getShape()), rowMajor(type.getShape()), 0, {}};
  auto layout = dyn_cast_or_null<LayoutAttr>(type.getEncoding());
  if (!layout)
    return v;
  v.block = layout.getBlock();
  v.border = Shape(layout.getBorder());
  const int64_t row = v.block * (v.border[1] + v.shape[3] + v.border[3]);
  const int64_t plane = row * (v.border[0] + v.shape[2] + v.border[2]);
  v.strides = {plane * v.blocks(), plane, row, v.block};
  v.offset = v.border[0] * row + v.border[1] * v.block;
  return v;
}

static int64_t bytesOf(const View &v) {
  return kFloat * (v.dense() ? *elementCount(v.shape) : v.strides[0] * v.shape[0]);
}

View Planner::view(Value v) {
  if (auto it = views.find(v); it != views.end())
    return it->second;
  return views[v] = constantLike(constantOf(v), View());
}

View Planner::constantLike(ElementsAttr value, const View &like) {
  auto type = cast<RankedTensorType>(RankedTensorType::get(cast<ShapedType>(value.getType()).getShape(),
                                                           buffers.getF32Type()));
  if (like.dense())
    return layOut(type, weights(value, DictionaryAttr(), type.getNumElements() * kFloat));
  // Blocked: as an image without border, leading dimensions of 1 added; lanes past the last channel are 1.
  Shape shape(4 - type.getRank(), 1);
  shape.append(type.getShape().begin(), type.getShape().end());
  auto layout = LayoutAttr::get(buffers.getContext(), like.block, Shape(4, 0));
  View v = layOut(RankedTensorType::get(shape, buffers.getF32Type(), layout), {});
  KernelSpec pack{"image", {{"shape", {shape.begin(), shape.end()}}, {"block", {like.block}}}, {}, {}};
  v.buffer = weights(value, plan::specToAttr(buffers.getContext(), pack), bytesOf(v));
  return v;
}

View Planner::result(Value v, const View *mayAlias) {
  auto type = cast<RankedTensorType>(v.getType());
  View view = layOut(type, {});
  if (auto it = outputOf.find(v); it != outputOf.end())
    view.buffer = buffer("out", Space::Output, bytesOf(view), it->second);
  else
    view.buffer = buffer("b", Space::Arena, bytesOf(view), {},
                         mayAlias && mayAlias->sameLayout(view) ? mayAlias->buffer : FlatSymbolRefAttr());
  return views[v] = view;
}

View Planner::scratch(RankedTensorType type) {
  View view = layOut(type, {});
  view.buffer = buffer("b", Space::Arena, bytesOf(view));
  return view;
}

View Planner::scratchOfTasks(RankedTensorType type) {
  View view = layOut(type, {});
  view.buffer = buffer("b", Space::Arena, bytesOf(view), {}, {}, true);
  return view;
}

// ---- Steps
FlatSymbolRefAttr Planner::kernel(const KernelSpec &spec) {
  std::string name = spec.name();
  FlatSymbolRefAttr &symbol = kernels[name];
  if (!symbol) {
    plan::KernelOp::create(buffers, buffers.getUnknownLoc(), name, plan::specToAttr(buffers.getContext(), spec));
    symbol = FlatSymbolRefAttr::get(buffers.getContext(), name);
  }
  return symbol;
}

void Planner::step(Location loc, ShapeRef grid, ArrayRef<Call> calls) {
  auto op = plan::StepOp::create(steps, loc, steps.getStringAttr(nodeName(loc)), steps.getDenseI64ArrayAttr(grid),
                                 flops ? steps.getI64IntegerAttr(flops) : IntegerAttr(), false);
  flops = 0;
  OpBuilder::InsertionGuard guard(steps);
  steps.createBlock(&op.getBody());
  for (const Call &call : calls) {
    SmallVector<Attribute> refs;
    for (const Pointer &p : call.operands) {
      Shape bytes;
      for (int64_t s : p.steps)
        bytes.push_back(s * p.elementBytes);
      refs.push_back(plan::RefAttr::get(steps.getContext(), p.buffer, p.offset * p.elementBytes, bytes));
    }
    plan::CallOp::create(steps, loc, kernel(call.spec), steps.getArrayAttr(refs));
  }
}

// Every element outside the image but inside the buffer's planes. The right border of a row and the left one of the next lie
// together, so three fills do it: before the first pixel, between the rows, after the last pixel.
void Planner::fillBorder(Location loc, const View &v) {
  if (!v.hasBorder())
    return;
  const int64_t top = v.border[0], left = v.border[1], bottom = v.border[2], right = v.border[3];
  const int64_t row = v.strides[2], origin = v.offset, h = v.shape[2], inside = v.shape[3] * v.block;
  std::vector<Call> calls;
  auto fill = [&](int64_t offset, int64_t length, int64_t rows) {
    if (length == 0 || rows == 0)
      return;
    KernelSpec spec = pointwiseSpec("fill", {length, rows}, {}, {1, row});
    calls.push_back({spec, {{v.buffer, offset, {v.strides[0], v.strides[1]}}}});
  };
  const int64_t before = top * row + left * v.block;
  fill(origin - before, before, 1);
  fill(origin + inside, (left + right) * v.block, h - 1);
  fill(origin + (h - 1) * row + inside, right * v.block + bottom * row, 1);
  step(loc, {v.shape[0], v.blocks()}, calls);
}

// ---- Operations
// Of a convolution or dense layer as it is stated: products and sums over its whole reduction.
static int64_t flopsOf(Operation &op) {
  if (!isa<Conv2dOp, DenseOp>(op))
    return 0;
  ArrayRef<int64_t> weight = cast<ShapedType>(op.getOperand(1).getType()).getShape();
  return 2 * cast<ShapedType>(op.getResult(0).getType()).getNumElements() * (*elementCount(weight) / weight[0]);
}

LogicalResult Planner::lower(Operation &op) {
  if (isa<ConstantOp>(op))
    return success();
  if (auto ret = dyn_cast<func::ReturnOp>(op))
    return finish(ret);
  for (Type type : op.getResultTypes())
    if (cast<RankedTensorType>(type).getNumElements() == 0)
      return op.emitError() << "[R034] a value without elements that is computed at run time is not supported";
  auto it = lowerings().find(op.getName().getStringRef().str());
  if (it == lowerings().end())
    return op.emitError() << "[R034] '" << op.getName().stripDialect()
                          << "' of a value that is computed at run time is not supported";
  flops = flopsOf(op);
  return it->second(*this, &op);
}

// The value behind reshapes, which share memory.
static Value rootOf(Value v) {
  while (auto reshape = v.getDefiningOp<ReshapeOp>())
    v = reshape.getInput();
  return v;
}

LogicalResult Planner::run() {
  for (auto [i, argument] : llvm::enumerate(function.getArguments())) {
    auto type = cast<RankedTensorType>(argument.getType());
    View v = layOut(type, {});
    v.buffer = buffer("in", Space::Input, bytesOf(v) / kFloat * type.getElementTypeBitWidth() / 8, i);
    views[argument] = v;
  }
  for (auto [i, value] : llvm::enumerate(function.getBody().front().getTerminator()->getOperands())) {
    Value root = rootOf(value);
    if (root.getDefiningOp() && !isa<ConstantOp>(root.getDefiningOp()))
      outputOf.try_emplace(root, i);
  }
  for (Operation &op : function.getBody().front())
    if (failed(lower(op)))
      return failure();
  return success();
}

// Results that are arguments, constants or another result's memory are copied into the caller's buffer.
LogicalResult Planner::finish(func::ReturnOp op) {
  for (auto [i, value] : llvm::enumerate(op.getOperands())) {
    auto it = outputOf.find(rootOf(value));
    if (it != outputOf.end() && it->second == static_cast<int64_t>(i))
      continue;
    View from = view(value);
    View to = layOut(cast<RankedTensorType>(value.getType()), {});
    to.buffer = buffer("out", Space::Output, bytesOf(to), i);
    copy(op.getLoc(), from, to);
  }
  return success();
}

} // namespace resnetc
