// All passes (Passes.td) and the order in which the compiler runs them (Pipeline.cpp).
#pragma once
#include "compiler/ir/Rn.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "schedules/Machine.h"
#include <memory>

namespace resnetc {
#define GEN_PASS_DECL
#include "compiler/passes/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "compiler/passes/Passes.h.inc"

// rn as imported -> rn with every fold done ("--emit=graph").
void buildGraphPipeline(mlir::OpPassManager &pm);
// folded rn -> plan, for one machine ("--emit=plan"). strictMath: no kernel that changes the arithmetic (no Winograd).
void buildPlanPipeline(mlir::OpPassManager &pm, const Machine &machine, bool strictMath);
} // namespace resnetc
