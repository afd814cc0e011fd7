#include "compiler/passes/SplitWeights.h"
#include "llvm/ADT/bit.h"
#include <array>
#include <cmath>

namespace resnetc {
namespace {

constexpr int Parts = 3;

// The bits of the nearest bf16, which are the upper half of a float's; a tie goes to the even one. What would round to infinity is cut off.
uint32_t nearest(float x) {
  const uint32_t bits = llvm::bit_cast<uint32_t>(x), rounded = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
  return std::isfinite(x) && std::isfinite(llvm::bit_cast<float>(rounded)) ? rounded : bits & 0xffff0000u;
}

std::array<uint32_t, Parts> partsOf(float x) {
  std::array<uint32_t, Parts> parts;
  for (uint32_t &part : parts) {
    part = nearest(x);
    x -= llvm::bit_cast<float>(part);
  }
  return parts;
}

} // namespace

std::vector<uint32_t> packSplitWeights(const KernelSpec &spec, const std::vector<float> &weights) {
  const int64_t outputs = spec.at("shape"), inputs = spec.at("shape", 1), taps = spec.at("shape", 2) * spec.at("shape", 3);
  const int64_t block = spec.at("block"), pairs = spec.at("pairs"), tile = spec.at("tile"), tiles = (outputs + tile * block - 1) / (tile * block);
  std::vector<uint32_t> out(tiles * pairs * taps * Parts * tile * block * block, 0);
  const auto parts = [&](int64_t o, int64_t i, int64_t tap) { return partsOf(i < inputs ? weights[(o * inputs + i) * taps + tap] : 0.0f); };
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t p = 0; p < pairs; ++p)
      for (int64_t tap = 0; tap < taps; ++tap)
        for (int64_t lane = 0; lane < block; ++lane) {
          const auto low = parts(o, 2 * p * block + lane, tap), high = parts(o, (2 * p + 1) * block + lane, tap);
          for (int64_t part = 0; part < Parts; ++part) {
            const int64_t matrix = (((o / block / tile * Parts + part) * pairs + p) * taps + tap) * tile + o / block % tile;
            out[(matrix * block + lane) * block + o % block] = low[part] >> 16 | high[part];
          }
        }
  return out;
}

} // namespace resnetc
