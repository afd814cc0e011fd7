/* Which instruction sets this CPU and its operating system offer. Found once; the cached words are the only state
 * of the runtime, and every thread that finds one empty computes the same value. */
#define _GNU_SOURCE /* syscall */
#include "resnetc_runtime.h"

#include <stdatomic.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#define KNOWN 0x80000000u /* tells "no features" from "not looked yet" */

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

/* The register files that the operating system saves on a context switch. */
static uint32_t saved_state(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

static int has(uint32_t word, uint32_t bits) { return (word & bits) == bits; }

/* Which of AMD's processors with AVX-512: family 19h is Zen 4 (its Zen 3 has no AVX-512), 1Ah and newer Zen 5. */
static uint32_t adders(void) {
  uint32_t eax, ebx, ecx, edx;
  if (!__get_cpuid(0, &eax, &ebx, &ecx, &edx) || ebx != signature_AMD_ebx || ecx != signature_AMD_ecx || edx != signature_AMD_edx)
    return 0;
  const uint32_t base_family = 0xf, zen4 = 0x19, zen5 = 0x1a;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (eax >> 8 & 0xf) != base_family)
    return 0;
  const uint32_t family = base_family + (eax >> 20 & 0xff);
  return (family >= zen4 ? RESNETC_CPU_ADDERS : 0) | (family >= zen5 ? RESNETC_CPU_TWO_ADDERS : 0);
}

static uint32_t detect(void) {
  uint32_t eax, ebx, ecx, edx, found = 0;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
    return 0;
  if (has(ecx, bit_SSE4_1))
    found |= RESNETC_CPU_SSE41;
  if (!has(ecx, bit_OSXSAVE | bit_AVX | bit_FMA | bit_F16C))
    return found;
  const uint32_t ymm = 0x6, zmm = 0xe6, state = saved_state();
  if (!has(state, ymm) || !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || !has(ebx, bit_AVX2))
    return found;
  found |= RESNETC_CPU_AVX2;
  if (has(state, zmm) && has(ebx, bit_AVX512F | bit_AVX512CD | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL))
    found |= RESNETC_CPU_AVX512;
  if (has(found, RESNETC_CPU_AVX512))
    found |= adders();
  return found;
}

static uint32_t request_tiles(void) {
#if defined(__linux__) && defined(__x86_64__)
  const uint32_t tile_and_bf16 = 1u << 24 | 1u << 22, tile_state = 0x60000;
  uint32_t eax, ebx, ecx, edx;
  if (!has(resnetc_rt_cpu_features(), RESNETC_CPU_AVX512) || !has(saved_state(), tile_state))
    return 0;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || !has(edx, tile_and_bf16))
    return 0;
  const long ask_for_state = 0x1023, tile_data = 18; /* ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA */
  return syscall(SYS_arch_prctl, ask_for_state, tile_data) == 0 ? RESNETC_CPU_TILES : 0;
#else
  return 0;
#endif
}
#elif defined(__aarch64__)
static uint32_t detect(void) { return RESNETC_CPU_NEON; } /* part of the base architecture */
static uint32_t request_tiles(void) { return 0; }
#else
static uint32_t detect(void) { return 0; }
static uint32_t request_tiles(void) { return 0; }
#endif

static uint32_t found_once(atomic_uint *cached, uint32_t (*find)(void)) {
  uint32_t word = atomic_load_explicit(cached, memory_order_relaxed);
  if (word == 0) {
    word = find() | KNOWN;
    atomic_store_explicit(cached, word, memory_order_relaxed);
  }
  return word & ~KNOWN;
}

uint32_t resnetc_rt_cpu_features(void) {
  static atomic_uint cached;
  return found_once(&cached, detect);
}

uint32_t resnetc_rt_request_tiles(void) {
  static atomic_uint cached;
  return found_once(&cached, request_tiles);
}
