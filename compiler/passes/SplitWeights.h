// The weights of split_product kernels (schedules/algorithms/SplitProduct.cpp).
#pragma once
#include "schedules/KernelSpec.h"
#include <cstdint>
#include <vector>

namespace resnetc {

// Keys of the recipe: shape=[O,I,kh,kw] of `weights`, which are OIHW; block=[16], pairs=[n] of input blocks, tile=[nb].
//   split_weights -> words of two bf16, [tile of output blocks][part][pair][ky][kx][nb][lane of input][lane of output], in the low half that of the
//                    first block of the pair; zeros for channels that do not exist
// A weight is the sum of its parts, each rounded to nearest of what the ones before
// it leave.
std::vector<uint32_t> packSplitWeights(const KernelSpec &spec, const std::vector<float> &weights);

} // namespace resnetc
