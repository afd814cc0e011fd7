#include "compiler/driver/Verify.h"
#include "compiler/driver/LoadedObject.h"
#include "compiler/emit/Emit.h"
#include "compiler/ir/Constants.h"
#include "compiler/ir/Layers.h"
#include "compiler/ir/Rn.h"
#include "compiler/ir/Rounding.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <cmath>
#include <random>

using namespace mlir;

namespace resnetc {
namespace {

// Of a layer's range: weights are rounded once more when something is folded into them.
constexpr double kFoldTolerance = 1e-5;

func::FuncOp mainOf(ModuleOp module) { return module.lookupSymbol<func::FuncOp>("main"); }

// Floats: normal, variance 1. Bytes: all values alike.
std::vector<Tensor> randomInputs(func::FuncOp function, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<Tensor> inputs;
  for (Type type : function.getArgumentTypes()) {
    auto tensor = cast<RankedTensorType>(type);
    Tensor &input = inputs.emplace_back(Tensor{Shape(tensor.getShape()), std::vector<double>(tensor.getNumElements())});
    for (double &v : input.data)
      v = tensor.getElementType().isF32() ? static_cast<double>(static_cast<float>(normal(random)))
                                          : static_cast<double>(random() % 256);
  }
  return inputs;
}

struct Deviation {
  double error = 0, share = 0, limit = 0; // share: of the limit
  int64_t element = 0;
  double largest = 0; // error of any element
};

// The worst element. Where the reference is no finite number, the object may give what it likes of the same kind.
Deviation compare(const Tensor &got, const Uncertain &want) {
  Deviation worst;
  for (size_t i = 0; i < got.data.size(); ++i) {
    const double reference = want.value.data[i],
                 limit = kSigmas * std::sqrt(want.variance.empty() ? 0.0 : want.variance[i]) + 0x1p-120;
    const bool isFinite = std::abs(reference) <= std::numeric_limits<float>::max() && std::isfinite(limit);
    const double error = std::abs(got.data[i] - reference);
    const double share = isFinite ? (std::isnan(error) ? INFINITY : error / limit) : 0;
    if (share > worst.share)
      worst = {error, share, limit, static_cast<int64_t>(i), worst.largest};
    if (isFinite)
      worst.largest = std::max(worst.largest, error);
  }
  return worst;
}

// The largest magnitude that is a number.
double largestOf(const Tensor &t) {
  double largest = 0x1p-120;
  for (double v : t.data)
    if (std::isfinite(v))
      largest = std::max(largest, std::abs(v));
  return largest;
}

// A level that can run here, and the worst that was seen of it.
struct Level {
  const Machine &machine;
  double largest = 0, largestRelative = 0, largestShare = 0;
};

class Verifier {
public:
  Verifier(LoadedObject &object, ArrayRef<Machine> machines, const Options &options, Diagnostics &diagnostics)
      : object(object), options(options), diagnostics(diagnostics), isAlone(machines.size() == 1) {
    for (const Machine &machine : machines)
      if (canRunHere(machine))
        levels.push_back({machine});
      else
        missing.push_back(machine.level);
  }

  // False, with a message, where no level can run here.
  bool canRunAny() {
    if (levels.empty())
      diagnostics.error("U013", "--verify runs the object, but this machine lacks instructions of " + missing.front(),
                        {}, {}, "verify on a machine that has them, or choose another --cpu");
    return !levels.empty();
  }

  bool check(const Meaning &meaning, unsigned seed) {
    const std::vector<Tensor> inputs = randomInputs(mainOf(meaning.imported), seed);
    auto wanted = evaluateRounded(mainOf(meaning.imported), inputs, shortcuts());
    if (failed(wanted))
      return false;
    for (Level &level : levels)
      if (!checkLevel(level, meaning, inputs, *wanted))
        return false;
    return true;
  }

