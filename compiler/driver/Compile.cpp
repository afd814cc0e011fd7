// The stages of a compile, one after the other, and the way from MLIR's messages to ours.
#include "compiler/driver/Compile.h"
#include "compiler/emit/Emit.h"
#include "compiler/emit/Names.h"
#include "compiler/ir/Plan.h"
#include "compiler/ir/Rn.h"
#include "compiler/passes/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;

namespace resnetc {
namespace {

// Constants with more elements are left out of printed IR.
constexpr int64_t kPrintedElements = 16;

// A pass that knows the code of its message starts it with "[R031] "; every other failure is a fault of ours.
void addPassError(mlir::Diagnostic &message, Diagnostics &diagnostics) {
  std::string text = message.str(), code = "I001";
  if (text.size() > 7 && text[0] == '[' && text[5] == ']') {
    code = text.substr(1, 4);
    text = text.substr(7);
  }
  diagnostics.error(code, text, rn::nodeName(message.getLocation()));
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

bool emitStage(ModuleOp module, llvm::StringRef onnx, const Machine &machine, const Options &options,
               Artifacts &artifacts, Diagnostics &diagnostics) {
  EmitOptions emitOptions;
  emitOptions.name = options.name;
  emitOptions.modelFile = options.modelFile;
  emitOptions.sha256 = sha256(onnx);
  emitOptions.flags = options.flags;
  emitOptions.kind = options.stage == Stage::Llvm       ? ObjectKind::Llvm
                     : options.stage == Stage::Assembly ? ObjectKind::Assembly
                                                        : ObjectKind::Object;
  emitOptions.jobs = options.jobs;
  emitOptions.progress = options.progress;
  Emitted emitted;
  if (!emit(module, machine, emitOptions, emitted, diagnostics))
    return false;
  artifacts.main = std::move(emitted.code);
  artifacts.header = std::move(emitted.header);
  return true;
}

bool stopWithText(ModuleOp module, Artifacts &artifacts) {
  artifacts.main = printModule(module);
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
  MLIRContext context(MLIRContext::Threading::DISABLED); // threads would change the order of messages and names
  context.loadDialect<func::FuncDialect, rn::RnDialect, plan::PlanDialect>();
  ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &message) {
    if (message.getSeverity() == DiagnosticSeverity::Error)
      addPassError(message, diagnostics);
  });
  OwningOpRef<ModuleOp> module = importOnnx(context, onnx, options.import, diagnostics, &artifacts.dependencies);
  if (!module && !diagnostics.hasErrors())
    diagnostics.error("I001", "the import failed without a message");
  if (diagnostics.hasErrors())
    return false;
  if (options.stage == Stage::Import)
    return stopWithText(*module, artifacts);
  enter("graph");
  if (!runPipeline(*module, buildGraphPipeline, "graph", diagnostics))
    return false;
  if (options.stage == Stage::Graph)
    return stopWithText(*module, artifacts);
  enter("plan");
  if (!runPipeline(*module, [&](OpPassManager &pm) { buildPlanPipeline(pm, *machine, options.strictMath); }, "plan", diagnostics))
    return false;
  if (options.stage == Stage::Plan)
    return stopWithText(*module, artifacts);
  enter("emit");
  return emitStage(*module, onnx, *machine, options, artifacts, diagnostics);
}

} // namespace resnetc
