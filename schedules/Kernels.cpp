// The registry of kinds, and the way from a spec through Halide to bitcode. Halide writes bitcode to named files only; an
// anonymous file in memory has a name under /proc.
#include "schedules/Kernels.h"
#include "schedules/Kind.h"
#include <algorithm>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

namespace resnetc {
namespace {

struct Kind {
  Algorithm algorithm = nullptr;
  Schedule schedule = nullptr;
  Work work = nullptr;
};

std::map<std::string, Kind> &kinds() {
  static std::map<std::string, Kind> map;
  return map;
}

// Halide prints to stderr and aborts when left alone.
struct Quiet final : Halide::CompileTimeErrorReporter {
  void warning(const char *) override {}
  [[noreturn]] void error(const char *message) override { throw std::runtime_error(message); }
};

void silenceHalide() {
  static Quiet quiet;
  static std::once_flag once;
  std::call_once(once, [] { Halide::set_custom_compile_time_error_reporter(&quiet); });
}

class MemoryFile {
public:
  MemoryFile() : descriptor(memfd_create("kernel", MFD_CLOEXEC)) {
    if (descriptor < 0)
      throw std::runtime_error("cannot create a file in memory");
  }
  ~MemoryFile() { close(descriptor); }
  MemoryFile(const MemoryFile &) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor); }
  std::string contents() const {
    std::string bytes(static_cast<size_t>(std::max<off_t>(0, lseek(descriptor, 0, SEEK_END))), '\0');
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t n = pread(descriptor, &bytes[done], bytes.size() - done, static_cast<off_t>(done));
      if (n <= 0)
        throw std::runtime_error("cannot read the bitcode back");
      done += static_cast<size_t>(n);
    }
    return bytes;
  }

private:
  int descriptor;
};

std::string compile(Computation &computation, const std::string &name, const Machine &machine) {
  using Halide::Target;
  const Target target = Target(machine.halideTarget)
                            .with_feature(Target::NoRuntime)
                            .with_feature(Target::NoAsserts)
                            .with_feature(Target::NoBoundsQuery)
                            .with_feature(Target::UserContext);
  std::vector<Halide::Argument> arguments(computation.operands.begin(), computation.operands.end());
  Halide::Module module = Halide::Pipeline(computation.out).compile_to_module(arguments, name, target, Halide::LinkageType::External);
  MemoryFile file;
  module.compile({{Halide::OutputFileType::bitcode, file.path()}});
  return file.contents();
}

}  // namespace

RegisterAlgorithm::RegisterAlgorithm(const char *kind, Algorithm algorithm, Work work) {
  kinds()[kind].algorithm = algorithm;
  kinds()[kind].work = work;
}

RegisterSchedule::RegisterSchedule(const char *kind, Schedule schedule) { kinds()[kind].schedule = schedule; }

std::vector<std::string> kernelKinds() {
  std::vector<std::string> names;
  for (const auto &[name, kind] : kinds())
    if (kind.algorithm && kind.schedule)
      names.push_back(name);
  return names;
}

std::string buildKernel(const KernelSpec &spec, const Machine &machine, std::string &error) {
  silenceHalide();
  auto it = kinds().find(spec.kind);
  if (it == kinds().end() || !it->second.algorithm || !it->second.schedule) {
    error = "no kernel of kind '" + spec.kind + "'";
    return {};
  }
  try {
    Computation computation = it->second.algorithm(spec);
    it->second.schedule(computation, spec, machine);
    return compile(computation, spec.name() + computation.suffix, machine);
  } catch (const std::exception &e) {
    error = "kernel " + spec.name() + ": " + e.what();
    return {};
  }
}

KernelWork kernelWork(const KernelSpec &spec) {
  auto it = kinds().find(spec.kind);
  return it == kinds().end() || !it->second.work ? KernelWork() : it->second.work(spec);
}

std::vector<int> listOf(const KernelSpec &spec, const std::string &key, size_t count, int64_t least) {
  auto it = spec.ints.find(key);
  if (it == spec.ints.end() || it->second.size() != count)
    throw BadSpec("needs '" + key + "' with " + std::to_string(count) + " integers");
  for (int64_t v : it->second)
    if (v < least || v > INT32_MAX)
      throw BadSpec("'" + key + "' has " + std::to_string(v) + ", which is out of range");
  return std::vector<int>(it->second.begin(), it->second.end());
}

std::string wordOf(const KernelSpec &spec, const std::string &key, const std::vector<std::string> &allowed) {
  const std::string word = spec.word(key, "");
  if (std::find(allowed.begin(), allowed.end(), word) == allowed.end())
    throw BadSpec("does not know " + key + " '" + word + "'");
  return word;
}

void makeStatic(Halide::OutputImageParam buffer, const std::vector<int> &extents, const std::vector<int> &strides) {
  int64_t last = 0;
  for (size_t i = 0; i < extents.size(); i++)
    last = std::min<int64_t>(last + int64_t(extents[i] - 1) * strides[i], INT64_MAX / 4);
  if (last > INT32_MAX)
    throw BadSpec("an operand spans more than 2^31 floats");
  for (size_t i = 0; i < extents.size(); i++)
    buffer.dim(static_cast<int>(i)).set_bounds(0, extents[i]).set_stride(strides[i]);
}

Halide::ImageParam operand(const std::string &name, const std::vector<int> &extents, const std::vector<int> &strides,
                           Halide::Type type) {
  Halide::ImageParam param(type, static_cast<int>(extents.size()), name);
  makeStatic(param, extents, strides);
  return param;
}

std::vector<int> dense(const std::vector<int> &extents) {
  std::vector<int> strides;
  int64_t stride = 1;
  for (int extent : extents) {
    if (stride > INT32_MAX)
      throw BadSpec("an operand spans more than 2^31 floats");
    strides.push_back(static_cast<int>(stride));
    stride *= extent;
  }
  return strides;
}

}  // namespace resnetc
