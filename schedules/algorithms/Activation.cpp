// All of this is strict_float: Halide's default lets LLVM assume that there is no NaN.
#include "schedules/algorithms/Activation.h"

namespace resnetc {
using Halide::Expr, Halide::select;

// Comparisons rather than min and max: a comparison with NaN is false and keeps x.
static Expr atLeast(Expr x, float low) { return select(x < low, low, x); }
static Expr atMost(Expr x, float high) { return select(x > high, high, x); }

// e^x = 2^k * e^r with |r| <= ln(2)/2. The power of two is applied in two halves, so that results below the smallest normal
// float and above the largest come out right without a special case.
Expr exponential(Expr x) {
  x = atMost(atLeast(x, -104.f), 89.f);
  Expr k = Halide::floor(x * 1.44269504f + 0.5f);
  Expr r = x - k * 0.693145752f - k * 1.42860677e-6f;  // ln(2) in two parts, the first exact in few bits
  Expr p = 1.f / 5040;
  for (float coefficient : {1.f / 720, 1.f / 120, 1.f / 24, 1.f / 6, 1.f / 2, 1.f, 1.f})
    p = p * r + coefficient;
  Expr n = Halide::clamp(Halide::cast<int32_t>(k), -160, 160), half = n / 2;
  auto power = [](Expr e) { return Halide::reinterpret<float>((e + 127) << 23); };
  return strict_float(p * power(half) * power(n - half));
}

// ln(x) = e*ln(2) + ln(m) with m in [sqrt(1/2), sqrt(2)), ln(m) = 2*atanh((m-1)/(m+1)).
Expr logarithm(Expr x) {
  Expr bits = Halide::reinterpret<int32_t>(x), e = (bits - 0x3f3504f3) >> 23;
  Expr m = Halide::reinterpret<float>(bits - (e << 23)), t = (m - 1.f) / (m + 1.f), square = t * t;
  Expr p = 2.f / 9;
  for (float coefficient : {2.f / 7, 2.f / 5, 2.f / 3, 2.f})
    p = p * square + coefficient;
  return strict_float(Halide::cast<float>(e) * 0.693147181f + p * t + (x - x));  // x - x keeps NaN and infinity
}

static Expr sigmoid(Expr x) { return 1.f / (1.f + exponential(-x)); }

static Expr activation(const KernelSpec &spec, Expr x) {
  const std::string act = spec.word("act", "none");
  const float alpha = static_cast<float>(spec.real("alpha", 0)), beta = static_cast<float>(spec.real("beta", 0));
  if (act == "none")
    return x;
  if (act == "relu")
    return atLeast(x, 0.f);
  if (act == "clip")
    return atMost(atLeast(x, alpha), beta);
  if (act == "leaky_relu")
    return select(x < 0.f, x * alpha, x);
  if (act == "sigmoid")
    return sigmoid(x);
  if (act == "silu")
    return x * sigmoid(x);
  if (act == "hard_sigmoid")
    return atMost(atLeast(x * alpha + beta, 0.f), 1.f);
  if (act == "hard_swish")
    return x * atMost(atLeast(x * (1.f / 6) + 0.5f, 0.f), 1.f);
  throw BadSpec("does not know act '" + act + "'");
}

Expr activate(const KernelSpec &spec, Expr x) { return strict_float(activation(spec, x)); }

}  // namespace resnetc
