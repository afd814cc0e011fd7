/* In place of the runtime's: a processor that has exactly FEATURES. */
#include "resnetc_runtime.h"

uint32_t resnetc_rt_cpu_features(void) { return FEATURES; }
