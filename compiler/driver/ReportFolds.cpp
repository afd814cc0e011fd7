// Which nodes went into which layer, which are gone, and which stayed alone, and why. Why something stayed is asked of
// the passes: they run once more over what they left, and tell why they leave it again.
#include "compiler/driver/ReportParts.h"
#include "compiler/ir/Plan.h"
#include "compiler/ir/Rn.h"
#include "compiler/passes/Reasons.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace resnetc {
namespace {

constexpr size_t kMostReasons = 2, kMostNames = 4;

func::FuncOp mainOf(ModuleOp module) { return module.lookupSymbol<func::FuncOp>("main"); }
auto operationsOf(ModuleOp module) { return mainOf(module).getBody().front().without_terminator(); }

void collectNames(Location loc, llvm::SetVector<StringRef> &names) {
  if (auto name = dyn_cast<NameLoc>(loc))
    names.insert(name.getName());
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      collectNames(part, names);
}

std::string kindOf(Operation &op) {
  if (auto activation = dyn_cast<rn::ActivationOp>(op))
    return rn::stringifyActivationKind(activation.getAct().getKind()).str();
  return llvm::TypeSwitch<Operation *, std::string>(&op)
      .Case([](rn::Conv2dOp) { return "convolution"; })
      .Case([](rn::BatchNormOp) { return "batch norm"; })
      .Case([](rn::MulAddOp) { return "multiply and add"; })
      .Default([](Operation *o) { return o->getName().stripDialect().str(); });
}

// The nodes of the model as it was read. One that the importer took apart has no kind.
struct Node {
  std::string kind;
  bool isConstant = true; // depends on constants and shapes only
};

class Nodes {
public:
  explicit Nodes(ModuleOp imported) {
    llvm::DenseSet<Value> constants;
    for (Operation &op : operationsOf(imported)) {
      const bool isConstant = isa<rn::ConstantOp, rn::ShapeOp>(op) ||
                              llvm::all_of(op.getOperands(), [&](Value v) { return constants.contains(v); });
      if (isConstant)
        constants.insert(op.result_begin(), op.result_end());
      const std::string name = rn::nodeName(op.getLoc());
      if (name.empty() || isa<rn::ConstantOp>(op))
        continue;
      const auto [node, isNew] = nodes.insert({name, Node{kindOf(op)}});
      node->second.isConstant &= isConstant;
      if (!isNew)
        node->second.kind.clear();
    }
  }

  // "batch norm /bn1/BatchNormalization"
  std::string describe(StringRef name) const {
    auto found = nodes.find(name.str());
    return found == nodes.end() || found->second.kind.empty() ? name.str() : found->second.kind + " " + name.str();
  }

  bool isWhole(const std::string &name) const {
    auto found = nodes.find(name);
    return found == nodes.end() || !found->second.kind.empty();
  }

