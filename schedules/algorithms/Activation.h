// The activations that a kernel can end with, as Halide expressions. The words and their parameters:
//   none | relu | clip (lo = alpha, hi = beta) | leaky_relu (slope = alpha) | sigmoid | silu = x*sigmoid(x)
//   hard_sigmoid = clamp(alpha*x + beta, 0, 1) | hard_swish = x*clamp(alpha*x + beta, 0, 1) | tanh
//   elu = beta*(x < 0 ? alpha*(e^x - 1) : x) | softplus = ln(1 + e^x) | mish = x*tanh(softplus(x)) | gelu = x/2*(1 + erf(x/sqrt(2)))
//   gelu_tanh (the same with an approximation of erf) | erf | exp | sqrt | abs
// NaN stays NaN in all of them.
#pragma once
#include "schedules/Kind.h"

namespace resnetc {

// The value of spec's "act" at x, its keys perhaps with a prefix; throws BadSpec for a word that is not above.
Halide::Expr activate(const KernelSpec &spec, Halide::Expr x, const std::string &prefix = "");
// e^x within 2 ulp; 0 and infinity beyond the range of floats. The natural logarithm of a normal x > 0, within 2 ulp.
Halide::Expr exponential(Halide::Expr x);
Halide::Expr logarithm(Halide::Expr x);

}  // namespace resnetc
