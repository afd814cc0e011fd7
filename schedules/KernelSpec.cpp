// Names and order of kernel specs. The name is readable first (kind and extents) and exact second: a hash of the canonical
// text tells apart what the readable part leaves out.
#include "schedules/KernelSpec.h"
#include <cctype>
#include <cstdio>
#include <tuple>

namespace resnetc {

double KernelSpec::real(const std::string &key, double otherwise) const {
  auto it = floats.find(key);
  return it == floats.end() ? otherwise : it->second;
}

std::string KernelSpec::word(const std::string &key, const std::string &otherwise) const {
  auto it = words.find(key);
  return it == words.end() ? otherwise : it->second;
}

// Every key and value, each string with its length in front so that no two specs share a text.
static std::string canonicalText(const KernelSpec &spec) {
  auto quote = [](const std::string &s) { return std::to_string(s.size()) + ":" + s; };
  std::string text = quote(spec.kind);
  for (const auto &[key, list] : spec.ints) {
    text += "i" + quote(key);
    for (int64_t v : list)
      text += "," + std::to_string(v);
  }
  for (const auto &[key, value] : spec.floats) {
    char exact[40];
    std::snprintf(exact, sizeof exact, "%a", value);
    text += "f" + quote(key) + exact;
  }
  for (const auto &[key, word] : spec.words)
    text += "w" + quote(key) + quote(word);
  return text;
}

static uint64_t fnv1a(const std::string &text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (unsigned char c : text)
    hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

std::string KernelSpec::name() const {
  std::string name = kind;
  if (words.count("op"))
    name += "_" + words.at("op");
  for (const char *key : {"size", "kernel", "stride"})
    if (ints.count(key)) {
      name += key[0] == 's' && key[1] == 't' ? "_s" : key[0] == 'k' ? "_k" : "_";
      const auto &list = ints.at(key);
      for (size_t i = 0; i < list.size(); i++)
        name += (i ? "x" : "") + std::to_string(list[i]);
    }
  if (word("act", "none") != "none")
    name += "_" + words.at("act");
  for (char &c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)))
      c = '_';
  char suffix[20];
  std::snprintf(suffix, sizeof suffix, "_%016llx", static_cast<unsigned long long>(fnv1a(canonicalText(*this))));
  return name + suffix;
}

bool KernelSpec::operator<(const KernelSpec &o) const {
  return std::tie(kind, ints, floats, words) < std::tie(o.kind, o.ints, o.floats, o.words);
}

bool KernelSpec::operator==(const KernelSpec &o) const {
  return std::tie(kind, ints, floats, words) == std::tie(o.kind, o.ints, o.floats, o.words);
}

}  // namespace resnetc
