#include "compiler/ir/Layers.h"
#include "compiler/ir/Rn.h"
#include <algorithm>
#include <cmath>

using namespace mlir;

namespace resnetc {
namespace {

// Calls fn for the location of every node that an operation was made of.
void forEachNode(Location loc, llvm::function_ref<void(Location)> fn) {
  if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      forEachNode(part, fn);
    return;
  }
  fn(loc);
}

std::vector<double> sorted(std::vector<double> values) {
  std::sort(values.begin(), values.end(),
            [](double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); });
  return values;
}

// Infinite for tensors of different size.
double difference(const Tensor &now, const Tensor &before) {
  if (now.data.size() != before.data.size())
    return INFINITY;
  return now.shape == before.shape ? relativeError(now.data, before.data)
                                   : relativeError(sorted(now.data), sorted(before.data));
}

} // namespace

double relativeError(ArrayRef<double> now, ArrayRef<double> before) {
  double difference = 0, largest = 0;
  for (auto [a, b] : llvm::zip(now, before)) {
    if (a != b && !(std::isnan(a) && std::isnan(b)))
      difference = std::isfinite(a - b) ? std::max(difference, std::abs(a - b)) : INFINITY;
    if (std::isfinite(b))
      largest = std::max(largest, std::abs(b));
  }
  return difference == 0 ? 0 : difference / largest;
}

FailureOr<LayerValues> LayerValues::of(func::FuncOp function, std::vector<Tensor> inputs) {
  LayerValues layers;
  auto results = evaluate(function, std::move(inputs), [&](Operation *op, const Tensor &value) {
    if (!isa<rn::ConstantOp>(op))
      forEachNode(op->getLoc(), [&](Location node) { layers.values[node].push_back(value); });
  });
  if (failed(results))
    return failure();
  return layers;
}

std::optional<LayerDifference> LayerValues::firstDifference(func::FuncOp function, std::vector<Tensor> inputs,
                                                            double tolerance) const {
  LayerDifference first;
  (void)evaluate(function, std::move(inputs), [&](Operation *op, const Tensor &value) {
    if (first.op || isa<rn::ConstantOp>(op))
      return;
    double nearest = INFINITY;
    forEachNode(op->getLoc(), [&](Location node) {
      if (auto known = values.find(node); known != values.end())
        for (const Tensor &before : known->second)
          nearest = std::min(nearest, difference(value, before));
    });
    if (nearest <= tolerance)
      ++first.agreeing;
    else if (std::isfinite(nearest))
      first.op = op, first.error = nearest;
  });
  return first.op ? std::optional(first) : std::nullopt;
}

} // namespace resnetc
