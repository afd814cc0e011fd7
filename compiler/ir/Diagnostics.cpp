#include "compiler/ir/Diagnostics.h"
#include <algorithm>
#include <cstdio>

namespace resnetc {

static constexpr size_t kLongestField = 2000;

// Names come from untrusted files: nothing in them may move the cursor or forge a line.
static std::string escape(const std::string &text) {
  std::string out;
  for (unsigned char c : text) {
    if (out.size() > kLongestField)
      return out + "...";
    if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20 || c == 0x7f) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", c);
      out += hex;
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

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
  for (const Diagnostic &d : list) {
    errors += d.severity == Severity::Error;
    out += escape(file) + ": " + names[static_cast<int>(d.severity)] + ": [" + d.code + "] " + escape(d.text) + "\n";
    for (const auto &[label, value] : {std::pair<const char *, const std::string &>{"node", d.node}, {"note", d.note}, {"fix ", d.fix}})
      if (!value.empty())
        out += std::string("  ") + label + "  " + escape(value) + "\n";
  }
  if (errors > 1)
    out += escape(file) + ": " + std::to_string(errors) + " errors\n";
  return out;
}

} // namespace resnetc
