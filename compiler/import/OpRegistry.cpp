#include "compiler/import/OpRegistry.h"
#include "compiler/import/Importer.h"
#include <map>
#include <tuple>

namespace resnetc {

// By name and first opset: sorted, so that the order of static initialisation cannot be seen.
static std::map<std::pair<std::string, int>, OpEntry> &registry() {
  static std::map<std::pair<std::string, int>, OpEntry> entries;
  return entries;
}

OpRegistration::OpRegistration(const OpEntry &entry) { registry().insert({{entry.name, entry.since}, entry}); }

const OpEntry *findOp(llvm::StringRef name, int64_t opset) {
  auto entry = registry().upper_bound({name.str(), static_cast<int>(std::min<int64_t>(opset, kNewestOpset))});
  if (entry == registry().begin())
    return nullptr;
  --entry;
  return entry->first.first == name && opset <= entry->second.until ? &entry->second : nullptr;
}

std::vector<OpEntry> allOps() {
  std::vector<OpEntry> ops;
  for (const auto &[key, entry] : registry())
    ops.push_back(entry);
  return ops;
}

std::vector<std::string> listSupportedOps() {
  std::vector<std::string> lines;
  for (const OpEntry &op : allOps())
    lines.push_back(std::string("ai.onnx ") + op.name + " " + std::to_string(op.since) + ".." +
                    std::to_string(op.until));
  return lines;
}

} // namespace resnetc
