// C names for symbols and tensors.
#pragma once
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace resnetc {
// A name that --name accepts: an identifier of C and C++ that is nobody else's.
bool isGoodPrefix(llvm::StringRef name);
// Such a name for a model file: its stem with other characters replaced.
std::string prefixForFile(llvm::StringRef path);
// Distinct identifiers, also when written in capitals, for names that may hold anything.
std::vector<std::string> identifiersFor(const std::vector<std::string> &names);
} // namespace resnetc
