// What the emitters need to know of a planned module: the signature of the model and where everything lies.
#pragma once
#include "compiler/emit/Emit.h"
#include "compiler/ir/Plan.h"
#include <optional>
#include <vector>

namespace resnetc {

struct TensorInfo {
  std::string name;       // as in the ONNX file
  std::string identifier; // in C
  std::string layout;     // "NCHW", "NHWC", "NC" or ""
  std::vector<int64_t> shape;
  int64_t count() const;
  int64_t bytes() const { return 4 * count(); }
};

struct Model {
  mlir::ModuleOp module;
  const Machine &machine;
  const EmitOptions &options;
  std::vector<TensorInfo> inputs = {}, outputs = {};
  int32_t unit = 1;      // batch that the steps compute
  bool anyBatch = false; // run_ex takes every multiple of unit
  int64_t arenaBytes = 0, weightBytes = 0;
  std::vector<plan::BufferOp> weights = {}; // in the order in which they lie
  std::vector<plan::KernelOp> kernels = {};
  std::vector<plan::StepOp> steps = {};
  std::map<std::string, plan::BufferOp> buffers = {};
  std::map<std::string, int64_t> offsets = {}; // of arena and weights buffers

  // One input and one output: they are arguments of their own, else members of a struct.
  bool isSimple() const { return inputs.size() == 1 && outputs.size() == 1; }
  int32_t batchMax() const { return anyBatch ? INT32_MAX / unit * unit : unit; }
  std::string weightSection() const { return ".rodata." + options.name + ".weights"; }
};

inline constexpr int64_t kAlign = 64; // of scratch and of each weights buffer

// Reads a module; empty after an error.
std::optional<Model> readModel(mlir::ModuleOp module, const Machine &machine, const EmitOptions &options,
                               Diagnostics &diagnostics);

} // namespace resnetc
