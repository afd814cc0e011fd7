// What a kind of kernel is made of: an algorithm (what is computed; schedules/algorithms) and a schedule (in which order, in
// which registers; schedules/cpu). Each registers itself under the kind's name, so that a new kind is two new files.
// Private to schedules/: it includes Halide.
#pragma once
#include "schedules/KernelSpec.h"
#include "schedules/Kernels.h"
#include "schedules/Machine.h"
#include <Halide.h>
#include <stdexcept>

namespace resnetc {

// An algorithm, ready to be scheduled.
struct Computation {
  std::vector<Halide::ImageParam> operands;  // in the order of the kind's documentation, without the output
  Halide::Func out;
  Halide::Func sum;                 // the reduction that `out` finishes; undefined for kinds without
  Halide::Func value;               // what a second output is computed from (Epilogue.h); undefined where there is none
  std::string suffix;               // of the function's name, where the kernel is made around it (TileProducts.h)
  std::vector<Halide::Func> extra;  // further stages, as the kind's two files agree
};

// A spec that no kernel can be made of. The text ends in the error of buildKernel.
struct BadSpec : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Algorithm = Computation (*)(const KernelSpec &);
using Schedule = void (*)(Computation &, const KernelSpec &, const Machine &);
using Work = KernelWork (*)(const KernelSpec &);

struct RegisterAlgorithm {
  RegisterAlgorithm(const char *kind, Algorithm algorithm, Work work);
};
struct RegisterSchedule {
  RegisterSchedule(const char *kind, Schedule schedule);
};

// The integers of a key; throws BadSpec unless there are `count` of them, each within [least, 2^31).
std::vector<int> listOf(const KernelSpec &spec, const std::string &key, size_t count, int64_t least = 0);
// A word of a closed set; throws BadSpec for others.
std::string wordOf(const KernelSpec &spec, const std::string &key, const std::vector<std::string> &allowed);

// A buffer whose extents and strides are constants: the generated code reads nothing of it but its host pointer.
void makeStatic(Halide::OutputImageParam buffer, const std::vector<int> &extents, const std::vector<int> &strides);
Halide::ImageParam operand(const std::string &name, const std::vector<int> &extents, const std::vector<int> &strides,
                           Halide::Type type = Halide::Float(32));
// Dense strides for extents, the first innermost.
std::vector<int> dense(const std::vector<int> &extents);

}  // namespace resnetc
