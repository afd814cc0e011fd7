// Dialect `rn` in C++. The operations are described in RnOps.td.
#pragma once
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace resnetc::rn {
// Operations that end with an optional `act`.
template <typename ConcreteOp> class HasEpilogue : public mlir::OpTrait::TraitBase<ConcreteOp, HasEpilogue> {};
// Operations that may have a second result, preact_act(scale * result + shift).
template <typename ConcreteOp> class HasPreactivation : public mlir::OpTrait::TraitBase<ConcreteOp, HasPreactivation> {};
} // namespace resnetc::rn

#include "compiler/ir/RnDialect.h.inc"
#include "compiler/ir/RnEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/ir/RnAttrs.h.inc"
#define GET_OP_CLASSES
#include "compiler/ir/RnOps.h.inc"

namespace resnetc::rn {
// The name of the ONNX node that an operation came from; fused operations give the first one; "" when there is none.
std::string nodeName(mlir::Location loc);
// Attributes of a function argument or result that keep the ONNX names: StringAttr.
inline constexpr llvm::StringLiteral kNameAttr = "rn.name";
} // namespace resnetc::rn
