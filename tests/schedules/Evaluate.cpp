#include "tests/schedules/Evaluate.h"
#include "schedules/WeightStreams.h"
#include "schedules/Winograd.h"
#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace resnetc {

double gammaOf(double terms) { return terms / (1 << 24) / (1 - terms / (1 << 24)); }

namespace {

constexpr double Unit = 1.0 / (1 << 24);
// One element past the largest offset of a strided box.
size_t span(const std::vector<int64_t> &extents, const std::vector<int64_t> &strides) {
  int64_t last = 0;
  for (size_t i = 0; i < extents.size(); i++)
    last += (extents[i] - 1) * strides[i];
  return static_cast<size_t>(last) + 1;
}

std::vector<int64_t> withLane(const KernelSpec &spec, const std::string &key) {
  std::vector<int64_t> strides = spec.list(key);
  strides.insert(strides.begin(), 1);
  return strides;
}

size_t at(const std::vector<int64_t> &strides, std::initializer_list<int64_t> index) {
  int64_t offset = 0;
  size_t d = 0;
  for (int64_t i : index)
    offset += i * strides[d++];
  return static_cast<size_t>(offset);
}

double activation(const KernelSpec &s, double x) {
  const std::string act = s.word("act", "none");
  const double alpha = static_cast<float>(s.real("alpha", 0)), beta = static_cast<float>(s.real("beta", 0));
  if (act == "relu") return std::max(x, 0.0);
  if (act == "clip") return std::min(std::max(x, alpha), beta);
  if (act == "leaky_relu") return x < 0 ? alpha * x : x;
  if (act == "sigmoid") return 1 / (1 + std::exp(-x));
  if (act == "silu") return x / (1 + std::exp(-x));
  if (act == "hard_sigmoid") return std::min(std::max(alpha * x + beta, 0.0), 1.0);
  if (act == "hard_swish") return x * std::min(std::max(alpha * x + beta, 0.0), 1.0);
  if (act == "tanh") return std::tanh(x);
  if (act == "elu") return beta * (x < 0 ? alpha * std::expm1(x) : x);
  if (act == "softplus") return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
  if (act == "mish") return x * std::tanh(std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))));
  if (act == "gelu") return 0.5 * x * (1 + std::erf(x * std::sqrt(0.5)));
  if (act == "gelu_tanh") return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  if (act == "erf") return std::erf(x);
  if (act == "exp") return std::exp(x);
  if (act == "sqrt") return std::sqrt(x);
  if (act == "abs") return std::fabs(x);
  if (act != "none") throw std::logic_error(act);
  return x;
}

void visitActivated(const KernelSpec &s, size_t offset, double exact, double error, const Visit &visit) {
  double slope = std::max(2.0, std::fabs(s.real("alpha", 0)));  // hard_swish: 2 - beta; gelu, erf, mish: 1.13; most: 1
  if (s.word("act", "none") == "elu")
    slope = std::fabs(s.real("beta", 0)) * std::max(1.0, std::fabs(s.real("alpha", 0)));
  if (s.word("act", "none") == "exp")
    slope = std::exp(exact + error);
  const double y = activation(s, exact);
  const double own = s.word("act", "none") == "none" ? 0 : 16 * Unit * (std::fabs(y) + std::fabs(exact) + std::fabs(s.real("beta", 0)));
  visit(offset, y, slope * error + own + 1e-37);
}

std::vector<int64_t> convInput(const KernelSpec &s) {
  return {s.at("in", 0), (s.at("size", 0) - 1) * s.at("stride", 0) + (s.at("kernel", 0) - 1) * s.at("dilation", 0) + 1,
          (s.at("size", 1) - 1) * s.at("stride", 1) + (s.at("kernel", 1) - 1) * s.at("dilation", 1) + 1, s.at("in", 1)};
}

std::vector<int64_t> blocked(const KernelSpec &s) { return {s.at("block"), s.at("size", 0), s.at("size", 1), s.at("size", 2)}; }

