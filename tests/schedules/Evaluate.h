// Kernels in plain loops and double precision, straight from their documentation: what the Halide kernels must agree with.
#pragma once
#include "schedules/KernelSpec.h"
#include <cstring>
#include <functional>
#include <vector>

namespace resnetc {

using Operands = std::vector<std::vector<float>>;  // without the output

// How many floats each operand spans from the element (0, 0, ...) on, the outputs last; how many of them are outputs.
std::vector<size_t> operandSizes(const KernelSpec &spec);
size_t outputCount(const KernelSpec &spec);

// Calls visit(output, offset in it, exact value, how far a float kernel may be off) for every element of the outputs. The bound is
// derived: n rounded terms are off by at most n*u/(1 - n*u) times the sum of their magnitudes (u = 2^-24), times the
// slope of the activation, plus the roundings of the activation itself.
using Visit = std::function<void(size_t, size_t, double, double)>;
void evaluate(const KernelSpec &spec, const Operands &in, const Visit &visit);

// A float and its bits.
inline uint32_t bitsOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline float floatOf(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// n*u/(1 - n*u): what n rounded operations may add to a sum, relative to the sizes of its terms.
double gammaOf(double roundings);
// Roundings that a term of a line of B^T or A^T goes through at most (m = 4): its product, and up to five sums.
constexpr double WinogradLineRoundings = 6;

}  // namespace resnetc
