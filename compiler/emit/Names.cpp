#include "compiler/emit/Names.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace resnetc {

static constexpr size_t kLongest = 60;

// Words of C and C++, names of the C library and of our own headers.
static bool isReserved(StringRef name) {
  static const StringSet<> words = {
      "alignas", "alignof", "and", "asm", "auto", "bool", "break", "case", "catch", "char", "class", "compl", "concept",
      "const", "consteval", "constexpr", "constinit", "continue", "decltype", "default", "delete", "do", "double", "else",
      "enum", "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "long",
      "mutable", "namespace", "new", "noexcept", "not", "nullptr", "operator", "or", "private", "protected", "public",
      "register", "requires", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "template",
      "this", "throw", "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using", "virtual", "void",
      "volatile", "wchar_t", "while", "xor", "bitand", "bitor", "and_eq", "or_eq", "xor_eq", "not_eq", "linux", "unix",
      "main", "malloc", "free", "memcpy", "memset", "memmove", "errno", "stdin", "stdout", "stderr", "NULL", "assert",
      "size_t", "batch", "scratch", "ex", "io"};
  return words.contains(name) || name.starts_with("int8") || name.starts_with("int16") || name.starts_with("int32") ||
         name.starts_with("int64") || name.starts_with("uint") || name.starts_with("resnetc");
}

static bool isWord(char c) { return isAlnum(c) || c == '_'; }

static std::string sanitise(StringRef name) {
  std::string out;
  for (char c : name.take_front(kLongest))
    out += isWord(c) ? c : '_';
  if (out.empty() || !isAlpha(out[0]))
    out = "t" + out;
  return isReserved(out) ? out + "_" : out;
}

bool isGoodPrefix(StringRef name) {
  return !name.empty() && isAlpha(name[0]) && all_of(name, isWord) && !isReserved(name);
}

std::string prefixForFile(StringRef path) { return sanitise(sys::path::stem(path)); }

std::vector<std::string> identifiersFor(const std::vector<std::string> &names) {
  std::vector<std::string> result;
  StringSet<> taken;
  for (const std::string &name : names) {
    const std::string base = sanitise(name);
    std::string unique = base;
    for (int i = 2; !taken.insert(StringRef(unique).upper()).second; ++i)
      unique = base + "_" + std::to_string(i);
    result.push_back(unique);
  }
  return result;
}

} // namespace resnetc
