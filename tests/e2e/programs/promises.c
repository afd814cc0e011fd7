/* What run leaves alone: the stack below 64 KiB, the floating-point state of the caller, and the process when its stack is
 * small. Run with `ulimit -s 128`. */
#define _GNU_SOURCE
#include "net.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
static unsigned state(void) { return _mm_getcsr() & ~0x3fu; } /* all but what has happened */
static void set(unsigned bits) { _mm_setcsr((state() & ~0xe040u) | bits); }
#else
static unsigned state(void) { return 0; }
static void set(unsigned bits) { (void)bits; }
#endif
enum { ROUND_UP = 0x4000, FLUSH_DENORMALS = 0x8040 };

enum { STACK = 256 << 10, PAINT = 0xa5, LIMIT = 64 << 10 };
static _Alignas(4096) unsigned char stack[STACK];
static float in[1 << 20], expected[1 << 20], out[1 << 20];
static _Alignas(64) char scratch[1 << 24];
static int result;

static void *call_run(void *with_run) {
  result = with_run ? net_run(in, out, scratch) : 0;
  return NULL;
}

/* Bytes of its own stack that a thread has touched. */
static size_t stack_of_thread(void *with_run) {
  pthread_attr_t attributes;
  pthread_t thread;
  memset(stack, PAINT, sizeof stack);
  pthread_attr_init(&attributes);
  if (pthread_attr_setstack(&attributes, stack, sizeof stack) || pthread_create(&thread, &attributes, call_run, with_run)) return STACK;
  pthread_join(thread, NULL);
  size_t untouched = 0;
  while (untouched < sizeof stack && stack[untouched] == PAINT) ++untouched;
  return sizeof stack - untouched;
}

static int state_stays(const char *what) {
  const unsigned before = state();
  memset(out, 0, sizeof out);
  if (net_run(in, out, scratch)) return 0;
  if (state() != before) printf("%s: the state was 0x%x, is 0x%x\n", what, before, state());
  return state() == before;
}

int main(void) {
  if (net_scratch_bytes(1) > sizeof scratch) return 1;
  for (size_t i = 0; i < sizeof in / sizeof *in; ++i) in[i] = (float)((i * 7919) % 1001) / 1000;
  if (net_run(in, expected, scratch)) return 2;
  const size_t used = stack_of_thread(in) - stack_of_thread(NULL);
  if (result || used > LIMIT) {
    printf("run uses %zu bytes of stack\n", used);
    return 3;
  }
  if (!state_stays("as it was") || memcmp(out, expected, sizeof out)) return 4;
  set(ROUND_UP);
  if (!state_stays("rounding up")) return 5;
  set(FLUSH_DENORMALS);
  if (!state_stays("flushing denormals") || memcmp(out, expected, sizeof out)) return 6;
  puts("every promise is kept");
  return 0;
}
