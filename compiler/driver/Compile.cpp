// The stages of a compile, one after the other.
#include "compiler/driver/Compile.h"
#include "compiler/driver/Report.h"
#include "compiler/driver/Units.h"
#include "compiler/driver/Verify.h"
#include "compiler/emit/Emit.h"
#include "compiler/emit/Names.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/TargetParser/Triple.h"

using namespace mlir;

namespace resnetc {
namespace {

// Constants with more elements are left out of printed IR.
constexpr int64_t kPrintedElements = 16;

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

std::optional<std::string> verifyUnits(const Units &units, llvm::StringRef object, llvm::ArrayRef<Machine> machines,
                                       const Options &options, Diagnostics &diagnostics) {
  if (options.enterStage)
    options.enterStage("verify");
  // For the float64 reference, which takes its threads from the context.
  llvm::DefaultThreadPool threads(llvm::hardware_concurrency(options.jobs));
  std::vector<Meaning> meanings;
  for (const auto &unit : units) {
    unit->context.setThreadPool(threads);
    meanings.push_back({units.size() > 1 ? static_cast<int32_t>(unit->batch) : 0, *unit->imported, *unit->module});
  }
  std::optional<std::string> verified = verifyObject(object, meanings, machines, options, diagnostics);
  for (const auto &unit : units)
    unit->context.disableMultithreading();
  return verified;
}

EmitOptions emitOptionsOf(llvm::StringRef onnx, const Options &options) {
  EmitOptions to;
  to.name = options.name;
  to.modelFile = options.modelFile;
  to.sha256 = sha256(onnx);
  to.flags = options.flags;
  to.kind = options.stage == Stage::Llvm       ? ObjectKind::Llvm
            : options.stage == Stage::Assembly ? ObjectKind::Assembly
                                               : ObjectKind::Object;
  to.flushDenormals = options.flushDenormals;
  to.batchBound = options.batchBound;
  to.jobs = options.jobs;
  to.progress = options.progress;
  return to;
}

// From folded units to what was asked for, one machine after the other.
class Backend {
public:
  Backend(Units &units, llvm::ArrayRef<Machine> machines, llvm::StringRef onnx, const Options &options,
          Artifacts &artifacts, Diagnostics &diagnostics)
      : units(units), machines(machines), options(options), artifacts(artifacts), diagnostics(diagnostics),
        emitOptions(emitOptionsOf(onnx, options)), emitter(emitOptions, diagnostics) {
    if (options.progress && isSeveral())
      emitOptions.progress = [this](int done, int total, const std::string &label) {
        this->options.progress(done, total, current->level + ": " + label);
      };
    if (options.verifyInputs)
      emitOptions.verify = [this](llvm::StringRef object, std::string &verified) {
        std::optional<std::string> found =
            verifyUnits(this->units, object, this->machines, this->options, this->diagnostics);
        verified = found.value_or("");
        return found.has_value();
      };
  }

  bool run() {
    for (const Machine &machine : machines)
      if (!runLevel(machine))
        return false;
    if (options.stage > Stage::Plan && !finish())
      return false;
    if (options.report)
      writeReport();
    return true;
  }

private:
  bool isSeveral() const { return machines.size() > 1; }

  void enter(const std::string &stage) {
    if (options.enterStage)
      options.enterStage((stage + (isSeveral() ? " for " + current->level : "")).c_str());
  }

  bool runLevel(const Machine &machine) {
    current = &machine;
    enter("plan");
    for (const auto &unit : units)
      if (!planUnit(*unit, machine, options, diagnostics))
        return false;
    if (options.stage == Stage::Plan) {
      if (isSeveral())
        artifacts.main += "// " + machine.level + "\n";
      for (const auto &unit : units)
        artifacts.main += printModule(*unit->plans.back());
    } else {
      enter("emit");
      std::vector<ModuleOp> plans;
      for (const auto &unit : units)
        plans.push_back(*unit->plans.back());
      if (!emitter.add(plans, machine))
        return false;
    }
    if (&machine != &machines.back()) { // so that one level's packed weights are in memory twice, not all
      emitter.keepWeights();
      for (const auto &unit : units)
        dropWeights(*unit);
    }
    return true;
  }

  bool finish() {
    if (options.enterStage)
      options.enterStage("object");
    Emitted emitted;
    if (!emitter.finish(emitted))
      return false;
    artifacts.main = std::move(emitted.code);
    artifacts.header = std::move(emitted.header);
    if (options.stage != Stage::Object)
      return true;
    for (unsigned level = 0; level < machines.size(); ++level)
      sizes.push_back({machines[level].level, codeBytes(artifacts.main, options.name, machines[level]),
                       emitter.weightBytes(level)});
    if (isSeveral())
      diagnostics.add({Severity::Remark, "N303", sizesText(sizes, emitter.weightBytes())});
    return true;
  }

  void writeReport() {
    for (const auto &unit : units) {
      Compiled compiled{*unit->imported, *unit->module, {}, sizes};
      for (const auto &plan : unit->plans)
        compiled.plans.push_back(*plan);
      artifacts.report += reportText(compiled, machines, options);
    }
    if (isSeveral() && !sizes.empty())
      artifacts.report += sizesTable(sizes, emitter.weightBytes());
  }

  Units &units;
  const llvm::ArrayRef<Machine> machines; // the lowest first
  const Options &options;
  Artifacts &artifacts;
  Diagnostics &diagnostics;
  EmitOptions emitOptions;
  Emitter emitter;
  std::vector<LevelSize> sizes;
  const Machine *current = nullptr;
};

bool stopWithText(const Units &units, Artifacts &artifacts) {
  for (const auto &unit : units)
    artifacts.main += printModule(*unit->module);
  return true;
}

// Empty after an error.
std::vector<Machine> findMachines(const Options &options, Diagnostics &diagnostics) {
  const std::string triple = options.target.empty() ? "" : llvm::Triple::normalize(options.target);
  const bool isLinux = triple.empty() || llvm::Triple(triple).isOSLinux();
  const std::vector<std::string> levels = machineLevels(triple);
  if (levels.empty() || !isLinux) {
    diagnostics.error("U013", "target '" + options.target + "' is not supported", {}, {},
                      "x86_64-linux-gnu or aarch64-linux-gnu");
    return {};
  }
  std::vector<Machine> machines;
  for (const std::string &cpu : options.cpus) {
    std::optional<Machine> machine = machineFor(triple, cpu);
    if (!machine) {
      diagnostics.error("U013", "cpu '" + cpu + "' is not known for this target", {}, {},
                        "baseline, or one of: " + llvm::join(levels, ", "));
      return {};
    }
    machines.push_back(*machine);
  }
  return machines;
}

} // namespace

bool compile(llvm::StringRef onnx, const Options &options, Artifacts &artifacts, Diagnostics &diagnostics) {
  if (!isGoodPrefix(options.name)) {
    diagnostics.error("U011", "'" + options.name + "' is not a C identifier, or a reserved one", {}, {}, "--name=ID");
    return false;
  }
  const std::vector<Machine> machines = findMachines(options, diagnostics);
  if (machines.empty())
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
  return Backend(units, machines, onnx, options, artifacts, diagnostics).run();
}

} // namespace resnetc
