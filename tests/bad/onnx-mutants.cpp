// onnx-mutants --every MODEL.onnx...: each prefix, and each model with one bit flipped.
// onnx-mutants < STREAM: models one after the other, each behind its size as 4 bytes, the lowest first.
//
// Prints what became of them as JSON. Ends at the first fault, and leaves the bytes that caused it in --save.
#include "tests/bad/Mutant.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

using namespace resnetc;
namespace cl = llvm::cl;

static cl::list<std::string> models(cl::Positional, cl::desc("MODEL.onnx"));
static cl::opt<bool> every("every", cl::desc("every prefix and every bit flip of the models"));
static cl::opt<int> objectEvery("objects", cl::init(0), cl::desc("compile each N-th accepted model to an object"));
static cl::opt<std::string> save("save", cl::init("mutant.onnx"), cl::desc("where the bytes of a fault go"));

static MutantCounts counts;
static llvm::StringRef current; // for the signal handler
static char savePath[4096];

static void saveCurrent() {
  const int file = open(savePath, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  (void)!write(file, current.data(), current.size());
}

static void onCrash(int signal) {
  saveCurrent();
  std::signal(signal, SIG_DFL);
  raise(signal);
}

// On a stack of its own: the usual one may be what ran out.
static void catchCrashes() {
  static char stack[1 << 16];
  stack_t other = {};
  other.ss_sp = stack;
  other.ss_size = sizeof stack;
  sigaltstack(&other, nullptr);
  struct sigaction action = {};
  action.sa_handler = onCrash;
  action.sa_flags = SA_ONSTACK;
  for (int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL, SIGPROF})
    sigaction(signal, &action, nullptr);
}

static void attempt(llvm::StringRef onnx) {
  current = onnx;
  const itimerval limit = {{0, 0}, {10, 0}}; // of CPU time: nothing small may take so long
  setitimer(ITIMER_PROF, &limit, nullptr);
  const bool compileObject = objectEvery && counts.accepted % objectEvery == 0;
  if (const std::string fault = tryMutant(onnx, compileObject, counts); !fault.empty()) {
    saveCurrent();
    llvm::errs() << "mutant " << counts.tried << ", kept as " << save << ": " << fault << "\n";
    exit(1);
  }
}

static void attemptEvery(std::string bytes) {
  for (size_t size = 0; size < bytes.size(); ++size)
    attempt(llvm::StringRef(bytes).take_front(size));
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
    attempt(bytes);
    bytes[bit / 8] ^= static_cast<char>(1 << bit % 8);
  }
}

static void attemptStream() {
  std::string bytes;
  for (char size[4]; std::fread(size, 1, 4, stdin) == 4;) {
    bytes.resize(llvm::support::endian::read32le(size));
    if (std::fread(bytes.data(), 1, bytes.size(), stdin) != bytes.size())
      break;
    attempt(bytes);
  }
}

int main(int argc, char **argv) {
  cl::ParseCommandLineOptions(argc, argv, "damaged ONNX models through the compiler\n");
  std::snprintf(savePath, sizeof savePath, "%s", save.c_str());
  catchCrashes();
  for (const std::string &model : models) {
    auto bytes = llvm::MemoryBuffer::getFile(model);
    if (!bytes) {
      llvm::errs() << model << ": " << bytes.getError().message() << "\n";
      return 1;
    }
    if (every)
      attemptEvery((*bytes)->getBuffer().str());
    else
      attempt((*bytes)->getBuffer());
  }
  if (models.empty())
    attemptStream();
  llvm::json::Object refused;
  for (const auto &[code, count] : counts.refused)
    refused[code] = count;
  llvm::outs() << llvm::json::Value(llvm::json::Object{{"tried", counts.tried},
                                                       {"accepted", counts.accepted},
                                                       {"compared", counts.compared},
                                                       {"compiled", counts.compiled},
                                                       {"slowest", counts.slowest},
                                                       {"refused", std::move(refused)}})
               << "\n";
  return 0;
}
