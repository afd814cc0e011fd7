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
template <ActivationKind kind> static Value importPlain(NodeView &n) { return importActivation(n, kind); }

static Value importHardSwish(NodeView &n) { return importActivation(n, ActivationKind::HardSwish, 1.0 / 6, 0.5); }
static Value importLeakyRelu(NodeView &n) {
  return importActivation(n, ActivationKind::LeakyRelu, n.getFloat("alpha", 0.01));
}
static Value importHardSigmoid(NodeView &n) {
  const double alpha = n.getFloat("alpha", 0.2);
  return importActivation(n, ActivationKind::HardSigmoid, alpha, n.getFloat("beta", 0.5));
}
static Value importElu(NodeView &n) { return importActivation(n, ActivationKind::Elu, n.getFloat("alpha", 1), 1); }
static Value importSelu(NodeView &n) {
  const double alpha = n.getFloat("alpha", 1.67326319217681884765625);
  return importActivation(n, ActivationKind::Elu, alpha, n.getFloat("gamma", 1.05070102214813232421875));
}

// x < 0 ? alpha (exp(x / alpha) - 1) : x is Elu between two scalings.
static Value importCelu(NodeView &n) {
  const double alpha = n.getFloat("alpha", 1);
  if (!(alpha > 0))
    n.error("R058", "Celu alpha " + Twine(std::to_string(alpha)) + " is not positive");
  if (!n.allFloat() || n.failed())
    return {};
  return n.activation(n.combine<rn::DivOp>(n.input(0), n.number(alpha)), ActivationKind::Elu, 1, alpha);
}

static Value importGelu(NodeView &n) {
  const std::string approximate = n.getString("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    n.error("R056", "Gelu approximate '" + approximate + "' is unknown");
  return importActivation(n, approximate == "tanh" ? ActivationKind::GeluTanh : ActivationKind::Gelu);
}

// x sigmoid(alpha x)
static Value importSwish(NodeView &n) {
  const double alpha = n.getFloat("alpha", 1);
  if (!n.allFloat() || alpha == 1)
    return n.failed() ? Value() : n.activation(n.input(0), ActivationKind::Silu);
  Value gate = n.activation(n.combine<rn::MulOp>(n.input(0), n.number(alpha)), ActivationKind::Sigmoid);
  return n.combine<rn::MulOp>(n.input(0), gate);
}

// x / (1 + |x|)
static Value importSoftsign(NodeView &n) {
  if (!n.allFloat())
    return {};
  Value size = n.activation(n.input(0), ActivationKind::Abs);
  return n.combine<rn::DivOp>(n.input(0), n.combine<rn::AddOp>(size, n.number(1)));
}

// One slope is LeakyRelu; several are relu(x) + slope * min(x, 0).
static Value importPRelu(NodeView &n) {
  if (!n.allFloat())
    return {};
  auto both = n.check(broadcastShape(n.shape(0), n.shape(1)), "R048");
  if (both && ShapeRef(*both) != n.shape(0))
    n.error("R048", "PRelu slope " + toString(n.shape(1)) + " does not broadcast to " + toString(n.shape(0)));
  if (n.failed())
    return {};
  if (*elementCount(n.shape(1)) == 1 && n.isConstant(1))
    if (auto slope = n.scalar(1, "R034"))
      return n.activation(n.input(0), ActivationKind::LeakyRelu, *slope);
  Value positive = n.activation(n.input(0), ActivationKind::Relu);
  Value negative = n.activation(n.input(0), ActivationKind::Clip, -FLT_MAX, 0);
  return n.combine<rn::AddOp>(positive, n.combine<rn::MulOp>(negative, n.input(1)));
}

static Value importReciprocal(NodeView &n) {
  return n.allFloat() ? n.combine<rn::DivOp>(n.number(1), n.input(0)) : Value();
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

RESNETC_IMPORT_OP(Relu, 7, kNewestOpset, 1, 1, importPlain<ActivationKind::Relu>)
RESNETC_IMPORT_OP(Sigmoid, 7, kNewestOpset, 1, 1, importPlain<ActivationKind::Sigmoid>)
RESNETC_IMPORT_OP(Tanh, 7, kNewestOpset, 1, 1, importPlain<ActivationKind::Tanh>)
RESNETC_IMPORT_OP(Softplus, 7, kNewestOpset, 1, 1, importPlain<ActivationKind::Softplus>)
RESNETC_IMPORT_OP(Mish, 18, kNewestOpset, 1, 1, importPlain<ActivationKind::Mish>)
RESNETC_IMPORT_OP(Erf, 9, kNewestOpset, 1, 1, importPlain<ActivationKind::Erf>)
RESNETC_IMPORT_OP(Exp, 7, kNewestOpset, 1, 1, importPlain<ActivationKind::Exp>)
RESNETC_IMPORT_OP(Sqrt, 7, kNewestOpset, 1, 1, importPlain<ActivationKind::Sqrt>)
RESNETC_IMPORT_OP(LeakyRelu, 7, kNewestOpset, 1, 1, importLeakyRelu)
RESNETC_IMPORT_OP(HardSigmoid, 7, kNewestOpset, 1, 1, importHardSigmoid)
RESNETC_IMPORT_OP(HardSwish, 14, kNewestOpset, 1, 1, importHardSwish)
RESNETC_IMPORT_OP(Elu, 7, kNewestOpset, 1, 1, importElu)
RESNETC_IMPORT_OP(Selu, 7, kNewestOpset, 1, 1, importSelu)
RESNETC_IMPORT_OP(Celu, 12, kNewestOpset, 1, 1, importCelu)
RESNETC_IMPORT_OP(Gelu, 20, kNewestOpset, 1, 1, importGelu)
RESNETC_IMPORT_OP(Swish, 24, kNewestOpset, 1, 1, importSwish)
RESNETC_IMPORT_OP(Softsign, 7, kNewestOpset, 1, 1, importSoftsign)
RESNETC_IMPORT_OP(PRelu, 7, kNewestOpset, 2, 2, importPRelu)
RESNETC_IMPORT_OP(Reciprocal, 7, kNewestOpset, 1, 1, importReciprocal)
RESNETC_IMPORT_OP(Clip, 7, 10, 1, 1, importClip)
RESNETC_IMPORT_OP(Clip, 11, kNewestOpset, 1, 3, importClip)
