// The order of a convolution's weights in memory, as its kernel and whoever packs them see it.
#pragma once
#include <cstdint>

namespace resnetc {

// Into how many streams the weights of channel blocks that are computed together are cut: a core reads two further
// ahead than one.
constexpr int64_t weightStreams(int64_t blocks) { return blocks % 2 ? 1 : 2; }

} // namespace resnetc
