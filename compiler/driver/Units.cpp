#include "compiler/driver/Units.h"
#include "compiler/ir/Plan.h"
#include "compiler/ir/Rn.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;

namespace resnetc {

// A model is read once for each batch: what was told of a node for one need not be told for the others.
static void tell(const Diagnostic &d, Diagnostics &to) {
  auto isSame = [&](const Diagnostic &o) {
    return o.code == d.code && o.node == d.node && (!d.node.empty() || o.text == d.text);
  };
  if (d.severity == Severity::Error || llvm::none_of(to.all(), isSame))
    to.add(d);
}

// A pass that knows the code of its message starts it with "[R031] "; every other failure is a fault of ours.
static void addPassMessage(mlir::Diagnostic &message, Diagnostics &diagnostics) {
  const bool isError = message.getSeverity() == DiagnosticSeverity::Error;
  std::string text = message.str(), code = "I001";
  if (text.size() > 7 && text[0] == '[' && text[5] == ']') {
    code = text.substr(1, 4);
    text = text.substr(7);
  } else if (!isError) {
    return;
  }
  tell({isError ? Severity::Error : Severity::Warning, code, text, rn::nodeName(message.getLocation())}, diagnostics);
}

static bool runPipeline(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build, const char *what,
                        Diagnostics &diagnostics) {
  PassManager pm(module.getContext());
  build(pm);
  if (succeeded(pm.run(module)))
    return true;
  if (!diagnostics.hasErrors())
    diagnostics.error("I001", std::string("the ") + what + " passes failed without a message");
  return false;
}

Unit::Unit(int64_t batch, Diagnostics &diagnostics)
    : batch(batch),
      handler(&context, [&diagnostics](mlir::Diagnostic &message) { addPassMessage(message, diagnostics); }) {
  context.loadDialect<func::FuncDialect, rn::RnDialect, plan::PlanDialect>();
}

bool importUnit(Unit &unit, llvm::StringRef onnx, const Options &options, Artifacts &artifacts,
                Diagnostics &diagnostics) {
  ImportOptions import = options.import;
  import.flushesDenormals = options.flushDenormals;
  if (unit.batch)
    import.batch = unit.batch;
  Diagnostics said("");
  unit.module = importOnnx(unit.context, onnx, import, said, &artifacts.dependencies);
  if (!unit.module && !said.hasErrors())
    said.error("I001", "the import failed without a message");
  for (const Diagnostic &d : said.all())
    tell(d, diagnostics);
  return !said.hasErrors();
}

bool foldUnit(Unit &unit, const Options &options, Diagnostics &diagnostics) {
  auto edges = [&](OpPassManager &pm) { buildEdgePipeline(pm, options.edges); };
  if (!runPipeline(*unit.module, edges, "edge", diagnostics))
    return false;
  if (options.verifyInputs || options.report)
    unit.imported = unit.module->clone();
  return runPipeline(*unit.module, buildGraphPipeline, "graph", diagnostics);
}

bool planUnit(Unit &unit, const Machine &machine, const Options &options, Diagnostics &diagnostics) {
  auto plan = [&](OpPassManager &pm) { buildPlanPipeline(pm, machine, options.strictMath); };
  unit.plans.push_back(unit.module->clone());
  return runPipeline(*unit.plans.back(), plan, "plan", diagnostics);
}

using Blob = DialectResourceBlobManager::BlobEntry;

static Blob *blobOf(ElementsAttr value) {
  auto resource = dyn_cast_or_null<DenseResourceElementsAttr>(value);
  return resource ? resource.getRawHandle().getResource() : nullptr;
}

// Some weights are constants of the graph as they are.
void dropWeights(Unit &unit) {
  llvm::SmallPtrSet<Blob *, 32> ofGraph;
  unit.module->walk([&](rn::ConstantOp constant) { ofGraph.insert(blobOf(constant.getValue())); });
  for (auto buffer : unit.plans.back()->getOps<plan::BufferOp>())
    if (Blob *blob = buffer.getValue() ? blobOf(*buffer.getValue()) : nullptr; blob && !ofGraph.contains(blob))
      blob->setBlob(AsmResourceBlob());
}

} // namespace resnetc
