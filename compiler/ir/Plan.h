// Dialect `plan` in C++, and the way between its attributes and KernelSpec. The operations are described in PlanOps.td.
#pragma once
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
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
} // namespace resnetc::plan
