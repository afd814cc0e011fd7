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

double activation(const KernelSpec &s, double x, const std::string &prefix) {
  const std::string act = s.word(prefix + "act", "none");
  const double alpha = static_cast<float>(s.real(prefix + "alpha", 0)), beta = static_cast<float>(s.real(prefix + "beta", 0));
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

struct Value {
  double exact, error;
};

Value activated(const KernelSpec &s, Value x, const std::string &prefix = "") {
  const std::string act = s.word(prefix + "act", "none");
  if (act == "none")
    return x;
  double slope = std::max(2.0, std::fabs(s.real(prefix + "alpha", 0)));  // hard_swish: 2 - beta; gelu, erf, mish: 1.13; most: 1
  if (act == "elu")
    slope = std::fabs(s.real(prefix + "beta", 0)) * std::max(1.0, std::fabs(s.real(prefix + "alpha", 0)));
  if (act == "exp")
    slope = std::exp(x.exact + x.error);
  const double y = activation(s, x.exact, prefix);
  return {y, slope * x.error + 16 * Unit * (std::fabs(y) + std::fabs(x.exact) + std::fabs(s.real(prefix + "beta", 0))) + 1e-37};
}

// What schedules/algorithms/Epilogue.h makes of a value at (lane, x, y, perhaps block). Its operands start at in[next].
void visitEpilogue(const KernelSpec &s, const Operands &in, size_t next, std::vector<int64_t> index, Value value, const Visit &visit) {
  auto offset = [&](const char *key) {
    const std::vector<int64_t> strides = withLane(s, key);
    int64_t o = 0;
    for (size_t d = 0; d < index.size(); d++)
      o += index[d] * strides[d];
    return static_cast<size_t>(o);
  };
  const int64_t firstBlock = s.has("res_blocks") ? s.at("res_blocks") : 0, blocks = s.has("res_blocks") ? s.at("res_blocks", 1) : INT64_MAX;
  const bool hasBlock = index.size() < 4 || (index[3] >= firstBlock && index[3] < firstBlock + blocks);
  if (s.has("res_strides") && !hasBlock)
    next++;
  if (s.has("res_strides") && hasBlock) {
    const size_t skipped = firstBlock ? static_cast<size_t>(firstBlock * s.at("res_strides", 2)) : 0;
    const double r = in[next++][offset("res_strides") - skipped];
    value = {value.exact + r, value.error + gammaOf(2) * (std::fabs(value.exact) + std::fabs(r))};
  }
  value = activated(s, value);
  if (s.has("out_strides"))
    visit(0, offset("out_strides"), value.exact, value.error);
  if (!s.has("preact_strides"))
    return;
  const auto channel = static_cast<size_t>(index[0] + (index.size() > 3 ? index[3] * s.at("block") : 0));
  const double scale = in[next][channel], shift = in[next + 1][channel], product = value.exact * scale;
  const double error = std::fabs(scale) * value.error + gammaOf(2) * (std::fabs(product) + std::fabs(shift));
  value = activated(s, {product + shift, error}, "preact_");
  visit(outputCount(s) - 1, offset("preact_strides"), value.exact, value.error);
}

std::vector<int64_t> convInput(const KernelSpec &s) {
  return {s.at("in", 0), (s.at("size", 0) - 1) * s.at("stride", 0) + (s.at("kernel", 0) - 1) * s.at("dilation", 0) + 1,
          (s.at("size", 1) - 1) * s.at("stride", 1) + (s.at("kernel", 1) - 1) * s.at("dilation", 1) + 1, s.at("in", 1)};
}

std::vector<int64_t> blocked(const KernelSpec &s) {
  if (!s.has("row"))
    return {s.at("block"), s.at("size", 0), s.at("size", 1), s.at("size", 2)};
  return {s.at("block"), s.at("row"), (s.at("row", 1) + s.at("size", 0) - 1) / s.at("row") + 1, s.at("size", 2)};
}

void conv(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const auto ins = withLane(s, "in_strides");
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
          visitEpilogue(s, in, 3, {c, x, y, k}, {sum, gammaOf(double(s.at("in", 1) * ci * kw * kh + 2)) * size}, visit);
        }
}

