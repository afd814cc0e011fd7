// 1x1 convolutions and Winograd's products as inner products (schedules/algorithms/InnerProduct.cpp), where the processor adds beside
// it multiplies.
#include "compiler/passes/select/Problem.h"
#include "schedules/Winograd.h"

using namespace mlir;

namespace resnetc {

// Less is not worth the sums over pairs.
static constexpr double kLeastGain = 1.1;

static bool canBeInner(const Problem &q, const Machine &machine, int64_t inBlocks) {
  return q.moments && q.in.block == machine.block && inBlocks % 2 == 0 && !q.isMatrix;
}

ProductTiling tileProducts(const Problem &q, const Machine &machine, int64_t width, int64_t inBlocks, int64_t outBlocks,
                           int64_t reduction, int64_t rows) {
  const ConvTiling plain = tileConv(width, outBlocks, machine, reduction, rows);
  if (!canBeInner(q, machine, inBlocks))
    return {plain, false};
  const ConvTiling inner = tileInner(width, outBlocks, machine, reduction, rows);
  return inner.efficiency > kLeastGain * plain.efficiency ? ProductTiling{inner, true} : ProductTiling{plain, false};
}

void shareScalars(KernelSpec &spec, const Machine &machine) {
  if (sharesScalars(machine))
    spec.words["scalars"] = "shared";
}

void askAhead(KernelSpec &spec, int64_t bytes, int64_t x, int64_t run, int64_t width) {
  constexpr int64_t line = 64;
  const int64_t lines = bytes / line, first = lines * x / width, count = lines * (x + run) / width - first;
  if (count > 0)
    spec.ints["ahead"] = {lines + first, count};
}

InnerOperands innerOperands(Planner &p, const Problem &q, int64_t tileBlocks, int64_t inBlocks, int64_t outBlocks, int64_t m) {
  const ArrayRef<int64_t> shape = cast<ShapedType>(q.weight.getType()).getShape();
  const int64_t block = p.machine.block, n = m ? winogradWindow(m, q.stride[0]) : 1;
  KernelSpec pack{"inner_weights",
                  {{"shape", {shape[0], shape[1]}}, {"block", {block}}, {"in", {block, inBlocks}}, {"tile", {tileBlocks}}},
                  {{"mean", q.moments->mean}, {"rms", q.moments->rms}},
                  {}};
  shareScalars(pack, p.machine);
  if (m) {
    pack.ints["output_tile"] = {m};
    pack.ints["stride"] = {q.stride[0]};
  }
  const int64_t channels = n * n * outBlocks * block;
  InnerOperands operands;
  MLIRContext *context = q.weight.getContext();
  operands.weights = p.weights(q.weight, plan::specToAttr(context, pack), 4 * channels * inBlocks * block);
  pack.kind = "inner_factors";
  operands.factors = p.weights(q.weight, plan::specToAttr(context, pack), 4 * 2 * channels);
  return operands;
}

} // namespace resnetc
