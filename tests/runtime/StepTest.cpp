// resnetc_rt_step and resnetc_rt_check: the split of a step, cancelling, the host's own parallel_for. Also built with
// the thread sanitizer.
#include "resnetc_runtime.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <numeric>
#include <thread>
#include <vector>

namespace {

struct Frame {
  explicit Frame(int32_t tasks) : hits(tasks), thread(tasks), calls(tasks) {}
  static void run(void *opaque, int32_t begin, int32_t end) {
    Frame &frame = *static_cast<Frame *>(opaque);
    for (int32_t i = begin; i < end; ++i) {
      ++frame.hits.at(i);
      frame.thread.at(i) = std::this_thread::get_id();
    }
    ++frame.calls.at(begin); // its first task tells one call from another
  }
  void expectOnce() const {
    for (size_t i = 0; i < hits.size(); ++i)
      EXPECT_EQ(hits[i], 1) << "task " << i << " of " << hits.size();
  }
  int countCalls() const {
    int sum = 0;
    for (int count : calls)
      sum += count;
    return sum;
  }
  std::vector<int> hits;
  std::vector<std::thread::id> thread;
  std::vector<int> calls;
};

resnetc_exec makeExec() {
  resnetc_exec exec = {};
  exec.struct_size = sizeof exec;
  return exec;
}

/// A host's pool: runs backwards in the caller and remembers how many items it got.
struct HostPool {
  static void parallelFor(void *user, int32_t n, void (*fn)(void *, int32_t), void *task) {
    static_cast<HostPool *>(user)->items.push_back(n);
    while (n-- > 0)
      fn(task, n);
  }
  std::vector<int32_t> items;
};

void expectInline(const resnetc_exec *exec) {
  Frame frame(10);
  EXPECT_EQ(resnetc_rt_step(exec, 0, 10, Frame::run, &frame), RESNETC_OK);
  frame.expectOnce();
  EXPECT_EQ(frame.countCalls(), 1);
  EXPECT_EQ(frame.thread[0], std::this_thread::get_id());
}

TEST(Step, RunsInlineWithoutExecOrParallelForOrWithOneThread) {
  expectInline(nullptr);
  resnetc_exec exec = makeExec();
  expectInline(&exec);
  exec.num_threads = 4;
  expectInline(&exec);
  HostPool host;
  exec.parallel_for = HostPool::parallelFor;
  exec.user = &host;
  exec.num_threads = 1;
  expectInline(&exec);
  EXPECT_TRUE(host.items.empty());
}

TEST(Step, TellsTheCallerWhenItIsDone) {
  struct Seen {
    std::vector<uint32_t> steps;
    std::thread::id thread;
    static void done(void *user, uint32_t step) {
      static_cast<Seen *>(user)->steps.push_back(step);
      static_cast<Seen *>(user)->thread = std::this_thread::get_id();
    }
  } seen;
  resnetc_pool *pool = nullptr;
  ASSERT_EQ(resnetc_pool_create(3, &pool), RESNETC_OK);
  resnetc_exec exec = makeExec();
  exec.step_done = Seen::done;
  exec.step_user = &seen;
  Frame frame(10);
  EXPECT_EQ(resnetc_rt_step(&exec, 7, 10, Frame::run, &frame), RESNETC_OK);
  exec.parallel_for = resnetc_pool_parallel_for;
  exec.user = pool;
  EXPECT_EQ(resnetc_rt_step(&exec, 8, 0, Frame::run, &frame), RESNETC_OK);
  EXPECT_EQ(resnetc_rt_step(&exec, 9, 10, Frame::run, &frame), RESNETC_OK);
  EXPECT_EQ(seen.steps, (std::vector<uint32_t>{7, 8, 9}));
  EXPECT_EQ(seen.thread, std::this_thread::get_id());
  const int32_t stop = 1;
  exec.cancel = &stop;
  EXPECT_EQ(resnetc_rt_step(&exec, 10, 10, Frame::run, &frame), RESNETC_E_CANCELLED);
  EXPECT_EQ(seen.steps.size(), 3u);
  resnetc_pool_destroy(pool);
}

TEST(Step, OneTaskNeverTouchesThePool) {
  HostPool host;
  resnetc_exec exec = makeExec();
  exec.parallel_for = HostPool::parallelFor;
  exec.user = &host;
  Frame frame(1);
  EXPECT_EQ(resnetc_rt_step(&exec, 0, 1, Frame::run, &frame), RESNETC_OK);
  EXPECT_EQ(resnetc_rt_step(&exec, 0, 0, Frame::run, &frame), RESNETC_OK);
  frame.expectOnce();
  EXPECT_TRUE(host.items.empty());
}

TEST(Step, SplitsOverTheRuntimesPool) {
  for (int32_t threads = 1; threads <= 8; ++threads) {
    resnetc_pool *pool = nullptr;
    ASSERT_EQ(resnetc_pool_create(threads, &pool), RESNETC_OK);
    resnetc_exec exec = makeExec();
    exec.parallel_for = resnetc_pool_parallel_for;
    exec.user = pool;
    for (exec.num_threads = 0; exec.num_threads <= 9; ++exec.num_threads)
      for (int32_t tasks : {0, 1, 2, 3, 7, 8, 31, 100}) {
        Frame frame(tasks);
        EXPECT_EQ(resnetc_rt_step(&exec, 0, tasks, Frame::run, &frame), RESNETC_OK);
        frame.expectOnce();
        const bool all = exec.num_threads == 0 || exec.num_threads >= threads;
        const int32_t parts = threads == 1 ? 1 : all ? 8 * threads : exec.num_threads; // some to spare only where all work
        EXPECT_EQ(frame.countCalls(), std::min(tasks, parts));
      }
    resnetc_pool_destroy(pool);
  }
}

TEST(Step, GivesTheHostsPoolOneContiguousPartPerThread) {
  HostPool host;
  resnetc_exec exec = makeExec();
  exec.parallel_for = HostPool::parallelFor;
  exec.user = &host;
  exec.num_threads = 3;
  Frame frame(10);
  EXPECT_EQ(resnetc_rt_step(&exec, 0, 10, Frame::run, &frame), RESNETC_OK);
  frame.expectOnce();
  EXPECT_EQ(host.items, std::vector<int32_t>{3});
  EXPECT_EQ(frame.calls, (std::vector<int>{1, 0, 0, 1, 0, 0, 1, 0, 0, 0}));
}

TEST(Step, HostPoolOfUnknownWidthGetsAtMost64Parts) {
  HostPool host;
  resnetc_exec exec = makeExec();
  exec.parallel_for = HostPool::parallelFor;
  exec.user = &host;
  Frame few(5), many(1000);
  EXPECT_EQ(resnetc_rt_step(&exec, 0, 5, Frame::run, &few), RESNETC_OK);
  EXPECT_EQ(resnetc_rt_step(&exec, 0, 1000, Frame::run, &many), RESNETC_OK);
  few.expectOnce();
  many.expectOnce();
  EXPECT_EQ(host.items, (std::vector<int32_t>{5, 64}));
}

TEST(Slots, AreTheLowestThatAreFree) {
  resnetc_rt_frame frame{};
  for (int32_t i = 0; i < 64; ++i)
    EXPECT_EQ(resnetc_rt_take_slot(&frame), i);
  resnetc_rt_give_slot(&frame, 63);
  EXPECT_EQ(resnetc_rt_take_slot(&frame), 63);
  for (int32_t i : {40, 3, 17})
    resnetc_rt_give_slot(&frame, i);
  for (int32_t i : {3, 17, 40})
    EXPECT_EQ(resnetc_rt_take_slot(&frame), i);
}

// More threads than there are slots: whoever finds none waits. What one leaves in a slot is seen by the next.
TEST(Slots, BelongToOneThreadAtATime) {
  resnetc_rt_frame frame{};
  std::vector<int> uses(64); // plain memory: the thread sanitizer looks at it
  std::vector<std::thread> threads;
  for (int t = 0; t < 70; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const int32_t slot = resnetc_rt_take_slot(&frame);
        ++uses.at(slot);
        resnetc_rt_give_slot(&frame, slot);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(std::accumulate(uses.begin(), uses.end(), 0), 70 * 200);
  EXPECT_EQ(frame.slots, 0u);
}

TEST(Step, CancelStopsBeforeTheStep) {
  volatile int32_t cancel = 1;
  resnetc_exec exec = makeExec();
  exec.cancel = &cancel;
  Frame frame(3);
  EXPECT_EQ(resnetc_rt_check(&exec), RESNETC_E_CANCELLED);
  EXPECT_EQ(resnetc_rt_step(&exec, 0, 3, Frame::run, &frame), RESNETC_E_CANCELLED);
  EXPECT_EQ(frame.hits, std::vector<int>(3, 0));
  cancel = 0;
  EXPECT_EQ(resnetc_rt_check(&exec), RESNETC_OK);
  EXPECT_EQ(resnetc_rt_step(&exec, 0, 3, Frame::run, &frame), RESNETC_OK);
  frame.expectOnce();
}

TEST(Step, WorkersTakeTheCallersRoundingAndGiveItBack) {
  resnetc_pool *pool = nullptr;
  ASSERT_EQ(resnetc_pool_create(2, &pool), RESNETC_OK);
  resnetc_exec exec = makeExec();
  exec.parallel_for = resnetc_pool_parallel_for;
  exec.user = pool;
  // fegetround reads the x87 word; what kernels use is the mode of the vector unit, so look at an addition.
  struct Sums {
    std::atomic<int> missing{2}; // neither thread goes on alone
    float of[2];
  } upward, nearest;
  auto add = [](void *frame, int32_t begin, int32_t) {
    Sums *sums = static_cast<Sums *>(frame);
    for (--sums->missing; sums->missing > 0;)
      std::this_thread::yield();
    volatile float one = 1, tiny = 1e-12f;
    sums->of[begin] = one + tiny;
  };
  std::fesetround(FE_UPWARD);
  resnetc_rt_step(&exec, 0, 2, add, &upward);
  std::fesetround(FE_TONEAREST);
  EXPECT_GT(upward.of[0], 1.0f);
  EXPECT_EQ(upward.of[0], upward.of[1]);
  resnetc_rt_step(&exec, 0, 2, add, &nearest);
  EXPECT_EQ(nearest.of[0], 1.0f);
  EXPECT_EQ(nearest.of[1], 1.0f);
  resnetc_pool_destroy(pool);
}

bool roundsUp() {
  volatile float one = 1, tiny = 1e-12f;
  return one + tiny > 1;
}

TEST(Step, HostsThreadGetsItsRoundingBack) {
  resnetc_exec exec = makeExec();
  exec.num_threads = 2;
  exec.parallel_for = [](void *, int32_t n, void (*fn)(void *, int32_t), void *task) {
    std::fesetround(FE_UPWARD); // stands for another thread with a mode of its own
    for (int32_t i = 0; i < n; ++i)
      fn(task, i);
    EXPECT_TRUE(roundsUp());
    std::fesetround(FE_TONEAREST);
  };
  auto expectNearest = [](void *, int32_t, int32_t) { EXPECT_FALSE(roundsUp()); };
  EXPECT_EQ(resnetc_rt_step(&exec, 0, 2, expectNearest, nullptr), RESNETC_OK);
}

TEST(Check, LooksAtTheExec) {
  EXPECT_EQ(resnetc_rt_check(nullptr), RESNETC_OK);
  resnetc_exec exec = makeExec();
  EXPECT_EQ(resnetc_rt_check(&exec), RESNETC_OK);
  exec.num_threads = -1;
  EXPECT_EQ(resnetc_rt_check(&exec), RESNETC_E_ARG);
  exec = makeExec();
  for (uint32_t size : {0u, 4u, uint32_t(sizeof exec) - 1, uint32_t(sizeof exec) + 8}) {
    exec.struct_size = size;
    EXPECT_EQ(resnetc_rt_check(&exec), RESNETC_E_ARG);
  }
}

} // namespace