// The sum of the three parts of a number whose words lie `apart`: one half of each.
double ofParts(const std::vector<float> &words, size_t at, size_t apart, bool isHigh) {
  double sum = 0;
  for (size_t part = 0; part < 3; part++) {
    const uint32_t bits = bitsOf(words[at + part * apart]);
    sum += floatOf(isHigh ? bits & 0xffff0000u : bits << 16);
  }
  return sum;
}

// A term is three products and what is left out, at most 2 units of it; then sums.
void splitProduct(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const int64_t b = s.at("block"), nb = s.at("tile", 2), taps = static_cast<int64_t>(s.list("taps").size()), pairs = s.at("pairs");
  for (int64_t k = 0; k < s.at("size", 2); k++)
    for (int64_t y = 0; y < s.at("size", 1); y++)
      for (int64_t x = 0; x < s.at("size", 0); x++)
        for (int64_t c = 0; c < b; c++) {
          double sum = in[2][static_cast<size_t>(k * b + c)], size = std::fabs(sum);
          for (int64_t p = 0; p < pairs; p++)
            for (int64_t tap = 0; tap < taps; tap++)
              for (int64_t i = 0; i < 2 * b; i++) {
                const int64_t pixel = s.list("taps")[static_cast<size_t>(tap)] + i / 2 + x * s.at("in_strides") + y * s.at("in_strides", 1) + p * s.at("in_strides", 3);
                const int64_t ofPart = pairs * taps * nb * b * b, weight = k / nb * 3 * ofPart + (((p * taps + tap) * nb + k % nb) * b + i / 2) * b + c;
                const double term = ofParts(in[0], static_cast<size_t>(pixel), static_cast<size_t>(s.at("in_strides", 2)), i % 2) *
                                    ofParts(in[1], static_cast<size_t>(weight), static_cast<size_t>(ofPart), i % 2);
                sum += term, size += std::fabs(term);
              }
          visitEpilogue(s, in, 3, {c, x, y, k}, {sum, gammaOf(double(6 * 2 * b * pairs * taps + 4)) * size}, visit);
        }
}

// The roundings of each pair: both factors, the sum; those of the start and of the end. They are relative to sums of the sizes of
// (x0 + w1)(x1 + w0), x0 x1 and w0 w1.
void innerProduct(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const auto ins = withLane(s, "in_strides");
  const int64_t b = s.at("block"), pairs = s.at("in", 1) / 2;
  const bool isShared = s.word("scalars", "") == "shared";
  const std::vector<int64_t> ws = {1, b, 2 * b, 2 * b * b, 2 * b * b * pairs};
  for (int64_t k = 0; k < s.at("size", 2); k++)
    for (int64_t y = 0; y < s.at("size", 1); y++)
      for (int64_t x = 0; x < s.at("size", 0); x++)
        for (int64_t c = 0; c < b; c++) {
          double sum = 0, size = 0;
          for (int64_t p = 0; p < pairs; p++)
            for (int64_t i = 0; i < b; i++) {
              const int64_t lane = k % 2 && !isShared ? b - 1 - i : i;
              const double w0 = in[1][at(ws, {c, 0, lane, p, k})], w1 = in[1][at(ws, {c, 1, lane, p, k})];
              const double x0 = in[0][at(ins, {i, x, y, 2 * p})], x1 = in[0][at(ins, {i, x, y, 2 * p + 1})];
              sum += w0 * x0 + w1 * x1;
              size += (std::fabs(x0) + std::fabs(w1)) * (std::fabs(x1) + std::fabs(w0)) + std::fabs(x0 * x1) + std::fabs(w0 * w1);
            }
          const double scale = in[3][at({1, b, 2 * b}, {c, 1, k})], bias = in[2][static_cast<size_t>(k * b + c)];
          const double roundings = double(3 * pairs * b + 4);
          const int64_t row = s.has("row") ? s.at("row") : s.at("size"), pixel = x + (s.has("row") ? s.at("row", 1) : 0);
          visitEpilogue(s, in, 5, {c, pixel % row, y + pixel / row, k}, {sum * scale + bias, gammaOf(roundings) * (size * std::fabs(scale) + std::fabs(bias))}, visit);
        }
}

