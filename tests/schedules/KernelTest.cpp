// Every kind of kernel against plain loops in double precision, on odd shapes, at every level that this processor runs, and
// the 16-lane schedule with AVX2 instructions. Each kernel passes through LLVM's code generator as in a compiled model.
// Guards around every operand show whether a kernel writes where it should not.
#include "tests/schedules/Check.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace resnetc;

namespace {

KernelSpec convSpec(const Machine &m, int64_t px, int64_t tiles, int64_t h, int64_t kb, int64_t inBlocks, int64_t kw, int64_t kh, int64_t stride, int64_t dilation, const std::string &act) {
  const int64_t b = m.block, w = px * tiles, iw = (w - 1) * stride + (kw - 1) * dilation + 2, ih = (h - 1) * stride + (kh - 1) * dilation + 1;
  KernelSpec s;
  s.kind = "conv";
  s.words["act"] = act;
  s.ints = {{"size", {w, h, kb}}, {"block", {b}}, {"in", {b, inBlocks}}, {"in_strides", {b, b * iw, b * iw * ih}},
            {"out_strides", {b, b * (w + 3), b * (w + 3) * (h + 1)}}, {"kernel", {kw, kh}}, {"stride", {stride, stride}},
            {"dilation", {dilation, dilation}}, {"tile", {px}}};
  return s;
}

void makePlanar(KernelSpec &s, int64_t channels) {
  const int64_t b = s.at("block"), row = s.at("in_strides", 1) / b, plane = s.at("in_strides", 2) / b;
  s.ints["in"] = {1, channels};
  s.ints["in_strides"] = {1, row, plane};
}

class Kernels : public testing::TestWithParam<Level> {};

TEST_P(Kernels, ConvShapes) {
  const Level &l = GetParam();
  check(convSpec(l.machine, 3, 2, 3, 2, 2, 3, 3, 1, 1, "relu"), l);
  check(convSpec(l.machine, 7, 1, 2, 1, 3, 1, 1, 1, 1, "none"), l);
  check(convSpec(l.machine, 2, 2, 2, 3, 1, 3, 2, 2, 1, "none"), l);
  check(convSpec(l.machine, 4, 1, 2, 2, 2, 3, 3, 1, 2, "relu"), l);
  check(convSpec(l.machine, 1, 1, 1, 1, 1, 1, 1, 1, 1, "none"), l);
  check(convSpec(l.machine, 5, 1, 1, 2, 1, 1, 5, 3, 3, "none"), l);
}

TEST_P(Kernels, ConvPlanarAndDenseInputs) {
  const Level &l = GetParam();
  KernelSpec stem = convSpec(l.machine, 3, 2, 2, 2, 1, 7, 7, 2, 1, "relu");
  makePlanar(stem, 3);
  check(stem, l);
  KernelSpec dense = convSpec(l.machine, 1, 1, 1, 5, 1, 1, 1, 1, 1, "none");
  dense.ints["in"] = {1, 37};
  dense.ints["in_strides"] = {37, 37, 1};
  check(dense, l);
}

KernelSpec denseSpec(const Machine &m, int64_t rows, int64_t terms) {
  KernelSpec spec = convSpec(m, rows, 1, 1, 2, 1, 1, 1, 1, 1, "none");
  spec.ints["in"] = {1, terms};
  spec.ints["in_strides"] = {terms, terms * rows, 1};
  return spec;
}

TEST_P(Kernels, DenseInPartsOfTheReduction) {
  for (int64_t rows : {1, 3})
    for (int64_t terms : {257, 512, 1200})  // 257 is prime: no parts
      check(denseSpec(GetParam().machine, rows, terms), GetParam());
}

// Equal terms are rounded alike, so errors add up: in one chain they reach a thousand units of the sum.
TEST_P(Kernels, LongSumsOfDenseAreExactEnough) {
  const int64_t terms = 8192;
  const KernelSpec spec = denseSpec(GetParam().machine, 1, terms);
  const std::vector<size_t> sizes = operandSizes(spec);
  std::vector<float> in(sizes[0], 0.1f), weights(sizes[1], 1.0f), bias(sizes[2], 0.0f), out(sizes[3], Untouched);
  CallableKernel(spec, GetParam().machine)({in.data(), weights.data(), bias.data(), out.data()});
  const double exact = static_cast<double>(terms) * 0.1f, unit = 0x1p-24;
  for (int lane = 0; lane < GetParam().machine.block; lane++)
    EXPECT_LE(std::fabs(out[static_cast<size_t>(lane)] - exact), (256 + 32) * unit * exact);  // terms of a part, and parts
}

TEST_P(Kernels, ConvInChunksOfTheReduction) {
  const Level &l = GetParam();
  Level small = l;
  small.machine.l2Bytes = 16 << 10;  // the weights of these do not fit
  KernelSpec s = convSpec(l.machine, 3, 2, 3, 2, 8, 3, 3, 1, 1, "silu");
  check(s, small);
  s.ints["res_strides"] = s.ints["out_strides"];
  check(s, small, 3);
}

TEST_P(Kernels, ConvActivationsAndResidual) {
  const Level &l = GetParam();
  for (const char *act : {"none", "relu", "clip", "leaky_relu", "sigmoid", "silu", "hard_sigmoid", "hard_swish"}) {
    KernelSpec s = convSpec(l.machine, 3, 1, 2, 1, 1, 1, 1, 1, 1, act);
    const bool clip = s.words["act"] == "clip", linear = s.words["act"] == "hard_sigmoid";
    s.floats["alpha"] = clip ? -1 : 0.2;
    s.floats["beta"] = clip ? 6 : linear ? 0.5 : 0;
    s.ints["res_strides"] = s.ints["out_strides"];
    check(s, l, s.words["act"] == "relu" ? 3 : -1);
  }
}

// Factors and sums as they follow from the weights and pixels of an inner_product.
void completeInner(const KernelSpec &s, Operands &in) {
  const int64_t b = s.at("block"), pairs = s.at("in", 1) / 2;
  for (int64_t k = 0; k < s.at("size", 2); k++)
    for (int64_t c = 0; c < b; c++) {
      double sum = 0;
      for (int64_t i = 0; i < pairs * b; i++) {
        const auto first = static_cast<size_t>(((k * pairs * b + i) * 2) * b + c);
        sum += double(in[1][first]) * in[1][first + static_cast<size_t>(b)];
      }
      in[3][static_cast<size_t>(2 * k * b + c)] = static_cast<float>(sum);
      in[3][static_cast<size_t>((2 * k + 1) * b + c)] = std::ldexp(1.0f, static_cast<int>(c % 5) - 2);
    }
  KernelSpec sums{"pair_sums", {{"size", {s.at("size", 0), s.at("size", 1)}}, {"in", s.list("in")}, {"in_strides", s.list("in_strides")}, {"out_strides", s.list("sums_stride")}}, {}, {}};
  evaluate(sums, {in[0]}, [&](size_t, size_t offset, double value, double) { in[4][offset] = static_cast<float>(value); });
}

TEST_P(Kernels, InnerProducts) {
  const Level &l = GetParam();
  if (l.machine.lanes != l.machine.block)
    GTEST_SKIP() << "a block is several vectors";
  for (auto [px, tiles, h, kb, inBlocks] : {std::array<int64_t, 5>{14, 2, 1, 1, 4}, {7, 1, 3, 2, 2}, {1, 3, 1, 1, 2}, {5, 1, 2, 2, 6}, {2, 1, 1, 1, 2}}) {
    KernelSpec s = convSpec(l.machine, px, tiles, h, kb, inBlocks, 1, 1, 1, 1, "none");
    s.kind = "inner_product";
    for (const char *key : {"kernel", "stride", "dilation"})
      s.ints.erase(key);
    s.ints["sums_stride"] = {px * tiles + 1};
    const auto complete = [&](Operands &in) { completeInner(s, in); };
    check(s, l, -1, complete);
    s.words["act"] = "relu";
    s.ints["res_strides"] = s.ints["out_strides"];
    check(s, l, 5, complete);
    s.words["scalars"] = "shared";
    check(s, l, 5, complete);
    s.ints.erase("res_strides");
    s.ints["size"][1] = 1;
    for (std::vector<int64_t> row : {std::vector<int64_t>{3, 2}, {px * tiles, 0}, {5, 3}}) {
      s.ints["row"] = row;
      s.ints["out_strides"] = {l.machine.block, (row[0] + 2) * l.machine.block, 100 * l.machine.block};
      check(s, l, -1, complete);
    }
    s.ints.erase("row");
    check({"pair_sums", {{"size", {px * tiles, h}}, {"in", s.list("in")}, {"in_strides", s.list("in_strides")}, {"out_strides", {px * tiles + 2}}}, {}, {}}, l);
  }
}

TEST_P(Kernels, ConvResidualOfSomeBlocks) {
  const Level &l = GetParam();
  for (std::vector<int64_t> blocks : {std::vector<int64_t>{1, 2}, {0, 1}, {2, 1}}) {
    KernelSpec s = convSpec(l.machine, 2, 2, 2, 3, 1, 1, 1, 1, 1, "relu");
    s.ints["res_strides"] = {2 * l.machine.block, 20 * l.machine.block, 60 * l.machine.block};  // every other pixel
    s.ints["res_blocks"] = blocks;
    check(s, l);
  }
}

TEST_P(Kernels, SecondResults) {
  const Level &l = GetParam();
  checkSecondResult(convSpec(l.machine, 3, 2, 2, 2, 2, 1, 1, 1, 1, "none"), l, 3);
  checkSecondResult(convSpec(l.machine, 3, 2, 2, 2, 2, 3, 3, 1, 1, "silu"), l, 3);
  Level small = l;
  small.machine.l2Bytes = 16 << 10;  // the reduction is cut into chunks
  checkSecondResult(convSpec(l.machine, 3, 2, 3, 2, 8, 3, 3, 1, 1, "relu"), small, 3);
}

TEST_P(Kernels, Pools) {
  const Level &l = GetParam();
  const int64_t b = l.machine.block;
  auto spec = [&](const char *kind, int64_t w, int64_t h, int64_t k, int64_t stride, int64_t dilation, int64_t pad, int64_t out) {
    KernelSpec s;
    s.kind = kind;
    s.ints = {{"size", {out, out + 1, 2}}, {"block", {b}}, {"in_size", {w, h}}, {"in_strides", {b, b * w, b * w * h}},
              {"out_strides", {b, b * (out + 2), b * (out + 2) * (out + 1)}}, {"kernel", {k, k}}, {"stride", {stride, stride}},
              {"dilation", {dilation, dilation}}, {"pad", {pad, pad}}};
    return s;
  };
  for (const char *kind : {"max_pool", "avg_pool"}) {
    check(spec(kind, 11, 13, 3, 2, 1, 1, 6), l);
    check(spec(kind, 4, 5, 2, 2, 1, 0, 3), l);  // the last windows hang over the edge, one lies outside
    check(spec(kind, 9, 9, 3, 1, 2, 2, 9), l);
  }
  checkSecondResult(spec("max_pool", 11, 13, 3, 2, 1, 1, 6), l, 0);
  KernelSpec counted = spec("avg_pool", 5, 5, 3, 2, 1, 1, 3);
  counted.ints["count_include_pad"] = {1};
  counted.ints["padded"] = {7, 7};
  check(counted, l);
}

KernelSpec pointwiseSpec(const std::string &op, std::vector<int64_t> size, std::vector<std::vector<int64_t>> strides) {
  KernelSpec s;
  s.kind = "pointwise";
  s.words["op"] = op;
  s.ints["size"] = std::move(size);
  s.ints["out_strides"] = strides[0];
  for (size_t i = 1; i < strides.size(); i++)
    s.ints["in" + std::to_string(i - 1) + "_strides"] = strides[i];
  return s;
}

TEST_P(Kernels, PointwiseOps) {
  const Level &l = GetParam();
  const std::vector<int64_t> size = {5, 7, 1, 3, 1, 1}, flat = {1, 5, 35, 35, 105, 105}, bordered = {1, 9, 0, 80, 0, 0};
  for (const char *op : {"add", "sub", "mul", "div", "min", "max"})
    check(pointwiseSpec(op, size, {bordered, bordered, flat}), l, 0);
  check(pointwiseSpec("add", size, {flat, flat, flat}), l);
  check(pointwiseSpec("mul", size, {bordered, flat, {0, 1, 0, 0, 0, 0}}), l);
  check(pointwiseSpec("mul_add", size, {flat, flat, {0, 0, 0, 1, 0, 0}, {1, 0, 0, 5, 0, 0}}), l);
  KernelSpec fill = pointwiseSpec("fill", size, {bordered});
  fill.floats["value"] = 0.1;
  check(fill, l);
  KernelSpec unary = pointwiseSpec("copy", {1003, 1, 1, 1, 1, 1}, {{1, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0}});
  for (const char *act : {"relu", "sigmoid"}) {
    unary.words["act"] = act;
    check(unary, l, 0);
  }
}

// Quotients of random numbers spread over many powers of two.
TEST_P(Kernels, ActivationsOverTheirRange) {
  const Level &l = GetParam();
  const std::vector<int64_t> row = {1, 0, 0, 0, 0, 0};
  for (const char *act : {"tanh", "elu", "softplus", "mish", "gelu", "gelu_tanh", "erf", "abs", "hard_swish"}) {
    KernelSpec s = pointwiseSpec("div", {4001, 1, 1, 1, 1, 1}, {row, row, row});
    s.words["act"] = act;
    s.floats = {{"alpha", 1.25}, {"beta", 0.75}};
    check(s, l);
  }
  KernelSpec exponential = pointwiseSpec("copy", {1003, 1, 1, 1, 1, 1}, {row, row});
  exponential.words["act"] = "exp";
  check(exponential, l);
  KernelSpec root = exponential;
  root.words["act"] = "sqrt";
  std::vector<float> in(1003), out(1003);
  for (size_t i = 0; i < in.size(); i++)
    in[i] = std::ldexp(1 + static_cast<float>(i) / 1024, static_cast<int>(i % 80) - 40);
  CallableKernel(root, l.machine)({in.data(), out.data()});
  for (size_t i = 0; i < in.size(); i++)
    EXPECT_EQ(out[i], std::sqrt(in[i]));
}

TEST_P(Kernels, PointwiseLayouts) {
  const Level &l = GetParam();
  const int64_t b = l.machine.block, w = 5, h = 3;
  check(pointwiseSpec("copy", {b, w, h, 2, 1, 1}, {{1, b, b * w, b * w * h, 0, 0}, {w * h, 1, w, b * w * h, 0, 0}}), l);  // NCHW to blocks
  check(pointwiseSpec("copy", {w, h, b, 2, 1, 1}, {{1, w, w * h, b * w * h, 0, 0}, {b, b * w, 1, b * w * h, 0, 0}}), l);  // and back
  check(pointwiseSpec("copy", {w, h, 3, 1, 1, 1}, {{1, w + 4, 100, 0, 0, 0}, {3, 3 * w, 1, 0, 0, 0}}), l);                // NHWC to a bordered NCHW
  check(pointwiseSpec("copy", {17, 19, 1, 1, 1, 1}, {{19, 1, 0, 0, 0, 0}, {1, 17, 0, 0, 0, 0}}), l);                      // transpose
  check(pointwiseSpec("copy", {4, 3, 1, 1, 1, 1}, {{1, 4, 0, 0, 0, 0}, {2, 24, 0, 0, 0, 0}}), l);                         // strided slice
  check(pointwiseSpec("copy", {1, 1, 1, 1, 1, 1}, {{0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}}), l);
}

TEST_P(Kernels, Reductions) {
  const Level &l = GetParam();
  const int64_t b = l.machine.block;
  for (const char *op : {"mean", "mean_square", "sum", "max"})
    for (int64_t c : {b, b - 3, int64_t(1)}) {
      KernelSpec s;
      s.kind = "reduce";
      s.words["op"] = op;
      s.ints = {{"size", {c, c == b ? 6 : 1}}, {"pixels", {5, 4}}, {"in_strides", {b, b * 7, b * 40}}, {"out_stride", {b}}};
      check(s, l);
    }
}

TEST_P(Kernels, WinogradTransforms) {
  const Level &l = GetParam();
  const int64_t b = l.machine.block;
  for (auto [m, stride] : {std::pair<int64_t, int64_t>{2, 1}, {4, 1}, {2, 2}, {4, 2}}) {
    KernelSpec in;
    in.kind = "winograd_in";
    in.ints = {{"output_tile", {m}}, {"stride", {stride}}, {"tiles", {3, 2}}, {"block", {b}}, {"in_strides", {b, 27 * b}},
               {"out_strides", {b, 3 * b, 7 * b}}};
    check(in, l);
    for (auto [w, h] : {std::pair<int64_t, int64_t>{8, 4}, {5, 3}, {1, 1}, {7, 6}}) {  // most end in a part of a tile
      const int64_t tiles = (w + m - 1) / m, rows = (h + m - 1) / m;
      KernelSpec out;
      out.kind = "winograd_out";
      out.ints = {{"output_tile", {m}}, {"stride", {stride}}, {"size", {w, h}}, {"block", {b}},
                  {"in_strides", {b, tiles * b, tiles * rows * b}}, {"out_strides", {b, (w + 2) * b}}};
      out.words["act"] = "relu";
      check(out, l);
      out.ints["res_strides"] = {b, w * b};
      check(out, l);
      out.ints["res_strides"] = out.ints["out_strides"];
      check(out, l, 2);
      checkSecondResult(out, l, 2);
    }
  }
}

TEST_P(Kernels, Softmax) {
  const Level &l = GetParam();
  for (const char *op : {"softmax", "log_softmax"}) {
    KernelSpec s;
    s.kind = "softmax";
    s.words["op"] = op;
    s.ints = {{"size", {101, 1, 2}}, {"strides", {1, 1, 101}}, {"out_strides", {1, 1, 101}}};
    check(s, l, 0);
    s.ints = {{"size", {3, 21, 2}}, {"strides", {21, 1, 63}}, {"out_strides", {25, 1, 75}}};
    check(s, l);
    s.ints["strides"] = s.ints["out_strides"];
    check(s, l, 0);
    s.ints = {{"size", {2, 1, 3}}, {"strides", {1, 1, 2}}, {"out_strides", {1, 1, 2}}};
    check(s, l);
  }
}

// NaN and infinity come out where plain loops have them.
TEST_P(Kernels, NanAndInfinityPropagate) {
  const Level &l = GetParam();
  const float nan = std::nanf(""), inf = INFINITY;
  for (const char *act : {"none", "relu", "clip", "leaky_relu", "sigmoid", "silu", "hard_sigmoid", "hard_swish", "tanh", "elu",
                          "softplus", "mish", "gelu", "gelu_tanh", "erf", "exp", "abs"}) {
    KernelSpec s = pointwiseSpec("copy", {20, 1, 1, 1, 1, 1}, {{1, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0}});
    s.words["act"] = act;
    s.floats = {{"alpha", 0.25}, {"beta", 1}};
    std::vector<float> in(20, nan), out(20, 0);
    in[1] = inf, in[18] = -inf, in[3] = 1;
    CallableKernel(s, l.machine)({in.data(), out.data()});
    SCOPED_TRACE(l.name + " " + act);
    EXPECT_TRUE(std::isnan(out[0]) && std::isnan(out[19]));
    EXPECT_FALSE(std::isnan(out[3]));
    EXPECT_TRUE(out[1] == inf || out[1] == 1) << out[1];
  }
  KernelSpec s = convSpec(l.machine, 3, 1, 1, 1, 1, 1, 1, 1, 1, "relu");
  const std::vector<size_t> sizes = operandSizes(s);
  std::vector<float> in(sizes[0], 1), w(sizes[1], 1), bias(sizes[2], 0), out(sizes[3], 0);
  in[0] = nan, in[static_cast<size_t>(l.machine.block)] = inf;
  CallableKernel(s, l.machine)({in.data(), w.data(), bias.data(), out.data()});
  const size_t b = static_cast<size_t>(l.machine.block);
  EXPECT_TRUE(std::isnan(out[0]));
  EXPECT_EQ(out[b], inf);
  EXPECT_EQ(out[2 * b], static_cast<float>(b));
}

INSTANTIATE_TEST_SUITE_P(Levels, Kernels, testing::ValuesIn(runnableLevels()), levelName);

}  // namespace
