#include "tools/CompilerOptions.h"
#include "tools/ModelOptions.h"
#include "compiler/emit/Names.h"
#include "schedules/Machine.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "runtime/resnetc_runtime.h"
#include <unistd.h>

using namespace llvm;

namespace resnetc {
namespace {

enum class Progress { Auto, Plain, None };
enum class Math { Fast, Strict };
enum class Denormals { Flush, Keep };
enum class Form { Text, Json };

// The options live in a struct so that they do not exist before main: the LLVM libraries register options of their own.
struct Flags {
  cl::OptionCategory category{"resnetc options"};
  ModelFlags modelPart{category};
  cl::opt<std::string> model{cl::Positional, cl::desc("model.onnx"), cl::cat(category)};
  cl::opt<std::string> output{"o", cl::value_desc("FILE"), cl::cat(category),
                              cl::desc("Output; its kind from the suffix: .o .a .so .s .ll .mlir ('-': standard output)")};
  cl::opt<Stage> stage{"emit", cl::cat(category), cl::init(Stage::Object), cl::desc("Stop at a stage and write it:"),
                       cl::values(clEnumValN(Stage::Import, "import", "the graph as it was read (rn)"),
                                  clEnumValN(Stage::Graph, "graph", "after the folds (rn)"),
                                  clEnumValN(Stage::Plan, "plan", "buffers, steps, kernels"),
                                  clEnumValN(Stage::Llvm, "llvm", "LLVM IR"), clEnumValN(Stage::Assembly, "asm", "assembly"),
                                  clEnumValN(Stage::Object, "obj", "ELF object"))};
  cl::opt<std::string> name{"name", cl::value_desc("ID"), cl::cat(category),
                            cl::desc("Prefix of symbols and header (stem of the model file)")};
  cl::opt<std::string> header{"header", cl::value_desc("FILE"), cl::cat(category), cl::desc("The C header (beside the output)")};
  cl::opt<bool> noHeader{"no-header", cl::cat(category), cl::desc("Write no header")};
  cl::opt<bool> depfile{"MD", cl::cat(category), cl::desc("Write what the output depends on, for make and ninja, to OUTPUT.d")};
  cl::opt<std::string> depfilePath{"MF", cl::value_desc("FILE"), cl::cat(category), cl::desc("-MD to this file")};
  cl::opt<std::string> dataDirectory{"data-dir", cl::value_desc("DIR"), cl::cat(category),
                                     cl::desc("Where external data lies (the folder of the model)")};
  cl::opt<std::string> target{"target", cl::value_desc("TRIPLE"), cl::cat(category), cl::desc("x86_64-linux-gnu or aarch64-linux-gnu (this machine)")};
  cl::opt<std::string> cpu{"cpu", cl::value_desc("NAME"), cl::cat(category),
                           cl::desc("native, baseline, x86-64-v2, x86-64-v3, x86-64-v4, znver4, znver5, sapphirerapids, armv8-a (native)")};
  cl::opt<std::string> multiCpu{"multi-cpu", cl::value_desc("NAME,NAME"), cl::cat(category),
                                cl::desc("Code for each of these in one object, which takes the best that the processor has: x86-64-v2,v3,v4")};
  cl::opt<bool> rejectNonFinite{"reject-nonfinite", cl::cat(category),
                                cl::desc("Refuse weights that are infinite or NaN")};
  cl::opt<Math> math{"math", cl::cat(category), cl::init(Math::Fast), cl::desc("How to compute:"),
                     cl::values(clEnumValN(Math::Fast, "fast", "3x3 convolutions by Winograd's F(2x2, 3x3) or F(4x4, 3x3) where it pays"),
                                clEnumValN(Math::Strict, "strict", "every product as the model states it"))};
  cl::opt<Denormals> denormals{"denormals", cl::cat(category), cl::init(Denormals::Flush), cl::desc("Numbers below 1.2e-38:"),
                               cl::values(clEnumValN(Denormals::Flush, "flush", "are zeros, in the weights and inside of run (FTZ, DAZ)"),
                                          clEnumValN(Denormals::Keep, "keep", "as the mode of the caller has them; slow on many processors"))};
  cl::opt<std::string> report{"report", cl::ValueOptional, cl::value_desc("FILE"), cl::cat(category),
                              cl::desc("Tell what was folded into what, what was not and why, every step and the memory")};
  cl::opt<std::string> verify{"verify", cl::ValueOptional, cl::value_desc("N"), cl::cat(category),
                              cl::desc("Compare the object with float64 on N random inputs (1); failure is exit status 4")};
  cl::opt<bool> check{"check", cl::cat(category), cl::desc("List every problem of the model, write nothing")};
  cl::opt<bool> listOps{"list-ops", cl::cat(category), cl::desc("List the supported operators and exit")};
  cl::opt<unsigned> jobs{"j", cl::Prefix, cl::init(0), cl::value_desc("N"), cl::cat(category),
                         cl::desc("Threads of the compiler (all); the output is the same for any number")};
  cl::opt<Progress> progress{"progress", cl::cat(category), cl::init(Progress::Auto), cl::desc("Say what is being done:"),
                             cl::values(clEnumValN(Progress::Auto, "auto", "on a terminal"),
                                        clEnumValN(Progress::Plain, "plain", "always"),
                                        clEnumValN(Progress::None, "none", "never"))};
  cl::opt<Form> diagnostics{"diagnostics", cl::cat(category), cl::init(Form::Text), cl::desc("Form of messages:"),
                            cl::values(clEnumValN(Form::Text, "text", "for people"),
                                       clEnumValN(Form::Json, "json", "one JSON object a line"))};
  cl::opt<bool> quiet{"q", cl::cat(category), cl::desc("Only errors and warnings")};
  cl::opt<bool> verbose{"v", cl::cat(category), cl::desc("Name every stage with its time")};
};

class Reader {
public:
  Reader(const Flags &flags, CommandLine &to, Diagnostics &diagnostics) : flags(flags), to(to), diagnostics(diagnostics) {}

