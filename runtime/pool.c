/* A small persistent thread pool: fork/join with a static partition and nothing else.
 *
 * One 64-bit word announces a job: its number and how many threads take part. A worker that takes no part looks at
 * nothing but the word; those that do are waited for, so the job's other fields never change under a reader. Waiters
 * spin for a moment and then sleep; who announces looks at a counter of sleepers after the store, who goes to sleep
 * looks at the word after raising the counter (both sequentially consistent), so no wake-up is lost. */
#define _GNU_SOURCE /* MADV_WIPEONFORK */
#include "resnetc_runtime.h"
#include "spin.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CACHE_LINE = 64, MAX_THREADS = 1024, PARTS_BITS = 16 };
static const uint64_t parts_mask = (1u << PARTS_BITS) - 1;

struct worker {
  pthread_t thread;
  resnetc_pool *pool;
  int32_t index; /* 1.. ; the caller of parallel_for is 0 */
};

struct resnetc_pool {
  /* Written by the caller of parallel_for. */
  _Alignas(CACHE_LINE) atomic_uint_fast64_t word; /* job number << PARTS_BITS | parts; no parts: stop */
  void (*fn)(void *task, int32_t i);
  void *task;
  int32_t n;
  /* Written by the workers. */
  _Alignas(CACHE_LINE) atomic_int pending; /* workers that have not finished the job */
  /* Rarely written. */
  _Alignas(CACHE_LINE) atomic_int sleeping_workers;
  atomic_int sleeping_caller;
  pthread_mutex_t mutex;
  pthread_cond_t job_announced, job_done;
  int32_t threads;
  volatile char *alive; /* a page that the kernel clears in a forked child; NULL where it cannot */
  pid_t owner;
  atomic_flag busy;
  struct worker workers[]; /* threads - 1 */
};

/* ---- Fork: a child has the memory of the pool but not its threads. */

static void *map_alive_page(void) {
#ifdef MADV_WIPEONFORK
  const size_t size = (size_t)sysconf(_SC_PAGESIZE);
  char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED)
    return NULL;
  if (madvise(page, size, MADV_WIPEONFORK) == 0) {
    *page = 1;
    return page;
  }
  munmap(page, size);
#endif
  return NULL;
}

static int is_forked(const resnetc_pool *pool) { return pool->alive ? !*pool->alive : getpid() != pool->owner; }

/* ---- Workers. */

static void run_share(const resnetc_pool *pool, int32_t index, int32_t parts) {
  const int32_t end = (int32_t)((int64_t)pool->n * (index + 1) / parts);
  for (int32_t i = (int32_t)((int64_t)pool->n * index / parts); i < end; ++i)
    pool->fn(pool->task, i);
}

static uint64_t wait_for_job(resnetc_pool *pool, uint64_t last) {
  struct spin spin = {0, 0};
  uint64_t word;
  do {
    word = atomic_load_explicit(&pool->word, memory_order_acquire);
    if (word != last)
      return word;
  } while (spin_more(&spin));
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleeping_workers, 1);
  while ((word = atomic_load(&pool->word)) == last)
    pthread_cond_wait(&pool->job_announced, &pool->mutex);
  atomic_fetch_sub(&pool->sleeping_workers, 1);
  pthread_mutex_unlock(&pool->mutex);
  return word;
}

static void finish_share(resnetc_pool *pool) {
  if (atomic_fetch_sub(&pool->pending, 1) != 1 || !atomic_load(&pool->sleeping_caller))
    return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_signal(&pool->job_done);
  pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *opaque) {
  const struct worker *self = opaque;
  resnetc_pool *pool = self->pool;
  uint64_t word = 0;
  for (;;) {
    word = wait_for_job(pool, word);
    const int32_t parts = (int32_t)(word & parts_mask);
    if (parts == 0)
      return NULL;
    if (self->index < parts) {
      run_share(pool, self->index, parts);
      finish_share(pool);
    }
  }
}

