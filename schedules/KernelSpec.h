// One kernel, described completely: static extents, strides in elements, epilogue. Plain data, so that passes can write it
// into the IR, the emitter can build each distinct one once, and tests can make their own. No Halide, MLIR or ONNX here.
//
// A kernel is one task of one thread: it never loops over images or threads. The step that calls it (dialect `plan`) moves
// its operand pointers over a grid. Operands are float32 unless the kind says otherwise. Every pointer stands at the element (0, 0, ...) of what the
// kernel may touch; strides reach from there, also into a border of zeros at negative indices.
//
// The kinds, their keys and operands are documented where they are built: schedules/algorithms/<Kind>.cpp.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace resnetc {

struct KernelSpec {
  std::string kind;                                   // "conv", "max_pool", "pointwise", ...
  std::map<std::string, std::vector<int64_t>> ints;   // extents, strides, kernel sizes, ...
  std::map<std::string, double> floats;               // activation parameters, fill values
  std::map<std::string, std::string> words;           // "op", "act"

  bool has(const std::string &key) const { return ints.count(key) || floats.count(key) || words.count(key); }
  const std::vector<int64_t> &list(const std::string &key) const { return ints.at(key); }
  int64_t at(const std::string &key, size_t i = 0) const { return ints.at(key).at(i); }
  double real(const std::string &key, double otherwise) const;
  std::string word(const std::string &key, const std::string &otherwise) const;

  // Canonical: equal specs have equal names, different specs different ones. A valid C identifier that a person can read.
  std::string name() const;

  bool operator<(const KernelSpec &o) const;
  bool operator==(const KernelSpec &o) const;
};

}  // namespace resnetc
