#include "tools/Packaging.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;

namespace resnetc {

std::string makeArchive(StringRef object, const std::string &member, Diagnostics &diagnostics) {
  NewArchiveMember entry(MemoryBufferRef(object, member));
  Expected<std::unique_ptr<MemoryBuffer>> archive = writeArchiveToBuffer(
      entry, SymtabWritingMode::NormalSymtab, object::Archive::K_GNU, /*Deterministic=*/true, /*Thin=*/false);
  if (!archive) {
    diagnostics.error("I001", "the archive cannot be made: " + toString(archive.takeError()));
    return {};
  }
  return (*archive)->getBuffer().str();
}

static bool isHost(const std::string &triple) {
  return triple.empty() || Triple(triple).getArch() == Triple(sys::getProcessTriple()).getArch();
}

// bin/resnetc and lib/libresnetc_runtime.a lie side by side, in a build as in an installation.
static std::string findRuntime() {
  static int anchor;
  SmallString<256> path(sys::path::parent_path(sys::path::parent_path(sys::fs::getMainExecutable("resnetc", &anchor))));
  sys::path::append(path, "lib", "libresnetc_runtime.a");
  return path.str().str();
}

bool linkShared(const std::string &object, const std::string &output, const std::string &triple, Diagnostics &diagnostics) {
  if (!isHost(triple)) {
    diagnostics.error("U016", "no runtime library for " + triple + ": a shared library cannot be made for it here", {}, {},
                      "make the .o and link it with the runtime on that machine");
    return false;
  }
  const std::string runtime = findRuntime();
  ErrorOr<std::string> compiler = sys::findProgramByName("cc");
  if (!compiler || !sys::fs::exists(runtime)) {
    diagnostics.error("U016", !compiler ? "no program 'cc' to link a shared library with" : "the runtime library is missing: " + runtime,
                      {}, {}, !compiler ? "install gcc or clang, or make the .o" : "install resnetc anew, or make the .o");
    return false;
  }
  std::string problem;
  const int status = sys::ExecuteAndWait(*compiler,
                                         {*compiler, "-shared", "-o", output, object, "-Wl,--whole-archive", runtime,
                                          "-Wl,--no-whole-archive", "-Wl,-z,text", "-lpthread", "-lm"},
                                         std::nullopt, {}, 0, 0, &problem);
  if (status != 0)
    diagnostics.error("O012", "the linker failed" + (problem.empty() ? "" : ": " + problem), {}, *compiler + " -shared");
  return status == 0;
}

} // namespace resnetc
