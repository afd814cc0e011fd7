#include "compiler/ir/Plan.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace resnetc;
using namespace resnetc::plan;

#include "compiler/ir/PlanDialect.cpp.inc"
#include "compiler/ir/PlanEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/ir/PlanAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "compiler/ir/PlanOps.cpp.inc"

void PlanDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/ir/PlanAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "compiler/ir/PlanOps.cpp.inc"
      >();
}

LogicalResult BufferOp::verify() {
  const bool ofCaller = getSpace() == Space::Input || getSpace() == Space::Output;
  if (ofCaller != getIndex().has_value())
    return emitOpError() << "needs an index exactly when it is an input or output";
  if ((getSpace() == Space::Weights) != getValue().has_value())
    return emitOpError() << "needs a value exactly when it holds weights";
  return success();
}

LogicalResult StepOp::verify() {
  if (llvm::any_of(getGrid(), [](int64_t n) { return n < 1; }))
    return emitOpError() << "has an empty grid";
  if (getImages() && getGrid().empty())
    return emitOpError() << "has no dimension that could count images";
  return success();
}

LogicalResult CallOp::verify() {
  const size_t rank = cast<StepOp>((*this)->getParentOp()).getGrid().size();
  for (auto ref : getOperands_().getAsRange<RefAttr>())
    if (ref.getSteps().size() != rank)
      return emitOpError() << "pointer into " << ref.getBuffer() << " has " << ref.getSteps().size()
                           << " steps, the grid has " << rank << " dimensions";
  return success();
}

SmallVector<Section> plan::sectionsOf(ModuleOp plan) {
  SmallVector<Section> sections;
  for (auto step : plan.getOps<StepOp>()) {
    const int64_t images = step.getImages() ? step.getGrid().front() : 0;
    if (sections.empty() || images == 0 || sections.back().images != images)
      sections.push_back({{}, images});
    sections.back().steps.push_back(step);
  }
  return sections;
}

DictionaryAttr plan::specToAttr(MLIRContext *context, const KernelSpec &spec) {
  Builder b(context);
  SmallVector<NamedAttribute> entries{b.getNamedAttr("kind", b.getStringAttr(spec.kind))};
  for (const auto &[key, list] : spec.ints)
    entries.push_back(b.getNamedAttr(key, b.getDenseI64ArrayAttr(list)));
  for (const auto &[key, value] : spec.floats)
    entries.push_back(b.getNamedAttr(key, b.getF64FloatAttr(value)));
  for (const auto &[key, word] : spec.words)
    entries.push_back(b.getNamedAttr(key, b.getStringAttr(word)));
  return b.getDictionaryAttr(entries);
}

KernelSpec plan::specFromAttr(DictionaryAttr attr) {
  KernelSpec spec;
  for (NamedAttribute entry : attr) {
    const std::string key = entry.getName().str();
    if (auto list = dyn_cast<DenseI64ArrayAttr>(entry.getValue()))
      spec.ints[key] = {list.asArrayRef().begin(), list.asArrayRef().end()};
    else if (auto real = dyn_cast<FloatAttr>(entry.getValue()))
      spec.floats[key] = real.getValueAsDouble();
    else if (auto word = dyn_cast<StringAttr>(entry.getValue()))
      (key == "kind" ? spec.kind : spec.words[key]) = word.str();
  }
  return spec;
}
