// The end of a kernel: residual, activation, and the second result of a pre-activation network.
#pragma once
#include "compiler/passes/select/Planner.h"

namespace resnetc {

struct Epilogue {
  View out; // of the result; where that is not stored, of the second one
  bool storesResult = true;
  std::optional<View> residual; // perhaps of fewer channels, from a block on
  int64_t residualBlock = 0;
  std::optional<rn::ActivationAttr> act;
  // The second result.
  std::optional<View> preact;
  mlir::FlatSymbolRefAttr scale, shift; // in whole blocks
  std::optional<rn::ActivationAttr> preactAct;

  bool all(llvm::function_ref<bool(const View &)> test) const {
    return test(out) && (!residual || test(*residual)) && (!preact || test(*preact));
  }
};

// Gives the results of an operation memory: the first one only if it is the only one or has readers. mayAlias: see
// Planner::result; the first one that is stored may take it.
void placeResults(Planner &p, mlir::Operation *op, Epilogue &e, const View *mayAlias = nullptr);

// The keys and operands of an epilogue, in the order of schedules/algorithms/Epilogue.h. `rank`: how many of the
// strides x, y, block the kernel wants. The two functions give the pointers of a task to its pixels and to its
// channels.
void addEpilogue(Call &call, const Epilogue &e, unsigned rank, llvm::function_ref<Pointer(const View &)> pixels,
                 llvm::function_ref<Pointer(mlir::FlatSymbolRefAttr)> channels);

// A run of neighbouring channel tiles of `blocks` blocks that the residual meets alike: each tile's blocks [at, at +
// count); count 0: not at all.
struct ResidualRun {
  int64_t firstTile, tiles, at, count;
};
llvm::SmallVector<ResidualRun, 4> residualRuns(const Epilogue &e, int64_t tiles, int64_t blocks);
// The epilogue of the tiles of a run, its pointers at the run's first tile.
Epilogue partOf(const Epilogue &e, const ResidualRun &run, int64_t blocks);

void fillBorders(Planner &p, mlir::Location loc, const Epilogue &e);

// `value`, one number a channel, in `floats` numbers with zeros behind.
mlir::FlatSymbolRefAttr channelWeights(Planner &p, mlir::ElementsAttr value, int64_t floats);

} // namespace resnetc
