// The bytes before protobuf sees them: recognises what is no ONNX model, and says where a damaged one is damaged. After
// it, parsing can neither fail nor recurse deeply.
#pragma once
#include "compiler/ir/Diagnostics.h"
#include "llvm/ADT/StringRef.h"

namespace resnetc {
// False after its one error, R010 to R019 or R061.
bool checkWireFormat(llvm::StringRef bytes, Diagnostics &diagnostics);
// What a foreign file looks like ("PNG"), "" when nothing is recognised.
std::string guessFormat(llvm::StringRef bytes);
} // namespace resnetc
