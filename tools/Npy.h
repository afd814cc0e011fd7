// NumPy's .npy files in, .npz archives out: the little of both formats that tensors need.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace resnetc {

struct NpyArray {
  std::vector<int64_t> shape;
  std::vector<float> data;
};

/// Reads a version 1 to 3 file of little-endian float32, float64 or uint8 in C order; the values become float32.
llvm::Expected<NpyArray> readNpy(llvm::StringRef path);

/// A named tensor to be written; the data stay the caller's.
struct NpzMember {
  std::string name;
  llvm::ArrayRef<int64_t> shape;
  llvm::StringRef type; // numpy's: "<f4", "<i4", "|u1"
  llvm::StringRef bytes;
};

/// Writes an uncompressed archive that numpy.load reads. The file appears whole or not at all; the same members give
/// the same bytes.
llvm::Error writeNpz(llvm::StringRef path, llvm::ArrayRef<NpzMember> members);

/// "[1,3,224,224]".
std::string shapeToString(llvm::ArrayRef<int64_t> shape);

} // namespace resnetc
