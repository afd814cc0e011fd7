// pointwise: copies, transposes, slices, pads and element-wise arithmetic, all as one strided loop nest of six dimensions.
//   out[i0..i5] = act(op(in0[...], in1[...], in2[...]))
// ints    size=[e0..e5]  innermost first, 1 where there is no dimension
//         out_strides, in0_strides, in1_strides, in2_strides: six each, for the operands that the op has; 0 broadcasts
// words   op: copy | fill (no input; floats value) | add | sub | mul | div | min | max | mul_add (in0*in1 + in2)
//         type: uint8 for in0 of bytes (float32 when absent)
//         act (with floats alpha, beta): see Activation.h
// operands in0.., out. out may be in0 with the same strides. min and max give NaN when an operand is NaN.
#include "schedules/Kind.h"
#include "schedules/algorithms/Activation.h"

namespace resnetc {
using namespace Halide;

static constexpr size_t Rank = 6;

static int inputsOf(const std::string &op) { return op == "fill" ? 0 : op == "copy" ? 1 : op == "mul_add" ? 3 : 2; }

static Expr combine(const KernelSpec &spec, const std::string &op, const std::vector<Expr> &in) {
  if (op == "fill")
    return static_cast<float>(spec.real("value", 0));
  if (op == "copy")
    return in[0];
  if (op == "add")
    return in[0] + in[1];
  if (op == "sub")
    return in[0] - in[1];
  if (op == "mul")
    return in[0] * in[1];
  if (op == "div")
    return in[0] / in[1];
  if (op == "mul_add")
    return in[0] * in[1] + in[2];
  // A NaN in either operand reaches the sum; otherwise the comparison decides.
  Expr unordered = is_nan(in[0]) || is_nan(in[1]);
  return select(unordered, in[0] + in[1], op == "min" ? in[0] < in[1] : in[0] > in[1], in[0], in[1]);
}

// Neighbouring dimensions that every operand walks without a gap are one longer dimension; the rest becomes 1s at the end.
// A whole contiguous tensor is then one loop, whatever its shape was.
static void mergeDimensions(std::vector<int> &size, std::vector<std::vector<int>> &strides) {
  size_t last = 0;
  for (size_t d = 1; d < Rank; d++) {
    bool joins = static_cast<int64_t>(size[last]) * size[d] <= INT32_MAX;
    for (const auto &s : strides)
      joins &= static_cast<int64_t>(s[last]) * size[last] == s[d];
    if (size[d] == 1)
      continue;
    if (size[last] == 1 || joins) {
      for (auto &s : strides)
        s[last] = size[last] == 1 ? s[d] : s[last];
      size[last] *= size[d];
    } else {
      last++;
      size[last] = size[d];
      for (auto &s : strides)
        s[last] = s[d];
    }
  }
  for (size_t d = last + 1; d < Rank; d++) {
    size[d] = 1;
    for (auto &s : strides)
      s[d] = 0;
  }
}

static Computation pointwise(const KernelSpec &spec) {
  const std::string op = wordOf(spec, "op", {"copy", "fill", "add", "sub", "mul", "div", "min", "max", "mul_add"});
  std::vector<int> size = listOf(spec, "size", Rank, 1);
  std::vector<std::vector<int>> strides = {listOf(spec, "out_strides", Rank)};
  for (int i = 0; i < inputsOf(op); i++)
    strides.push_back(listOf(spec, "in" + std::to_string(i) + "_strides", Rank));
  mergeDimensions(size, strides);

  Computation result;
  std::vector<Var> vars;
  for (size_t d = 0; d < Rank; d++)
    vars.emplace_back("i" + std::to_string(d));
  const std::vector<Expr> index(vars.begin(), vars.end());
  std::vector<Expr> in;
  for (size_t i = 1; i < strides.size(); i++) {
    const bool isBytes = i == 1 && spec.words.count("type") && wordOf(spec, "type", {"uint8"}) == "uint8";
    result.operands.push_back(operand("in" + std::to_string(i - 1), size, strides[i], isBytes ? UInt(8) : Float(32)));
    in.push_back(cast<float>(result.operands.back()(index)));
  }
  Func out("out");
  out(vars) = activate(spec, combine(spec, op, in));
  makeStatic(out.output_buffer(), size, strides[0]);
  result.out = out;
  return result;
}

static KernelWork work(const KernelSpec &spec) {
  double elements = 1;
  for (int64_t extent : spec.list("size"))
    elements *= static_cast<double>(extent);
  return {elements, 4 * elements * (1 + inputsOf(spec.word("op", "copy")))};
}

static RegisterAlgorithm registered("pointwise", pointwise, work);

}  // namespace resnetc
