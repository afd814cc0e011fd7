// From an object to an archive or a shared library.
#pragma once
#include "compiler/ir/Diagnostics.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace resnetc {
// A static library with the object as its only member. Empty after an error.
std::string makeArchive(llvm::StringRef object, const std::string &member, Diagnostics &diagnostics);
// Links `object` (a file) and the whole runtime into the shared library `output`. `triple` empty: for this machine.
bool linkShared(const std::string &object, const std::string &output, const std::string &triple, Diagnostics &diagnostics);
} // namespace resnetc
