#include "tools/OutputFiles.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace resnetc {

// What a signal handler and the parent process need to clean up: the folders, known before the work begins, and the rule
// for names .resnetc-PROCESS-NUMBER. Fixed memory, for a handler may not allocate.
static constexpr int kMostFiles = 8;
static constexpr size_t kLongestPath = 4096;
static char folders[kMostFiles][kLongestPath];
static int folderCount = 0;

static std::string folderOf(StringRef path) {
  const StringRef folder = sys::path::parent_path(path);
  return folder.empty() ? "." : folder.str();
}

static std::string reason() { return std::strerror(errno); }

static bool isSpecial(const std::string &path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

bool checkPlace(const std::string &path, Diagnostics &diagnostics) {
  if (path == "-" && fcntl(STDOUT_FILENO, F_GETFD) < 0) {
    diagnostics.error("O011", "cannot write to standard output: " + reason());
    return false;
  }
  if (path == "-" || isSpecial(path))
    return true;
  const std::string folder = folderOf(path);
  errno = 0;
  if (sys::fs::is_directory(path))
    errno = EISDIR;
  else if (folder.size() + 32 > kLongestPath || path.size() >= kLongestPath || folderCount == kMostFiles)
    errno = ENAMETOOLONG;
  else if (access(folder.c_str(), W_OK | X_OK) == 0) {
    std::strcpy(folders[folderCount++], folder.c_str());
    return true;
  }
  diagnostics.error("O011", "cannot create " + path + ": " + reason());
  return false;
}

bool isSameFile(const std::string &a, const std::string &b) {
  struct stat x, y;
  return stat(a.c_str(), &x) == 0 && stat(b.c_str(), &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

void removeTemporaries(int process) {
  for (int i = 0; i < folderCount; ++i)
    for (int number = 0; number < kMostFiles; ++number) {
      char path[kLongestPath + 64];
      std::snprintf(path, sizeof path, "%s/.resnetc-%d-%d", folders[i], process, number);
      unlink(path);
    }
}

std::string OutputFiles::reserve(const std::string &path) {
  static int number = 0;
  files.push_back({folderOf(path) + "/.resnetc-" + std::to_string(getpid()) + "-" + std::to_string(number++), path});
  return files.back().temporary;
}

OutputFiles::~OutputFiles() {
  for (const File &file : files)
    unlink(file.temporary.c_str());
}

static bool writeAll(int descriptor, StringRef bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), std::min<size_t>(bytes.size(), 1 << 30));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    bytes = bytes.drop_front(static_cast<size_t>(n));
  }
  return true;
}

static bool failedWrite(const std::string &path, Diagnostics &diagnostics) {
  diagnostics.error(errno == EPIPE ? "O013" : "O012", "cannot write " + path + ": " + reason());
  return false;
}

bool OutputFiles::write(const std::string &path, StringRef bytes, Diagnostics &diagnostics, std::string *temporary) {
  if (path == "-")
    return writeAll(STDOUT_FILENO, bytes) || failedWrite("standard output", diagnostics);
  const bool direct = isSpecial(path);
  const std::string name = direct ? path : reserve(path);
  const int descriptor = open(name.c_str(), O_WRONLY | O_CLOEXEC | (direct ? 0 : O_CREAT | O_EXCL | O_NOFOLLOW), 0666);
  if (temporary)
    *temporary = name;
  if (descriptor < 0) {
    diagnostics.error("O011", "cannot create " + path + ": " + reason());
    return false;
  }
  const bool written = writeAll(descriptor, bytes) && (direct || fsync(descriptor) == 0);
  const int error = errno;
  if ((close(descriptor) != 0) && written)
    return failedWrite(path, diagnostics);
  errno = error;
  return written || failedWrite(path, diagnostics);
}

bool OutputFiles::commit(Diagnostics &diagnostics) {
  while (!files.empty()) {
    if (rename(files.front().temporary.c_str(), files.front().path.c_str()) != 0) {
      diagnostics.error("O011", "cannot create " + files.front().path + ": " + reason());
      return false;
    }
    files.erase(files.begin());
  }
  return true;
}

} // namespace resnetc
