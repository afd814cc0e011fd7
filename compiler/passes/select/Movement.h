// What assign-layout and the lowering of data movement must agree on.
#pragma once
#include "compiler/ir/Rn.h"

namespace resnetc {

// Whether a pad puts zeros around the pixels of an image and does nothing else: a border of zeros is the same.
bool padsPixelsWithZeros(rn::PadOp pad);

} // namespace resnetc
