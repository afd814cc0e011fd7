// record-reference and check-reference: the numeric half of every pass test.
//   resnetc-opt --record-reference --fold-batch-norm --check-reference x.mlir
// evaluates each function on inputs that depend only on their position and type, before and after the passes between, and
// fails when a result differs. With --record-reference=layers the failure also names the first layer that differs.
#include "compiler/ir/Layers.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/Rewrite.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;

namespace resnetc {
#define GEN_PASS_DEF_RECORDREFERENCE
#define GEN_PASS_DEF_CHECKREFERENCE
#include "compiler/passes/Passes.h.inc"

namespace {

constexpr llvm::StringLiteral kResultsAttr = "rn.reference", kLayersAttr = "rn.reference_layers";

// A well mixed 64-bit value of a counter (splitmix64's finish).
uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Floats in (-4, 4), few near zero and both signs alike; integers in [-3, 3], no negative ones where there are none.
Tensor seededInput(RankedTensorType type, unsigned position) {
  Tensor t{Shape(type.getShape()), std::vector<double>(type.getNumElements())};
  for (size_t i = 0; i < t.data.size(); ++i) {
    const double uniform = static_cast<double>(mix((uint64_t(position) << 40) + i) >> 11) * 0x1p-53;
    if (type.getElementType().isF32())
      t.data[i] = static_cast<float>(8 * uniform - 4);
    else if (type.getElementType().isInteger(1))
      t.data[i] = uniform < 0.5;
    else
      t.data[i] = std::floor(7 * uniform) - (type.getElementType().isUnsignedInteger() ? 0 : 3);
  }
  return t;
}

std::vector<Tensor> seededInputs(func::FuncOp function) {
  std::vector<Tensor> inputs;
  for (auto [position, argument] : llvm::enumerate(function.getArguments()))
    inputs.push_back(seededInput(typeOf(argument), position));
  return inputs;
}

// ---- Tensors as attributes.
DenseElementsAttr toAttribute(Builder &builder, const Tensor &t) {
  return DenseElementsAttr::get(RankedTensorType::get(t.shape, builder.getF64Type()), ArrayRef(t.data));
}

Tensor toTensor(DenseElementsAttr attr) {
  auto values = attr.getValues<double>();
  return {Shape(attr.getType().getShape()), {values.begin(), values.end()}};
}

// Location, tensor, location, tensor, ...
ArrayAttr toAttribute(Builder &builder, const LayerValues &layers) {
  SmallVector<Attribute> kept;
  for (const auto &[node, values] : layers.values)
    for (const Tensor &value : values)
      kept.append({LocationAttr(node), toAttribute(builder, value)});
  return builder.getArrayAttr(kept);
}

LayerValues toLayers(ArrayAttr attr) {
  LayerValues layers;
  for (size_t i = 0; i + 1 < attr.size(); i += 2)
    layers.values[Location(cast<LocationAttr>(attr[i]))].push_back(toTensor(cast<DenseElementsAttr>(attr[i + 1])));
  return layers;
}

struct RecordReferencePass : impl::RecordReferenceBase<RecordReferencePass> {
  using RecordReferenceBase::RecordReferenceBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isDeclaration())
      return;
    FailureOr<std::vector<Tensor>> results = evaluate(function, seededInputs(function));
    if (failed(results))
      return signalPassFailure();
    Builder builder(&getContext());
    SmallVector<Attribute> kept;
    for (const Tensor &t : *results)
      kept.push_back(toAttribute(builder, t));
    function->setAttr(kResultsAttr, builder.getArrayAttr(kept));
    if (layers)
      function->setAttr(kLayersAttr, toAttribute(builder, *LayerValues::of(function, seededInputs(function))));
  }
};

struct CheckReferencePass : impl::CheckReferenceBase<CheckReferencePass> {
  using CheckReferenceBase::CheckReferenceBase;

  LogicalResult compare(func::FuncOp function, unsigned index, const Tensor &now, DenseElementsAttr before,
                        ArrayAttr layers) {
    ArrayRef<int64_t> shape = before.getType().getShape();
    if (ArrayRef<int64_t>(now.shape) != shape)
      return function.emitError() << "result " << index << " has shape " << toString(now.shape) << ", had "
                                  << toString(shape);
    const double error = relativeError(now.data, SmallVector<double>(before.getValues<double>()));
    if (error <= tolerance)
      return success();
    InFlightDiagnostic message = function.emitError()
                                 << "result " << index << " differs from the reference: relative error "
                                 << format(error) << ", allowed " << format(tolerance);
    if (layers)
      nameLayer(function, toLayers(layers), message);
    return message;
  }

  static std::string format(double v) { return llvm::formatv("{0:e2}", v).str(); }

  void nameLayer(func::FuncOp function, const LayerValues &before, InFlightDiagnostic &message) {
    if (auto first = before.firstDifference(function, seededInputs(function), tolerance))
      message.attachNote(first->op->getLoc()) << "the first layer that differs: relative error " << format(first->error)
                                              << "; the " << first->agreeing << " before it agree";
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isDeclaration())
      return;
    auto before = dyn_cast_or_null<ArrayAttr>(function->removeAttr(kResultsAttr)),
         layers = dyn_cast_or_null<ArrayAttr>(function->removeAttr(kLayersAttr));
    if (!before) {
      function.emitError() << "no results are recorded; run --record-reference first";
      return signalPassFailure();
    }
    FailureOr<std::vector<Tensor>> results = evaluate(function, seededInputs(function));
    if (failed(results))
      return signalPassFailure();
    if (results->size() != before.size()) {
      function.emitError() << "has " << results->size() << " results, had " << before.size();
      return signalPassFailure();
    }
    for (auto [index, now, attr] : llvm::enumerate(*results, before))
      if (failed(compare(function, index, now, cast<DenseElementsAttr>(attr), layers)))
        return signalPassFailure();
  }
};

} // namespace
} // namespace resnetc
