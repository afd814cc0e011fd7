/* A bounded busy wait of about 50 us, after which the waiter should sleep: first pause instructions alone, which answer
 * within a microsecond; from 10 us on the core is offered to other threads in between, one of which may be the very
 * thread that is waited for. The clock is looked at rarely, because that costs more than a pause. Private to the
 * runtime. */
#ifndef RESNETC_SPIN_H_
#define RESNETC_SPIN_H_
#include <sched.h>
#include <stdint.h>
#include <time.h>

enum { SPIN_NANOSECONDS = 50000, YIELD_AFTER_NANOSECONDS = 10000, SPIN_PAUSES_PER_LOOK = 64 };

struct spin {
  int64_t start; /* 0 until the clock is first read */
  int32_t pauses;
};

static inline int64_t spin_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void spin_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Waits a moment. Zero when the time is up. */
static inline int spin_more(struct spin *spin) {
  spin_pause();
  if (++spin->pauses % SPIN_PAUSES_PER_LOOK != 0)
    return 1;
  const int64_t now = spin_clock();
  if (spin->start == 0)
    spin->start = now;
  if (now - spin->start > YIELD_AFTER_NANOSECONDS)
    sched_yield();
  return now - spin->start < SPIN_NANOSECONDS;
}

#endif