void conv(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const auto out = withLane(s, "out_strides"), ins = withLane(s, "in_strides");
  const auto res = s.has("res_strides") ? withLane(s, "res_strides") : out;
  const int64_t b = s.at("block"), kb = s.at("size", 2), kw = s.at("kernel", 0), kh = s.at("kernel", 1), ci = s.at("in", 0);
  const int64_t blocks = kb / weightStreams(kb), width = b * blocks;  // of a stream of weights
  const std::vector<int64_t> ws = {1, b, width, width * ci, width * ci * kw, width * ci * kw * kh, width * ci * kw * kh * s.at("in", 1)};
  for (int64_t k = 0; k < kb; k++)
    for (int64_t y = 0; y < s.at("size", 1); y++)
      for (int64_t x = 0; x < s.at("size", 0); x++)
        for (int64_t c = 0; c < b; c++) {
          double sum = in[2][static_cast<size_t>(k * b + c)], size = std::fabs(sum);
          for (int64_t ib = 0; ib < s.at("in", 1); ib++)
            for (int64_t ky = 0; ky < kh; ky++)
              for (int64_t kx = 0; kx < kw; kx++)
                for (int64_t i = 0; i < ci; i++) {
                  const double term = double(in[1][at(ws, {c, k % blocks, i, kx, ky, ib, k / blocks})]) *
                                      in[0][at(ins, {i, x * s.at("stride", 0) + kx * s.at("dilation", 0),
                                                    y * s.at("stride", 1) + ky * s.at("dilation", 1), ib})];
                  sum += term, size += std::fabs(term);
                }
          if (s.has("res_strides")) {
            const double r = in[3][at(res, {c, x, y, k})];
            sum += r, size += std::fabs(r);
          }
          visitActivated(s, at(out, {c, x, y, k}), sum, gammaOf(double(s.at("in", 1) * ci * kw * kh + 3)) * size, visit);
        }
}

// sum of left[i] * d(i, j) * right[j], and of its terms' sizes
template <typename D> std::pair<double, double> twoSided(const std::vector<double> &left, const std::vector<double> &right, D d) {
  double sum = 0, size = 0;
  for (size_t i = 0; i < left.size(); i++)
    for (size_t j = 0; j < right.size(); j++) {
      const double term = left[i] * right[j] * static_cast<double>(d(static_cast<int64_t>(i), static_cast<int64_t>(j)));
      sum += term, size += std::fabs(term);
    }
  return {sum, size};
}

void winogradIn(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const auto out = withLane(s, "out_strides"), ins = withLane(s, "in_strides");
  const int64_t m = s.at("output_tile"), n = m + 2;
  const Matrix &bt = winogradMatrices(m).bt;
  for (int64_t p = 0; p < n * n; p++)
    for (int64_t ty = 0; ty < s.at("tiles", 1); ty++)
      for (int64_t tx = 0; tx < s.at("tiles", 0); tx++)
        for (int64_t c = 0; c < s.at("block"); c++) {
          auto [sum, size] = twoSided(bt[p / n], bt[p % n], [&](int64_t i, int64_t j) { return in[0][at(ins, {c, m * tx + j, m * ty + i})]; });
          visit(at(out, {c, tx, ty, p}), sum, gammaOf(2 * WinogradLineRoundings) * size);
        }
}

void winogradOut(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const auto out = withLane(s, "out_strides"), ins = withLane(s, "in_strides");
  const auto res = s.has("res_strides") ? withLane(s, "res_strides") : out;
  const int64_t m = s.at("output_tile"), n = m + 2;
  const Matrix &matrix = winogradMatrices(m).at;
  for (int64_t y = 0; y < s.at("size", 1); y++)
    for (int64_t x = 0; x < s.at("size", 0); x++)
      for (int64_t c = 0; c < s.at("block"); c++) {
        auto [sum, size] = twoSided(matrix[y % m], matrix[x % m],
                                    [&](int64_t i, int64_t j) { return in[0][at(ins, {c, x / m, y / m, i * n + j})]; });
        sum += in[1][static_cast<size_t>(c)], size += std::fabs(in[1][static_cast<size_t>(c)]);
        if (s.has("res_strides")) {
          const double r = in[2][at(res, {c, x, y})];
          sum += r, size += std::fabs(r);
        }
        visitActivated(s, at(out, {c, x, y}), sum, gammaOf(2 * WinogradLineRoundings + 2) * size, visit);
      }
}

