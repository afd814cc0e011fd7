#include "compiler/import/ExternalData.h"
#include "onnx-ml.pb.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/SHA1.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace resnetc {

namespace {

constexpr size_t kLongestName = 4095;

// What is wrong with a file name by itself: its code, or nothing. The text says the same.
std::pair<std::string, std::string> judgeName(const std::string &name) {
  const std::string quoted = "external data location " + quote(name);
  const bool isDrive = name.size() > 1 && name[1] == ':' && llvm::isAlpha(name[0]);
  if (llvm::StringRef(name).starts_with("/") || name.find('\\') != std::string::npos || isDrive ||
      name.find("://") != std::string::npos || llvm::StringRef(name).starts_with("file:"))
    return {"R023", quoted + " is an absolute path, a URL, or has a backslash"};
  const auto *begin = reinterpret_cast<const llvm::UTF8 *>(name.data());
  if (name.empty() || name.size() > kLongestName || name.find('\0') != std::string::npos || name.back() == '/' ||
      name == "." || name == ".." || name[0] == '*' || !llvm::isLegalUTF8String(&begin, begin + name.size()))
    return {"R024", quoted + " is no usable file name"};
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::StringRef(name).split(parts, '/');
  for (llvm::StringRef part : parts)
    if (part == "..")
      return {"R022", quoted + " leaves the model directory"};
  return {};
}

int openBeneath(int root, const std::string &name) {
  open_how how = {};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, root, name.c_str(), &how, sizeof how));
}

// 0..2^63-1 in decimal digits, nothing else.
std::optional<int64_t> parseNumber(const std::string &text) {
  int64_t value;
  if (text.empty() || text.size() > 19 || !llvm::all_of(text, llvm::isDigit) ||
      llvm::StringRef(text).getAsInteger(10, value))
    return std::nullopt;
  return value;
}

