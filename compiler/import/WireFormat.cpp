// A walk over the wire format with an explicit stack. It trusts no length, and follows a field that ends after the file
// inwards, to name the innermost one.
#include "compiler/import/WireFormat.h"
#include "compiler/import/Limits.h"
#include "compiler/import/WireSchema.h"
#include "llvm/ADT/StringExtras.h"
#include <map>
#include <vector>

namespace resnetc {

using wire::Field, wire::Message;

std::string guessFormat(llvm::StringRef b) {
  using llvm::StringRef;
  struct Magic {
    size_t at;
    StringRef bytes;
    const char *name;
  };
  static const Magic magics[] = {{0, "\x89PNG", "a PNG image"},
                                 {0, "\x1f\x8b", "gzip"},
                                 {0, "PK\x03\x04", "a zip archive (.pt, .pth, .keras, .npz)"},
                                 {0, "\x89HDF", "HDF5 (.h5)"},
                                 {4, "TFL3", "TFLite"},
                                 {0, "\xff\xd8\xff", "a JPEG image"},
                                 {0, "\x80\x02", "a Python pickle (.pth)"},
                                 {0, "\x28\xb5\x2f\xfd", "zstd"},
                                 {0, "\3757zXZ", "xz"},
                                 {0, "BZh", "bzip2"},
                                 {0, "\177ELF", "an ELF object"}};
  for (const Magic &m : magics)
    if (b.drop_front(std::min(b.size(), m.at)).starts_with(m.bytes))
      return m.name;
  const StringRef start = b.take_front(512);
  auto isText = [](char c) { return llvm::isPrint(c) || c == '\n' || c == '\r' || c == '\t' || (c & 0x80); };
  if (!start.empty() && llvm::isPrint(start[0]) && llvm::all_of(start, isText))
    return start.contains("ir_version") ? "a model in ONNX's text form"
           : start.ltrim().starts_with("<") ? "HTML or XML"
                                            : "text";
  return "";
}

namespace {

constexpr int kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5;

struct Level { // a message that the walk is in
  Message message;
  const Field *field; // that holds it; null for the model
  uint64_t index;     // among its repeated siblings
  uint64_t end;       // may lie after the file when `cut`
  bool cut;
  std::map<uint32_t, uint64_t> seen = {}; // how often each field has occurred
};

class Walker {
public:
  Walker(llvm::StringRef bytes, Diagnostics &diagnostics) : bytes(bytes), diagnostics(diagnostics) {}
  bool run();

private:
  bool step();
  bool enter(const Field *field, uint64_t index, uint64_t length);
  std::optional<uint64_t> varint();
  bool refuse(const char *code, std::string text, std::string fix = {}) {
    diagnostics.error(code, std::move(text), {}, {}, std::move(fix));
    return false;
  }
  bool malformed(uint64_t start, const std::string &why, bool foreign = true);
  bool endsEarly(const std::string &what, uint64_t wanted);
  std::string path(const Field *last, uint64_t index) const;
  static void append(std::string &text, const Field &field, uint64_t index) {
    text += std::string(".") + field.name + (field.repeated ? "[" + std::to_string(index) + "]" : "");
  }

