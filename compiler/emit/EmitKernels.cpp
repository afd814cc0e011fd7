// Builds every distinct kernel once, several at a time, and links them in the order of the plan. Halide has optimised them
// already: they are only translated from here on.
#include "compiler/emit/Parts.h"
#include "schedules/Kernels.h"
#include "schedules/Prefetch.h"
#include "schedules/TileProducts.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Linker/Linker.h"
#include <atomic>
#include <mutex>
#include <thread>

using namespace llvm;

namespace resnetc {
namespace {

struct Build {
  KernelSpec spec;
  std::string label, bitcode, error;
};

// The label of a kernel is that of the first step that calls it.
std::vector<Build> collect(const Model &model) {
  std::map<std::string, std::string> firstUse;
  for (const BatchPlan &plan : model.plans)
    for (plan::StepOp step : plan.steps)
      step.walk([&](plan::CallOp call) { firstUse.emplace(call.getKernel().str(), step.getLabel().str()); });
  std::vector<Build> builds;
  for (plan::KernelOp kernel : model.kernels)
    builds.push_back({plan::specFromAttr(kernel.getSpec()), firstUse[kernel.getSymName().str()], "", ""});
  return builds;
}

void buildAll(std::vector<Build> &builds, const Model &model) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  int done = 0;
  auto work = [&] {
    for (size_t i; (i = next++) < builds.size();) {
      builds[i].bitcode = buildKernel(builds[i].spec, model.machine, builds[i].error);
      std::lock_guard<std::mutex> lock(mutex);
      ++done;
      if (model.options.progress)
        model.options.progress(done, static_cast<int>(builds.size()), builds[i].label);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < model.options.jobs && i < builds.size(); ++i)
    threads.emplace_back(work);
  work();
  for (std::thread &thread : threads)
    thread.join();
}

bool link(Linker &linker, Module &into, const Build &build, Diagnostics &diagnostics) {
  if (build.bitcode.empty()) {
    diagnostics.error("I001", "no code for a kernel: " + build.error, build.label);
    return false;
  }
  const std::string name = build.spec.name();
  Expected<std::unique_ptr<Module>> kernel = parseBitcodeFile(MemoryBufferRef(build.bitcode, name), into.getContext());
  if (!kernel) {
    diagnostics.error("I001", "the code of kernel " + name + " cannot be read: " + toString(kernel.takeError()), build.label);
    return false;
  }
  lowerPrefetches(**kernel);
  addTileProducts(**kernel, build.spec);
  (*kernel)->setTargetTriple(into.getTargetTriple());
  (*kernel)->setDataLayout(into.getDataLayout());
  if (NamedMDNode *flags = (*kernel)->getModuleFlagsMetadata())
    flags->eraseFromParent();
  if (linker.linkInModule(std::move(*kernel))) {
    diagnostics.error("I001", "kernel " + name + " does not link", build.label);
    return false;
  }
  return true;
}

} // namespace

bool emitKernels(Module &into, const Model &model, Diagnostics &diagnostics) {
  std::vector<Build> builds = collect(model);
  buildAll(builds, model);
  Linker linker(into);
  for (Build &build : builds) {
    if (!link(linker, into, build, diagnostics))
      return false;
    std::string().swap(build.bitcode);
  }
  return true;
}

} // namespace resnetc
