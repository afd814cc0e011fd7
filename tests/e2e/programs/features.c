/* In place of the runtime's: a processor that has exactly FEATURES. */
#include "resnetc_runtime.h"

uint32_t resnetc_rt_cpu_features(void) { return FEATURES & ~RESNETC_CPU_TILES; }
uint32_t resnetc_rt_request_tiles(void) { return FEATURES & RESNETC_CPU_TILES; }
