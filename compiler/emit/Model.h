// What the emitters need to know of the planned modules of one level: the signature of the model and where everything lies. It
// may have several plans, one for each batch that it was compiled for; they share kernels and weights.
#pragma once
#include "compiler/emit/Emit.h"
#include "compiler/emit/WeightStore.h"
#include "compiler/ir/Plan.h"
#include "runtime/resnetc_runtime.h"
#include <optional>
#include <set>
#include <vector>

namespace resnetc {

struct TensorInfo {
  std::string name;       // as in the ONNX file
  std::string identifier; // in C
  std::string layout;     // "NCHW", "NHWC", "NC" or ""
  resnetc_dtype dtype;
  std::vector<int64_t> shape;
  std::string note; // for the header: what the caller should know
  int64_t count() const;
  int64_t elementBytes() const { return dtype == RESNETC_U8 ? 1 : 4; }
  int64_t bytes() const { return elementBytes() * count(); }
};

// The steps for one batch, and their memory.
struct BatchPlan {
  mlir::ModuleOp module;
  int32_t batch = 1;
  int64_t arenaBytes = 0;
  std::vector<plan::StepOp> steps = {};
  std::map<std::string, plan::BufferOp> buffers = {};
  std::map<std::string, int64_t> offsets = {}; // of arena and weights buffers
  std::map<std::string, int64_t> together = {}; // images in those arena buffers that hold a few only
  std::set<std::string> reused = {};            // buffers of which each thread at work on a step has a part
};

struct Model {
  const Machine &machine;
  const EmitOptions &options;
  std::vector<BatchPlan> plans = {};                // by ascending batch
  std::vector<TensorInfo> inputs = {}, outputs = {}; // for the smallest batch
  bool anyBatch = false;                            // run_ex takes every multiple of the smallest batch
  int64_t weightBytes = 0;                          // that this level reads
  std::vector<plan::KernelOp> kernels = {};

  // One input and one output: they are arguments of their own, else members of a struct.
  bool isSimple() const { return inputs.size() == 1 && outputs.size() == 1; }
  // Where a step finds the pointer to a buffer: scratch, the inputs, the outputs. Nothing for weights.
  std::optional<int64_t> slotOf(plan::BufferOp buffer) const;
  int32_t batchMin() const { return plans.front().batch; }
  int32_t batchMax() const;
  int64_t arenaBytes() const; // enough for every batch
  // Names inside of the object carry the level; suffix: ".run"
  std::string symbol(const llvm::Twine &suffix) const { return (options.name + "." + machine.level + suffix).str(); }
};

// Reads the modules of the level of this number; empty after an error.
std::optional<Model> readModel(llvm::ArrayRef<mlir::ModuleOp> plans, const Machine &machine, unsigned level,
                               const EmitOptions &options, WeightStore &weights, Diagnostics &diagnostics);

} // namespace resnetc
