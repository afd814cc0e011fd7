// How large a model may be. Beyond these a file is refused with R06x: no file of a megabyte may cost seconds or gigabytes.
#pragma once
#include <cstdint>

namespace resnetc::limits {
inline constexpr int64_t kFileBytes = INT32_MAX;                // protobuf's own limit
inline constexpr int kNesting = 64;                             // messages in messages
inline constexpr int64_t kNodes = 100000;                       // nodes, initializers, inputs, outputs: each
inline constexpr int64_t kElements = INT32_MAX;                 // of one tensor
inline constexpr int64_t kFoldedElements = int64_t(256) << 20;  // of all constants computed or generated: 1 GiB of f32
inline constexpr int64_t kRank = 8;
inline constexpr int64_t kAttributeValue = INT32_MAX;           // strides, kernels, pads
} // namespace resnetc::limits
