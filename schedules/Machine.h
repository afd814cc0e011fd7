// What the schedules know of a processor: the only place with numbers of hardware. Chosen from the target triple and the
// CPU name on the command line; two compilers on different hosts choose the same Machine for the same words.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace resnetc {

struct Machine {
  std::string level;         // "sapphirerapids", "znver5", "znver4", "x86-64-v4", "x86-64-v3", "x86-64-v2", "armv8-a": what --cpu names and messages print
  std::string triple;        // LLVM target triple, e.g. x86_64-unknown-linux-gnu
  std::string llvmCpu;       // -mcpu for the code generator
  std::string llvmFeatures;  // "+avx2,+fma,..." for the code that is not Halide's
  std::string halideTarget;  // Halide target string without the feature flags that every kernel gets
  int lanes = 0;             // floats in one vector register
  int registers = 0;         // vector registers
  int block = 0;             // channels that lie together: NCHW<block>c, a multiple of lanes
  int fmaLatency = 0;        // cycles from an FMA to the next on the same accumulator
  int fmaPerCycle = 0;       // vector FMAs started per cycle
  int addsPerCycle = 0;      // vector additions started per cycle beside them, in pipes of their own; 0: additions use those of the FMAs
  int loadsPerCycle = 0;     // vector loads
  double issuePerCycle = 0;  // vector instructions in all (an FMA with a memory operand counts as one)
  bool broadcastOperand = false;  // an FMA can broadcast a scalar from memory by itself (AVX-512)
  bool multipliesTiles = false;   // has a unit for products of tiles of bf16, 16 times 16 sums of 32 products in 16 cycles (Intel AMX)
  double memoryBytesPerCycle = 6; // what one core reads of a stream that no cache holds
  int64_t l1Bytes = 0, l2Bytes = 0;
  uint32_t cpuFeatures = 0;  // RESNETC_CPU_* bits (runtime/resnetc_runtime.h) that an object for this level needs
};

// `triple` empty = this host's; `cpu` = "native", "baseline" or a level. Returns nothing for words that it does not know.
std::optional<Machine> machineFor(const std::string &triple, const std::string &cpu);
// Whether this processor has all that code for `machine` needs.
bool canRunHere(const Machine &machine);
// What `--cpu` accepts, best first, for messages.
std::vector<std::string> machineLevels(const std::string &triple);

}  // namespace resnetc
