// What runs: the layers, with the algorithm that each got and its work; weights, scratch and code.
#include "compiler/driver/ReportParts.h"
#include "compiler/ir/Plan.h"
#include "schedules/Kernels.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace resnetc {
namespace {

constexpr size_t kMostBuffers = 8;

// The steps of one layer, one behind the other.
struct Layer {
  StringRef label = {};
  int first = 0, last = 0; // numbers of steps, from 1
  double stated = 0, computed = 0, bytes = 0;
  std::vector<std::string> algorithms = {};

  bool isWinograd() const {
    return llvm::any_of(algorithms, [](StringRef a) { return a.starts_with("Winograd"); });
  }

  // Winograd's products are convolutions of its own transforms.
  std::string algorithm() const {
    std::vector<std::string> list;
    for (const std::string &name : algorithms)
      if (!isWinograd() || !StringRef(name).starts_with("direct"))
        list.push_back(name);
    return llvm::join(list, ", ");
  }
};

std::string algorithmOf(const KernelSpec &spec) {
  if (spec.kind == "conv")
    return llvm::formatv("direct {0}x{1}", spec.at("kernel"), spec.at("kernel", 1));
  if (spec.kind == "inner_product")
    return "inner products";
  if (spec.kind == "split_product")
    return "products of bf16 parts";
  if (spec.kind == "split")
    return "parts of its input";
  if (spec.kind == "winograd_in" || spec.kind == "winograd_out")
    return llvm::formatv("Winograd F({0}x{0}, 3x3{1})", spec.at("output_tile"), spec.at("stride") == 2 ? ", stride 2" : "");
  const std::string op = spec.word("op", "");
  if (op == "fill")
    return "zeros around it";
  return op.empty() ? spec.kind : op;
}

void add(Layer &layer, plan::StepOp step, ModuleOp plan) {
  double tasks = 1;
  for (int64_t extent : step.getGrid())
    tasks *= static_cast<double>(extent);
  layer.stated += static_cast<double>(step.getFlops().value_or(0));
  step.walk([&](plan::CallOp call) {
    const KernelSpec spec = plan::specFromAttr(plan.lookupSymbol<plan::KernelOp>(call.getKernelAttr()).getSpec());
    const KernelWork work = kernelWork(spec);
    layer.computed += tasks * work.flops;
    layer.bytes += tasks * work.bytes;
    if (std::string name = algorithmOf(spec); !llvm::is_contained(layer.algorithms, name))
      layer.algorithms.push_back(std::move(name));
  });
}

std::vector<Layer> layersOf(ModuleOp plan) {
  std::vector<Layer> layers;
  int number = 0;
  for (auto step : plan.getOps<plan::StepOp>()) {
    ++number;
    if (layers.empty() || layers.back().label != step.getLabel())
      layers.push_back({step.getLabel(), number});
    layers.back().last = number;
    add(layers.back(), step, plan);
  }
  return layers;
}

void writeRow(raw_ostream &os, StringRef steps, const Layer &layer, StringRef algorithm, StringRef label) {
  os << llvm::formatv("  {0,-9} {1,11:f3} {2,11:f3} {3,11:f1}  {4,-34}  {5}\n", steps, layer.stated / 1e6,
                      layer.computed / 1e6, layer.bytes / 1024, algorithm, label);
}

// First and last step that names each buffer.
std::map<std::string, std::pair<int, int>> livesOf(ModuleOp plan) {
  std::map<std::string, std::pair<int, int>> lives;
  int now = 0;
  for (auto step : plan.getOps<plan::StepOp>()) {
    ++now;
    step.walk([&](plan::CallOp call) {
      for (auto ref : call.getOperands_().getAsRange<plan::RefAttr>())
        lives.try_emplace(ref.getBuffer().getValue().str(), now, now).first->second.second = now;
    });
  }
  return lives;
}

} // namespace

void reportLayers(raw_ostream &os, ModuleOp plan) {
  os << "\nLayers (MFLOP as the model states them and as the kernels compute them: Winograd needs fewer; KiB that the\n"
        "kernels read and write; a layer without MFLOP only moves data)\n"
     << llvm::formatv("  {0,-9} {1,11} {2,11} {3,11}  {4,-34}  node\n", "steps", "MFLOP", "computed", "KiB",
                      "algorithm");
  Layer total;
  for (const Layer &layer : layersOf(plan)) {
    const std::string steps =
        std::to_string(layer.first) + (layer.first == layer.last ? "" : "-" + std::to_string(layer.last));
    writeRow(os, steps, layer, layer.algorithm(), layer.label);
    total.stated += layer.stated;
    total.computed += layer.computed;
    total.bytes += layer.bytes;
  }
  writeRow(os, "total", total, "", "");
}

void reportMemory(raw_ostream &os, ModuleOp plan, const LevelSize *size) {
  int64_t weights = 0;
  SmallVector<plan::BufferOp> arena;
  for (auto buffer : plan.getOps<plan::BufferOp>()) {
    if (buffer.getSpace() == plan::Space::Weights)
      weights += static_cast<int64_t>(buffer.getBytes());
    else if (buffer.getSpace() == plan::Space::Arena)
      arena.push_back(buffer);
  }
  auto scratch = plan->getAttrOfType<IntegerAttr>(plan::kArenaBytesAttr);
  os << "\nMemory (bytes)\n  weights " << weights << "\n";
  if (size)
    os << "  code " << size->code << "\n";
  os << "  scratch " << (scratch ? scratch.getInt() : 0) << ", for " << arena.size() << " buffers; the largest:\n";
  llvm::stable_sort(arena, [](plan::BufferOp a, plan::BufferOp b) { return a.getBytes() > b.getBytes(); });
  const auto lives = livesOf(plan);
  for (plan::BufferOp buffer : ArrayRef(arena).take_front(kMostBuffers)) {
    const auto [first, last] = lives.at(buffer.getSymName().str());
    os << llvm::formatv("  {0,12} at {1,10}, steps {2} to {3}\n", static_cast<int64_t>(buffer.getBytes()),
                        buffer.getOffset().value_or(0), first, last);
  }
}

} // namespace resnetc
