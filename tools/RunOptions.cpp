#include "tools/RunOptions.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace resnetc {

static void printVersion(raw_ostream &os) { os << "resnetc-run " RESNETC_VERSION "\n"; }

/// LLVM says "program: text" and perhaps more; the first line says it all.
static void printProblem(StringRef problems) {
  const StringRef text = problems.split(": ").second.split('\n').first;
  errs() << "resnetc-run: error: [U001] " << text << "\n  fix   resnetc-run --help lists the options\n";
}

std::optional<RunOptions> parseRunOptions(int argc, char **argv) {
  // LLVM's shared library brings hundreds of options of its own, "threads" among them. Ours are made after they went.
  cl::ResetCommandLineParser();
  cl::OptionCategory category("Options");
  cl::opt<std::string> model(cl::Positional, cl::Required, cl::desc("MODEL.so|MODEL.onnx"), cl::cat(category));
  cl::list<std::string> inputs("input", cl::value_desc("NAME=FILE.npy"), cl::cat(category),
                               cl::desc("An input tensor: float32, float64 or uint8"));
  cl::opt<uint64_t> seed("random", cl::value_desc("SEED"), cl::init(0), cl::cat(category),
                         cl::desc("Seed of the inputs without a file: normal, mean 0, variance 1 (0)"));
  cl::opt<std::string> save("save", cl::value_desc("OUT.npz"), cl::cat(category),
                            cl::desc("Save the outputs under their ONNX names"));
  cl::opt<std::string> symbol("symbol", cl::value_desc("NAME"), cl::cat(category),
                              cl::desc("The model to run, where an object has several"));
  cl::opt<int32_t> threads("threads", cl::value_desc("N"), cl::init(1), cl::cat(category), cl::desc("Threads (1)"));
  cl::opt<int32_t> batch("batch", cl::value_desc("N"), cl::init(0), cl::cat(category),
                         cl::desc("Batch (that of the input files, else the model's smallest)"));
  cl::opt<int32_t> repeat("repeat", cl::value_desc("N"), cl::init(10), cl::cat(category), cl::desc("Timed runs (10)"));
  cl::opt<int32_t> warmup("warmup", cl::value_desc("N"), cl::init(1), cl::cat(category),
                          cl::desc("Runs before the timed ones (1)"));
  cl::opt<bool> json("json", cl::cat(category), cl::desc("Print one JSON object, with every run"));
  cl::opt<bool> describe("describe", cl::cat(category), cl::desc("Print what the model is and wants, do not run it"));
  cl::opt<bool> profile("profile", cl::cat(category),
                        cl::desc("Also print the time of each layer, and its share of what the core can do at best"));
  cl::opt<bool> verify("verify", cl::cat(category),
                       cl::desc("Compare the compiled .onnx with float64 first; a difference names the first layer that has one"));
  cl::opt<bool> guardEnd("guard-end", cl::cat(category),
                         cl::desc("Let buffers end, not begin, at a page that ends the program when touched"));
  cl::SetVersionPrinter(printVersion);
  cl::HideUnrelatedOptions(category);
  std::string problems;
  raw_string_ostream stream(problems);
  if (!cl::ParseCommandLineOptions(argc, argv, "resnetc-run - run a model that resnetc compiled\n", &stream)) {
    printProblem(problems);
    return std::nullopt;
  }
  return RunOptions{model, inputs, seed, save, symbol, threads, batch, repeat, warmup, json, describe, profile, guardEnd, verify};
}

} // namespace resnetc
