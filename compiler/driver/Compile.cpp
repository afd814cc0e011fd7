// The stages of a compile, one after the other, and the way from MLIR's messages to ours.
#include "compiler/driver/Compile.h"
#include "compiler/driver/Report.h"
#include "compiler/driver/Verify.h"
#include "compiler/emit/Emit.h"
#include "compiler/emit/Names.h"
#include "compiler/ir/Plan.h"
#include "compiler/ir/Rn.h"
#include "compiler/passes/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;

namespace resnetc {
namespace {

// Constants with more elements are left out of printed IR.
constexpr int64_t kPrintedElements = 16;

// A model is read once for each batch: what was told of a node for one need not be told for the others.
void tell(const Diagnostic &d, Diagnostics &to) {
  auto isSame = [&](const Diagnostic &o) {
    return o.code == d.code && o.node == d.node && (!d.node.empty() || o.text == d.text);
  };
  if (d.severity == Severity::Error || llvm::none_of(to.all(), isSame))
    to.add(d);
}

// A pass that knows the code of its message starts it with "[R031] "; every other failure is a fault of ours.
void addPassMessage(mlir::Diagnostic &message, Diagnostics &diagnostics) {
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

bool runPipeline(ModuleOp module, llvm::function_ref<void(OpPassManager &)> build, const char *what,
                 Diagnostics &diagnostics) {
  PassManager pm(module.getContext());
  build(pm);
  if (succeeded(pm.run(module)))
    return true;
  if (!diagnostics.hasErrors())
    diagnostics.error("I001", std::string("the ") + what + " passes failed without a message");
  return false;
}

std::string printModule(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  OpPrintingFlags flags;
  flags.elideLargeElementsAttrs(kPrintedElements).elideLargeResourceString(kPrintedElements * 8);
  module.print(stream, flags);
  stream << "\n";
  return text;
}

std::string sha256(llvm::StringRef bytes) {
  return llvm::toHex(llvm::SHA256::hash(llvm::arrayRefFromStringRef(bytes)), /*LowerCase=*/true);
}

// The model for one batch. Each has a context of its own, so that what one needs is independent of the others.
struct Unit {
  Unit(int64_t batch, Diagnostics &diagnostics)
      : batch(batch),
        handler(&context, [&diagnostics](mlir::Diagnostic &message) { addPassMessage(message, diagnostics); }) {
    context.loadDialect<func::FuncDialect, rn::RnDialect, plan::PlanDialect>();
  }

  int64_t batch;                                         // 0: the model's own
  MLIRContext context{MLIRContext::Threading::DISABLED}; // threads would change the order of messages and names
  ScopedDiagnosticHandler handler;
  OwningOpRef<ModuleOp> module;
  OwningOpRef<ModuleOp> imported, folded; // copies for the verification and the report
};
using Units = std::vector<std::unique_ptr<Unit>>;

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
  if (!runPipeline(*unit.module, buildGraphPipeline, "graph", diagnostics))
    return false;
  if (options.verifyInputs || options.report)
    unit.folded = unit.module->clone();
  return true;
}

std::optional<std::string> verifyUnits(const Units &units, llvm::StringRef object, const Machine &machine,
                                       const Options &options, Diagnostics &diagnostics) {
  if (options.enterStage)
    options.enterStage("verify");
  // For the float64 reference, which takes its threads from the context.
  llvm::DefaultThreadPool threads(llvm::hardware_concurrency(options.jobs));
  std::vector<Meaning> meanings;
  for (const auto &unit : units) {
    unit->context.setThreadPool(threads);
    meanings.push_back({units.size() > 1 ? static_cast<int32_t>(unit->batch) : 0, *unit->imported, *unit->folded});
  }
  std::optional<std::string> verified = verifyObject(object, meanings, machine, options, diagnostics);
  for (const auto &unit : units)
    unit->context.disableMultithreading();
  return verified;
}

bool emitStage(const Units &units, llvm::StringRef onnx, const Machine &machine, const Options &options,
               Artifacts &artifacts, Diagnostics &diagnostics) {
  EmitOptions emitOptions;
  emitOptions.name = options.name;
  emitOptions.modelFile = options.modelFile;
  emitOptions.sha256 = sha256(onnx);
  emitOptions.flags = options.flags;
  emitOptions.kind = options.stage == Stage::Llvm       ? ObjectKind::Llvm
                     : options.stage == Stage::Assembly ? ObjectKind::Assembly
                                                        : ObjectKind::Object;
  emitOptions.flushDenormals = options.flushDenormals;
  emitOptions.batchBound = options.batchBound;
  emitOptions.jobs = options.jobs;
  emitOptions.progress = options.progress;
  if (options.verifyInputs)
    emitOptions.verify = [&](llvm::StringRef object, std::string &verified) {
      std::optional<std::string> found = verifyUnits(units, object, machine, options, diagnostics);
      verified = found.value_or("");
      return found.has_value();
    };
  std::vector<ModuleOp> plans;
  for (const auto &unit : units)
    plans.push_back(*unit->module);
  Emitted emitted;
  if (!emit(plans, machine, emitOptions, emitted, diagnostics))
    return false;
  artifacts.main = std::move(emitted.code);
  artifacts.header = std::move(emitted.header);
  return true;
}

void writeReport(const Units &units, const Machine &machine, const Options &options, Artifacts &artifacts) {
  if (!options.report)
    return;
  const llvm::StringRef object = options.stage == Stage::Object ? llvm::StringRef(artifacts.main) : llvm::StringRef();
  for (const auto &unit : units)
    artifacts.report += reportText({*unit->imported, *unit->folded, *unit->module, object}, machine, options);
}

bool stopWithText(const Units &units, Artifacts &artifacts) {
  for (const auto &unit : units)
    artifacts.main += printModule(*unit->module);
  return true;
}

std::optional<Machine> findMachine(const Options &options, Diagnostics &diagnostics) {
  const std::string triple = options.target.empty() ? "" : llvm::Triple::normalize(options.target);
  const bool isLinux = triple.empty() || llvm::Triple(triple).isOSLinux();
  std::optional<Machine> machine = machineFor(triple, options.cpu);
  if (machine && isLinux)
    return machine;
  const std::vector<std::string> levels = machineLevels(triple);
  if (levels.empty() || !isLinux)
    diagnostics.error("U013", "target '" + options.target + "' is not supported", {}, {},
                      "x86_64-linux-gnu or aarch64-linux-gnu");
  else
    diagnostics.error("U013", "cpu '" + options.cpu + "' is not known for this target", {}, {},
                      "baseline, or one of: " + llvm::join(levels, ", "));
  return std::nullopt;
}

} // namespace

bool compile(llvm::StringRef onnx, const Options &options, Artifacts &artifacts, Diagnostics &diagnostics) {
  if (!isGoodPrefix(options.name)) {
    diagnostics.error("U011", "'" + options.name + "' is not a C identifier, or a reserved one", {}, {}, "--name=ID");
    return false;
  }
  const std::optional<Machine> machine = findMachine(options, diagnostics);
  if (!machine)
    return false;

  auto enter = [&](const char *stage) {
    if (options.enterStage)
      options.enterStage(stage);
  };
  enter("import");
  Units units;
  for (int64_t batch : options.batches.empty() ? std::vector<int64_t>{0} : options.batches)
    units.push_back(std::make_unique<Unit>(batch, diagnostics));
  for (const auto &unit : units)
    if (!importUnit(*unit, onnx, options, artifacts, diagnostics))
      return false;
  if (options.stage == Stage::Import)
    return stopWithText(units, artifacts);
  enter("graph");
  for (const auto &unit : units)
    if (!foldUnit(*unit, options, diagnostics))
      return false;
  if (options.stage == Stage::Graph)
    return stopWithText(units, artifacts);
  enter("plan");
  auto plan = [&](OpPassManager &pm) { buildPlanPipeline(pm, *machine, options.strictMath); };
  for (const auto &unit : units)
    if (!runPipeline(*unit->module, plan, "plan", diagnostics))
      return false;
  if (options.stage == Stage::Plan) {
    writeReport(units, *machine, options, artifacts);
    return stopWithText(units, artifacts);
  }
  enter("emit");
  if (!emitStage(units, onnx, *machine, options, artifacts, diagnostics))
    return false;
  writeReport(units, *machine, options, artifacts);
  return true;
}

} // namespace resnetc
