// BatchNormalization of inference. Opset 7 has `spatial`, 9 dropped it, 14 added training_mode, 15 other types.
// In training mode it is supported for constants: so PyTorch standardises weights.
#include "compiler/import/ops/Normalization.h"
#include <cmath>

using namespace mlir;
using namespace resnetc;

static const char *const vectorNames[] = {"input", "scale", "bias", "mean", "variance"};

static void checkVectors(NodeView &n, int64_t channels) {
  for (int i = 1; i < 5; ++i)
    if (n.shape(i) != ShapeRef{channels})
      n.error("R045", Twine("BatchNormalization ") + vectorNames[i] + " has shape " + toString(n.shape(i)) +
                          ", want [" + Twine(channels) + "]");
}

// Where the variance is known it must not make the square root NaN.
static void checkVariance(NodeView &n, double epsilon) {
  if (n.failed() || !n.isConstant(4))
    return;
  auto variance = n.numbers(4, "R058");
  for (size_t c = 0; variance && c < variance->size(); ++c)
    if ((*variance)[c] + epsilon < 0)
      n.error("R058", "BatchNormalization channel " + Twine(c) + ": variance " + std::to_string((*variance)[c]) +
                          " + epsilon < 0");
}

// With the moments of the input itself.
static Value standardize(NodeView &n, double epsilon) {
  const size_t rank = n.shape(0).size();
  Moments m{{0}, 0, epsilon};
  for (size_t axis = 2; axis < rank; ++axis)
    m.axes.push_back(static_cast<int64_t>(axis));
  Shape vector(rank - 1, 1);
  vector[0] = n.shape(0)[1];
  return normalize(n, n.input(0), m, n.reshape(n.input(1), vector), n.reshape(n.input(2), vector));
}

static Value importBatchNormalization(NodeView &n) {
  if (!n.allFloat())
    return {};
  if (n.shape(0).size() < 2) {
    n.error("R041", "BatchNormalization input rank is " + Twine(n.shape(0).size()) + ", want 2 or more");
    return {};
  }
  const bool training = n.opset() >= 14 && n.getFlag("training_mode", false);
  if (training && !n.isConstant(0))
    n.error("R031", "BatchNormalization in training mode is not supported",
            "export the model for inference (model.eval())");
  const double epsilon = n.getFloat("epsilon", 1e-5);
  if (epsilon < 0)
    n.error("R058", "BatchNormalization epsilon " + Twine(std::to_string(epsilon)) + " is negative");
  checkVectors(n, n.shape(0)[1]);
  if (!training)
    checkVariance(n, epsilon);
  if (n.failed())
    return {};
  if (training)
    return standardize(n, epsilon);
  if (n.opset() < 9 && !n.getFlag("spatial", true) && n.shape(0).size() > 2)
    n.warning("W107", "BatchNormalization spatial=0 with per-channel statistics: read as spatial=1");
  return n.build<rn::BatchNormOp>(n.shape(0), n.elementType(0), n.input(0), n.input(1), n.input(2), n.input(3),
                                  n.input(4), n.builder().getF64FloatAttr(epsilon), rn::ActivationAttr());
}
RESNETC_IMPORT_OP(BatchNormalization, 7, kNewestOpset, 5, 5, importBatchNormalization)
