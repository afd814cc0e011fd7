// From modules in dialect `plan` (memory planned, weights packed) to one object and its C header. The only folder that uses
// LLVM's code generation. A module still holds @main, a declaration whose types and rn.name attributes are the signature.
#pragma once
#include "compiler/ir/Diagnostics.h"
#include "mlir/IR/BuiltinOps.h"
#include "schedules/Machine.h"
#include <functional>
#include <memory>
#include <string>

namespace resnetc {

enum class ObjectKind { Llvm, Assembly, Object };

struct EmitOptions {
  std::string name;      // symbol prefix, a C identifier
  std::string modelFile; // for the header: base name
  std::string sha256;    // of the model file, 64 hex digits
  std::string flags;     // for the header: command line
  ObjectKind kind = ObjectKind::Object;
  bool flushDenormals = true; // denormal numbers are zeros, in the weights and while a step runs
  int32_t batchBound = 0; // largest batch that run_ex takes; 0: no bound
  unsigned jobs = 1; // threads that build kernels
  std::function<void(int done, int total, const std::string &label)> progress; // called from one thread at a time
  // May refuse the object. What it writes to `verified` is stated in the header.
  std::function<bool(llvm::StringRef object, std::string &verified)> verify;
};

struct Emitted {
  std::string code, header;
};

struct WeightBytes {
  int64_t read, own; // of a level; own: that no other level reads
};

// Makes one object of the plans for one or more levels of an architecture. The same modules, machines and options give the
// same bytes, whatever `jobs` is.
class Emitter {
public:
  Emitter(const EmitOptions &options, Diagnostics &diagnostics);
  ~Emitter();

  // The next better level. One module for each batch, the smallest first. They and the machine must live until the end,
  // their weights until `keepWeights`. False when diagnostics got an error.
  bool add(llvm::ArrayRef<mlir::ModuleOp> plans, const Machine &machine);
  // Copies the weights of the levels so far: the modules may lose theirs.
  void keepWeights();
  // False when diagnostics got an error.
  bool finish(Emitted &result);

  WeightBytes weightBytes(unsigned level) const;
  int64_t weightBytes() const; // in the object

private:
  struct State;
  std::unique_ptr<State> state;
};

// An object of one level.
bool emit(llvm::ArrayRef<mlir::ModuleOp> plans, const Machine &machine, const EmitOptions &options, Emitted &result,
          Diagnostics &diagnostics);

// Bytes of the code that an object has for a level.
uint64_t codeBytes(llvm::StringRef object, const std::string &name, const Machine &machine);

} // namespace resnetc
