// The weights of inner_product kernels (schedules/algorithms/InnerProduct.cpp).
#pragma once
#include "schedules/KernelSpec.h"
#include <vector>

namespace resnetc {

// What is known of the pixels that meet the weights: all channels alike.
struct Moments {
  double mean = 0, rms = 1;
};

// Keys of both recipes: shape=[O,I] of a 1x1 convolution, or of a 3x3 one with output_tile and stride (its Winograd transform has
// n^2 positions, each of them a 1x1 convolution); block=[b], in=[b,blocks], tile=[kb]; mean and rms of the pixels;
// and scalars=shared where the kernels are so.
//   inner_weights -> scale * w in the order of use, [position][channel tile][kb][pair][lane][2][b]
//   inner_factors -> [position][output block][2][b]: the sum over all pairs of scale^2 w0 w1; 1 / scale
// `weights` is OI or OIHW.
std::vector<float> packInnerWeights(const KernelSpec &spec, const std::vector<float> &weights);
std::vector<float> packInnerFactors(const KernelSpec &spec, const std::vector<float> &weights);

} // namespace resnetc
