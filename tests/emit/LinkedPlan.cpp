#include "tests/emit/LinkedPlan.h"
#include "compiler/ir/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

using namespace resnetc;

static void nameKernels(mlir::ModuleOp module) {
  for (auto kernel : llvm::make_early_inc_range(module.getOps<plan::KernelOp>())) {
    const std::string name = plan::specFromAttr(kernel.getSpec()).name();
    auto symbol = mlir::StringAttr::get(module.getContext(), name);
    if (mlir::failed(mlir::SymbolTable::replaceAllSymbolUses(kernel, symbol, module)))
      throw std::runtime_error("cannot rename a kernel");
    kernel.setSymName(symbol);
  }
}

static void *linkAndLoad(const std::string &object) {
  char folder[] = "/tmp/resnetc-emit-XXXXXX";
  if (!mkdtemp(folder))
    throw std::runtime_error("no temporary folder");
  const std::string base = std::string(folder) + "/net";
  std::ofstream(base + ".o", std::ios::binary) << object;
  const std::string command = "cc -shared -Wl,-z,text,-z,defs,--fatal-warnings -o " + base + ".so " + base +
                              ".o " RESNETC_RUNTIME_LIBRARY " -lpthread -lm";
  const bool linked = std::system(command.c_str()) == 0;
  void *library = linked ? dlopen((base + ".so").c_str(), RTLD_NOW | RTLD_LOCAL) : nullptr;
  unlink((base + ".o").c_str());
  unlink((base + ".so").c_str());
  rmdir(folder);
  if (!library)
    throw std::runtime_error("the object does not link");
  return library;
}

LinkedPlan::LinkedPlan(llvm::ArrayRef<const char *> texts, unsigned jobs, bool flushDenormals) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<plan::PlanDialect, mlir::func::FuncDialect>();
  context.allowUnregisteredDialects(); // rn.name
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> modules;
  std::vector<mlir::ModuleOp> plans;
  for (const char *text : texts) {
    modules.push_back(mlir::parseSourceString<mlir::ModuleOp>(text, &context));
    if (!modules.back())
      throw std::runtime_error("the plan does not parse");
    plans.push_back(*modules.back());
    nameKernels(plans.back());
  }
  Diagnostics diagnostics("test.onnx");
  EmitOptions options;
  options.name = "net";
  options.jobs = jobs;
  options.flushDenormals = flushDenormals;
  if (!emit(plans, *machineFor("", "native"), options, emitted, diagnostics))
    throw std::runtime_error(diagnostics.format());
  library = linkAndLoad(emitted.code);
}

LinkedPlan::~LinkedPlan() { dlclose(library); }

void *LinkedPlan::symbol(const char *name) const {
  void *found = dlsym(library, name);
  if (!found)
    throw std::runtime_error(dlerror());
  return found;
}
