// resnetc: compiles an ONNX model to an object and its header. The work is done in a child process, so that not even a crash
// of a library leaves a file behind or goes without a message.
#include "compiler/driver/Compile.h"
#include "schedules/Machine.h"
#include "tools/CompilerOptions.h"
#include "tools/OutputFiles.h"
#include "tools/Packaging.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace llvm;
using namespace resnetc;

static constexpr size_t kMostModelBytes = 2147483647; // of one protobuf message

// ---- The model file.

static bool readModel(const std::string &path, std::string &bytes, Diagnostics &diagnostics) {
  errno = 0;
  const int descriptor = path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat info;
  const bool opened = descriptor >= 0 && fstat(descriptor, &info) == 0;
  if (opened && S_ISDIR(info.st_mode))
    errno = EISDIR;
  if (!opened || errno != 0 || (path != "-" && !S_ISREG(info.st_mode))) {
    diagnostics.error("R010", std::string("cannot open the model: ") + (errno ? std::strerror(errno) : "not a regular file"));
    return false;
  }
  if (S_ISREG(info.st_mode) && static_cast<size_t>(info.st_size) > kMostModelBytes) { // do not read it to find out
    diagnostics.error("R061",
                      "model is " + std::to_string(info.st_size) + " bytes, limit " + std::to_string(kMostModelBytes),
                      {}, {}, "save it with external data");
    close(descriptor);
    return false;
  }
  if (S_ISREG(info.st_mode) && info.st_size > 0)
    bytes.reserve(info.st_size + 1);
  std::vector<char> chunk(1 << 20);
  ssize_t n = 0;
  while (bytes.size() <= kMostModelBytes && (n = read(descriptor, chunk.data(), chunk.size())) > 0)
    bytes.append(chunk.data(), static_cast<size_t>(n));
  if (n < 0)
    diagnostics.error("R010", std::string("cannot read the model: ") + std::strerror(errno));
  else if (bytes.size() > kMostModelBytes)
    diagnostics.error("R061", "model is more than " + std::to_string(kMostModelBytes) + " bytes", {}, {},
                      "save it with external data");
  close(descriptor);
  return !diagnostics.hasErrors();
}

// ---- Progress, on standard error.

static void addProgress(const CommandLine &line, Options &options) {
  using Clock = std::chrono::steady_clock;
  if (line.showProgress)
    options.progress = [](int done, int total, const std::string &label) {
      const int width = static_cast<int>(std::to_string(total).size());
      errs() << "[" << std::string(width - std::to_string(done).size(), ' ') << done << "/" << total << "] " << label << "\n";
    };
  if (line.verbose)
    options.enterStage = [start = Clock::now()](const char *stage) {
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
      errs() << "resnetc: " << stage << " begins at " << ms << " ms\n";
    };
}

// ---- Writing.

static std::string depfileText(const CommandLine &line, const std::vector<std::string> &dataFiles) {
  auto escape = [](StringRef path) {
    std::string out;
    for (char c : path)
      out += c == ' ' || c == '#' || c == '\\' ? std::string("\\") + c : c == '$' ? "$$" : std::string(1, c);
    return out;
  };
  std::string text = escape(line.output) + ":";
  if (line.model != "-")
    text += " " + escape(line.model);
  for (const std::string &file : dataFiles)
    text += " " + escape(line.options.import.dataDirectory + "/" + file);
  return text + "\n";
}

static bool writeMain(const CommandLine &line, std::string &code, OutputFiles &files, Diagnostics &diagnostics) {
  if (line.kind == OutputKind::Archive) {
    code = makeArchive(code, line.options.name + ".o", diagnostics);
    return !code.empty() && files.write(line.output, code, diagnostics);
  }
  if (line.kind != OutputKind::SharedLibrary)
    return files.write(line.output, code, diagnostics);
  OutputFiles objects; // only for the linker: never committed
  std::string object;
  return objects.write(line.output, code, diagnostics, &object) &&
         linkShared(object, files.reserve(line.output), line.options.target, diagnostics);
}

static bool overwritesInput(const CommandLine &line, const std::vector<std::string> &dataFiles, Diagnostics &diagnostics) {
  std::vector<std::string> inputs{line.model};
  for (const std::string &file : dataFiles)
    inputs.push_back(line.options.import.dataDirectory + "/" + file);
  for (const std::string &output : {line.output, line.header, line.depfile, line.report})
    for (const std::string &input : inputs)
      if (!output.empty() && isSameFile(output, input)) {
        diagnostics.error("U012", "output " + output + " would overwrite an input");
        return true;
      }
  return false;
}

static bool writeAll(const CommandLine &line, Artifacts &artifacts, Diagnostics &diagnostics) {
  if (overwritesInput(line, artifacts.dependencies, diagnostics))
    return false;
  OutputFiles files;
  if (!line.header.empty() && !files.write(line.header, artifacts.header, diagnostics))
    return false;
  if (!line.depfile.empty() && !files.write(line.depfile, depfileText(line, artifacts.dependencies), diagnostics))
    return false;
  if (!line.report.empty() && !files.write(line.report, artifacts.report, diagnostics))
    return false;
  return writeMain(line, artifacts.main, files, diagnostics) && files.commit(diagnostics);
}

