// All passes (Passes.td) and the order in which the compiler runs them (Pipeline.cpp).
#pragma once
#include "compiler/ir/Rn.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "schedules/Machine.h"
#include <memory>
#include <string>
#include <vector>

namespace resnetc {
#define GEN_PASS_DECL
#include "compiler/passes/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/passes/Passes.h.inc"

// What a program has and wants at the edges of a network, put in front of the folds.
struct ImageFormat {
  std::string input; // name; empty: the only one
  bool bytes = false, nhwc = false, bgr = false;
  std::vector<double> mean, deviation; // per channel, one for all, or empty
};
struct EdgeOptions {
  std::vector<ImageFormat> images;
  bool softmax = false;
  int64_t topK = 0;
};
void buildEdgePipeline(mlir::OpPassManager &pm, const EdgeOptions &options);

// rn as imported -> rn with every fold done ("--emit=graph").
void buildGraphPipeline(mlir::OpPassManager &pm);
// folded rn -> plan, for one machine ("--emit=plan"). strictMath: no kernel that changes the arithmetic (no Winograd).
void buildPlanPipeline(mlir::OpPassManager &pm, const Machine &machine, bool strictMath);
} // namespace resnetc
