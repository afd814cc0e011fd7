#include "compiler/ir/Diagnostics.h"
#include "llvm/Support/ConvertUTF.h"
#include <algorithm>
#include <cstdio>
#include <map>

namespace resnetc {

static constexpr size_t kLongestField = 2000, kLongestName = 120, kMostShown = 100, kMostAlike = 3;

// Bytes of the character at `at` that may be shown as they are; 0 for control characters and for what is no UTF-8.
static size_t plainBytes(const std::string &text, size_t at) {
  const auto *bytes = reinterpret_cast<const llvm::UTF8 *>(text.data());
  const size_t size = llvm::getUTF8SequenceSize(bytes + at, bytes + text.size());
  const bool isControl =
      bytes[at] < 0x20 || bytes[at] == 0x7f || (bytes[at] == 0xc2 && size == 2 && bytes[at + 1] < 0xa0);
  return isControl ? 0 : size;
}

// Names come from untrusted files: nothing in them may move the cursor or forge a line.
static std::string escape(const std::string &text) {
  std::string out;
  for (size_t at = 0; at < text.size() && out.size() <= kLongestField;) {
    if (const size_t size = plainBytes(text, at)) {
      out.append(text, at, size);
      at += size;
    } else {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(text[at]));
      out += text[at++] == '\n' ? "\\n" : hex;
    }
  }
  return out.size() > kLongestField ? out + "..." : out;
}

std::string shorten(const std::string &name) {
  return name.size() > kLongestName ? name.substr(0, kLongestName) + "..." : name;
}

std::string quote(const std::string &name) { return "'" + shorten(name) + "'"; }

bool Diagnostics::hasErrors() const {
  return std::any_of(list.begin(), list.end(), [](const Diagnostic &d) { return d.severity == Severity::Error; });
}

static int exitStatusOf(const std::string &code) {
  switch (code.empty() ? 'I' : code[0]) {
  case 'U': return 1;
  case 'V': return 4;
  case 'O': return 5;
  case 'R':
    if (code == "R014" || code.compare(0, 3, "R03") == 0)
      return 3;
    return code.compare(0, 3, "R06") == 0 ? 5 : 2;
  default: return 70;
  }
}

int Diagnostics::exitStatus() const {
  for (const Diagnostic &d : list)
    if (d.severity == Severity::Error)
      return exitStatusOf(d.code);
  return 0;
}

std::string Diagnostics::format() const {
  static const char *const names[] = {"error", "warning", "remark"};
  std::string out;
  size_t errors = 0;
  std::map<std::string, size_t> warnings; // by code: a network repeats its blocks
  for (const Diagnostic &d : list) {
    errors += d.severity == Severity::Error;
    if (errors > kMostShown || (d.severity == Severity::Warning && ++warnings[d.code] > kMostAlike))
      continue;
    out += escape(file) + ": " + names[static_cast<int>(d.severity)] + ": [" + d.code + "] " + escape(d.text) + "\n";
    for (const auto &[label, value] : {std::pair<const char *, const std::string &>{"node", d.node}, {"note", d.note}, {"fix ", d.fix}})
      if (!value.empty())
        out += std::string("  ") + label + "  " + escape(value) + "\n";
  }
  for (const auto &[code, count] : warnings)
    if (count > kMostAlike)
      out += escape(file) + ": warning: [" + code + "] " + std::to_string(count - kMostAlike) + " more like these\n";
  if (errors > 1)
    out += escape(file) + ": " + std::to_string(errors) + " errors" +
           (errors > kMostShown ? ", the first " + std::to_string(kMostShown) + " are shown" : "") + "\n";
  return out;
}

} // namespace resnetc
