// Runs kernels and compares them with plain loops. Guards around every output show whether a kernel writes where it should not.
#pragma once
#include "schedules/bench/CallableKernel.h"
#include "tests/schedules/Evaluate.h"
#include "tests/schedules/Levels.h"
#include <cmath>
#include <gtest/gtest.h>

namespace resnetc {

inline std::vector<float> randomFloats(size_t n, uint32_t seed) {
  std::vector<float> v(n);
  for (float &x : v)
    x = static_cast<float>((seed = seed * 1664525 + 1013904223) >> 8) / (1 << 22) - 2;
  return v;
}

inline constexpr size_t Guard = 64;
inline constexpr float Untouched = -12345.75f;

// Runs the kernel on random data; `inPlace` lets the first output be that operand. `complete` makes operands follow from others.
inline void check(const KernelSpec &spec, const Level &level, int inPlace = -1, const std::function<void(Operands &)> &complete = [](Operands &) {}) {
  SCOPED_TRACE(level.name + ": " + spec.name());
  const std::vector<size_t> sizes = operandSizes(spec);
  const size_t inputs = sizes.size() - outputCount(spec);
  Operands in, out;
  for (size_t i = 0; i < inputs; i++)
    in.push_back(randomFloats(sizes[i], static_cast<uint32_t>(i + 7)));
  complete(in);
  for (size_t i = inputs; i < sizes.size(); i++)
    out.emplace_back(sizes[i] + 2 * Guard, Untouched);
  if (inPlace >= 0)
    std::copy(in[static_cast<size_t>(inPlace)].begin(), in[static_cast<size_t>(inPlace)].end(), out[0].begin() + Guard);
  Operands expected = out, copy = in;
  std::vector<float *> pointers;
  for (size_t i = 0; i < in.size(); i++)
    pointers.push_back(static_cast<int>(i) == inPlace ? out[0].data() + Guard : copy[i].data());
  for (std::vector<float> &o : out)
    pointers.push_back(o.data() + Guard);
  CallableKernel(spec, level.machine)(pointers);
  EXPECT_EQ(in, copy);

  double worst = 0;
  size_t wrong = 0;
  evaluate(spec, in, [&](size_t output, size_t offset, double value, double bound) {
    const float got = out[output][Guard + offset];
    const double difference = std::fabs(got - value);
    const bool same = got == value || difference <= bound;
    wrong += !same;
    worst = std::max(worst, same ? 0 : difference);
    expected[output][Guard + offset] = got;
  });
  EXPECT_EQ(wrong, 0u) << "worst difference " << worst;
  EXPECT_TRUE(expected == out) << "wrote outside of its elements";
}

// The second result, with and without the first one; the first one in the memory of the residual.
inline void checkSecondResult(KernelSpec s, const Level &l, int residual) {
  const std::vector<int64_t> strides = s.list("out_strides");
  s.words["preact_act"] = "relu";
  s.ints["preact_strides"] = strides;
  s.ints["preact_strides"][1] += l.machine.block;
  if (strides.size() > 2)
    s.ints["preact_strides"][2] *= 2;
  check(s, l);
  if (residual > 0) {
    s.ints["res_strides"] = strides;
    check(s, l);
    check(s, l, residual);
  }
  s.ints.erase("out_strides");
  s.words.erase("preact_act");
  check(s, l);
}

} // namespace resnetc
