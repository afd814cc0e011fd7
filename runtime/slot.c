/* Numbers of the threads that are at work on a step, whoever made them: a thread has one from the beginning to the end of a part of it. */
#define _GNU_SOURCE /* the clock of spin.h */
#include "resnetc_runtime.h"
#include "spin.h"

/* What a thread left in the memory of its number the next one with that number may see: taking acquires what giving released. */
int32_t resnetc_rt_take_slot(resnetc_rt_frame *frame) {
  struct spin spin = {0, 0};
  uint64_t taken = __atomic_load_n(&frame->slots, __ATOMIC_RELAXED);
  for (;;) {
    const uint64_t free = ~taken;
    if (free == 0) {
      if (!spin_more(&spin))
        spin = (struct spin){0, 0};
      taken = __atomic_load_n(&frame->slots, __ATOMIC_RELAXED);
      continue;
    }
    const int32_t slot = __builtin_ctzll(free);
    if (__atomic_compare_exchange_n(&frame->slots, &taken, taken | (uint64_t)1 << slot, 1, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      return slot;
  }
}

void resnetc_rt_give_slot(resnetc_rt_frame *frame, int32_t slot) {
  __atomic_fetch_and(&frame->slots, ~((uint64_t)1 << slot), __ATOMIC_RELEASE);
}
