// Files that appear whole or not at all: each is written beside its place under a temporary name, then all are renamed.
#pragma once
#include "compiler/ir/Diagnostics.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace resnetc {

class OutputFiles {
public:
  OutputFiles() = default;
  OutputFiles(const OutputFiles &) = delete;
  ~OutputFiles(); // removes what was not committed

  // A temporary name in the folder of `path`, for this process to create and rename to `path`.
  std::string reserve(const std::string &path);
  // Writes a file under its temporary name, which `temporary` receives; devices and pipes at once, "-" to standard output.
  bool write(const std::string &path, llvm::StringRef bytes, Diagnostics &diagnostics, std::string *temporary = nullptr);
  // Gives every file its name, in the order in which they came.
  bool commit(Diagnostics &diagnostics);

private:
  struct File {
    std::string temporary, path;
  };
  std::vector<File> files;
};

// Whether something could be created at `path`: an error now spares the user the wait.
bool checkPlace(const std::string &path, Diagnostics &diagnostics);
// The same file under two names.
bool isSameFile(const std::string &a, const std::string &b);
// Removes the temporary files of process `process` (this one or a child that has died) and is safe in a signal handler.
void removeTemporaries(int process);

} // namespace resnetc
