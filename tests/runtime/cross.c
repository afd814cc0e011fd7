/* The runtime on another architecture, under an emulator: features, pool, rounding of the workers. C alone, because no
 * test library for that architecture is at hand. Prints what is wrong. */
#include "resnetc_runtime.h"

#include <fenv.h>
#include <stdio.h>

static int hits[100], rounded_up[100];

static void task(void *frame, int32_t begin, int32_t end) {
  (void)frame;
  for (int32_t i = begin; i < end; ++i) {
    volatile float one = 1, tiny = 1e-12f;
    ++hits[i];
    rounded_up[i] = one + tiny > 1;
  }
}

int main(void) {
  resnetc_pool *pool = NULL;
  if (resnetc_rt_cpu_features() != EXPECTED_FEATURES || resnetc_pool_create(4, &pool) != RESNETC_OK)
    return puts("features or pool_create"), 1;
  const resnetc_exec exec = {.struct_size = sizeof exec, .parallel_for = resnetc_pool_parallel_for, .user = pool};
  for (int round = 1; round <= 200; ++round) {
    fesetround(round % 2 ? FE_UPWARD : FE_TONEAREST);
    const resnetc_status status = resnetc_rt_step(&exec, 0, 100, task, NULL);
    fesetround(FE_TONEAREST);
    for (int i = 0; i < 100; ++i)
      if (status != RESNETC_OK || hits[i] != round || rounded_up[i] != round % 2)
        return printf("round %d, task %d\n", round, i), 1;
  }
  resnetc_pool_destroy(pool);
  return 0;
}
