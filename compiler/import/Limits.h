// How large a model may be. Beyond these a file is refused with R06x: no file of a megabyte costs seconds or gigabytes.
#pragma once
#include <cstdint>

namespace resnetc::limits {
inline constexpr int64_t kFileBytes = INT32_MAX;                // protobuf's own limit
inline constexpr int kNesting = 64;                             // messages in messages
inline constexpr int64_t kNodes = 100000;                       // nodes, initializers, inputs, outputs: each
inline constexpr int kFunctions = 10000, kFunctionDepth = 64;   // of the model's own, and of calls in calls
inline constexpr int64_t kElements = INT32_MAX;                 // of one tensor
inline constexpr int64_t kGeneratedElements = int64_t(1) << 28; // of all constants of one number (ConstantOfShape)
inline constexpr int64_t kComputedElements = int64_t(1) << 22;  // of all numbers computed while importing, as double
inline constexpr int64_t kRank = 6; // what the kernels can walk
inline constexpr int64_t kAttributeValue = INT32_MAX; // strides, kernels, pads
} // namespace resnetc::limits
