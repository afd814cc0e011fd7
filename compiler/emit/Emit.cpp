#include "compiler/emit/Emit.h"
#include "compiler/emit/Parts.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Linker/Linker.h"

using namespace llvm;

namespace resnetc {

// What lies in a level's module gets the level's name, so that it meets nothing of another level, and is private but
// for what the public functions choose from.
static void carryLevel(Module &part, const Model &model) {
  const std::string prefix = model.symbol(".");
  for (GlobalValue &global : part.global_values()) {
    if (global.isDeclaration() || global.hasPrivateLinkage())
      continue;
    const StringRef name = global.getName();
    const bool isChosen = is_contained({prefix + "run", prefix + "scratch_bytes", prefix + "model"}, name);
    global.setLinkage(isChosen ? GlobalValue::ExternalLinkage : GlobalValue::InternalLinkage);
    if (!name.starts_with(prefix))
      global.setName(prefix + name);
  }
}

struct Emitter::State {
  State(const EmitOptions &options, Diagnostics &diagnostics) : options(options), diagnostics(diagnostics) {
    context.setDiscardValueNames(options.kind != ObjectKind::Llvm);
  }

  std::unique_ptr<Module> newModule() {
    auto module = std::make_unique<Module>(options.name, context);
    module->setTargetTriple(target->getTargetTriple());
    module->setDataLayout(target->createDataLayout());
    return module;
  }

  // Functions name the processor that they are for. The first machine is the lowest: where one did not, it would run on
  // all.
  bool start(const Machine &machine) {
    target = makeTarget(machine, diagnostics);
    if (target)
      whole = newModule();
    return target != nullptr;
  }

  bool add(ArrayRef<mlir::ModuleOp> plans, const Machine &machine) {
    if (!target && !start(machine))
      return false;
    std::optional<Model> model = readModel(plans, machine, levels.size(), options, weights, diagnostics);
    if (!model)
      return false;
    std::unique_ptr<Module> part = newModule();
    if (!emitKernels(*part, *model, diagnostics))
      return false;
    const std::optional<std::vector<GlobalVariable *>> tables =
        emitSteps(*part, *model, declareWeights(*part, *model), diagnostics);
    if (!tables)
      return false;
    emitEntry(*part, *model, *tables);
    emitDescriptor(*part, *model);
    carryLevel(*part, *model);
    levels.push_back(std::move(*model));
    if (!Linker::linkModules(*whole, std::move(part)))
      return true;
    diagnostics.error("I001", "the code for " + machine.level + " does not link");
    return false;
  }

  bool finish(Emitted &result) {
    emitPublic(*whole, levels);
    defineWeights(*whole, weights, options);
    std::string verified;
    if (!emitCode(*whole, *target, weights, options, result.code, diagnostics) ||
        (options.verify && !options.verify(result.code, verified)))
      return false;
    result.header = emitHeader(levels, weights, verified);
    return true;
  }

  const EmitOptions &options;
  Diagnostics &diagnostics;
  LLVMContext context;
  std::unique_ptr<TargetMachine> target; // of the first level
  std::unique_ptr<Module> whole;
  WeightStore weights;
  std::vector<Model> levels;
};

Emitter::Emitter(const EmitOptions &options, Diagnostics &diagnostics)
    : state(std::make_unique<State>(options, diagnostics)) {}
Emitter::~Emitter() = default;

bool Emitter::add(ArrayRef<mlir::ModuleOp> plans, const Machine &machine) { return state->add(plans, machine); }
void Emitter::keepWeights() { state->weights.keep(); }
bool Emitter::finish(Emitted &result) { return state->finish(result); }
int64_t Emitter::weightBytes() const { return state->weights.bytes(); }
WeightBytes Emitter::weightBytes(unsigned level) const {
  return {state->weights.bytesOf(level), state->weights.bytesOnlyOf(level)};
}

bool emit(ArrayRef<mlir::ModuleOp> plans, const Machine &machine, const EmitOptions &options, Emitted &result,
          Diagnostics &diagnostics) {
  Emitter emitter(options, diagnostics);
  return emitter.add(plans, machine) && emitter.finish(result);
}

} // namespace resnetc
