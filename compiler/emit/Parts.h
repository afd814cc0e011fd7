// The parts of an object, in the order in which Emit.cpp puts them together: one LLVM module for each level, then one that
// holds them all. Private to this folder.
#pragma once
#include "compiler/emit/Model.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

namespace resnetc {

// ---- EmitKernels.cpp: Halide's bitcode of every plan.kernel, linked into `into`.
bool emitKernels(llvm::Module &into, const Model &model, Diagnostics &diagnostics);

// ---- EmitWeights.cpp: the section of weights. The bytes are zeros in a module that becomes an object; patchWeights copies
// the true ones into the finished object, so that they exist once. Text gets them as an LLVM constant.
std::string weightSection(const EmitOptions &options);
llvm::GlobalVariable *declareWeights(llvm::Module &into, const Model &model); // null where it has none
void defineWeights(llvm::Module &into, const WeightStore &weights, const EmitOptions &options);
bool patchWeights(std::string &object, const WeightStore &weights, const EmitOptions &options,
                  Diagnostics &diagnostics);

// ---- EmitFloatMode.cpp: from here on denormals are zeros. What it returns gives back the caller's mode.
llvm::Value *emitFlushMode(llvm::IRBuilder<> &ir);
void emitCallersMode(llvm::IRBuilder<> &ir, llvm::Value *before);

// ---- EmitSteps.cpp: a function for each kind of step, and for each plan a constant resnetc_rt_plan. The plans share the functions.
std::optional<std::vector<llvm::GlobalVariable *>> emitSteps(llvm::Module &into, const Model &model, llvm::GlobalVariable *weights,
                                                             Diagnostics &diagnostics);

// ---- EmitEntry.cpp: the functions .run and .scratch_bytes of a level, from the constant of each plan.
void emitEntry(llvm::Module &into, const Model &model, const std::vector<llvm::GlobalVariable *> &plans);

// ---- EmitDescriptor.cpp: the constant resnetc_model of a level, .model.
void emitDescriptor(llvm::Module &into, const Model &model);

// ---- EmitPublic.cpp: NAME_run, NAME_run_ex, NAME_scratch_bytes and NAME_model, which choose among the levels.
void emitPublic(llvm::Module &into, llvm::ArrayRef<Model> levels);

// ---- EmitObject.cpp
std::unique_ptr<llvm::TargetMachine> makeTarget(const Machine &machine, Diagnostics &diagnostics);
// Keeps the public symbols, drops what is unused, and generates text or an object.
bool emitCode(llvm::Module &module, llvm::TargetMachine &target, const WeightStore &weights, const EmitOptions &options,
              std::string &code, Diagnostics &diagnostics);

// ---- EmitHeader.cpp
// verified: what a verification of the object found; "": none.
std::string emitHeader(llvm::ArrayRef<Model> levels, const WeightStore &weights, const std::string &verified);

// A function of the given type; code that is not a kernel runs on every CPU of the architecture, so that it can tell
// that the kernels do not.
llvm::Function *makeFunction(llvm::Module &into, const llvm::Twine &name, llvm::Type *result,
                             llvm::ArrayRef<llvm::Type *> arguments, bool isPublic = false);
// RESNETC_CPU_* of the processor that the code runs on. Those for which the runtime asks the operating system are among them where `wanted` has them.
llvm::Value *featuresHere(llvm::IRBuilder<> &ir, llvm::Module &module, uint32_t wanted);
} // namespace resnetc