void pairSums(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const auto ins = withLane(s, "in_strides");
  for (int64_t y = 0; y < s.at("size", 1); y++)
    for (int64_t x = 0; x < s.at("size", 0); x++) {
      double sum = 0, size = 0;
      for (int64_t p = 0; p < s.at("in", 1) / 2; p++)
        for (int64_t i = 0; i < s.at("in", 0); i++) {
          const double term = double(in[0][at(ins, {i, x, y, 2 * p})]) * in[0][at(ins, {i, x, y, 2 * p + 1})];
          sum += term, size += std::fabs(term);
        }
      visit(0, static_cast<size_t>(x + y * s.at("out_strides")), sum, gammaOf(double(s.at("in", 0) * s.at("in", 1) / 2)) * size);
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
  const int64_t m = s.at("output_tile"), stride = s.at("stride"), n = winogradWindow(m, stride), step = m * stride;
  const Matrix &bt = winogradMatrices(m, stride).bt;
  for (int64_t p = 0; p < n * n; p++)
    for (int64_t ty = 0; ty < s.at("tiles", 1); ty++)
      for (int64_t tx = 0; tx < s.at("tiles", 0); tx++)
        for (int64_t c = 0; c < s.at("block"); c++) {
          auto [sum, size] = twoSided(bt[p / n], bt[p % n], [&](int64_t i, int64_t j) { return in[0][at(ins, {c, step * tx + j, step * ty + i})]; });
          visit(0, at(out, {c, tx, ty, p}), sum, gammaOf(2 * WinogradLineRoundings) * size);
        }
}

void winogradOut(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const auto ins = withLane(s, "in_strides");
  const int64_t m = s.at("output_tile"), n = winogradWindow(m, s.at("stride"));
  const Matrix &matrix = winogradMatrices(m, s.at("stride")).at;
  for (int64_t y = 0; y < s.at("size", 1); y++)
    for (int64_t x = 0; x < s.at("size", 0); x++)
      for (int64_t c = 0; c < s.at("block"); c++) {
        auto [sum, size] = twoSided(matrix[y % m], matrix[x % m],
                                    [&](int64_t i, int64_t j) { return in[0][at(ins, {c, x / m, y / m, i * n + j})]; });
        sum += in[1][static_cast<size_t>(c)], size += std::fabs(in[1][static_cast<size_t>(c)]);
        visitEpilogue(s, in, 2, {c, x, y}, {sum, gammaOf(2 * WinogradLineRoundings + 1) * size}, visit);
      }
}

void pool(const KernelSpec &s, const Operands &in, const Visit &visit) {
  const auto ins = withLane(s, "in_strides");
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
          visitEpilogue(s, in, 1, {c, x, y, k}, average ? Value{sum / n, gammaOf(n + 2) * size / n} : Value{largest, 0}, visit);
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
    const Value result = activated(s, {y, 3 * Unit * (std::fabs(y) + std::fabs(v[2]))});
    visit(0, offset("out_strides"), result.exact, result.error);
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
          const double term = op == "mean_square" ? v * v : v;
          sum += term, size += std::fabs(term), largest = std::max(largest, v);
        }
      const double scale = op == "mean" || op == "mean_square" ? n : 1;
      visit(0, static_cast<size_t>(c + k * s.at("out_stride")), op == "max" ? largest : sum / scale,
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
          visit(0, at(out, {a, i, o}), std::exp(x) / sum, relative * std::exp(x) / sum + 1e-37);
        else
          visit(0, at(out, {a, i, o}), x - std::log(sum), relative + 4 * Unit * (std::fabs(x) + std::log(sum)));
      }
    }
}

