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

void fillBorders(Planner &p, Location loc, const Epilogue &e) {
  if (e.storesResult)
    p.fillBorder(loc, e.out);
  if (e.preact)
    p.fillBorder(loc, *e.preact);
}

} // namespace resnetc
