// What kernels ask for ahead of time. Halide's own prefetch brings a line into L1 for one use; kernels want it in L2, where it
// waits for the next call. So they call a function `resnetc_prefetch(address, offset)` that does not exist, and whoever
// translates a kernel's bitcode replaces these calls by LLVM's prefetch first.
#pragma once

namespace llvm {
class Module;
}

namespace resnetc {

void lowerPrefetches(llvm::Module &module);

} // namespace resnetc
