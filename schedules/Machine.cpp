// The table of levels. x86 levels are those of the psABI, and one of processors that can do more; the numbers are of the weakest
// common core of each level, so that one tile is good on all of them: Haswell, Zen 2 and newer (v3: two ymm FMAs and two ymm loads per cycle), Skylake-X and
// Zen 4 (v4), Nehalem (v2, no FMA), Cortex-A76 (armv8-a).
#include "schedules/Machine.h"
#include "runtime/resnetc_runtime.h"

namespace resnetc {

static const char *const X86Triple = "x86_64-unknown-linux-gnu", *const ArmTriple = "aarch64-unknown-linux-gnu";

static Machine x86V4() {
  Machine m;
  m.level = m.llvmCpu = "x86-64-v4";
  m.triple = X86Triple;
  m.llvmFeatures = "+avx512f,+avx512cd,+avx512bw,+avx512dq,+avx512vl,+avx2,+fma,+f16c";
  m.halideTarget = "x86-64-linux-avx512_skylake-avx512-avx2-avx-fma-f16c-sse41";
  m.lanes = 16, m.registers = 32, m.block = 16;
  m.fmaLatency = 4, m.fmaPerCycle = 2, m.loadsPerCycle = 2, m.issuePerCycle = 4, m.broadcastOperand = true;
  m.l1Bytes = 32 << 10, m.l2Bytes = 1 << 20;
  m.cpuFeatures = RESNETC_CPU_SSE41 | RESNETC_CPU_AVX2 | RESNETC_CPU_AVX512;
  return m;
}

// Intel's Sapphire Rapids: AVX-512 beside a unit that multiplies tiles of bf16.
static Machine sapphireRapids() {
  Machine m = x86V4();
  m.level = "sapphirerapids"; // the code is that of the level below, and tiles: LLVM's own processor of this name prefers vectors of half the width
  m.multipliesTiles = true;
  m.memoryBytesPerCycle = 4.6;
  m.l1Bytes = 48 << 10, m.l2Bytes = 2 << 20;
  m.cpuFeatures |= RESNETC_CPU_TILES;
  return m;
}

// AMD's Zen 4: AVX-512 with an addition beside each FMA, one of both per cycle in 512 bits.
static Machine zen4() {
  Machine m = x86V4();
  m.level = m.llvmCpu = "znver4";
  m.fmaPerCycle = 1, m.addsPerCycle = 1;
  m.memoryBytesPerCycle = 8;
  m.cpuFeatures |= RESNETC_CPU_ADDERS;
  return m;
}

// AMD's Zen 5: two of both per cycle.
static Machine zen5() {
  Machine m = zen4();
  m.level = m.llvmCpu = "znver5";
  m.fmaPerCycle = 2, m.addsPerCycle = 2, m.issuePerCycle = 6;
  m.l1Bytes = 48 << 10;
  m.cpuFeatures |= RESNETC_CPU_TWO_ADDERS;
  return m;
}

static Machine x86V3() {
  Machine m;
  m.level = m.llvmCpu = "x86-64-v3";
  m.triple = X86Triple;
  m.llvmFeatures = "+avx2,+fma,+f16c";
  m.halideTarget = "x86-64-linux-avx2-avx-fma-f16c-sse41";
  m.lanes = 8, m.registers = 16, m.block = 8;
  m.fmaLatency = 4, m.fmaPerCycle = 2, m.loadsPerCycle = 2, m.issuePerCycle = 4;
  m.l1Bytes = 32 << 10, m.l2Bytes = 512 << 10;
  m.cpuFeatures = RESNETC_CPU_SSE41 | RESNETC_CPU_AVX2;
  return m;
}

static Machine x86V2() {
  Machine m;
  m.level = m.llvmCpu = "x86-64-v2";
  m.triple = X86Triple;
  m.llvmFeatures = "+sse4.1,+sse4.2";
  m.halideTarget = "x86-64-linux-sse41";
  m.lanes = 4, m.registers = 15, m.block = 8;  // one register holds products on their way to a sum
  m.fmaLatency = 3, m.fmaPerCycle = 1, m.loadsPerCycle = 1, m.issuePerCycle = 2;  // the multiplication is not in the chain of the sums
  m.l1Bytes = 32 << 10, m.l2Bytes = 256 << 10;
  m.cpuFeatures = RESNETC_CPU_SSE41;
  return m;
}

static Machine armV8() {
  Machine m;
  m.level = "armv8-a", m.llvmCpu = "generic";
  m.triple = ArmTriple;
  m.llvmFeatures = "+neon";
  m.halideTarget = "arm-64-linux";
  m.lanes = 4, m.registers = 26, m.block = 8;  // of 32, six hold the inputs whose lanes the FMAs take
  m.fmaLatency = 4, m.fmaPerCycle = 2, m.loadsPerCycle = 2, m.issuePerCycle = 4;
  m.l1Bytes = 64 << 10, m.l2Bytes = 512 << 10;
  m.cpuFeatures = RESNETC_CPU_NEON;
  return m;
}

static bool isX86(const std::string &triple) { return triple.rfind("x86_64-", 0) == 0; }
static bool isArm(const std::string &triple) { return triple.rfind("aarch64-", 0) == 0; }

static std::string hostTriple() {
#if defined(__aarch64__)
  return ArmTriple;
#else
  return X86Triple;
#endif
}

static std::vector<Machine> levelsOf(const std::string &triple) {
  if (isX86(triple))
    return {sapphireRapids(), zen5(), zen4(), x86V4(), x86V3(), x86V2()};
  if (isArm(triple))
    return {armV8()};
  return {};
}

bool canRunHere(const Machine &machine) {
  const uint32_t tiles = machine.cpuFeatures & RESNETC_CPU_TILES ? resnetc_rt_request_tiles() : 0;
  return ((resnetc_rt_cpu_features() | tiles) & machine.cpuFeatures) == machine.cpuFeatures;
}

// The best level that this processor can run; the baseline where it cannot even run that.
static std::string hostLevel() {
  const std::vector<Machine> levels = levelsOf(hostTriple());
  for (const Machine &m : levels)
    if (canRunHere(m))
      return m.level;
  return levels.back().level;
}

std::vector<std::string> machineLevels(const std::string &triple) {
  std::vector<std::string> names;
  for (const Machine &m : levelsOf(triple.empty() ? hostTriple() : triple))
    names.push_back(m.level);
  return names;
}

std::optional<Machine> machineFor(const std::string &triple, const std::string &cpu) {
  const std::string wanted = triple.empty() ? hostTriple() : triple;
  std::vector<Machine> levels = levelsOf(wanted);
  if (levels.empty())
    return std::nullopt;
  std::string level = cpu;
  if (cpu == "baseline")
    level = levels.back().level;
  if (cpu == "native") {
    if (isArm(wanted) != isArm(hostTriple()))
      return std::nullopt;
    level = hostLevel();
  }
  for (Machine &m : levels)
    if (m.level == level) {
      m.triple = wanted;
      return m;
    }
  return std::nullopt;
}

}  // namespace resnetc