/* ---- The caller. */

static void announce(resnetc_pool *pool, int32_t parts) {
  const uint64_t number = (atomic_load_explicit(&pool->word, memory_order_relaxed) >> PARTS_BITS) + 1;
  atomic_store(&pool->word, number << PARTS_BITS | (uint64_t)parts);
  if (!atomic_load(&pool->sleeping_workers))
    return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->job_announced);
  pthread_mutex_unlock(&pool->mutex);
}

static void wait_for_workers(resnetc_pool *pool) {
  struct spin spin = {0, 0};
  do {
    if (atomic_load_explicit(&pool->pending, memory_order_acquire) == 0)
      return;
  } while (spin_more(&spin));
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->sleeping_caller, 1);
  while (atomic_load(&pool->pending) != 0)
    pthread_cond_wait(&pool->job_done, &pool->mutex);
  atomic_store(&pool->sleeping_caller, 0);
  pthread_mutex_unlock(&pool->mutex);
}

void resnetc_pool_parallel_for(void *opaque, int32_t n, void (*fn)(void *task, int32_t i), void *task) {
  resnetc_pool *pool = opaque;
  const int32_t width = resnetc_pool_threads(pool);
  const int32_t parts = n < width ? n : width;
  if (parts <= 1 || is_forked(pool) || atomic_flag_test_and_set_explicit(&pool->busy, memory_order_acquire)) {
    for (int32_t i = 0; i < n; ++i)
      fn(task, i);
    return;
  }
  pool->fn = fn;
  pool->task = task;
  pool->n = n;
  atomic_store_explicit(&pool->pending, parts - 1, memory_order_relaxed);
  announce(pool, parts);
  run_share(pool, 0, parts);
  wait_for_workers(pool);
  atomic_flag_clear_explicit(&pool->busy, memory_order_release);
}

/* ---- Life. */

/* Starts workers until all run or one cannot; pool->threads counts what there is. Signals are the host's business. */
static void start_workers(resnetc_pool *pool, int32_t threads) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (pool->threads = 1; pool->threads < threads; ++pool->threads) {
    struct worker *worker = &pool->workers[pool->threads - 1];
    worker->pool = pool;
    worker->index = pool->threads;
    if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0)
      break;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

resnetc_status resnetc_pool_create(int32_t threads, resnetc_pool **out) {
  if (!out)
    return RESNETC_E_ARG;
  *out = NULL;
  if (threads < 1 || threads > MAX_THREADS)
    return RESNETC_E_ARG;
  const size_t bytes = sizeof(resnetc_pool) + (size_t)(threads - 1) * sizeof(struct worker);
  resnetc_pool *pool = aligned_alloc(CACHE_LINE, (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
  if (!pool)
    return RESNETC_E_NOMEM;
  memset(pool, 0, bytes);
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->job_announced, NULL);
  pthread_cond_init(&pool->job_done, NULL);
  atomic_flag_clear(&pool->busy);
  pool->owner = getpid();
  pool->alive = map_alive_page();
  start_workers(pool, threads);
  if (pool->threads < threads) {
    resnetc_pool_destroy(pool);
    return RESNETC_E_NOMEM;
  }
  *out = pool;
  return RESNETC_OK;
}

void resnetc_pool_destroy(resnetc_pool *pool) {
  if (!pool)
    return;
  if (!is_forked(pool)) {
    announce(pool, 0);
    for (int32_t i = 0; i + 1 < pool->threads; ++i)
      pthread_join(pool->workers[i].thread, NULL);
    pthread_mutex_destroy(&pool->mutex);
    pthread_cond_destroy(&pool->job_announced);
    pthread_cond_destroy(&pool->job_done);
  }
  if (pool->alive)
    munmap((void *)pool->alive, (size_t)sysconf(_SC_PAGESIZE));
  free(pool);
}

int32_t resnetc_pool_threads(const resnetc_pool *pool) { return pool ? pool->threads : 1; }