  std::string summary(int inputs) const {
    std::string text;
    for (const Level &level : levels)
      text += (isAlone ? "" : level.machine.level + " ") +
              llvm::formatv("max |err| {0:e1}, max rel {1:e1}, {2:p1} of the limit", level.largest,
                            level.largestRelative, level.largestShare)
                  .str() +
              (isAlone ? ", " : "; ");
    text += llvm::formatv("over {0} random input{1} against the float64 reference", inputs, inputs == 1 ? "" : "s");
    return missing.empty() ? text : text + "; not " + llvm::join(missing, ", ") + ", which cannot run on this machine";
  }

private:
  Shortcuts shortcuts() const {
    const bool inner = llvm::any_of(levels, [](const Level &level) { return level.machine.addsPerCycle > 0; });
    return {!options.strictMath, !options.strictMath && inner};
  }

  bool checkLevel(Level &level, const Meaning &meaning, ArrayRef<Tensor> inputs, ArrayRef<Uncertain> wanted) {
    object.restrictTo(level.machine.cpuFeatures);
    auto outputs = run(object, meaning.batch, inputs);
    if (!outputs)
      return false;
    for (uint32_t i = 0; i < object.model().num_outputs; ++i) {
      const resnetc_tensor_info &info = object.model().outputs[i];
      if (info.dtype != RESNETC_F32) // where classes are is decided by their scores, which are compared
        continue;
      const Deviation found = compare((*outputs)[i], wanted[i]);
      level.largest = std::max(level.largest, found.largest);
      level.largestRelative = std::max(level.largestRelative, found.largest / largestOf(wanted[i].value));
      level.largestShare = std::max(level.largestShare, found.share);
      if (found.share > 1)
        return reportFailure(level.machine, info.name, found, meaning, inputs);
    }
    return true;
  }

  std::optional<std::vector<Tensor>> run(const LoadedObject &object, int32_t batch, ArrayRef<Tensor> inputs) {
    resnetc_status status = RESNETC_OK;
    std::vector<Tensor> outputs = object.run(batch ? batch : object.model().batch_min, inputs, status);
    if (status == RESNETC_OK)
      return outputs;
    diagnostics.error("V002", std::string("verification failed: the object does not run: ") + resnetc_strerror(status));
    return std::nullopt;
  }

  bool reportFailure(const Machine &machine, const char *output, const Deviation &found, const Meaning &meaning,
                     ArrayRef<Tensor> inputs) {
    const auto [node, note] = findNode(machine, meaning, inputs);
    diagnostics.error(
        "V001",
        llvm::formatv("verification failed{0}: output '{1}' is off by {2:e2} at element {3}, the limit is {4:e2}",
                      isAlone ? "" : " for " + machine.level, output, found.error, found.element, found.limit),
        node, note);
    return false;
  }

  // Every result of the folded graph becomes an output; its kernels stay as they are. Each is then compared with what
  // its own operands, as the object computed them, give in float64: the first that differs is at fault itself.
  std::pair<std::string, std::string> findNode(const Machine &machine, const Meaning &meaning,
                                               ArrayRef<Tensor> inputs) {
    ModuleOp folded = meaning.folded;
    OwningOpRef<ModuleOp> probe(folded.clone());
    exposeResults(mainOf(*probe));
    std::optional<std::vector<Tensor>> outputs = buildAndRun(*probe, machine, inputs);
    if (!outputs)
      return {"", "the layers could not be looked at one by one"};
    llvm::DenseMap<Value, Uncertain> values;
    for (auto [argument, input] : llvm::zip(mainOf(folded).getArguments(), inputs))
      values[argument] = {input, {}};
    size_t next = 0, agreeing = 0;
    for (Operation &op : mainOf(folded).getBody().front().without_terminator()) {
      std::vector<Uncertain> operands;
      for (Value v : op.getOperands())
        operands.push_back(values[v]);
      FailureOr<Uncertain> wanted = evaluateRounded(&op, operands, shortcuts());
      if (failed(wanted))
        return {rn::nodeName(op.getLoc()), "it has no reference"};
      values[op.getResult(0)] = {wanted->value, {}};
      if (!isExposed(op))
        continue;
      for (Value result : op.getResults()) // a second one is judged by those that read it
        values[result] = {(*outputs)[next++], {}};
      if (const Deviation found = compare(values[op.getResult(0)].value, *wanted); found.share > 1)
        return {rn::nodeName(op.getLoc()) + " (" + op.getName().stripDialect().str() + ")",
                llvm::formatv("its own error is {0:e2} at element {1}, the limit {2:e2}; the {3} steps before it agree",
                              found.error, found.element, found.limit, agreeing)};
      ++agreeing;
    }
    return findFold(meaning, inputs);
  }

