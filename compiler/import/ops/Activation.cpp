// Element-wise functions of one input. Clip has its bounds as attributes up to opset 10, as inputs since 11.
#include "compiler/import/NodeView.h"
#include <cfloat>
#include <cmath>

using namespace mlir;
using namespace resnetc;
using rn::ActivationKind;

static Value importActivation(NodeView &n, ActivationKind kind, double alpha = 0, double beta = 0) {
  return n.allFloat() ? n.activation(n.input(0), kind, alpha, beta) : Value();
}

static Value importRelu(NodeView &n) { return importActivation(n, ActivationKind::Relu); }
static Value importSigmoid(NodeView &n) { return importActivation(n, ActivationKind::Sigmoid); }
static Value importHardSwish(NodeView &n) { return importActivation(n, ActivationKind::HardSwish, 1.0 / 6, 0.5); }
static Value importLeakyRelu(NodeView &n) {
  return importActivation(n, ActivationKind::LeakyRelu, n.getFloat("alpha", 0.01));
}
static Value importHardSigmoid(NodeView &n) {
  const double alpha = n.getFloat("alpha", 0.2);
  return importActivation(n, ActivationKind::HardSigmoid, alpha, n.getFloat("beta", 0.5));
}

// One bound; `otherwise` when it is absent.
static double clipBound(NodeView &n, int i, const char *name, double otherwise) {
  double bound = otherwise;
  if (n.opset() < 11)
    bound = n.getFloat(name, otherwise);
  else if (n.has(i))
    bound = n.scalar(i, "R034").value_or(otherwise);
  if (std::isnan(bound))
    n.error("R058", Twine("Clip ") + name + " is NaN");
  return std::clamp(bound, -double(FLT_MAX), double(FLT_MAX));
}

static Value importClip(NodeView &n) {
  if (!n.allFloat())
    return {};
  const double high = clipBound(n, 2, "max", FLT_MAX), low = std::min(clipBound(n, 1, "min", -FLT_MAX), high);
  if (n.failed() || (low == -FLT_MAX && high == FLT_MAX))
    return n.failed() ? Value() : n.input(0);
  return low == 0 && high == FLT_MAX ? n.activation(n.input(0), ActivationKind::Relu)
                                     : n.activation(n.input(0), ActivationKind::Clip, low, high);
}

RESNETC_IMPORT_OP(Relu, 7, kNewestOpset, 1, 1, importRelu)
RESNETC_IMPORT_OP(Sigmoid, 7, kNewestOpset, 1, 1, importSigmoid)
RESNETC_IMPORT_OP(LeakyRelu, 7, kNewestOpset, 1, 1, importLeakyRelu)
RESNETC_IMPORT_OP(HardSigmoid, 7, kNewestOpset, 1, 1, importHardSigmoid)
RESNETC_IMPORT_OP(HardSwish, 14, kNewestOpset, 1, 1, importHardSwish)
RESNETC_IMPORT_OP(Clip, 7, 10, 1, 1, importClip)
RESNETC_IMPORT_OP(Clip, 11, kNewestOpset, 1, 3, importClip)
