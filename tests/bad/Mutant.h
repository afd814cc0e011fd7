// One damaged model through the compiler, in this process: it must be refused with a message of the user's, or mean the
// same before and after the graph passes.
#pragma once
#include "llvm/ADT/StringRef.h"
#include <map>
#include <string>

namespace resnetc {

struct MutantCounts {
  int64_t tried = 0, accepted = 0, compared = 0, compiled = 0;
  double slowest = 0; // seconds of CPU time of one mutant
  std::map<std::string, int64_t> refused; // by the code of the first error
};

// Empty, or what went wrong. compileObject: when it is accepted, take it through the whole compiler.
std::string tryMutant(llvm::StringRef onnx, bool compileObject, MutantCounts &counts);

} // namespace resnetc