// Appends the operands of the epilogue over `pixels` = (lane, x, y, perhaps block).
std::vector<size_t> withEpilogue(const KernelSpec &s, std::vector<size_t> sizes, const std::vector<int64_t> &pixels) {
  if (s.has("res_strides")) {
    std::vector<int64_t> residual = pixels;
    if (s.has("res_blocks"))
      residual.back() = s.at("res_blocks", 1);
    sizes.push_back(span(residual, withLane(s, "res_strides")));
  }
  if (s.has("preact_strides"))
    sizes.insert(sizes.end(), 2, static_cast<size_t>(pixels[0] * (pixels.size() > 3 ? pixels[3] : 1)));
  for (const char *key : {"out_strides", "preact_strides"})
    if (s.has(key))
      sizes.push_back(span(pixels, withLane(s, key)));
  return sizes;
}

}  // namespace

size_t outputCount(const KernelSpec &s) { return s.has("out_strides") && s.has("preact_strides") ? 2 : 1; }

std::vector<size_t> operandSizes(const KernelSpec &s) {
  if (s.kind == "conv") {
    const auto lanes = static_cast<size_t>(s.at("size", 2) * s.at("block"));
    return withEpilogue(s, {span(convInput(s), withLane(s, "in_strides")),
                            static_cast<size_t>(s.at("in", 0) * s.at("in", 1) * s.at("kernel", 0) * s.at("kernel", 1)) * lanes, lanes},
                        blocked(s));
  }
  if (s.kind == "inner_product") {
    const auto lanes = static_cast<size_t>(s.at("size", 2) * s.at("block"));
    const size_t weights = static_cast<size_t>(s.at("in", 0) * s.at("in", 1)) * lanes;
    return withEpilogue(s, {span({s.at("in", 0), s.at("size", 0), s.at("size", 1), s.at("in", 1)}, withLane(s, "in_strides")), weights, lanes,
                            2 * lanes, span({s.at("size", 0), s.at("size", 1)}, {1, s.at("sums_stride")})}, blocked(s));
  }
  if (s.kind == "split_product") {
    const int64_t last = *std::max_element(s.list("taps").begin(), s.list("taps").end());
    const size_t pixels = span({s.at("block"), s.at("size", 0), s.at("size", 1), 3, s.at("pairs")}, withLane(s, "in_strides")) + static_cast<size_t>(last);
    const auto lanes = static_cast<size_t>(s.at("size", 2) * s.at("block"));
    return withEpilogue(s, {pixels, static_cast<size_t>(3 * s.at("block") * s.at("pairs")) * s.list("taps").size() * lanes, lanes}, blocked(s));
  }
  if (s.kind == "pair_sums")
    return {span({s.at("in", 0), s.at("size", 0), s.at("size", 1), s.at("in", 1)}, withLane(s, "in_strides")),
            span(s.list("size"), {1, s.at("out_strides")})};
  if (s.kind == "max_pool" || s.kind == "avg_pool")
    return withEpilogue(s, {span({s.at("block"), s.at("in_size", 0), s.at("in_size", 1), s.at("size", 2)}, withLane(s, "in_strides"))}, blocked(s));
  if (s.kind == "winograd_in") {
    const int64_t m = s.at("output_tile"), n = winogradWindow(m, s.at("stride")), step = m * s.at("stride");
    return {span({s.at("block"), step * (s.at("tiles", 0) - 1) + n, step * (s.at("tiles", 1) - 1) + n}, withLane(s, "in_strides")),
            span({s.at("block"), s.at("tiles", 0), s.at("tiles", 1), n * n}, withLane(s, "out_strides"))};
  }
  if (s.kind == "winograd_out") {
    const std::vector<int64_t> pixels = {s.at("block"), s.at("size", 0), s.at("size", 1)};
    const int64_t m = s.at("output_tile"), n = winogradWindow(m, s.at("stride"));
    return withEpilogue(s, {span({s.at("block"), (s.at("size", 0) + m - 1) / m, (s.at("size", 1) + m - 1) / m, n * n}, withLane(s, "in_strides")),
                            static_cast<size_t>(s.at("block"))}, pixels);
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
  if (spec.kind == "inner_product")
    return innerProduct(spec, in, visit);
  if (spec.kind == "split_product")
    return splitProduct(spec, in, visit);
  if (spec.kind == "pair_sums")
    return pairSums(spec, in, visit);
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
