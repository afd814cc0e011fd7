// Memory for one tensor between two pages that nobody may touch: a model that reads or writes outside of what it was
// given ends at once instead of giving a wrong answer.
#pragma once

#include <cstddef>

namespace resnetc {

class GuardedBuffer {
public:
  /// Where in its pages the buffer lies. AtStart: page aligned, the first byte below is out of bounds. AtEnd: the first
  /// byte above is, and the buffer is aligned no better than it must be.
  enum class Place { AtStart, AtEnd };

  /// data() is null if there is no memory. Every byte is 0xff, a NaN in each float: a model that reads what nobody
  /// wrote shows it. `bytes` is a multiple of `align`, or the guard above lies that much further off.
  GuardedBuffer(size_t bytes, size_t align, Place place);
  GuardedBuffer(GuardedBuffer &&from);
  ~GuardedBuffer();

  void *data() const { return start; }

private:
  char *pages = nullptr;
  size_t pagesSize = 0;
  void *start = nullptr;
};

} // namespace resnetc
