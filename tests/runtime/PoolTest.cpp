// resnetc_pool_parallel_for: every index exactly once, for all shapes of work and callers. Also built with the thread
// sanitizer.
#include "resnetc_runtime.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <dirent.h>
#include <pthread.h>
#include <thread>
#include <vector>

namespace {

struct Pool {
  explicit Pool(int32_t threads) { EXPECT_EQ(resnetc_pool_create(threads, &pool), RESNETC_OK); }
  ~Pool() { resnetc_pool_destroy(pool); }
  resnetc_pool *pool = nullptr;
};

/// Plain (not atomic) counters: the pool must order them for the caller, which the thread sanitizer checks.
struct Counts {
  explicit Counts(int32_t n) : hits(n) {}
  static void hit(void *task, int32_t i) { ++static_cast<Counts *>(task)->hits.at(i); }
  bool allAre(int value) const {
    for (int hit : hits)
      if (hit != value)
        return false;
    return true;
  }
  std::vector<int> hits;
};

/// A task of each thread: none goes on before all have come, so no thread does two.
class Meeting {
public:
  explicit Meeting(int size) : missing(size) {}
  void wait() {
    --missing;
    while (missing > 0)
      std::this_thread::yield();
  }

private:
  std::atomic<int> missing;
};

int countThreadsOfProcess() {
  DIR *dir = opendir("/proc/self/task");
  int count = -2; // "." and ".."
  while (readdir(dir))
    ++count;
  closedir(dir);
  return count;
}

TEST(Pool, RunsEveryIndexOnceForAllThreadAndTaskCounts) {
  for (int32_t threads = 1; threads <= 8; ++threads) {
    Pool pool(threads);
    EXPECT_EQ(resnetc_pool_threads(pool.pool), threads);
    for (int32_t n = 0; n <= 100; ++n) {
      Counts counts(n);
      resnetc_pool_parallel_for(pool.pool, n, Counts::hit, &counts);
      EXPECT_TRUE(counts.allAre(1)) << threads << " threads, " << n << " tasks";
    }
  }
}

TEST(Pool, ManyJobsInARowKeepTheirOrder) {
  Pool pool(4);
  Counts counts(7);
  for (int round = 1; round <= 3000; ++round) {
    resnetc_pool_parallel_for(pool.pool, 7, Counts::hit, &counts);
    ASSERT_TRUE(counts.allAre(round));
  }
}

TEST(Pool, WakesWorkersThatFellAsleep) {
  Pool pool(3);
  Counts counts(3);
  for (int round = 1; round <= 20; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    resnetc_pool_parallel_for(pool.pool, 3, Counts::hit, &counts);
    ASSERT_TRUE(counts.allAre(round));
  }
}

TEST(Pool, CallerSleepsWhileAWorkerIsSlow) {
  Pool pool(2);
  std::atomic<int> done{0};
  auto slowForOthers = [](void *task, int32_t i) {
    if (i == 1)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    ++*static_cast<std::atomic<int> *>(task);
  };
  for (int round = 1; round <= 10; ++round) {
    resnetc_pool_parallel_for(pool.pool, 2, slowForOthers, &done);
    ASSERT_EQ(done, 2 * round);
  }
}

TEST(Pool, UsesDifferentThreadsAndTheCaller) {
  Pool pool(2);
  struct Ids {
    Meeting meeting{2};
    std::thread::id of[2];
  } ids;
  auto note = [](void *task, int32_t i) {
    static_cast<Ids *>(task)->meeting.wait();
    static_cast<Ids *>(task)->of[i] = std::this_thread::get_id();
  };
  resnetc_pool_parallel_for(pool.pool, 2, note, &ids);
  EXPECT_EQ(ids.of[0], std::this_thread::get_id());
  EXPECT_NE(ids.of[1], ids.of[0]);
}

TEST(Pool, OthersDoTheShareOfAThreadThatIsKeptAway) {
  Pool pool(2);
  struct Work {
    int kept;
    std::atomic<int> others{0};
    int seen = 0; // of the others, by the task that waits for them
  };
  auto keep = [](void *task, int32_t i) {
    Work *work = static_cast<Work *>(task);
    if (i != work->kept) {
      ++work->others;
      return;
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (work->others < 7 && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    work->seen = work->others;
  };
  for (int kept : {0, 4}) { // the first of the caller's share and of the worker's
    Work work{kept};
    resnetc_pool_parallel_for(pool.pool, 8, keep, &work);
    EXPECT_EQ(work.seen, 7) << kept;
  }
}

TEST(Pool, NestedCallRunsInline) {
  Pool pool(4);
  struct Nest {
    resnetc_pool *pool;
    std::atomic<int> inner{0};
  } nest{pool.pool};
  auto outer = [](void *task, int32_t) {
    auto add = [](void *task, int32_t) { ++static_cast<Nest *>(task)->inner; };
    resnetc_pool_parallel_for(static_cast<Nest *>(task)->pool, 10, add, task);
  };
  resnetc_pool_parallel_for(pool.pool, 8, outer, &nest);
  EXPECT_EQ(nest.inner, 80);
}

TEST(Pool, ConcurrentCallersShareIt) {
  Pool pool(3);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&] {
      Counts counts(17);
      for (int round = 1; round <= 300; ++round) {
        resnetc_pool_parallel_for(pool.pool, 17, Counts::hit, &counts);
        ASSERT_TRUE(counts.allAre(round));
      }
    });
  for (std::thread &caller : callers)
    caller.join();
}

TEST(Pool, CreateAndDestroyLeaveNoThread) {
  const int before = countThreadsOfProcess();
  for (int round = 0; round < 1000; ++round) {
    Pool pool(1 + round % 4);
    if (round % 2) { // an unused pool must go away too
      Counts counts(5);
      resnetc_pool_parallel_for(pool.pool, 5, Counts::hit, &counts);
      ASSERT_TRUE(counts.allAre(1));
    }
  }
  EXPECT_EQ(countThreadsOfProcess(), before);
}

TEST(Pool, OneThreadMakesNone) {
  const int before = countThreadsOfProcess();
  Pool pool(1);
  EXPECT_EQ(countThreadsOfProcess(), before);
}

TEST(Pool, WorkersBlockAllSignalsAndTheCallerKeepsItsMask) {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  Pool pool(2);
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
  struct Masks {
    Meeting meeting{2};
    sigset_t of[2];
  } masks;
  auto read = [](void *task, int32_t i) {
    static_cast<Masks *>(task)->meeting.wait();
    pthread_sigmask(SIG_SETMASK, nullptr, &static_cast<Masks *>(task)->of[i]);
  };
  resnetc_pool_parallel_for(pool.pool, 2, read, &masks);
  for (int signal : {SIGINT, SIGTERM, SIGPROF, SIGALRM, SIGUSR1})
    EXPECT_EQ(sigismember(&masks.of[1], signal), 1) << signal;
}

TEST(Pool, RejectsBadArguments) {
  resnetc_pool *pool = reinterpret_cast<resnetc_pool *>(1);
  for (int32_t threads : {0, -1, 1025, INT32_MIN, INT32_MAX}) {
    EXPECT_EQ(resnetc_pool_create(threads, &pool), RESNETC_E_ARG);
    EXPECT_EQ(pool, nullptr);
  }
  EXPECT_EQ(resnetc_pool_create(1, nullptr), RESNETC_E_ARG);
  resnetc_pool_destroy(nullptr);
}

TEST(Pool, NullPoolIsTheCallerAlone) {
  Counts counts(9);
  resnetc_pool_parallel_for(nullptr, 9, Counts::hit, &counts);
  EXPECT_TRUE(counts.allAre(1));
  EXPECT_EQ(resnetc_pool_threads(nullptr), 1);
}

} // namespace
