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
  // Throws std::runtime_error with the reason.
  CallableKernel(const KernelSpec &spec, const Machine &machine);
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
