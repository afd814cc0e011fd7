#include "compiler/driver/Report.h"
#include "compiler/driver/ReportParts.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace resnetc {

std::string reportText(const Compiled &compiled, ArrayRef<Machine> machines, const Options &options) {
  std::string text;
  raw_string_ostream os(text);
  os << "resnetc " RESNETC_VERSION ": " << options.modelFile << " as " << options.name << "\ntarget "
     << machines.front().triple << " ";
  interleaveComma(machines, os, [&](const Machine &machine) { os << machine.level; });
  os << ", " << options.flags << "\n";
  reportFolds(os, compiled);
  for (size_t level = 0; level < machines.size(); ++level) {
    if (machines.size() > 1)
      os << "\n---- " << machines[level].level << "\n";
    reportLayers(os, compiled.plans[level]);
    reportMemory(os, compiled.plans[level], compiled.sizes.empty() ? nullptr : &compiled.sizes[level]);
  }
  return text;
}

std::string sizesTable(ArrayRef<LevelSize> sizes, int64_t allWeights) {
  std::string text = "\nLevels in the object (bytes; own: weights that no other level reads)\n";
  raw_string_ostream os(text);
  os << formatv("  {0,-12} {1,12} {2,12} {3,12}\n", "level", "code", "weights", "own");
  for (const LevelSize &size : sizes)
    os << formatv("  {0,-12} {1,12} {2,12} {3,12}\n", size.level, size.code, size.weights.read, size.weights.own);
  os << formatv("  {0,-12} {1,12} {2,12}\n", "all", "", allWeights);
  return text;
}

std::string sizesText(ArrayRef<LevelSize> sizes, int64_t allWeights) {
  auto kib = [](uint64_t bytes) { return std::to_string((bytes + 1023) / 1024) + " KiB"; };
  std::string text = std::to_string(sizes.size()) + " levels: ";
  for (const LevelSize &size : sizes)
    text += size.level + " " + kib(size.code) + " of code, " + kib(size.weights.read) + " of weights (" +
            kib(size.weights.own) + " of its own); ";
  return text + "all weights " + kib(allWeights);
}

} // namespace resnetc
