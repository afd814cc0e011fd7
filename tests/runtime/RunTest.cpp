// resnetc_rt_run: the order of sections, images and steps. Also built with the thread sanitizer.
#include "resnetc_runtime.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

/// What the steps saw, in order: "b0 2-4" is step b on tasks [2, 4) with the first image 0.
std::vector<std::string> seen;

template <char Name> void note(void *opaque, int32_t begin, int32_t end) {
  const auto *frame = static_cast<const resnetc_rt_frame *>(opaque);
  EXPECT_EQ(*frame->places, static_cast<uint32_t>(Name)); // each step gets the places of its own
  EXPECT_EQ(frame->pointers[0], &seen);
  seen.push_back(Name + std::to_string(frame->image) + " " + std::to_string(begin) + "-" + std::to_string(end));
}

/// A host's pool that is one thread, whatever it says.
void inTurn(void *, int32_t n, void (*fn)(void *, int32_t), void *task) {
  for (int32_t i = 0; i < n; ++i)
    fn(task, i);
}

/// Steps a and b for five images of two tasks each, of which the buffers hold three; then c for all.
struct Plan {
  const resnetc_rt_section sections[2] = {{2, 5, 3}, {1, 0, 0}};
  const resnetc_rt_row rows[3] = {{note<'a'>, 2, 1}, {note<'b'>, 2, 0}, {note<'c'>, 7, 2}};
  const uint32_t places[3] = {'b', 'a', 'c'};
  const resnetc_rt_plan plan = {sections, rows, places, 2, 40};
  void *pointers[1] = {&seen};
  std::vector<uint32_t> steps;

  resnetc_status run(resnetc_exec exec) {
    seen.clear();
    exec.struct_size = sizeof exec;
    exec.step_done = [](void *user, uint32_t step) { static_cast<std::vector<uint32_t> *>(user)->push_back(step); };
    exec.step_user = &steps;
    return resnetc_rt_run(&exec, &plan, pointers);
  }
};

TEST(Run, TakesOneImageAfterTheOtherInOneThread) {
  Plan plan;
  EXPECT_EQ(resnetc_rt_run(nullptr, &plan.plan, plan.pointers), RESNETC_OK);
  const std::vector<std::string> alone = seen;
  EXPECT_EQ(alone, (std::vector<std::string>{"a0 0-2", "b0 0-2", "a1 0-2", "b1 0-2", "a2 0-2", "b2 0-2", "a3 0-2", "b3 0-2", "a4 0-2",
                                             "b4 0-2", "c0 0-7"}));
  EXPECT_EQ(plan.run({}), RESNETC_OK);
  EXPECT_EQ(seen, alone);
  EXPECT_EQ(plan.steps, (std::vector<uint32_t>{40, 41, 40, 41, 40, 41, 40, 41, 40, 41, 42}));
}

TEST(Run, TakesAsManyImagesAsThreads) {
  Plan plan;
  resnetc_exec exec = {};
  exec.parallel_for = inTurn;
  exec.num_threads = 2;
  EXPECT_EQ(plan.run(exec), RESNETC_OK);
  EXPECT_EQ(seen, (std::vector<std::string>{"a0 0-2", "a0 2-4", "b0 0-2", "b0 2-4", "a2 0-2", "a2 2-4", "b2 0-2", "b2 2-4", "a4 0-1",
                                            "a4 1-2", "b4 0-1", "b4 1-2", "c0 0-3", "c0 3-7"}));
}

TEST(Run, TakesNoMoreImagesThanItsBuffersHold) {
  for (int32_t threads : {0, 9}) { // 0: as many as the host has
    Plan plan;
    resnetc_exec exec = {};
    exec.parallel_for = inTurn;
    exec.num_threads = threads;
    EXPECT_EQ(plan.run(exec), RESNETC_OK);
    EXPECT_EQ(plan.steps, (std::vector<uint32_t>{40, 41, 40, 41, 42}));
    EXPECT_EQ(seen.front(), "a0 0-1");
    EXPECT_EQ(seen.back(), "c0 6-7");
  }
}

TEST(Run, CountsTheThreadsOfItsOwnPool) {
  resnetc_pool *pool = nullptr;
  ASSERT_EQ(resnetc_pool_create(1, &pool), RESNETC_OK);
  Plan plan;
  resnetc_exec exec = {};
  exec.parallel_for = resnetc_pool_parallel_for;
  exec.user = pool;
  exec.num_threads = 5;
  EXPECT_EQ(plan.run(exec), RESNETC_OK);
  EXPECT_EQ(plan.steps.size(), 11u);
  resnetc_pool_destroy(pool);
}

TEST(Run, StopsWhereAStepFails) {
  static int32_t stop;
  stop = 0;
  const resnetc_rt_section sections[] = {{2, 3, 1}, {1, 0, 0}};
  const resnetc_rt_row rows[] = {{[](void *frame, int32_t, int32_t) { stop = static_cast<resnetc_rt_frame *>(frame)->image == 1; }, 1, 0},
                                 {note<'b'>, 1, 0},
                                 {note<'c'>, 1, 0}};
  const uint32_t places[] = {'b'};
  const resnetc_rt_plan plan = {sections, rows, places, 2, 0};
  void *pointers[] = {&seen};
  resnetc_exec exec = {};
  exec.struct_size = sizeof exec;
  exec.cancel = &stop;
  seen.clear();
  EXPECT_EQ(resnetc_rt_run(&exec, &plan, pointers), RESNETC_E_CANCELLED);
  EXPECT_EQ(seen, std::vector<std::string>{"b0 0-1"});
}

TEST(Run, DoesNothingForAPlanWithoutSteps) {
  const resnetc_rt_plan plan = {};
  EXPECT_EQ(resnetc_rt_run(nullptr, &plan, nullptr), RESNETC_OK);
}

} // namespace
