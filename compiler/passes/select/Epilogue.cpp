#include "compiler/passes/select/Epilogue.h"
#include "compiler/ir/Constants.h"

using namespace mlir;
using namespace resnetc::rn;

namespace resnetc {

FlatSymbolRefAttr channelWeights(Planner &p, ElementsAttr value, int64_t floats) {
  KernelSpec vector{"vector", {{"size", {floats}}}, {}, {}};
  return p.weights(value, plan::specToAttr(value.getContext(), vector), 4 * floats);
}

void placeResults(Planner &p, Operation *op, Epilogue &e, const View *mayAlias) {
  const Value result = op->getResult(0);
  e.storesResult = op->getNumResults() == 1 || !result.use_empty();
  if (op->getNumResults() > 1) {
    const auto values = op->getOperands().take_back(2);
    e.preact = p.result(op->getResult(1), e.storesResult ? nullptr : mayAlias);
    e.scale = channelWeights(p, constantOf(values[0]), e.preact->blocks() * e.preact->block);
    e.shift = channelWeights(p, constantOf(values[1]), e.preact->blocks() * e.preact->block);
    if (auto act = op->getAttrOfType<ActivationAttr>("preact_act"))
      e.preactAct = act;
  }
  e.out = e.storesResult ? p.result(result, mayAlias) : *e.preact;
}

void addEpilogue(Call &call, const Epilogue &e, unsigned rank, function_ref<Pointer(const View &)> pixels,
                 function_ref<Pointer(FlatSymbolRefAttr)> channels) {
  auto touch = [&](const char *key, const View &v) {
    call.spec.ints[key] = {v.strides[3], v.strides[2], v.strides[1]};
    call.spec.ints[key].resize(rank);
    call.operands.push_back(pixels(v));
  };
  setActivation(call.spec, e.act);
  if (e.residual)
    touch("res_strides", *e.residual);
  if (e.preact) {
    setActivation(call.spec, e.preactAct, "preact_");
    call.operands.push_back(channels(e.scale));
    call.operands.push_back(channels(e.shift));
  }
  if (e.storesResult)
    touch("out_strides", e.out);
  if (e.preact)
    touch("preact_strides", *e.preact);
}

SmallVector<ResidualRun, 4> residualRuns(const Epilogue &e, int64_t tiles, int64_t blocks) {
  if (!e.residual || e.residual->blocks() == e.out.blocks())
    return {{0, tiles, 0, blocks}};
  const int64_t first = e.residualBlock, last = first + e.residual->blocks();
  SmallVector<ResidualRun, 4> runs;
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t from = std::max(first, tile * blocks), to = std::min(last, (tile + 1) * blocks);
    const int64_t count = std::max<int64_t>(to - from, 0), at = count ? from - tile * blocks : 0;
    if (!runs.empty() && runs.back().at == at && runs.back().count == count)
      ++runs.back().tiles;
    else
      runs.push_back({tile, 1, at, count});
  }
  return runs;
}

Epilogue partOf(const Epilogue &e, const ResidualRun &run, int64_t blocks) {
  Epilogue part = e;
  const int64_t first = run.firstTile * blocks;
  part.out.offset += first * e.out.strides[1];
  if (e.preact)
    part.preact->offset += first * e.preact->strides[1];
  if (run.count == 0)
    part.residual.reset();
  else if (e.residual)
    part.residual->offset += (first + run.at - e.residualBlock) * e.residual->strides[1];
  return part;
}

void fillBorders(Planner &p, Location loc, const Epilogue &e) {
  if (e.storesResult)
    p.fillBorder(loc, e.out);
  if (e.preact)
    p.fillBorder(loc, *e.preact);
}

} // namespace resnetc