// ---- The work, in the child.

static bool compileModel(const CommandLine &line, Diagnostics &diagnostics) {
  if (overwritesInput(line, {}, diagnostics))
    return false;
  std::string onnx;
  if (!readModel(line.model, onnx, diagnostics))
    return false;
  Options options = line.options;
  addProgress(line, options);
  Artifacts artifacts;
  return compile(onnx, options, artifacts, diagnostics) && (line.checkOnly || writeAll(line, artifacts, diagnostics));
}

static void remarkCpu(const CommandLine &line, Diagnostics &diagnostics) {
  std::optional<Machine> machine = machineFor(line.options.target, line.options.cpus.front());
  if (!machine || !line.chosenCpu || line.checkOnly || line.options.stage < Stage::Plan)
    return;
  diagnostics.add({Severity::Remark, "N301", "compiling for this machine (" + machine->level + ")", {}, {},
                   "for other machines: --cpu=baseline, --cpu=LEVEL, or --multi-cpu for several levels (--help)"});
}

static int work(const CommandLine &line) {
  const std::string shownName = line.model == "-" ? "<stdin>" : line.model;
  Diagnostics diagnostics(shownName), remarks("resnetc");
  remarkCpu(line, remarks);
  printDiagnostics(remarks, "resnetc", line.jsonDiagnostics, line.quiet);
  compileModel(line, diagnostics);
  printDiagnostics(diagnostics, shownName, line.jsonDiagnostics, line.quiet);
  return diagnostics.exitStatus();
}

// ---- Ends that nobody wants.

static const CommandLine *current; // for handlers, which get no argument of ours

static void leave(const char *code, const std::string &text) {
  removeTemporaries(getpid());
  Diagnostics diagnostics(current->model);
  diagnostics.error(code, text);
  printDiagnostics(diagnostics, current->model, current->jsonDiagnostics, true);
  _exit(diagnostics.exitStatus());
}

// Halide's LLVM has a fatal error handler of its own, which exits; we never do.
static void onForeignExit() { leave("I001", "internal error: a library ended the compiler"); }

static void onFatalError(void *, const char *reason, bool) { leave("I001", std::string("internal error: ") + reason); }

static void onNoMemory() {
  removeTemporaries(getpid());
  static const char message[] = "resnetc: error: [R065] out of memory\n";
  (void)!write(STDERR_FILENO, message, sizeof message - 1);
  _exit(5);
}
static void onLlvmNoMemory(void *, const char *, bool) { onNoMemory(); }

static void onSignalInChild(int signal) {
  removeTemporaries(getpid());
  std::signal(signal, SIG_DFL);
  raise(signal);
}

static pid_t child;
static void onSignalInParent(int signal) { kill(child, signal); }

static void handle(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  for (int signal : {SIGINT, SIGTERM, SIGHUP})
    sigaction(signal, &action, nullptr);
}

static int runChild(const CommandLine &line) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  handle(onSignalInChild);
  for (int signal : {SIGPIPE, SIGXFSZ}) // so that write() says it
    std::signal(signal, SIG_IGN);
  std::set_new_handler(onNoMemory);
  std::atexit(onForeignExit);
  install_fatal_error_handler(onFatalError);
  install_bad_alloc_error_handler(onLlvmNoMemory);
  return work(line);
}

// The exit status of the child; a signal that the user sent ends this process the same way.
static int supervise() {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status))
    return WEXITSTATUS(status);
  removeTemporaries(child);
  const int signal = WTERMSIG(status);
  if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) {
    std::signal(signal, SIG_DFL);
    raise(signal);
  }
  Diagnostics diagnostics(current->model);
  if (signal == SIGKILL)
    diagnostics.error("R065", "the compiler was killed, most likely because memory ran out");
  else
    diagnostics.error("I001", std::string("internal error: the compiler ended with ") + strsignal(signal));
  printDiagnostics(diagnostics, current->model, current->jsonDiagnostics, true);
  return diagnostics.exitStatus();
}

static bool checkPlaces(const CommandLine &line, int &status) {
  Diagnostics diagnostics(line.model);
  for (const std::string &path : {line.output, line.header, line.depfile, line.report})
    if (!path.empty())
      checkPlace(path, diagnostics);
  printDiagnostics(diagnostics, line.model, line.jsonDiagnostics, true);
  status = diagnostics.exitStatus();
  return !diagnostics.hasErrors();
}

int main(int argc, char **argv) {
  CommandLine line;
  int status = 0;
  if (!parseCommandLine(argc, argv, line, status))
    return status;
  current = &line;
  if (!checkPlaces(line, status)) // before the fork: both processes must know the places to clean them
    return status;
  (void)sys::Process::FixupStandardFileDescriptors(); // no file of ours may become a closed standard output
  child = fork();
  if (child <= 0) { // without a child it must go in here
    status = runChild(line);
    outs().flush();
    _exit(status);
  }
  handle(onSignalInParent);
  return supervise();
}
