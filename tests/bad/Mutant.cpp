#include "tests/bad/Mutant.h"
#include "compiler/driver/Compile.h"
#include "compiler/ir/Shapes.h"
#include "compiler/passes/Passes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include <ctime>

using namespace mlir;

namespace resnetc {

// Larger values, or more of them, are not evaluated: plain loops would take seconds.
static constexpr int64_t kComparedElements = 1 << 14, kComparedOps = 200;

static bool isSmall(ModuleOp module) {
  int64_t ops = 0;
  bool small = true;
  module.walk([&](Operation *op) {
    ++ops;
    for (Type type : op->getResultTypes())
      if (auto tensor = dyn_cast<RankedTensorType>(type))
        small &= tensor.getNumElements() <= kComparedElements;
  });
  for (auto function : module.getOps<func::FuncOp>())
    for (Type type : function.getArgumentTypes())
      small &= cast<RankedTensorType>(type).getNumElements() <= kComparedElements;
  return small && ops <= kComparedOps;
}

// What the graph passes change, against the reference evaluator.
static std::string compareGraph(llvm::StringRef onnx, MutantCounts &counts) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  std::string complaints;
  ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &d) { complaints += d.str() + "; "; });
  Diagnostics diagnostics("mutant");
  OwningOpRef<ModuleOp> module = importOnnx(context, onnx, {}, diagnostics);
  if (!module)
    return "accepted by compile, refused by importOnnx";
  if (!isSmall(*module))
    return "";
  ++counts.compared;
  PassManager passes(&context);
  passes.nest<func::FuncOp>().addPass(createRecordReference());
  buildGraphPipeline(passes);
  passes.nest<func::FuncOp>().addPass(createCheckReference());
  return succeeded(passes.run(*module)) ? "" : "graph passes: " + complaints;
}

static std::string judge(llvm::StringRef onnx, bool compileObject, MutantCounts &counts) {
  Options options;
  options.name = "mutant";
  options.stage = Stage::Graph;
  Artifacts artifacts;
  Diagnostics diagnostics("mutant");
  if (!compile(onnx, options, artifacts, diagnostics)) {
    if (!diagnostics.hasErrors())
      return "refused without a message";
    for (const Diagnostic &d : diagnostics.all())
      if (d.severity == Severity::Error && d.code[0] != 'R')
        return d.code + " " + d.text;
    const auto first = llvm::find_if(diagnostics.all(), [](const auto &d) { return d.severity == Severity::Error; });
    ++counts.refused[first->code];
    return "";
  }
  ++counts.accepted;
  if (std::string fault = compareGraph(onnx, counts); !fault.empty() || !compileObject)
    return fault;
  ++counts.compiled;
  options.stage = Stage::Object;
  if (compile(onnx, options, artifacts, diagnostics) || diagnostics.exitStatus() != 70)
    return "";
  return "emit: " + diagnostics.format();
}

std::string tryMutant(llvm::StringRef onnx, bool compileObject, MutantCounts &counts) {
  const std::clock_t start = std::clock();
  ++counts.tried;
  std::string fault = judge(onnx, compileObject, counts);
  counts.slowest = std::max(counts.slowest, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  return fault;
}

} // namespace resnetc