void pool(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const auto out = withLane(s, "out_strides"), ins = withLane(s, "in_strides");
  const bool average = s.kind == "avg_pool", padded = s.has("count_include_pad") && s.at("count_include_pad");
  for (int64_t k = 0; k < s.at("size", 2); k++)
    for (int64_t y = 0; y < s.at("size", 1); y++)
      for (int64_t x = 0; x < s.at("size", 0); x++)
        for (int64_t c = 0; c < s.at("block"); c++) {
          double sum = 0, size = 0, largest = -INFINITY;
          int64_t taps = 0;
          for (int64_t ky = 0; ky < s.at("kernel", 1); ky++)
            for (int64_t kx = 0; kx < s.at("kernel", 0); kx++) {
              const int64_t px = x * s.at("stride", 0) + kx * s.at("dilation", 0) - s.at("pad", 0);
              const int64_t py = y * s.at("stride", 1) + ky * s.at("dilation", 1) - s.at("pad", 1);
              const bool inside = px >= 0 && py >= 0 && px < s.at("in_size", 0) && py < s.at("in_size", 1);
              if (padded)
                taps += px + s.at("pad", 0) < s.at("padded", 0) && py + s.at("pad", 1) < s.at("padded", 1);
              else
                taps += inside;
              if (inside) {
                const double v = in[0][at(ins, {c, px, py, k})];
                sum += v, size += std::fabs(v), largest = std::max(largest, v);
              }
            }
          const double n = double(std::max<int64_t>(taps, 1));
          if (average)
            visit(at(out, {c, x, y, k}), sum / n, gammaOf(n + 2) * size / n);
          else
            visit(at(out, {c, x, y, k}), largest, 0);
        }
}

void pointwise(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const std::string op = s.words.at("op");
  std::vector<int64_t> index(6, 0);
  auto offset = [&](const std::string &key) {
    int64_t o = 0;
    for (size_t d = 0; d < 6; d++)
      o += index[d] * s.at(key, d);
    return static_cast<size_t>(o);
  };
  while (index[5] < s.at("size", 5)) {
    double v[3] = {};
    for (size_t i = 0; i < in.size(); i++)
      v[i] = in[i][offset("in" + std::to_string(i) + "_strides")];
    double y = op == "copy" ? v[0] : op == "fill" ? static_cast<float>(s.real("value", 0)) : op == "add" ? v[0] + v[1] : op == "sub" ? v[0] - v[1]
               : op == "mul" ? v[0] * v[1] : op == "div" ? v[0] / v[1] : op == "min" ? std::min(v[0], v[1])
               : op == "max" ? std::max(v[0], v[1]) : v[0] * v[1] + v[2];
    visitActivated(s, offset("out_strides"), y, 3 * Unit * (std::fabs(y) + std::fabs(v[2])), visit);
    for (size_t d = 0; d < 6; d++) {
      if (++index[d] < s.at("size", d) || d == 5)
        break;
      index[d] = 0;
    }
  }
}

void reduce(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const auto ins = withLane(s, "in_strides");
  const std::string op = s.words.at("op");
  const double n = double(s.at("pixels", 0) * s.at("pixels", 1));
  for (int64_t k = 0; k < s.at("size", 1); k++)
    for (int64_t c = 0; c < s.at("size", 0); c++) {
      double sum = 0, size = 0, largest = -INFINITY;
      for (int64_t y = 0; y < s.at("pixels", 1); y++)
        for (int64_t x = 0; x < s.at("pixels", 0); x++) {
          const double v = in[0][at(ins, {c, x, y, k})];
          sum += v, size += std::fabs(v), largest = std::max(largest, v);
        }
      const double scale = op == "mean" ? n : 1;
      visit(static_cast<size_t>(c + k * s.at("out_stride")), op == "max" ? largest : sum / scale,
            op == "max" ? 0 : gammaOf(n + 1) * size / scale);
    }
}

