// When a convolution can be computed by Winograd's F(m x m, 3x3), and what it then needs of its input.
#pragma once
#include "compiler/ir/Rn.h"
#include "compiler/ir/Shapes.h"

namespace resnetc {

// 3x3, no strides, dilation or groups, enough channels. Whether it pays, and with which m, the machine decides.
bool suitsWinograd(rn::Conv2dOp conv);
// Pads top, left, bottom, right that the input's border must have for every m: whole tiles read further than the image.
Shape winogradPads(rn::Conv2dOp conv);

} // namespace resnetc
