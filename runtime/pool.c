/* A small persistent thread pool: fork/join over a static partition, of which threads that are done take over the rest.
 *
 * One 64-bit word announces a job: its number and how many threads take part. A worker says that it joins and looks at the
 * word again; the caller closes the word when nothing is left to claim and looks at who has joined. In that order, both
 * sequentially consistent, either the worker sees that it came too late and touches nothing, or the caller waits for it. So a
 * worker that the operating system keeps away holds nobody up: others do its share.
 *
 * Each thread claims the indices of its own share one by one, then those of others, so a share that is read and written by
 * the same thread in job after job stays in its cache. Waiters spin for a moment and then sleep; who announces looks at a
 * counter of sleepers after the store, who goes to sleep looks at the word after raising the counter (both sequentially
 * consistent), so no wake-up is lost. */
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
static const uint64_t parts_mask = (1u << PARTS_BITS) - 1; /* as the number of parts: a closed job */

struct worker {
  pthread_t thread;
  resnetc_pool *pool;
  int32_t index; /* 1.. ; the caller of parallel_for is 0 */
};

/* What one thread has to do of a job. Jobs by the low 32 bits of their number, which is never 0. */
struct share {
  _Alignas(CACHE_LINE) atomic_uint_fast64_t claimed; /* job << 32 | next index; of another job: none is claimed yet */
  atomic_uint_fast32_t joined, left;                 /* the last job that its worker took part in, and is done with */
};

struct resnetc_pool {
  /* Written by the caller of parallel_for. */
  _Alignas(CACHE_LINE) atomic_uint_fast64_t word; /* job number << PARTS_BITS | parts; no parts: stop */
  void (*fn)(void *task, int32_t i);
  void *task;
  int32_t n;
  /* Written by whoever finds it out first. */
  _Alignas(CACHE_LINE) atomic_uint_fast32_t exhausted; /* the job of which nothing is left to claim */
  /* Rarely written. */
  _Alignas(CACHE_LINE) atomic_int sleeping_workers;
  atomic_int sleeping_caller;
  pthread_mutex_t mutex;
  pthread_cond_t job_announced, job_left;
  int32_t threads;
  volatile char *alive; /* a page that the kernel clears in a forked child; NULL where it cannot */
  pid_t owner;
  atomic_flag busy;
  struct share *shares; /* threads */
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

/* ---- Work. */

static uint32_t job_of(uint64_t word) { return (uint32_t)(word >> PARTS_BITS); }

/* The next index of a share, which is the caller's then; -1: none is left. */
static int32_t claim(resnetc_pool *pool, int32_t index, int32_t parts, uint32_t job) {
  atomic_uint_fast64_t *claimed = &pool->shares[index].claimed;
  const int64_t begin = (int64_t)pool->n * index / parts, end = (int64_t)pool->n * (index + 1) / parts;
  uint64_t old = atomic_load_explicit(claimed, memory_order_relaxed);
  for (;;) {
    const int64_t next = old >> 32 == job ? (int64_t)(uint32_t)old : begin;
    if (next >= end)
      return -1;
    if (atomic_compare_exchange_weak_explicit(claimed, &old, (uint64_t)job << 32 | (uint64_t)(next + 1), memory_order_relaxed,
                                              memory_order_relaxed))
      return (int32_t)next;
  }
}

/* One's own share first, then the others' from the next one on. */
static void work(resnetc_pool *pool, int32_t index, int32_t parts, uint32_t job) {
  for (int32_t k = 0; k < parts; ++k) {
    if (k == 1 && atomic_load_explicit(&pool->exhausted, memory_order_relaxed) == job)
      return;
    const int32_t share = index + k < parts ? index + k : index + k - parts;
    for (int32_t i; (i = claim(pool, share, parts, job)) >= 0;)
      pool->fn(pool->task, i);
  }
  atomic_store_explicit(&pool->exhausted, job, memory_order_relaxed);
}

/* ---- Workers. */

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

static void take_part(resnetc_pool *pool, int32_t index, uint64_t word) {
  struct share *own = &pool->shares[index];
  atomic_store(&own->joined, job_of(word));
  if (atomic_load(&pool->word) == word)
    work(pool, index, (int32_t)(word & parts_mask), job_of(word));
  atomic_store(&own->left, job_of(word));
  if (!atomic_load(&pool->sleeping_caller))
    return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_signal(&pool->job_left);
  pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *opaque) {
  const struct worker *self = opaque;
  resnetc_pool *pool = self->pool;
  uint64_t word = 0;
  for (;;) {
    word = wait_for_job(pool, word);
    const uint64_t parts = word & parts_mask;
    if (parts == 0)
      return NULL;
    if (parts != parts_mask && (uint64_t)self->index < parts)
      take_part(pool, self->index, word);
  }
}

/* ---- The caller. */

/* Numbers start anew after 2^32 jobs; what the shares remember of the old ones would be taken for a new one's. */
static uint64_t next_word(resnetc_pool *pool, uint64_t parts) {
  uint64_t number = (atomic_load_explicit(&pool->word, memory_order_relaxed) >> PARTS_BITS) + 1;
  if ((uint32_t)number == 0) {
    for (int32_t i = 0; i < pool->threads; ++i)
      atomic_store_explicit(&pool->shares[i].claimed, 0, memory_order_relaxed);
    ++number;
  }
  return number << PARTS_BITS | parts;
}

static void announce(resnetc_pool *pool, uint64_t word) {
  atomic_store(&pool->word, word);
  if (!atomic_load(&pool->sleeping_workers))
    return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->job_announced);
  pthread_mutex_unlock(&pool->mutex);
}

static int is_at_work(resnetc_pool *pool, int32_t index, uint32_t job) {
  return atomic_load(&pool->shares[index].joined) == job && atomic_load(&pool->shares[index].left) != job;
}

static void wait_for_worker(resnetc_pool *pool, int32_t index, uint32_t job) {
  struct spin spin = {0, 0};
  do {
    if (!is_at_work(pool, index, job))
      return;
  } while (spin_more(&spin));
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->sleeping_caller, 1);
  while (is_at_work(pool, index, job))
    pthread_cond_wait(&pool->job_left, &pool->mutex);
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
  const uint64_t word = next_word(pool, (uint64_t)parts);
  announce(pool, word);
  work(pool, 0, parts, job_of(word));
  atomic_store(&pool->word, (word & ~parts_mask) | parts_mask);
  for (int32_t i = 1; i < parts; ++i)
    wait_for_worker(pool, i, job_of(word));
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
  const size_t head = sizeof(resnetc_pool) + (size_t)(threads - 1) * sizeof(struct worker);
  const size_t lines = (head + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE, bytes = lines + (size_t)threads * sizeof(struct share);
  resnetc_pool *pool = aligned_alloc(CACHE_LINE, bytes);
  if (!pool)
    return RESNETC_E_NOMEM;
  memset(pool, 0, bytes);
  pool->shares = (struct share *)((char *)pool + lines);
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->job_announced, NULL);
  pthread_cond_init(&pool->job_left, NULL);
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
    announce(pool, next_word(pool, 0));
    for (int32_t i = 0; i + 1 < pool->threads; ++i)
      pthread_join(pool->workers[i].thread, NULL);
    pthread_mutex_destroy(&pool->mutex);
    pthread_cond_destroy(&pool->job_announced);
    pthread_cond_destroy(&pool->job_left);
  }
  if (pool->alive)
    munmap((void *)pool->alive, (size_t)sysconf(_SC_PAGESIZE));
  free(pool);
}

int32_t resnetc_pool_threads(const resnetc_pool *pool) { return pool ? pool->threads : 1; }