  void read() {
    to.model = flags.model;
    to.checkOnly = flags.check;
    to.quiet = flags.quiet;
    to.verbose = flags.verbose;
    to.jsonDiagnostics = flags.diagnostics == Form::Json;
    to.showProgress = flags.progress == Progress::Plain ||
                      (flags.progress == Progress::Auto && !flags.quiet && isatty(STDERR_FILENO));
    if (to.model.empty())
      return error("U010", "no model given", "resnetc model.onnx -o model.o");
    readOutput();
    readNames();
    readTarget();
    readModelOptions(flags.modelPart, to.options, diagnostics);
    readTrust();
    to.options.jobs = flags.jobs ? flags.jobs : std::max(1u, static_cast<unsigned>(sysconf(_SC_NPROCESSORS_ONLN)));
  }

private:
  void error(const char *code, const std::string &text, const std::string &fix = "") {
    diagnostics.error(code, text, {}, {}, fix);
  }

  void readOutput() {
    to.options.stage = flags.check ? Stage::Plan : flags.stage;
    to.output = flags.output;
    if (flags.check) {
      if (!to.output.empty())
        error("U010", "--check writes nothing: -o does not go with it");
      return;
    }
    if (to.output.empty())
      return error("U010", "no output given", "-o FILE, with a suffix that says its kind: .o .a .so .s .ll .mlir");
    const StringRef suffix = sys::path::extension(to.output);
    const bool explicitStage = flags.stage.getNumOccurrences() != 0;
    if (suffix == ".a" || suffix == ".so") {
      to.kind = suffix == ".a" ? OutputKind::Archive : OutputKind::SharedLibrary;
      if (to.options.stage != Stage::Object)
        error("U015", "--emit does not go with an output that ends in " + suffix.str());
    } else if (!explicitStage) {
      if (suffix == ".s")
        to.options.stage = Stage::Assembly;
      else if (suffix == ".ll")
        to.options.stage = Stage::Llvm;
      else if (suffix == ".mlir")
        to.options.stage = Stage::Plan;
      else if (suffix != ".o" && to.output != "-" && !StringRef(to.output).starts_with("/dev/"))
        error("U015", "the suffix of '" + to.output + "' says nothing about its kind", ".o .a .so .s .ll .mlir, or --emit=KIND");
    }
    if (to.kind == OutputKind::Object && to.options.stage != Stage::Object)
      to.kind = OutputKind::Text;
  }