  auto begin() const { return nodes.begin(); }
  auto end() const { return nodes.end(); }

private:
  llvm::MapVector<std::string, Node, std::map<std::string, unsigned>> nodes;
};

void writeFolded(raw_ostream &os, ModuleOp folded, const Nodes &nodes) {
  os << "\nFolded (layer: what its kernel does as well)\n";
  for (Operation &op : operationsOf(folded)) {
    llvm::SetVector<StringRef> names;
    collectNames(op.getLoc(), names);
    if (names.size() < 2 || isa<rn::ConstantOp>(op))
      continue;
    os << "  " << names[0] << ": ";
    llvm::interleaveComma(names.getArrayRef().drop_front(), os, [&](StringRef name) { os << nodes.describe(name); });
    os << "\n";
  }
}

// Nodes that no operation was made of, by kind, with the first of their names.
void writeGone(raw_ostream &os, ModuleOp folded, const Nodes &nodes, bool constant) {
  llvm::SetVector<StringRef> left;
  for (Operation &op : operationsOf(folded))
    if (!isa<rn::ConstantOp>(op))
      collectNames(op.getLoc(), left);
  llvm::MapVector<StringRef, std::vector<StringRef>> gone;
  for (const auto &[name, node] : nodes)
    if (!left.contains(name) && node.isConstant == constant)
      gone[node.kind.empty() ? StringRef("other") : StringRef(node.kind)].push_back(name);
  if (gone.empty())
    return;
  os << (constant ? "\nComputed when compiling\n"
                  : "\nGone (changed nothing, cancelled each other, or part of a neighbour)\n");
  for (auto &[kind, names] : gone)
    os << "  " << names.size() << " " << kind << ": " << llvm::join(ArrayRef(names).take_front(kMostNames), ", ")
       << (names.size() > kMostNames ? ", ..." : "") << "\n";
}

// What the folds exist to remove.
bool shouldGo(Operation &op) {
  return isa<rn::BatchNormOp, rn::ActivationOp, rn::AddOp, rn::SubOp, rn::MulOp, rn::DivOp, rn::PadOp, rn::TransposeOp,
             rn::SliceOp, rn::ConcatOp>(op);
}

// What no pass could know.
std::string reasonOfItsPlace(Operation &op) {
  const bool isAtInput = llvm::any_of(op.getOperands(), [](Value v) { return isa<BlockArgument>(v); });
  const bool isAtOutput = llvm::any_of(op.getUsers(), [](Operation *user) { return isa<func::ReturnOp>(user); });
  if (isa<rn::TransposeOp>(op) && (isAtInput || isAtOutput))
    return std::string("the ") + (isAtInput ? "input" : "output") + " of the model has its channels last";
  auto isFactor = [](Value v) {
    auto type = cast<RankedTensorType>(v.getType());
    return type.getRank() == 4 && type.getDimSize(2) == 1 && type.getDimSize(3) == 1 && v.getDefiningOp() &&
           !isa<rn::ConstantOp>(v.getDefiningOp());
  };
  if (isa<rn::MulOp>(op) && llvm::any_of(op.getOperands(), isFactor))
    return "the factor of a channel is known when all of its pixels are";
  return "";
}

std::string reasonsFor(Operation &op, const Reasons &reasons) {
  if (std::string reason = reasonOfItsPlace(op); !reason.empty())
    return reason;
  std::vector<std::string> list = reasons.of(op.getLoc());
  for (Operation *reader : op.getUsers())
    if (list.empty())
      list = reasons.of(reader->getLoc());
  if (list.size() > kMostReasons) // the last passes are those that fold
    list.erase(list.begin(), list.end() - kMostReasons);
  return list.empty() ? "no pass takes it" : llvm::join(list, "; ");
}

// The names of what takes a step of its own.
llvm::DenseSet<StringRef> labelsOf(ModuleOp plan) {
  llvm::DenseSet<StringRef> labels;
  for (auto step : plan.getOps<plan::StepOp>())
    labels.insert(step.getLabel());
  return labels;
}

void writeKept(raw_ostream &os, const Compiled &compiled, const Nodes &nodes) {
  ModuleOp folded = compiled.folded, plan = compiled.plans.front();
  OwningOpRef<ModuleOp> again(folded.clone());
  Reasons reasons;
  PassManager pm(again->getContext());
  buildGraphPipeline(pm);
  if (failed(pm.run(*again)))
    return;
  const llvm::DenseSet<StringRef> labels = labelsOf(plan);
  std::map<std::string, std::vector<std::string>> parts; // of nodes that the importer took apart
  std::vector<std::pair<std::string, std::string>> kept; // node, why
  for (Operation &op : operationsOf(compiled.folded)) {
    const std::string name = rn::nodeName(op.getLoc());
    if (!shouldGo(op) || !labels.contains(name))
      continue;
    std::vector<std::string> &list = parts[name];
    list.push_back(kindOf(op));
    if (list.size() == 1)
      kept.emplace_back(name, reasonsFor(op, reasons));
  }
  os << "\nKept (a pass over memory of its own)" << (kept.empty() ? ": nothing" : "") << "\n";
  for (const auto &[name, reason] : kept) {
    const std::vector<std::string> &list = parts[name];
    const bool isWhole = nodes.isWhole(name) && list.size() == 1;
    os << "  " << llvm::join(list, ", ") << " " << name << ": " << (isWhole ? reason : "computed in these parts")
       << "\n";
  }
}

} // namespace

void reportFolds(raw_ostream &os, const Compiled &compiled) {
  const Nodes nodes(compiled.imported);
  writeFolded(os, compiled.folded, nodes);
  writeGone(os, compiled.folded, nodes, /*constant=*/false);
  writeGone(os, compiled.folded, nodes, /*constant=*/true);
  writeKept(os, compiled, nodes);
}

} // namespace resnetc
