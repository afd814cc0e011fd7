// The sums of a convolution in float64, as products of rows of weights and columns of gathered pixels. Each sum is
// formed in the order of its weights, whatever the number of threads (those of the operation's context).
#pragma once
#include "compiler/ir/Reference.h"
#include "compiler/ir/Rn.h"

namespace resnetc {

// sum_k weight[o, k] x[k, pixel] + bias[o], in the shape of the result; bias may be null. Pixels outside are zeros.
std::vector<double> convolve(rn::Conv2dOp op, const Tensor &x, const Tensor &weight, const Tensor *bias);

// Of each sum: the squares of its partial sums, one after each channel, times the taps of a channel.
std::vector<double> squaredPartialSums(rn::Conv2dOp op, const Tensor &x, const Tensor &weight);

} // namespace resnetc
