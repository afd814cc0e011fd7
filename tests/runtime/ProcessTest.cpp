// What the runtime promises about the process around it: nothing is allocated in a step, a forked child can use and
// destroy its parent's pool, every status has its sentence, the CPU's features are those that the compiler's own
// detection finds. Not for the thread sanitizer: this file replaces malloc.
#include "resnetc_runtime.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {
std::atomic<long> allocations{0};
}

extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void *malloc(size_t size) { return ++allocations, __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return ++allocations, __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return ++allocations, __libc_realloc(old, size); }
void *aligned_alloc(size_t align, size_t size) { return ++allocations, __libc_memalign(align, size); }
}

namespace {

struct Pool {
  explicit Pool(int32_t threads) { EXPECT_EQ(resnetc_pool_create(threads, &pool), RESNETC_OK); }
  ~Pool() { resnetc_pool_destroy(pool); }
  resnetc_exec exec() const {
    resnetc_exec exec = {};
    exec.struct_size = sizeof exec;
    exec.parallel_for = resnetc_pool_parallel_for;
    exec.user = pool;
    return exec;
  }
  resnetc_pool *pool = nullptr;
};

void countTasks(void *frame, int32_t begin, int32_t end) { *static_cast<std::atomic<int> *>(frame) += end - begin; }

TEST(Allocation, NoneInAStep) {
  Pool pool(3);
  const long afterCreate = allocations;
  EXPECT_GT(afterCreate, 0) << "the counter does not count";
  const resnetc_exec exec = pool.exec();
  std::atomic<int> tasks{0};
  for (int round = 0; round < 200; ++round) {
    resnetc_rt_check(&exec);
    resnetc_rt_cpu_features();
    resnetc_rt_step(&exec, 0, 11, countTasks, &tasks);
    if (round % 50 == 0)
      usleep(500); // so that some steps find the workers asleep
  }
  EXPECT_EQ(tasks, 200 * 11);
  EXPECT_EQ(allocations, afterCreate);
}

/// Exit status of a child that runs `body` on the parent's pool; -1 if it had to be killed after ten seconds.
template <typename Body> int runInChild(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Fork, ChildUsesAndDestroysTheParentsPool) {
  Pool pool(4);
  const resnetc_exec exec = pool.exec();
  std::atomic<int> tasks{0};
  resnetc_rt_step(&exec, 0, 9, countTasks, &tasks);
  for (int round = 0; round < 20; ++round)
    EXPECT_EQ(runInChild([&] {
                tasks = 0;
                resnetc_rt_step(&exec, 0, 9, countTasks, &tasks);
                resnetc_pool_destroy(pool.pool);
                return tasks.load();
              }),
              9);
  tasks = 0;
  resnetc_rt_step(&exec, 0, 9, countTasks, &tasks);
  EXPECT_EQ(tasks, 9);
}

TEST(Fork, ChildOfATaskDoesNotHang) {
  Pool pool(2);
  struct Forker {
    resnetc_pool *pool;
    int status[2];
  } forker{pool.pool, {0, 0}};
  auto forkInside = [](void *task, int32_t i) {
    auto nothing = [](void *, int32_t) {};
    resnetc_pool *pool = static_cast<Forker *>(task)->pool;
    static_cast<Forker *>(task)->status[i] = runInChild([&] {
      resnetc_pool_parallel_for(pool, 5, nothing, nullptr);
      resnetc_pool_destroy(pool);
      return 7;
    });
  };
  resnetc_pool_parallel_for(pool.pool, 2, forkInside, &forker);
  EXPECT_EQ(forker.status[0], 7);
  EXPECT_EQ(forker.status[1], 7);
}

TEST(Fork, ChildMakesItsOwnPool) {
  Pool parents(2);
  EXPECT_EQ(runInChild([&] {
              Pool own(2);
              std::atomic<int> tasks{0};
              const resnetc_exec exec = own.exec();
              resnetc_rt_step(&exec, 0, 6, countTasks, &tasks);
              return tasks.load();
            }),
            6);
}

TEST(Status, EachHasItsOwnSentence) {
  std::set<std::string> sentences;
  for (int status = RESNETC_OK; status <= RESNETC_E_CANCELLED; ++status)
    sentences.insert(resnetc_strerror(static_cast<resnetc_status>(status)));
  EXPECT_EQ(sentences.size(), 7u);
  EXPECT_EQ(sentences.count("unknown resnetc status"), 0u);
  EXPECT_STREQ(resnetc_strerror(static_cast<resnetc_status>(7)), "unknown resnetc status");
}

// Whoever is told that there are tiles may use them: a thread that is not the one that asked, too.
TEST(Cpu, TilesThatAreGrantedWork) {
  const uint32_t tiles = resnetc_rt_request_tiles();
  EXPECT_EQ(tiles, resnetc_rt_request_tiles());
  EXPECT_EQ(tiles & ~RESNETC_CPU_TILES, 0u);
#if defined(__x86_64__)
  if (!tiles)
    GTEST_SKIP() << "this processor multiplies no tiles";
  EXPECT_TRUE(resnetc_rt_cpu_features() & RESNETC_CPU_AVX512);
  std::thread([] {
    alignas(64) unsigned char shapes[64] = {1}; // a palette; no tile has a shape
    asm volatile("ldtilecfg %0\n tilerelease" ::"m"(shapes));
  }).join();
#endif
}

TEST(Cpu, FindsWhatTheCompilersDetectionFinds) {
  const uint32_t features = resnetc_rt_cpu_features();
  EXPECT_EQ(features, resnetc_rt_cpu_features());
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  EXPECT_EQ(bool(features & RESNETC_CPU_SSE41), bool(__builtin_cpu_supports("sse4.1")));
  EXPECT_EQ(bool(features & RESNETC_CPU_AVX2), avx2);
  EXPECT_EQ(bool(features & RESNETC_CPU_AVX512), avx512);
  EXPECT_EQ(bool(features & RESNETC_CPU_ADDERS), avx512 && __builtin_cpu_is("amd"));
  EXPECT_FALSE(features & RESNETC_CPU_TWO_ADDERS && !(features & RESNETC_CPU_ADDERS));
  EXPECT_FALSE(features & (RESNETC_CPU_NEON | RESNETC_CPU_TILES));
#elif defined(__aarch64__)
  EXPECT_EQ(features, RESNETC_CPU_NEON);
#endif
  EXPECT_EQ(resnetc_runtime_abi_1, RESNETC_ABI);
}

} // namespace
