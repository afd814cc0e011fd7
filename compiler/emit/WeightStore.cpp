#include "compiler/emit/WeightStore.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"
#include <cmath>
#include <cstring>

using namespace mlir;

namespace resnetc {

// One element stands for all where the value is a splat.
static ArrayRef<char> dataOf(ElementsAttr value, bool &isSplat) {
  isSplat = false;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? blob->getData() : ArrayRef<char>();
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    return {};
  isSplat = dense.isSplat();
  return dense.getRawData();
}

static uint64_t hashOf(ArrayRef<char> data) {
  return llvm::xxh3_64bits(ArrayRef(reinterpret_cast<const uint8_t *>(data.data()), data.size()));
}

int64_t WeightStore::Entry::room() const { return static_cast<int64_t>(llvm::alignTo(bytes, kAlign)); }

std::optional<int64_t> WeightStore::add(plan::BufferOp buffer, unsigned level, Diagnostics &diagnostics) {
  const uint64_t want = buffer.getBytes(), reader = uint64_t{1} << level;
  bool isSplat = false;
  const ArrayRef<char> data = dataOf(*buffer.getValue(), isSplat);
  if (data.empty() || (isSplat ? want % data.size() != 0 : want != data.size())) {
    diagnostics.error("I001", "weights " + buffer.getSymName().str() + " have " + std::to_string(data.size()) +
                                  " bytes, the plan wants " + std::to_string(want));
    return std::nullopt;
  }
  const auto bytes = static_cast<int64_t>(want);
  const std::pair<int64_t, uint64_t> key{bytes, hashOf(data)};
  const auto [first, last] = known.equal_range(key);
  for (auto it = first; it != last; ++it)
    if (Entry &entry = entries[it->second]; entry.data == data) {
      entry.readers |= reader;
      return entry.offset;
    }
  known.insert({key, entries.size()});
  entries.push_back({data, bytes, end, buffer.getValue()->getElementType().isF32(), reader});
  end += entries.back().room();
  return entries.back().offset;
}

void WeightStore::keep() {
  for (; firstInPlans < entries.size(); ++firstInPlans) {
    Entry &entry = entries[firstInPlans];
    entry.data = kept.emplace_back(entry.data.begin(), entry.data.end());
  }
}

int64_t WeightStore::bytesOf(unsigned level) const {
  int64_t bytes = 0;
  for (const Entry &entry : entries)
    bytes += entry.readers >> level & 1 ? entry.room() : 0;
  return bytes;
}

int64_t WeightStore::bytesOnlyOf(unsigned level) const {
  int64_t bytes = 0;
  for (const Entry &entry : entries)
    bytes += entry.readers == uint64_t{1} << level ? entry.room() : 0;
  return bytes;
}

static void zeroDenormals(char *floats, int64_t bytes) {
  for (int64_t at = 0; at < bytes; at += sizeof(float)) {
    float value;
    std::memcpy(&value, floats + at, sizeof value);
    if (std::fpclassify(value) == FP_SUBNORMAL)
      std::memset(floats + at, 0, sizeof value);
  }
}

void WeightStore::copyTo(char *section, bool flushDenormals) const {
  for (const Entry &entry : entries) {
    char *to = section + entry.offset;
    for (int64_t done = 0; done < entry.bytes; done += static_cast<int64_t>(entry.data.size()))
      std::memcpy(to + done, entry.data.data(), entry.data.size());
    if (flushDenormals && entry.isFloat)
      zeroDenormals(to, entry.bytes);
  }
}

} // namespace resnetc
