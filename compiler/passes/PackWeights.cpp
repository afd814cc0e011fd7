// pack-weights: brings weights into the order in which kernels read them.
//   pack conv    OIHW -> [group][stream][input block][ky][kx][lane of input][block of stream][lane]; zeros between merged
//                groups and in lanes that do not exist. A stream is a channel tile or a half of one
//   pack winograd  OIHW -> U = G g G^T in double, [position][stream][input block][lane of input][block of stream][lane];
//                G of schedules/Winograd.h
//   pack inner_weights, inner_factors  what inner_product kernels read: InnerWeights.h
//   pack split_weights  what split_product kernels read: SplitWeights.h
//   pack vector  n floats -> `size` floats, zeros behind
//   pack image   [N, C, H, W] -> [N, C/b, H, W, b], ones in lanes past the last channel (a divisor may stand there)
#include "compiler/ir/Constants.h"
#include "compiler/ir/Plan.h"
#include "compiler/ir/Shapes.h"
#include "compiler/passes/InnerWeights.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/SplitWeights.h"
#include "schedules/Winograd.h"
#include "mlir/IR/BuiltinOps.h"

namespace resnetc {
#define GEN_PASS_DEF_PACKWEIGHTS
#include "compiler/passes/Passes.h.inc"

using namespace mlir;

namespace {

struct ConvPacking {
  int64_t outPerGroup, inPerGroup, kh, kw, merged, groups, block, inBlock, inBlocks, tile, tiles;

  ConvPacking(const KernelSpec &s, int64_t floats)
      : outPerGroup(s.at("shape") / s.at("groups")), inPerGroup(s.at("shape", 1)), kh(s.at("shape", 2)),
        kw(s.at("shape", 3)), merged(s.at("merged")), groups(s.at("groups") / merged), block(s.at("block")),
        inBlock(s.at("in")), inBlocks(s.at("in", 1)), tile(s.at("tile")),
        tiles(floats / (groups * inBlocks * inBlock * kh * kw * tile * block)) {}

  // The weight between output channel `o` and input channel `i`, both counted within a merged group.
  float at(const std::vector<float> &w, int64_t group, int64_t o, int64_t i, int64_t ky, int64_t kx) const {
    if (o >= outPerGroup * merged || i >= inPerGroup * merged || o / outPerGroup != i / inPerGroup)
      return 0;
    const int64_t output = group * merged * outPerGroup + o;
    return w[((output * inPerGroup + i % inPerGroup) * kh + ky) * kw + kx];
  }

  std::vector<float> run(const std::vector<float> &w) const {
    std::vector<float> out;
    out.reserve(groups * tiles * inBlocks * kh * kw * inBlock * tile * block);
    for (int64_t group = 0; group < groups; ++group)
      for (int64_t t = 0; t < tiles; ++t)
        for (int64_t ib = 0; ib < inBlocks; ++ib)
          for (int64_t ky = 0; ky < kh; ++ky)
            for (int64_t kx = 0; kx < kw; ++kx)
              for (int64_t i = 0; i < inBlock; ++i)
                for (int64_t o = t * tile * block; o < (t + 1) * tile * block; ++o)
                  out.push_back(at(w, group, o, ib * inBlock + i, ky, kx));
    return out;
  }
};

std::vector<float> packWinograd(const KernelSpec &spec, const std::vector<float> &in) {
  const int64_t outputs = spec.at("shape"), inputs = spec.at("shape", 1), block = spec.at("block"),
                inBlocks = spec.at("in", 1), tile = spec.at("tile") * block,
                tiles = (outputs + tile - 1) / tile, position = tiles * inBlocks * block * tile;
  const Matrix &g = winogradMatrices(spec.at("output_tile"), spec.at("stride")).g;
  const int64_t positions = static_cast<int64_t>(g.size() * g.size());
  std::vector<float> out(positions * position, 0.0f);
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t i = 0; i < inputs; ++i) {
      const int64_t at = (o / tile * inBlocks * block + i) * tile + o % tile;
      for (int64_t p = 0; p < positions; ++p)
        out[p * position + at] = static_cast<float>(winogradWeight(g, &in[(o * inputs + i) * 9], p));
    }
  return out;
}

std::vector<float> packImage(const KernelSpec &spec, const std::vector<float> &in) {
  const int64_t n = spec.at("shape"), c = spec.at("shape", 1), pixels = spec.at("shape", 2) * spec.at("shape", 3),
                block = spec.at("block"), blocks = (c + block - 1) / block;
  std::vector<float> out;
  for (int64_t image = 0; image < n; ++image)
    for (int64_t b = 0; b < blocks; ++b)
      for (int64_t p = 0; p < pixels; ++p)
        for (int64_t channel = b * block; channel < (b + 1) * block; ++channel)
          out.push_back(channel < c ? in[(image * c + channel) * pixels + p] : 1.0f);
  return out;
}

std::vector<float> packed(const KernelSpec &spec, std::vector<float> values, int64_t floats) {
  if (spec.kind == "conv")
    return ConvPacking(spec, floats).run(values);
  if (spec.kind == "winograd")
    return packWinograd(spec, values);
  if (spec.kind == "inner_weights")
    return packInnerWeights(spec, values);
  if (spec.kind == "inner_factors")
    return packInnerFactors(spec, values);
  if (spec.kind == "image")
    return packImage(spec, values);
  values.resize(floats, 0.0f);
  return values;
}

struct PackWeights : impl::PackWeightsBase<PackWeights> {
  void runOnOperation() override {
    for (auto buffer : getOperation().getOps<plan::BufferOp>()) {
      if (!buffer.getPack())
        continue;
      const int64_t floats = static_cast<int64_t>(buffer.getBytes() / sizeof(float));
      const KernelSpec spec = plan::specFromAttr(*buffer.getPack());
      const std::vector<float> values = constantFloats(*buffer.getValue());
      const auto typeOf = [&](Type element) { return RankedTensorType::get({floats}, element); };
      if (spec.kind == "split_weights")
        buffer.setValueAttr(makeConstant(typeOf(IntegerType::get(&getContext(), 32)), packSplitWeights(spec, values)));
      else
        buffer.setValueAttr(makeConstant(typeOf(Float32Type::get(&getContext())), packed(spec, values, floats)));
      buffer.removePackAttr();
      ++numPacked;
    }
  }
};

} // namespace
} // namespace resnetc