std::string sha1Of(const std::string &bytes) {
  auto digest = llvm::SHA1::hash(llvm::ArrayRef(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
  return llvm::toHex(digest, true);
}

struct Entry {
  std::string location, checksum;
  int64_t offset = 0;
  std::optional<int64_t> length;
};

} // namespace

// The key-value pairs of a tensor; nothing after an error.
static std::optional<Entry> parseEntry(const onnx::TensorProto &tensor, const std::string &node, Diagnostics &out) {
  Entry entry;
  std::map<std::string, std::string> values;
  for (const onnx::StringStringEntryProto &pair : tensor.external_data()) {
    if (!values.insert({pair.key(), pair.value()}).second) {
      out.error("R028", "tensor " + quote(tensor.name()) + ": external data key " + quote(pair.key()) + " occurs twice",
                node);
      return std::nullopt;
    }
    if (pair.key() != "location" && pair.key() != "offset" && pair.key() != "length" && pair.key() != "checksum" &&
        pair.key() != "basepath")
      out.add({Severity::Warning, "W120",
               "tensor " + quote(tensor.name()) + ": unknown external data key " + quote(pair.key()) + " is ignored",
               node});
  }
  for (const char *key : {"offset", "length"}) {
    auto found = values.find(key);
    if (found == values.end())
      continue;
    auto number = parseNumber(found->second);
    if (!number) {
      out.error("R028",
                "tensor " + quote(tensor.name()) + ": external data " + key + " " + quote(found->second) +
                    " is not a number from 0 to 2^63-1",
                node);
      return std::nullopt;
    }
    if (key[0] == 'o')
      entry.offset = *number;
    else
      entry.length = *number;
  }
  entry.location = values["location"];
  entry.checksum = values["checksum"];
  return entry;
}

ExternalData::~ExternalData() {
  for (auto &[name, file] : files)
    if (file.descriptor >= 0)
      ::close(file.descriptor);
  if (root >= 0)
    ::close(root);
}

// Like openBeneath. The path is resolved twice, but what counts is where the second time ends: beneath the given
// folder.
int ExternalData::openLinked(const std::string &location) const {
  char *resolved = linkedDirectory.empty() ? nullptr : ::realpath((directory + "/" + location).c_str(), nullptr);
  const std::string target = resolved ? resolved : "";
  std::free(resolved);
  const std::string prefix = linkedDirectory + "/";
  const int folder = target.compare(0, prefix.size(), prefix) == 0
                         ? ::open(linkedDirectory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)
                         : -1;
  const int descriptor = folder < 0 ? -1 : openBeneath(folder, target.substr(prefix.size()));
  if (folder >= 0)
    ::close(folder);
  errno = ELOOP;
  return descriptor;
}

ExternalData::File &ExternalData::open(const std::string &location) {
  auto [at, isNew] = files.try_emplace(location);
  File &file = at->second;
  if (!isNew)
    return file;
  std::tie(file.code, file.text) = judgeName(location);
  if (!file.code.empty())
    return file;
  auto refuse = [&](const char *code, std::string text, std::string fix = {}) -> File & {
    file.code = code, file.text = std::move(text), file.fix = std::move(fix);
    if (file.descriptor >= 0)
      ::close(file.descriptor);
    file.descriptor = -1;
    return file;
  };
  if (directory.empty())
    return refuse("R020", "external data file " + location + ": the model's directory is not known", "--data-dir=DIR");
  if (root < 0)
    root = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  file.descriptor = root < 0 ? -1 : openBeneath(root, location);
  if (file.descriptor < 0 && errno == ELOOP)
    file.descriptor = openLinked(location);
  if (file.descriptor < 0) {
    const int error = errno;
    if (error == ELOOP)
      return refuse("R025", "external data file " + location + " is reached by a symbolic link, which is not followed",
                    "--data-dir=DIR with the directory where the file really lies");
    if (error == EXDEV)
      return refuse("R022", "external data location " + quote(location) + " leaves the model directory");
    if (error == ENOENT || error == ENOTDIR)
      return refuse("R021", "external data file is missing: " + location, "put it beside the model, or --data-dir=DIR");
    if (error == ENXIO)
      return refuse("R027", "external data file " + location + " is not a regular file");
    return refuse("R020", "cannot open external data file " + location + ": " + std::strerror(error));
  }
  struct stat info;
  if (::fstat(file.descriptor, &info) != 0)
    return refuse("R020", "cannot read external data file " + location + ": " + std::strerror(errno));
  if (!S_ISREG(info.st_mode))
    return refuse("R027", "external data file " + location + " is not a regular file");
  if (info.st_nlink != 1)
    return refuse("R026", "external data file " + location + " has " + std::to_string(info.st_nlink) + " hard links",
                  "copy it, so that it has one name only");
  file.size = info.st_size;
  return file;
}

std::optional<std::string> ExternalData::read(const onnx::TensorProto &tensor, int64_t size, const std::string &node) {
  std::optional<Entry> entry = parseEntry(tensor, node, diagnostics);
  if (!entry)
    return std::nullopt;
  File &file = open(entry->location);
  if (file.descriptor < 0) {
    if (file.tensors++ == 0)
      file.firstTensor =
          shorten(tensor.name()) + ", " + std::to_string(size) + " bytes at " + std::to_string(entry->offset);
    return std::nullopt;
  }
  auto fail = [&](const char *code, const std::string &text) {
    diagnostics.error(code, "tensor " + quote(tensor.name()) + ": " + text, node);
    return std::nullopt;
  };
  if (entry->length && *entry->length != size)
    return fail("R029", "needs " + std::to_string(size) + " bytes, its entry has " + std::to_string(*entry->length));
  if (size > file.size || entry->offset > file.size - size)
    return fail("R029", "needs " + std::to_string(size) + " bytes at " + std::to_string(entry->offset) + " of " +
                            entry->location + ", the file has " + std::to_string(file.size));
  if (!entry->length && file.size - entry->offset != size)
    return fail("R029", "needs " + std::to_string(size) + " bytes, the rest of " + entry->location + " has " +
                            std::to_string(file.size - entry->offset));
  std::string bytes(size, '\0');
  for (int64_t done = 0; done < size;) {
    const ssize_t got = ::pread(file.descriptor, bytes.data() + done, size - done, entry->offset + done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return fail("R020", entry->location +
                              (got < 0 ? std::string(": ") + std::strerror(errno) : " changed while it was read"));
    done += got;
  }
  if (!entry->checksum.empty() && !llvm::StringRef(entry->checksum).equals_insensitive(sha1Of(bytes)))
    return fail("R029", "checksum mismatch in " + entry->location);
  ++file.tensors;
  return bytes;
}

void ExternalData::reportUnopened() {
  for (const auto &[name, file] : files)
    if (!file.code.empty())
      diagnostics.error(file.code,
                        file.text + " (needed by " + std::to_string(file.tensors) +
                            (file.tensors == 1 ? " tensor: " : " tensors, first ") + file.firstTensor + ")",
                        {}, {}, file.fix);
}

std::vector<std::string> ExternalData::filesRead() const {
  std::vector<std::string> names;
  for (const auto &[name, file] : files)
    if (file.descriptor >= 0)
      names.push_back(name);
  return names;
}

} // namespace resnetc
