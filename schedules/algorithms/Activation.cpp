// All of this is strict_float: Halide's default lets LLVM assume that there is no NaN.
#include "schedules/algorithms/Activation.h"

namespace resnetc {
using Halide::abs, Halide::Expr, Halide::select;

// Comparisons rather than min and max: a comparison with NaN is false and keeps x.
static Expr atLeast(Expr x, float low) { return select(x < low, low, x); }
static Expr atMost(Expr x, float high) { return select(x > high, high, x); }

// Horner's rule, the highest coefficient first.
static Expr polynomial(Expr x, std::initializer_list<float> coefficients) {
  Expr p = 0.f;
  for (float coefficient : coefficients)
    p = p * x + coefficient;
  return p;
}

// e^x = 2^k * e^r with |r| <= ln(2)/2. The power of two is applied in two halves, so that results below the smallest normal
// float and above the largest come out right without a special case.
Expr exponential(Expr x) {
  x = atMost(atLeast(x, -104.f), 89.f);
  Expr k = Halide::floor(x * 1.44269504f + 0.5f);
  Expr r = x - k * 0.693145752f - k * 1.42860677e-6f;  // ln(2) in two parts, the first exact in few bits
  Expr p = polynomial(r, {1.f / 5040, 1.f / 720, 1.f / 120, 1.f / 24, 1.f / 6, 1.f / 2, 1.f, 1.f});
  Expr n = Halide::clamp(Halide::cast<int32_t>(k), -160, 160), half = n / 2;
  auto power = [](Expr e) { return Halide::reinterpret<float>((e + 127) << 23); };
  return strict_float(p * power(half) * power(n - half));
}

// ln(x) = e*ln(2) + ln(m) with m in [sqrt(1/2), sqrt(2)), ln(m) = 2*atanh((m-1)/(m+1)).
Expr logarithm(Expr x) {
  Expr bits = Halide::reinterpret<int32_t>(x), e = (bits - 0x3f3504f3) >> 23;
  Expr m = Halide::reinterpret<float>(bits - (e << 23)), t = (m - 1.f) / (m + 1.f), square = t * t;
  Expr p = polynomial(square, {2.f / 9, 2.f / 7, 2.f / 5, 2.f / 3, 2.f});
  return strict_float(Halide::cast<float>(e) * 0.693147181f + p * t + (x - x));  // x - x keeps NaN and infinity
}

static Expr sigmoid(Expr x) { return 1.f / (1.f + exponential(-x)); }

static Expr withSign(Expr magnitude, Expr x) { return select(x < 0.f, -magnitude, magnitude); }

// 1 - 2 / (e^2|x| + 1), and near zero a polynomial (of Cephes), because the difference would cancel.
static Expr hyperbolicTangent(Expr x) {
  Expr square = x * x, size = abs(x);
  Expr near = x + x * square * polynomial(square, {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f,
                                                   1.33314422036e-1f, -3.33332819422e-1f});
  return select(size < 0.625f, near, withSign(1.f - 2.f / (exponential(2.f * size) + 1.f), x));
}

// e^x - 1 for x <= 0; near zero its series.
static Expr exponentialMinusOne(Expr x) {
  Expr near = x * polynomial(x, {1.f / 40320, 1.f / 5040, 1.f / 720, 1.f / 120, 1.f / 24, 1.f / 6, 1.f / 2, 1.f});
  return select(x > -0.5f, near, exponential(x) - 1.f);
}

// max(x, 0) + ln(1 + t) with t = e^-|x|, ln(1 + t) = 2*atanh(t / (2 + t)).
static Expr softplus(Expr x) {
  Expr t = exponential(-abs(x)), s = t / (2.f + t);
  Expr series = polynomial(s * s, {1.f / 15, 1.f / 13, 1.f / 11, 1.f / 9, 1.f / 7, 1.f / 5, 1.f / 3, 1.f});
  return atLeast(x, 0.f) + 2.f * s * series;
}

// x * tanh(ln(1 + e)) with e = e^x is x * n / (n + 2), n = e * (e + 2); beyond 30 the quotient is 1.
static Expr mish(Expr x) {
  Expr e = exponential(atMost(x, 30.f)), n = e * (e + 2.f);
  return x * (n / (n + 2.f));
}

// Near zero x * P(x^2), elsewhere 1 - e^-Q(|x|); both polynomials are least-squares fits, within 3 ulp together.
static Expr errorFunction(Expr x) {
  Expr size = abs(x), limited = atMost(size, 4.f), square = x * x;
  Expr near = x * polynomial(square, {8.20979966e-5f, -8.10444528e-4f, 5.19764321e-3f, -2.68580325e-2f, 1.12836710e-1f,
                                      -3.76126322e-1f, 1.12837917f});
  Expr far = polynomial(limited, {1.57477914e-8f, 2.13656745e-5f, -4.38793803e-4f, 4.19392446e-3f, -2.51820153e-2f,
                                  1.08379048e-1f, 6.33255656e-1f, 1.12956057f, -1.84259603e-4f});
  return select(size < 0.95f, near, withSign(1.f - exponential(-far), x));
}

static Expr activation(const KernelSpec &spec, Expr x, const std::string &prefix) {
  const std::string act = spec.word(prefix + "act", "none");
  const float alpha = static_cast<float>(spec.real(prefix + "alpha", 0)), beta = static_cast<float>(spec.real(prefix + "beta", 0));
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
    return x * atMost(atLeast(x * alpha + beta, 0.f), 1.f);
  if (act == "tanh")
    return hyperbolicTangent(x);
  if (act == "elu")
    return beta * select(x < 0.f, alpha * exponentialMinusOne(x), x);
  if (act == "softplus")
    return softplus(x);
  if (act == "mish")
    return mish(x);
  if (act == "gelu")
    return 0.5f * x * (1.f + errorFunction(x * 0.707106781f));
  if (act == "gelu_tanh")
    return 0.5f * x * (1.f + hyperbolicTangent(0.797884561f * (x + 0.044715f * x * x * x)));
  if (act == "erf")
    return errorFunction(x);
  if (act == "exp")
    return exponential(x);
  if (act == "sqrt")
    return Halide::sqrt(x);
  if (act == "abs")
    return abs(x);
  throw BadSpec("does not know act '" + act + "'");
}

Expr activate(const KernelSpec &spec, Expr x, const std::string &prefix) { return strict_float(activation(spec, x, prefix)); }

}  // namespace resnetc
