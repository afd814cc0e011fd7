// The weights of an object: equal bytes lie in its section once, whichever step, batch or level reads them.
#pragma once
#include "compiler/ir/Diagnostics.h"
#include "compiler/ir/Plan.h"
#include <deque>
#include <map>
#include <optional>
#include <vector>

namespace resnetc {

inline constexpr int64_t kAlign = 64; // of scratch and of each weights buffer

class WeightStore {
public:
  // Where the bytes of a buffer lie in the section, for a level by its number. They stay in the plan until `keep`.
  std::optional<int64_t> add(plan::BufferOp buffer, unsigned level, Diagnostics &diagnostics);
  // Copies what still lies in plans: their weights may go then.
  void keep();

  int64_t bytes() const { return end; }
  int64_t bytesOf(unsigned level) const;     // that a level reads
  int64_t bytesOnlyOf(unsigned level) const; // that no other level reads
  // Fills the section. flushDenormals: as kernels that take denormals as zeros read them.
  void copyTo(char *section, bool flushDenormals) const;

private:
  struct Entry {
    llvm::ArrayRef<char> data; // repeats until `bytes` are full
    int64_t bytes, offset;
    bool isFloat;
    uint64_t readers; // a bit for each level
    int64_t room() const;
  };
  std::vector<Entry> entries;
  std::multimap<std::pair<int64_t, uint64_t>, size_t> known; // bytes, hash -> entry
  std::deque<std::vector<char>> kept;
  size_t firstInPlans = 0; // entry whose data `keep` has not copied
  int64_t end = 0;
};

} // namespace resnetc