  // Float64 before and after the folds.
  static std::pair<std::string, std::string> findFold(const Meaning &meaning, ArrayRef<Tensor> inputs) {
    const std::string what = "every step gives what its operands give: a fold of the graph is wrong";
    FailureOr<LayerValues> before = LayerValues::of(mainOf(meaning.imported), inputs.vec());
    auto first = succeeded(before) ? before->firstDifference(mainOf(meaning.folded), inputs.vec(), kFoldTolerance)
                                   : std::nullopt;
    if (!first)
      return {"", what};
    return {rn::nodeName(first->op->getLoc()),
            llvm::formatv("{0}; this layer is off by {1:e2} of its range, the {2} before it agree", what, first->error,
                          first->agreeing)};
  }

  static bool isExposed(Operation &op) {
    return !isa<rn::ConstantOp>(op) && cast<RankedTensorType>(op.getResult(0).getType()).getElementType().isF32();
  }

  static void exposeResults(func::FuncOp function) {
    Operation *end = function.getBody().front().getTerminator();
    SmallVector<Value> results;
    SmallVector<DictionaryAttr> names;
    Builder builder(function.getContext());
    for (Operation &op : function.getBody().front().without_terminator())
      for (Value result : isExposed(op) ? op.getResults() : op.getResults().take_front(0)) {
        results.push_back(result);
        names.push_back(builder.getDictionaryAttr(
            builder.getNamedAttr(rn::kNameAttr, builder.getStringAttr(rn::nodeName(op.getLoc())))));
      }
    end->setOperands(results);
    function.setFunctionType(builder.getFunctionType(function.getArgumentTypes(), ValueRange(results).getTypes()));
    function.setAllResultAttrs(names);
  }

  std::optional<std::vector<Tensor>> buildAndRun(ModuleOp module, const Machine &machine, ArrayRef<Tensor> inputs) {
    PassManager pm(module.getContext());
    buildPlanPipeline(pm, machine, options.strictMath);
    EmitOptions emitOptions;
    emitOptions.name = options.name;
    emitOptions.flushDenormals = options.flushDenormals;
    emitOptions.jobs = options.jobs;
    Emitted emitted;
    if (failed(pm.run(module)) || !emit(module, machine, emitOptions, emitted, diagnostics))
      return std::nullopt;
    llvm::Expected<LoadedObject> probe = LoadedObject::load(emitted.code, options.name);
    if (!probe) {
      llvm::consumeError(probe.takeError());
      return std::nullopt;
    }
    return run(*probe, 0, inputs);
  }

  LoadedObject &object;
  const Options &options;
  Diagnostics &diagnostics;
  const bool isAlone; // the object has one level
  std::vector<Level> levels;
  std::vector<std::string> missing; // levels that cannot run here
};

} // namespace

std::optional<std::string> verifyObject(llvm::StringRef code, ArrayRef<Meaning> meanings, ArrayRef<Machine> machines,
                                        const Options &options, Diagnostics &diagnostics) {
  const std::string &triple = machines.front().triple;
  if (llvm::Triple(triple).getArch() != llvm::Triple(llvm::sys::getProcessTriple()).getArch()) {
    diagnostics.error("U019", "--verify runs the object, which is made for " + triple, {}, {},
                      "resnetc-run --verify on such a machine");
    return std::nullopt;
  }
  llvm::Expected<LoadedObject> object = LoadedObject::load(code, options.name);
  if (!object) {
    diagnostics.error("I001", "the object cannot be loaded: " + llvm::toString(object.takeError()));
    return std::nullopt;
  }
  Verifier verifier(*object, machines, options, diagnostics);
  if (!verifier.canRunAny())
    return std::nullopt;
  for (int input = 0; input < options.verifyInputs; ++input)
    for (const Meaning &meaning : meanings)
      if (!verifier.check(meaning, static_cast<unsigned>(input)))
        return std::nullopt;
  diagnostics.add({Severity::Remark, "N302", "verified: " + verifier.summary(options.verifyInputs)});
  return verifier.summary(options.verifyInputs);
}

} // namespace resnetc
