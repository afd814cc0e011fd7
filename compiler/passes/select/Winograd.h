// When a convolution is computed by Winograd's F(2x2, 3x3), and what it then needs of its input.
#pragma once
#include "compiler/ir/Rn.h"
#include "compiler/ir/Shapes.h"

namespace resnetc {

// 3x3, no strides, dilation or groups; enough channels to pay for the transforms; images that are not mostly partial tiles.
bool suitsWinograd(rn::Conv2dOp conv);
// Pads top, left, bottom, right that the input's border must have: whole tiles read up to one pixel further.
Shape winogradPads(rn::Conv2dOp conv);

} // namespace resnetc