  std::string beside(StringRef suffix) const {
    SmallString<256> path(to.output);
    sys::path::replace_extension(path, suffix);
    return path.str().str();
  }

  void readNames() {
    const std::string stem = to.model == "-" ? "model" : to.model;
    to.options.name = flags.name.getNumOccurrences() ? flags.name.getValue() : prefixForFile(stem);
    to.options.modelFile = sys::path::filename(stem).str();
    to.options.import.dataDirectory = flags.dataDirectory;
    if (to.model != "-" && flags.dataDirectory.empty()) {
      const StringRef folder = sys::path::parent_path(to.model);
      to.options.import.dataDirectory = folder.empty() ? "." : folder.str();
      SmallString<256> real;
      if (sys::fs::is_symlink_file(to.model) && !sys::fs::real_path(to.model, real))
        to.options.import.linkedDirectory = sys::path::parent_path(real).str();
    }
    to.options.import.rejectNonFinite = flags.rejectNonFinite;
    if (flags.check)
      return;
    if (!flags.noHeader && !flags.header.empty())
      to.header = flags.header;
    else if (!flags.noHeader && to.kind != OutputKind::Text && sys::path::has_extension(to.output))
      to.header = beside("h");
    if (flags.depfile || !flags.depfilePath.empty())
      to.depfile = flags.depfilePath.empty() ? to.output + ".d" : flags.depfilePath.getValue();
    if (to.output == "-" && !to.depfile.empty() && flags.depfilePath.empty())
      error("U010", "-MD needs -MF FILE when the output is standard output");
  }

  void readTarget() {
    Options &options = to.options;
    options.target = flags.target.empty() ? "" : Triple::normalize(flags.target);
    const bool isForeign = !flags.target.empty() && Triple(options.target).getArch() != Triple(sys::getProcessTriple()).getArch();
    const bool isMulti = flags.multiCpu.getNumOccurrences() != 0;
    to.chosenCpu = flags.cpu.empty() && !isMulti && !isForeign;
    options.cpus = {!flags.cpu.empty() ? flags.cpu.getValue() : isForeign ? "baseline" : "native"};
    if (isMulti)
      readLevels(flags.multiCpu);
    options.strictMath = flags.math == Math::Strict;
    options.flushDenormals = flags.denormals == Denormals::Flush;
    addFlag("--name=" + options.name);
    addFlag(options.strictMath ? "--math=strict" : "--math=fast");
    addFlag(options.flushDenormals ? "--denormals=flush" : "--denormals=keep");
    if (!flags.target.empty())
      addFlag("--target=" + options.target);
    if (options.cpus.size() > 1)
      addFlag("--multi-cpu=" + join(options.cpus, ","));
    else if (std::optional<Machine> machine = machineFor(options.target, options.cpus.front()))
      addFlag("--cpu=" + machine->level);
  }

  // Words are levels of the target, or what they end with: "v3". Lowest first, whatever their order.
  void readLevels(StringRef text) {
    const std::string option = "--multi-cpu=" + text.str();
    if (!flags.cpu.empty())
      return error("U010", "--cpu does not go with --multi-cpu, which names all levels", option);
    const std::vector<std::string> levels = machineLevels(to.options.target); // best first; none: compile() tells of the target
    std::vector<std::string> chosen;
    SmallVector<StringRef> words;
    text.split(words, ',');
    for (StringRef word : words) {
      const auto level = find_if(levels, [&](StringRef l) {
        return l == word || (word.starts_with("v") && l.ends_with(("-" + word).str()));
      });
      if (level == levels.end() && !levels.empty())
        return error("U013", option + ": '" + word.str() + "' is no level of this target", "some of: " + join(levels, ", "));
      chosen.push_back(level == levels.end() ? word.str() : *level);
      if (is_contained(ArrayRef(chosen).drop_back(), chosen.back()))
        return error("U014", option + " names " + chosen.back() + " twice");
    }
    sort(chosen, [&](const std::string &a, const std::string &b) { return find(levels, a) > find(levels, b); });
    to.options.cpus = chosen;
  }

