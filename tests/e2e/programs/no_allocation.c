/* Counts what run asks of the system: malloc and its family, and mmap, with and without threads. */
#define _GNU_SOURCE
#include "net.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int counted, counting;
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);

static void note(void) {
  if (atomic_load(&counting)) atomic_fetch_add(&counted, 1);
}
void *malloc(size_t n) { note(); return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { note(); return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { note(); return __libc_realloc(p, n); }
void *aligned_alloc(size_t a, size_t n) { note(); return __libc_memalign(a, n); }
void *mmap(void *at, size_t n, int prot, int flags, int fd, long off) {
  note();
  return (void *)syscall(SYS_mmap, at, n, prot, flags, fd, off);
}

static float in[1 << 20], out[1 << 20];
static _Alignas(64) char scratch[1 << 24];

int main(void) {
  resnetc_pool *pool = NULL;
  resnetc_exec exec;
  memset(&exec, 0, sizeof exec);
  if (net_scratch_bytes(1) > sizeof scratch || resnetc_pool_create(2, &pool)) return 1;
  exec.struct_size = sizeof exec;
  exec.parallel_for = resnetc_pool_parallel_for;
  exec.user = pool;
  atomic_store(&counting, 1);
  void *volatile probe = malloc(1); /* does the counter count? */
  if (!probe || atomic_exchange(&counted, 0) != 1) return 2;
  for (int i = 0; i < 20; ++i)
    if (net_run_ex(1, in, out, scratch, i % 2 ? &exec : NULL)) return 3;
  atomic_store(&counting, 0);
  printf("%d allocations in 20 runs\n", atomic_load(&counted));
  resnetc_pool_destroy(pool);
  return 0;
}
