// Dialect `plan` in C++, and the way between its attributes and KernelSpec. The operations are described in PlanOps.td.
#pragma once
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "schedules/KernelSpec.h"

#include "compiler/ir/PlanDialect.h.inc"
#include "compiler/ir/PlanEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/ir/PlanAttrs.h.inc"
#define GET_OP_CLASSES
#include "compiler/ir/PlanOps.h.inc"

namespace resnetc::plan {
mlir::DictionaryAttr specToAttr(mlir::MLIRContext *context, const KernelSpec &spec);
KernelSpec specFromAttr(mlir::DictionaryAttr attr);
// Module attribute: bytes of scratch, set by plan-memory.
inline constexpr llvm::StringLiteral kArenaBytesAttr = "plan.arena_bytes";

// Steps that follow each other and go through the images of a batch together; or one step that does not.
struct Section {
  llvm::SmallVector<StepOp> steps;
  int64_t images; // 0: the step does not care for images
};
llvm::SmallVector<Section> sectionsOf(mlir::ModuleOp plan);
} // namespace resnetc::plan