void softmax(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const auto &size = s.list("size"), &ins = s.list("strides"), &out = s.list("out_strides");
  for (int64_t o = 0; o < size[2]; o++)
    for (int64_t i = 0; i < size[1]; i++) {
      double largest = -INFINITY, sum = 0;
      for (int64_t a = 0; a < size[0]; a++)
        largest = std::max(largest, double(in[0][at(ins, {a, i, o})]));
      for (int64_t a = 0; a < size[0]; a++)
        sum += std::exp(in[0][at(ins, {a, i, o})] - largest);
      for (int64_t a = 0; a < size[0]; a++) {
        const double x = in[0][at(ins, {a, i, o})] - largest, relative = gammaOf(double(size[0])) + (12 + 2 * std::fabs(x)) * Unit;
        if (s.words.at("op") == "softmax")
          visit(at(out, {a, i, o}), std::exp(x) / sum, relative * std::exp(x) / sum + 1e-37);
        else
          visit(at(out, {a, i, o}), x - std::log(sum), relative + 4 * Unit * (std::fabs(x) + std::log(sum)));
      }
    }
}

}  // namespace

std::vector<size_t> operandSizes(const KernelSpec &s) {
  if (s.kind == "conv") {
    std::vector<size_t> sizes = {span(convInput(s), withLane(s, "in_strides")),
                                 static_cast<size_t>(s.at("in", 0) * s.at("in", 1) * s.at("kernel", 0) * s.at("kernel", 1) * s.at("size", 2) * s.at("block")),
                                 static_cast<size_t>(s.at("size", 2) * s.at("block"))};
    if (s.has("res_strides"))
      sizes.push_back(span(blocked(s), withLane(s, "res_strides")));
    sizes.push_back(span(blocked(s), withLane(s, "out_strides")));
    return sizes;
  }
  if (s.kind == "max_pool" || s.kind == "avg_pool")
    return {span({s.at("block"), s.at("in_size", 0), s.at("in_size", 1), s.at("size", 2)}, withLane(s, "in_strides")),
            span(blocked(s), withLane(s, "out_strides"))};
  if (s.kind == "winograd_in") {
    const int64_t m = s.at("output_tile"), n = m + 2;
    return {span({s.at("block"), m * s.at("tiles", 0) + 2, m * s.at("tiles", 1) + 2}, withLane(s, "in_strides")),
            span({s.at("block"), s.at("tiles", 0), s.at("tiles", 1), n * n}, withLane(s, "out_strides"))};
  }
  if (s.kind == "winograd_out") {
    const std::vector<int64_t> pixels = {s.at("block"), s.at("size", 0), s.at("size", 1)};
    const int64_t m = s.at("output_tile"), n = m + 2;
    std::vector<size_t> sizes = {span({s.at("block"), (s.at("size", 0) + m - 1) / m, (s.at("size", 1) + m - 1) / m, n * n}, withLane(s, "in_strides")),
                                 static_cast<size_t>(s.at("block"))};
    if (s.has("res_strides"))
      sizes.push_back(span(pixels, withLane(s, "res_strides")));
    sizes.push_back(span(pixels, withLane(s, "out_strides")));
    return sizes;
  }
  if (s.kind == "reduce")
    return {span({s.at("size", 0), s.at("pixels", 0), s.at("pixels", 1), s.at("size", 1)}, withLane(s, "in_strides")),
            span(s.list("size"), {1, s.at("out_stride")})};
  if (s.kind == "softmax")
    return {span(s.list("size"), s.list("strides")), span(s.list("size"), s.list("out_strides"))};
  std::vector<size_t> sizes;
  for (const char *key : {"in0_strides", "in1_strides", "in2_strides", "out_strides"})
    if (s.has(key))
      sizes.push_back(span(s.list("size"), s.list(key)));
  return sizes;
}

void evaluate(const KernelSpec &spec, const Operands &in, const Visit &visit) {
  if (spec.kind == "conv")
    return conv(spec, in, visit);
  if (spec.kind == "max_pool" || spec.kind == "avg_pool")
    return pool(spec, in, visit);
  if (spec.kind == "pointwise")
    return pointwise(spec, in, visit);
  if (spec.kind == "reduce")
    return reduce(spec, in, visit);
  if (spec.kind == "winograd_in")
    return winogradIn(spec, in, visit);
  if (spec.kind == "winograd_out")
    return winogradOut(spec, in, visit);
  if (spec.kind == "softmax")
    return softmax(spec, in, visit);
  throw std::logic_error("no plain loops for " + spec.kind);
}

}  // namespace resnetc
