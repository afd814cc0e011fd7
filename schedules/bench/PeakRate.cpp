// 12 chains of multiply-adds cover the latency of every core so far (4 cycles x 2 units = 8), and fit 16 registers.
#include "schedules/bench/PeakRate.h"
#include <ctime>

namespace resnetc {

double threadMs() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

static constexpr int Rounds = 20000, Chains = 12;

#define CHAINS(INSTRUCTIONS) ".irp r,0,1,2,3,4,5,6,7,8,9,10,11\n " INSTRUCTIONS "\n.endr"

#if defined(__x86_64__)
#define REPEAT(INSTRUCTIONS)                                                                                           \
  for (int i = 0; i < Rounds; i++)                                                                                     \
  asm volatile(CHAINS(INSTRUCTIONS) ::: "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",        \
               "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")

// Lanes of the vectors that ran.
static int runChains(const std::string &level) {
  asm volatile("xorps %%xmm14,%%xmm14\n xorps %%xmm15,%%xmm15" ::: "xmm14", "xmm15");
  if (level == "x86-64-v4" || level == "znver4" || level == "znver5" || level == "sapphirerapids") {
    REPEAT("vfmadd231ps %%zmm14,%%zmm15,%%zmm\\r");
    return 16;
  }
  if (level == "x86-64-v3") {
    REPEAT("vfmadd231ps %%ymm14,%%ymm15,%%ymm\\r");
    return 8;
  }
  if (level != "x86-64-v2")
    return 0;
  // A multiplication beside an addition, each in its own unit.
  REPEAT("addps %%xmm15,%%xmm\\r\n movaps %%xmm14,%%xmm13\n mulps %%xmm15,%%xmm13");
  return 4;
}
#elif defined(__aarch64__)
static int runChains(const std::string &level) {
  if (level != "armv8-a")
    return 0;
  for (int i = 0; i < Rounds; i++)
    asm volatile(CHAINS("fmla v\\r\\().4s,v14.4s,v15.4s") ::: "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8",
                 "v9", "v10", "v11");
  return 4;
}
#else
static int runChains(const std::string &) { return 0; }
#endif

double measurePeakGflops(const std::string &level) {
  const double start = threadMs();
  const int lanes = runChains(level);
  return lanes == 0 ? 0 : 2.0 * lanes * Chains * Rounds / ((threadMs() - start) * 1e6);
}

}  // namespace resnetc
