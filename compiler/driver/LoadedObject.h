// A compiled object in this process, without a linker: memory that LLVM's JIT linker makes of its bytes. The runtime is
// that of this program.
#pragma once
#include "compiler/ir/Reference.h"
#include "runtime/resnetc_runtime.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace llvm::orc {
class LLJIT;
}

namespace resnetc {

class LoadedObject {
public:
  static llvm::Expected<LoadedObject> load(llvm::StringRef object, const std::string &name);
  LoadedObject(LoadedObject &&);
  ~LoadedObject();

  // From here on the object sees a processor that has nothing but these features (RESNETC_CPU_*) of this one.
  void restrictTo(uint32_t features);
  // Runs a batch in this thread. The outputs; nothing but `status` unless it is RESNETC_OK.
  std::vector<Tensor> run(int32_t batch, llvm::ArrayRef<Tensor> inputs, resnetc_status &status) const;
  const resnetc_model &model() const { return *description; }

private:
  using Describe = const resnetc_model *();
  LoadedObject(std::unique_ptr<llvm::orc::LLJIT> jit, Describe *describe);
  std::unique_ptr<llvm::orc::LLJIT> jit;
  Describe *describe;
  uint32_t features = ~0u;
  const resnetc_model *description;
};

} // namespace resnetc