  llvm::StringRef bytes;
  Diagnostics &diagnostics;
  uint64_t at = 0;
  std::vector<Level> levels;
};

std::string Walker::path(const Field *last, uint64_t index) const {
  std::string text = "ModelProto";
  for (const Level &level : levels)
    if (level.field)
      append(text, *level.field, level.index);
  if (last)
    append(text, *last, index);
  return text;
}

// A bad byte: a foreign file when nothing was right so far, rubbish after a model when all of it was.
bool Walker::malformed(uint64_t start, const std::string &why, bool foreign) {
  if (levels.size() == 1 && start == 0 && foreign) {
    const std::string guess = guessFormat(bytes);
    return refuse("R013", "not an ONNX protobuf (byte 0: 0x" + llvm::utohexstr(uint8_t(bytes[0]), true, 2) + ", " +
                              why + ")" + (guess.empty() ? "" : ": looks like " + guess));
  }
  if (levels.size() == 1 && levels[0].seen.count(7))
    return refuse("R017", "trailing bytes at " + std::to_string(start) + " after the model: " + why);
  return refuse("R015", "malformed field at byte " + std::to_string(start) + " in " + path(nullptr, 0) + ": " + why);
}

static std::string readable(uint64_t n) {
  if (n < 1 << 20)
    return std::to_string(n) + " bytes";
  const uint64_t tenths = n / 104858 + (n % 104858 != 0);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

bool Walker::endsEarly(const std::string &what, uint64_t wanted) {
  const uint64_t have = bytes.size() - at;
  return refuse("R012",
                "protobuf ends early: " + what + " wants " + std::to_string(wanted) + " bytes at offset " +
                    std::to_string(at) + ", file has " + std::to_string(have) + " left",
                "the download is probably cut: at least " + readable(at + wanted) + " needed up to here, found " +
                    readable(bytes.size()));
}

// Nothing when it is longer than 10 bytes or runs over the end; `at` then tells which.
std::optional<uint64_t> Walker::varint() {
  uint64_t value = 0;
  for (int i = 0; i < 10; ++i) {
    if (at >= bytes.size())
      return std::nullopt;
    const auto byte = static_cast<uint8_t>(bytes[at++]);
    value |= uint64_t(byte & 127) << (7 * i);
    if (!(byte & 128))
      return value;
  }
  return std::nullopt;
}

bool Walker::enter(const Field *field, uint64_t index, uint64_t length) {
  if (levels.size() > limits::kNesting)
    return refuse("R016", "nesting deeper than " + std::to_string(limits::kNesting) + " messages at byte " +
                              std::to_string(at));
  levels.push_back({field->type, field, index, at + length, at + length > bytes.size()});
  return true;
}

bool Walker::step() {
  Level &level = levels.back();
  const uint64_t start = at;
  auto tag = varint();
  if (!tag && at >= bytes.size())
    return endsEarly("a field of " + path(nullptr, 0), 1);
  const auto number = static_cast<uint32_t>(tag.value_or(0) >> 3);
  const int wireType = static_cast<int>(tag.value_or(0) & 7);
  if (!tag || *tag >> 32 || number == 0)
    return malformed(start, !tag || *tag >> 32 ? "a tag of more than 32 bits" : "field number 0");
  const Field *field = findField(level.message, number);
  const bool known = field || level.message != Message::Model;
  const std::string name = field ? field->name : "field " + std::to_string(number);
  if (wireType != kVarint && wireType != kFixed64 && wireType != kLength && wireType != kFixed32)
    return malformed(start, name + " has wire type " + std::to_string(wireType));
  if ((start == 0 && !known) ||
      (field && wireType != field->wireType && !(field->repeated && field->type == Message::None)))
    return level.message == Message::Model && start < 64 && field
               ? refuse("R013", "not a ModelProto: " + name + " at byte " + std::to_string(start) + " has wire type " +
                                    std::to_string(wireType) + ", want " + std::to_string(field->wireType))
               : malformed(start, field ? name + " has wire type " + std::to_string(wireType) : "unknown field");
  const uint64_t index = level.seen[number]++;
  if (level.message == Message::Model && number == 7 && index > 0)
    return refuse("R017", "field 'graph' occurs 2 times");
  if (wireType == kVarint) {
    if (!varint())
      return at >= bytes.size() ? endsEarly(path(field, index), 1)
                                : malformed(start, "a number of more than 10 bytes", !field);
  } else {
    std::optional<uint64_t> length = wireType == kFixed64 ? 8 : wireType == kFixed32 ? 4 : varint();
    if (!length && at >= bytes.size())
      return endsEarly(path(field, index), 1);
    if (!length || *length > uint64_t(INT64_MAX))
      return malformed(start, "a length of more than 63 bits", !field);
    if (*length > bytes.size() - at && !level.cut && levels.size() > 1)
      return malformed(start, name + " of " + std::to_string(*length) + " bytes is longer than the message around it");
    if (field && field->type != Message::None)
      return enter(field, index, *length);
    if (*length > bytes.size() - at)
      return endsEarly(field ? path(field, index) : path(nullptr, 0) + "." + name, *length);
    at += *length;
  }
  if (at > level.end)
    return malformed(start, name + " is longer than the message around it");
  return true;
}

bool Walker::run() {
  levels.push_back({Message::Model, nullptr, 0, bytes.size(), false});
  while (true) {
    while (at == levels.back().end) {
      levels.pop_back();
      if (levels.empty())
        return true;
      if (at > levels.back().end)
        return malformed(at, "a message is longer than the one around it");
    }
    if (!step())
      return false;
  }
}

} // namespace

// "; the model has 12345" of a Git LFS pointer with "size 12345".
static std::string lfsSize(llvm::StringRef bytes) {
  const std::string size = bytes.split("\nsize ").second.take_while(llvm::isDigit).take_front(20).str();
  return size.empty() ? "" : "; the model has " + size;
}

bool checkWireFormat(llvm::StringRef bytes, Diagnostics &diagnostics) {
  auto refuse = [&](const char *code, std::string text, std::string fix = {}) {
    diagnostics.error(code, std::move(text), {}, {}, std::move(fix));
    return false;
  };
  if (bytes.empty())
    return refuse("R019", "empty file (0 bytes), not an ONNX model");
  if (bytes.starts_with("version https://git-lfs"))
    return refuse("R011",
                  "this is a Git LFS pointer, not a model (" + std::to_string(bytes.size()) + " bytes" +
                      lfsSize(bytes) + ")",
                  "git lfs pull");
  if (static_cast<int64_t>(bytes.size()) > limits::kFileBytes)
    return refuse("R061",
                  "model is " + std::to_string(bytes.size()) + " bytes, limit " + std::to_string(limits::kFileBytes),
                  "save it with external data");
  if (const std::string guess = guessFormat(bytes); !guess.empty())
    return refuse("R013",
                  "not an ONNX protobuf (byte 0: 0x" + llvm::utohexstr(uint8_t(bytes[0]), true, 2) + "): looks like " +
                      guess,
                  "convert it to ONNX first");
  return Walker(bytes, diagnostics).run();
}

} // namespace resnetc
