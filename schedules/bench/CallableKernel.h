// A kernel as a function that this process can call: Halide's bitcode through LLVM's code generator, as in a compiled
// model. For tests and measurements.
#pragma once
#include "schedules/Kernels.h"
#include <memory>
#include <string>
#include <vector>

namespace llvm::orc {
class LLJIT;
}

namespace resnetc {

class CallableKernel {
public:
  // What a kernel calls to have a line of memory read ahead (schedules/Prefetch.h): the line at `address` + `offset` bytes.
  using Prefetch = int32_t (*)(const void *address, int64_t offset);

  // With a `prefetch` the kernel calls it instead of the processor's instruction. Throws std::runtime_error with the reason.
  CallableKernel(const KernelSpec &spec, const Machine &machine, Prefetch prefetch = nullptr);
  ~CallableKernel();

  // Operands in the order of the kind's documentation.
  void operator()(const std::vector<float *> &operands) const;

  double halideMs = 0, llvmMs = 0;
  std::string bitcode, object;

private:
  std::unique_ptr<llvm::orc::LLJIT> jit;
  void *function = nullptr;
};

}  // namespace resnetc