  void addFlag(const std::string &flag) { resnetc::addFlag(to.options, flag); }

  void readTrust() {
    if (flags.report.getNumOccurrences()) {
      to.report = flags.report.empty() ? "-" : flags.report.getValue();
      to.options.report = true;
      if (flags.check)
        error("U010", "--check writes nothing: --report does not go with it");
      if (to.report == "-" && to.output == "-")
        error("U010", "--report and the output cannot both be standard output", "--report=FILE");
    }
    int64_t inputs = 1;
    if (!flags.verify.getNumOccurrences())
      return;
    if (!flags.verify.empty() && (!readPositive(flags.verify, inputs) || inputs > 1000))
      return error("U014", "--verify=" + flags.verify.getValue() + " is not a number from 1 to 1000", "--verify=8");
    if (to.options.stage != Stage::Object)
      return error("U010", "--verify runs the object: it does not go with --check, --emit or an output that is text");
    to.options.verifyInputs = static_cast<int>(inputs);
  }

  const Flags &flags;
  CommandLine &to;
  Diagnostics &diagnostics;
};

void printVersion(raw_ostream &os) {
  os << "resnetc " RESNETC_VERSION "\n  LLVM and MLIR " LLVM_VERSION_STRING "\n  Halide " RESNETC_HALIDE_VERSION
        "\n  ONNX opsets up to " RESNETC_NEWEST_OPSET "\n  runtime ABI "
     << RESNETC_ABI << "\n";
}

json::Object toJson(const Diagnostic &d, const std::string &file) {
  static const char *const names[] = {"error", "warning", "remark"};
  auto text = [](const std::string &s) { return json::fixUTF8(s); };
  json::Object object{{"file", text(file)}, {"severity", names[static_cast<int>(d.severity)]}, {"code", d.code}, {"text", text(d.text)}};
  for (const auto &[key, value] : {std::pair<const char *, const std::string &>{"node", d.node}, {"note", d.note}, {"fix", d.fix}})
    if (!value.empty())
      object[key] = text(value);
  return object;
}

} // namespace

void printDiagnostics(const Diagnostics &diagnostics, const std::string &file, bool asJson, bool quiet) {
  Diagnostics shown(file);
  for (const Diagnostic &d : diagnostics.all())
    if (d.severity != Severity::Remark || !quiet)
      shown.add(d);
  if (!asJson) {
    errs() << shown.format();
    return;
  }
  for (const Diagnostic &d : shown.all())
    errs() << json::Value(toJson(d, file)) << "\n";
}

// "resnetc: Unknown command line argument '--x'.  Try: ..." without the parts that every message of ours has.
static std::string firstLine(StringRef problem) {
  problem = problem.split('\n').first;
  problem = problem.substr(problem.find(": ") + 2);
  return problem.substr(0, problem.find("  Try: ")).str();
}

bool parseCommandLine(int argc, char **argv, CommandLine &to, int &status) {
  Flags flags;
  cl::HideUnrelatedOptions(flags.category);
  cl::SetVersionPrinter(printVersion);
  std::string problem;
  raw_string_ostream problems(problem);
  const bool parsed = cl::ParseCommandLineOptions(argc, argv, "compiles a ResNet-family ONNX model to native code\n", &problems);
  status = 0;
  if (parsed && flags.listOps) {
    for (const std::string &line : listSupportedOps())
      outs() << line << "\n";
    return false;
  }
  Diagnostics diagnostics("resnetc");
  if (!parsed)
    diagnostics.error("U010", firstLine(problem), {}, {}, "resnetc --help");
  else
    Reader(flags, to, diagnostics).read();
  printDiagnostics(diagnostics, "resnetc", flags.diagnostics == Form::Json, false);
  status = diagnostics.exitStatus();
  return !diagnostics.hasErrors();
}

} // namespace resnetc
