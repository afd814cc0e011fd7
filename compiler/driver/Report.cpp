// Three tables: which nodes went into which kernel and which stayed alone, and why; the steps with their work; the
// memory. Why something stayed is asked of the passes: they run once more over what they left, and tell why they leave
// it again.
#include "compiler/driver/Report.h"
#include "compiler/ir/Plan.h"
#include "compiler/passes/Reasons.h"
#include "schedules/Kernels.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace resnetc {
namespace {

constexpr size_t kMostReasons = 2;
constexpr size_t kMostBuffers = 8;

void collectNames(Location loc, llvm::SetVector<StringRef> &names) {
  if (auto name = dyn_cast<NameLoc>(loc))
    names.insert(name.getName());
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      collectNames(part, names);
}

func::FuncOp mainOf(ModuleOp module) { return module.lookupSymbol<func::FuncOp>("main"); }

class ReportWriter {
public:
  ReportWriter(const Machine &machine, const Options &options) : machine(machine), options(options), os(text) {}

  std::string write(ModuleOp folded, ModuleOp plan) {
    os << "resnetc " RESNETC_VERSION ": " << options.modelFile << " as " << options.name << "\n"
       << "target " << machine.triple << " " << machine.level << ", " << options.flags << "\n";
    writeFolds(folded);
    writeKept(folded);
    writeSteps(plan);
    writeMemory(plan);
    return text;
  }

private:
  // Any layer, the first node of its location, and the others that were folded into it.
  void writeFolds(ModuleOp folded) {
    os << "\nFolded (node: the nodes that went into it)\n";
    for (Operation &op : mainOf(folded).getBody().front().without_terminator()) {
      llvm::SetVector<StringRef> names;
      collectNames(op.getLoc(), names);
      if (names.size() < 2 || isa<rn::ConstantOp>(op))
        continue;
      const ArrayRef<StringRef> all = names.getArrayRef();
      os << "  " << all[0] << ": " << llvm::join(all.drop_front(), ", ") << "\n";
    }
  }

  // What the folds exist to remove.
  static bool shouldGo(Operation &op) {
    return isa<rn::BatchNormOp, rn::ActivationOp, rn::AddOp, rn::SubOp, rn::MulOp, rn::DivOp, rn::PadOp,
               rn::TransposeOp, rn::SliceOp, rn::ConcatOp>(op);
  }

  static std::string reasonsFor(Operation &op, const Reasons &reasons) {
    std::vector<std::string> list = reasons.of(op.getLoc());
    for (Operation *reader : op.getUsers())
      if (list.empty())
        list = reasons.of(reader->getLoc());
    if (list.size() > kMostReasons) // the last passes are those that fold
      list.erase(list.begin(), list.end() - kMostReasons);
    return list.empty() ? "no pass takes it" : llvm::join(list, "; ");
  }

  void writeKept(ModuleOp folded) {
    OwningOpRef<ModuleOp> again(folded.clone());
    Reasons reasons;
    PassManager pm(folded.getContext());
    buildGraphPipeline(pm);
    if (failed(pm.run(*again)))
      return;
    os << "\nKept (a pass over memory of its own)\n";
    for (Operation &op : mainOf(folded).getBody().front().without_terminator())
      if (shouldGo(op))
        os << "  " << rn::nodeName(op.getLoc()) << " (" << op.getName().stripDialect()
           << "): " << reasonsFor(op, reasons) << "\n";
  }

  struct Work {
    double flops = 0, bytes = 0;
  };

  static Work workOf(plan::StepOp step, ModuleOp module) {
    double tasks = 1;
    for (int64_t extent : step.getGrid())
      tasks *= static_cast<double>(extent);
    Work work;
    step.walk([&](plan::CallOp call) {
      auto kernel = module.lookupSymbol<plan::KernelOp>(call.getKernelAttr());
      const KernelWork one = kernelWork(plan::specFromAttr(kernel.getSpec()));
      work.flops += tasks * one.flops;
      work.bytes += tasks * one.bytes;
    });
    return work;
  }

  static std::string kindsOf(plan::StepOp step, ModuleOp module) {
    llvm::SetVector<StringRef> kinds;
    std::vector<std::string> names;
    step.walk([&](plan::CallOp call) {
      names.push_back(plan::specFromAttr(module.lookupSymbol<plan::KernelOp>(call.getKernelAttr()).getSpec()).kind);
    });
    for (const std::string &name : names)
      kinds.insert(name);
    return llvm::join(kinds, "+");
  }

  void row(StringRef kind, StringRef tasks, const Work &work, StringRef label) {
    os << llvm::formatv("  {0,-24} {1,8} {2,12:f3} {3,12:f1}  {4}\n", kind, tasks, work.flops / 1e6, work.bytes / 1024,
                        label);
  }

  void writeSteps(ModuleOp plan) {
    os << "\nSteps\n" << llvm::formatv("  {0,-24} {1,8} {2,12} {3,12}  node\n", "kernels", "tasks", "MFLOP", "KiB");
    Work total;
    for (auto step : plan.getOps<plan::StepOp>()) {
      const Work work = workOf(step, plan);
      int64_t tasks = 1;
      for (int64_t extent : step.getGrid())
        tasks *= extent;
      row(kindsOf(step, plan), std::to_string(tasks), work, step.getLabel());
      total.flops += work.flops;
      total.bytes += work.bytes;
    }
    row("total", "", total, "");
  }

  // First and last step that names each buffer.
  static std::map<std::string, std::pair<int, int>> livesOf(ModuleOp plan) {
    std::map<std::string, std::pair<int, int>> lives;
    int now = 0;
    for (auto step : plan.getOps<plan::StepOp>()) {
      step.walk([&](plan::CallOp call) {
        for (auto ref : call.getOperands_().getAsRange<plan::RefAttr>())
          lives.try_emplace(ref.getBuffer().getValue().str(), now, now).first->second.second = now;
      });
      ++now;
    }
    return lives;
  }

  void writeMemory(ModuleOp plan) {
    int64_t weights = 0;
    SmallVector<plan::BufferOp> arena;
    for (auto buffer : plan.getOps<plan::BufferOp>()) {
      if (buffer.getSpace() == plan::Space::Weights)
        weights += static_cast<int64_t>(buffer.getBytes());
      else if (buffer.getSpace() == plan::Space::Arena)
        arena.push_back(buffer);
    }
    auto scratch = plan->getAttrOfType<IntegerAttr>(plan::kArenaBytesAttr);
    os << "\nMemory (bytes)\n  weights " << weights << "\n  scratch " << (scratch ? scratch.getInt() : 0) << ", for "
       << arena.size() << " buffers; the largest:\n";
    llvm::stable_sort(arena, [](plan::BufferOp a, plan::BufferOp b) { return a.getBytes() > b.getBytes(); });
    const auto lives = livesOf(plan);
    for (plan::BufferOp buffer : ArrayRef(arena).take_front(kMostBuffers)) {
      const auto [first, last] = lives.at(buffer.getSymName().str());
      os << llvm::formatv("  {0,12} at {1,10}, steps {2} to {3}\n", static_cast<int64_t>(buffer.getBytes()),
                          buffer.getOffset().value_or(0), first + 1, last + 1);
    }
  }

  const Machine &machine;
  const Options &options;
  std::string text;
  llvm::raw_string_ostream os;
};

} // namespace

std::string reportText(ModuleOp folded, ModuleOp plan, const Machine &machine, const Options &options) {
  return ReportWriter(machine, options).write(folded, plan);
}

} // namespace resnetc
