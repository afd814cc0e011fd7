// The builder that select-kernels lowers with: values of `rn` become views of plan buffers, operations become steps. An
// operation's file (Conv.cpp, Pool.cpp, ...) registers how it becomes steps; adding one edits no other file.
#pragma once
#include "compiler/ir/Plan.h"
#include "compiler/ir/Rn.h"
#include "compiler/ir/Shapes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "schedules/Kernels.h"
#include "schedules/Machine.h"
#include "llvm/ADT/MapVector.h"

namespace resnetc {

// Where a tensor lies. Strides are in elements (float32).
struct View {
  mlir::FlatSymbolRefAttr buffer;
  int64_t offset = 0;   // of element (0, 0, ...)
  Shape shape;          // logical: [N, C, H, W], or any rank when dense
  Shape strides;        // dense: one a dimension; blocked: n, channel block, row, pixel (the lane's is 1)
  int64_t block = 0;    // lanes of a channel block; 0: dense
  Shape border;         // top, left, bottom, right of a blocked view

  bool dense() const { return block == 0; }
  int64_t blocks() const { return (shape[1] + block - 1) / block; }
  bool hasBorder() const { return llvm::any_of(border, [](int64_t b) { return b != 0; }); }
  bool sameLayout(const View &o) const { return shape == o.shape && strides == o.strides && block == o.block; }
};

// An operand of a call: an element of a buffer that moves by `steps` elements along the grid.
struct Pointer {
  mlir::FlatSymbolRefAttr buffer;
  int64_t offset = 0;
  Shape steps;
  int64_t elementBytes = 4;
};

struct Call {
  KernelSpec spec;
  std::vector<Pointer> operands;
};

class Planner {
public:
  Planner(mlir::ModuleOp module, mlir::func::FuncOp function, const Machine &machine, bool useWinograd);
  mlir::LogicalResult run();

  const Machine &machine;
  const bool useWinograd;

  // The view of an operand; constants become weights on first use, in the layout `like` if that is given and blocked.
  View view(mlir::Value v);
  View constantLike(mlir::ElementsAttr value, const View &like);
  // Memory for an operation's result, in the layout of its type. may_alias: an operand whose memory the result may take.
  View result(mlir::Value v, const View *mayAlias = nullptr);
  // Memory for a value that has no name in `rn`.
  View scratch(mlir::RankedTensorType type);
  // The same for what only the task that writes it reads: see plan.buffer's `reused`.
  View scratchOfTasks(mlir::RankedTensorType type);
  // `v` is the same memory under another shape or layout.
  void alias(mlir::Value v, const View &view) { views[v] = view; }
  bool isOutput(mlir::Value v) const { return outputOf.contains(v); }
  // The view of a whole buffer for a type: dense, or blocked with its border in front.
  static View layOut(mlir::RankedTensorType type, mlir::FlatSymbolRefAttr buffer);
  // A buffer of weights that pack-weights fills from `value` by the recipe `pack`.
  mlir::FlatSymbolRefAttr weights(mlir::ElementsAttr value, mlir::DictionaryAttr pack, int64_t bytes);
  // Floats as weights without a recipe.
  mlir::FlatSymbolRefAttr weights(std::vector<float> values);

  // The first step of an operation carries its `flops`.
  void step(mlir::Location loc, ShapeRef grid, llvm::ArrayRef<Call> calls);
  // Zeroes the border of a blocked view. To be called after the step that fills the inside.
  void fillBorder(mlir::Location loc, const View &view);
  // to = act(from) element by element, over equal shapes in any two layouts.
  void copy(mlir::Location loc, const View &from, const View &to);

private:
  mlir::LogicalResult lower(mlir::Operation &op);
  mlir::LogicalResult finish(mlir::func::ReturnOp op);
  mlir::FlatSymbolRefAttr buffer(llvm::StringRef prefix, plan::Space space, int64_t bytes,
                                 std::optional<int64_t> index = {}, mlir::FlatSymbolRefAttr mayAlias = {}, bool isReused = false);
  mlir::FlatSymbolRefAttr kernel(const KernelSpec &spec);

  mlir::func::FuncOp function;
  mlir::OpBuilder buffers, steps; // insertion points: declarations in front, steps behind them
  llvm::DenseMap<mlir::Value, View> views;
  llvm::DenseMap<mlir::Value, int64_t> outputOf; // values that are computed where the caller wants them
  std::map<std::string, mlir::FlatSymbolRefAttr> kernels;
  llvm::MapVector<std::pair<mlir::Attribute, mlir::Attribute>, mlir::FlatSymbolRefAttr> packed;
  int64_t counter = 0;
  int64_t flops = 0; // of the operation being lowered, until a step has taken them
};

// ---- Helpers for the lowerings
// Strides of a blocked or rank-4 dense view along n, c (of whole blocks of `block`), y, x; 0 where the extent is 1.
struct ImageStrides { int64_t n, block, y, x, lane; };
ImageStrides imageStrides(const View &view, int64_t block);
KernelSpec pointwiseSpec(llvm::StringRef op, ShapeRef size, llvm::ArrayRef<Shape> inputs, ShapeRef output);
void setActivation(KernelSpec &spec, std::optional<rn::ActivationAttr> act, const std::string &prefix = "");

// Tasks of a step, so that many threads have work; more of them only where each still has enough.
constexpr int64_t kWantedTasks = 16;
// Into how many equal bands of rows `otherTasks` tasks that touch `floats` in all are cut to be that many: the fewest that
// suffice, as long as each has enough to do.
int64_t bandsOf(int64_t rows, int64_t otherTasks, int64_t floats);

// Equal neighbours of a list of tile widths: the width, and how many pixels such tiles cover.
llvm::SmallVector<std::pair<int64_t, int64_t>, 3> runsOf(llvm::ArrayRef<int64_t> widths);

using LowerFn = mlir::LogicalResult (*)(Planner &, mlir::Operation *);
struct RegisterLowering {
  RegisterLowering(llvm::StringRef operation, LowerFn fn);
};
template <typename Op, mlir::LogicalResult (*fn)(Planner &, Op)> struct Lowering : RegisterLowering {
  Lowering()
      : RegisterLowering(Op::getOperationName(),
                         [](Planner &p, mlir::Operation *op) { return fn(p, mlir::cast<Op>(op)); }) {}
};

} // namespace resnetc
