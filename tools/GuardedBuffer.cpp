#include "tools/GuardedBuffer.h"

#include "llvm/Support/MathExtras.h"

#include <cstring>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace resnetc {

GuardedBuffer::GuardedBuffer(size_t bytes, size_t align, Place place) {
  const size_t page = size_t(sysconf(_SC_PAGESIZE));
  const size_t used = llvm::alignTo(bytes, align);
  const size_t inside = llvm::alignTo(used, page);
  if (used < bytes || inside < used || inside + 2 * page < inside)
    return;
  void *mapped = mmap(nullptr, inside + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED)
    return;
  pages = static_cast<char *>(mapped);
  pagesSize = inside + 2 * page;
  if (inside && mprotect(pages + page, inside, PROT_READ | PROT_WRITE) != 0)
    return;
  std::memset(pages + page, 0xff, inside);
  start = pages + page + (place == Place::AtEnd ? inside - used : 0);
}

GuardedBuffer::GuardedBuffer(GuardedBuffer &&from)
    : pages(std::exchange(from.pages, nullptr)), pagesSize(from.pagesSize), start(from.start) {}

GuardedBuffer::~GuardedBuffer() {
  if (pages)
    munmap(pages, pagesSize);
}

} // namespace resnetc
