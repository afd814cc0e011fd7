// Small plans, written by hand, become objects that are linked with the runtime, loaded and run.
#include "tests/emit/LinkedPlan.h"
#include <array>
#include <gtest/gtest.h>

using namespace resnetc;

namespace {

// out = relu(in + w) in a grid of four tasks by way of the arena, then out = out * w.
const char *const TwoSteps = R"(
  module attributes {plan.arena_bytes = 128 : i64, rn.dynamic_batch, rn.nodes = 2 : i64, rn.opset = 17 : i64} {
    func.func private @main(tensor<1x4x4xf32> {rn.name = "in:0"}) -> (tensor<1x4x4xf32> {rn.name = "out:0"})
    plan.buffer input @in bytes 64 index 0
    plan.buffer output @out bytes 64 index 0
    plan.buffer arena @t bytes 64 offset 64
    plan.buffer weights @one bytes 16 value dense<1.0> : tensor<4xf32>
    plan.buffer weights @w bytes 16 value dense<[1.0, -2.0, 3.0, -4.0]> : tensor<4xf32>
    plan.kernel @ADD {kind = "pointwise", op = "add", act = "relu", size = array<i64: 4, 1, 1, 1, 1, 1>,
      out_strides = array<i64: 1, 0, 0, 0, 0, 0>, in0_strides = array<i64: 1, 0, 0, 0, 0, 0>, in1_strides = array<i64: 1, 0, 0, 0, 0, 0>}
    plan.kernel @MUL {kind = "pointwise", op = "mul", size = array<i64: 4, 1, 1, 1, 1, 1>,
      out_strides = array<i64: 1, 0, 0, 0, 0, 0>, in0_strides = array<i64: 1, 0, 0, 0, 0, 0>, in1_strides = array<i64: 1, 0, 0, 0, 0, 0>}
    plan.step "first" grid [2, 2] {
      plan.call @ADD [#plan.ref<@in + 0 step [32, 16]>, #plan.ref<@w + 0 step [0, 0]>, #plan.ref<@t + 0 step [32, 16]>]
    }
    plan.step "second" grid [4] {
      plan.call @MUL [#plan.ref<@t + 0 step [16]>, #plan.ref<@w + 0 step [0]>, #plan.ref<@out + 0 step [16]>]
      plan.call @ADD [#plan.ref<@out + 0 step [16]>, #plan.ref<@one + 0 step [0]>, #plan.ref<@out + 0 step [16]>]
    }
  })";

float expected(float x, size_t i) {
  const std::array<float, 4> w = {1, -2, 3, -4};
  return std::max(0.f, std::max(0.f, x + w[i % 4]) * w[i % 4] + 1);
}

TEST(Object, ComputesAndWalksItsGrids) {
  LinkedPlan plan(TwoSteps);
  alignas(64) std::array<char, 128> scratch;
  std::array<float, 16> in, out;
  for (size_t i = 0; i < 16; ++i)
    in[i] = static_cast<float>(i) - 5;
  ASSERT_EQ(
      plan.function<resnetc_status(const float *, float *, void *)>("net_run")(in.data(), out.data(), scratch.data()),
      RESNETC_OK);
  for (size_t i = 0; i < 16; ++i)
    EXPECT_EQ(out[i], expected(in[i], i)) << i;
}

TEST(Object, RunsEveryImageOfABatch) {
  LinkedPlan plan(TwoSteps);
  alignas(64) std::array<char, 128> scratch;
  std::array<float, 48> in, out;
  for (size_t i = 0; i < 48; ++i)
    in[i] = static_cast<float>(i) * 0.5f - 9;
  auto run = plan.function<resnetc_status(int32_t, const float *, float *, void *, const resnetc_exec *)>("net_run_ex");
  ASSERT_EQ(run(3, in.data(), out.data(), scratch.data(), nullptr), RESNETC_OK);
  for (size_t i = 0; i < 48; ++i)
    EXPECT_EQ(out[i], expected(in[i], i)) << i;
  EXPECT_EQ(run(0, in.data(), out.data(), scratch.data(), nullptr), RESNETC_E_BATCH);
  EXPECT_EQ(run(-1, in.data(), out.data(), scratch.data(), nullptr), RESNETC_E_BATCH);
}

// Four tasks leave something for themselves; those of one thread all leave it in the same memory, even as parts of their own.
TEST(Object, TasksOfAThreadReuseMemory) {
  std::string text = TwoSteps;
  const auto replace = [&](const std::string &what, const std::string &by) {
    ASSERT_NE(text.find(what), std::string::npos) << what;
    text.replace(text.find(what), what.size(), by);
  };
  replace("@t bytes 64 offset 64", "@t bytes 64 reused offset 64");
  replace("[#plan.ref<@in + 0 step [32, 16]>, #plan.ref<@w + 0 step [0, 0]>, #plan.ref<@t + 0 step [32, 16]>]\n    }\n    plan.step \"second\" grid [4] {",
          "[#plan.ref<@in + 0 step [32, 16]>, #plan.ref<@w + 0 step [0, 0]>, #plan.ref<@t + 0 step [32, 16]>]");
  replace("[#plan.ref<@t + 0 step [16]>, #plan.ref<@w + 0 step [0]>, #plan.ref<@out + 0 step [16]>]",
          "[#plan.ref<@t + 0 step [32, 16]>, #plan.ref<@w + 0 step [0, 0]>, #plan.ref<@out + 0 step [32, 16]>]");
  replace("[#plan.ref<@out + 0 step [16]>, #plan.ref<@one + 0 step [0]>, #plan.ref<@out + 0 step [16]>]",
          "[#plan.ref<@out + 0 step [32, 16]>, #plan.ref<@one + 0 step [0, 0]>, #plan.ref<@out + 0 step [32, 16]>]");
  LinkedPlan plan(text.c_str());
  alignas(64) std::array<float, 32> scratch;
  std::array<float, 16> in, out;
  for (size_t i = 0; i < 16; ++i)
    in[i] = static_cast<float>(i) - 5;
  const auto run = plan.function<resnetc_status(int32_t, const float *, float *, void *, const resnetc_exec *)>("net_run_ex");
  const auto check = [&](const resnetc_exec *exec, size_t threads) {
    scratch.fill(-1);
    ASSERT_EQ(run(1, in.data(), out.data(), scratch.data(), exec), RESNETC_OK);
    for (size_t i = 0; i < 16; ++i)
      EXPECT_EQ(out[i], expected(in[i], i)) << i;
    for (size_t part = 0; part < 4; ++part) // 64 bytes into the arena, 16 each
      EXPECT_EQ(scratch[16 + 4 * part] != -1, part < threads) << part;
  };
  check(nullptr, 1);
  resnetc_exec backwards{};
  backwards.struct_size = sizeof backwards, backwards.num_threads = 4;
  backwards.parallel_for = [](void *, int32_t n, void (*fn)(void *, int32_t), void *task) {
    for (int32_t i = n; i-- > 0;)
      fn(task, i);
  };
  check(&backwards, 1);
}

TEST(Object, RefusesWrongCalls) {
  LinkedPlan plan(TwoSteps);
  alignas(64) std::array<char, 192> scratch;
  std::array<float, 17> in{}, out{};
  auto run = plan.function<resnetc_status(const float *, float *, void *)>("net_run");
  EXPECT_EQ(run(nullptr, out.data(), scratch.data()), RESNETC_E_ARG);
  EXPECT_EQ(run(in.data(), nullptr, scratch.data()), RESNETC_E_ARG);
  EXPECT_EQ(run(in.data(), out.data(), nullptr), RESNETC_E_ARG);
  EXPECT_EQ(run(in.data(), out.data(), scratch.data() + 16), RESNETC_E_ALIGN);
  auto *crooked = reinterpret_cast<const float *>(reinterpret_cast<const char *>(in.data()) + 1);
  EXPECT_EQ(run(crooked, out.data(), scratch.data()), RESNETC_E_ALIGN);
}

// y = x * w + b of normal x and w whose product is denormal; the second weight and the second bias are denormal themselves.
const char *const Denormals = R"(module attributes {plan.arena_bytes = 64 : i64} {
  func.func private @main(tensor<1x4xf32> {rn.name = "x"}) -> (tensor<1x4xf32> {rn.name = "y"})
  plan.buffer input @x bytes 16 index 0
  plan.buffer output @y bytes 16 index 0
  plan.buffer arena @t bytes 16 offset 0
  plan.buffer weights @w bytes 16 value dense<[1.0e-20, 1.0e-40, 1.0, 2.0]> : tensor<4xf32>
  plan.buffer weights @b bytes 16 value dense<[0.0, 1.0e-40, 0.0, 1.0]> : tensor<4xf32>
  plan.kernel @MUL {kind = "pointwise", op = "mul", size = array<i64: 4, 1, 1, 1, 1, 1>,
    out_strides = array<i64: 1, 0, 0, 0, 0, 0>, in0_strides = array<i64: 1, 0, 0, 0, 0, 0>, in1_strides = array<i64: 1, 0, 0, 0, 0, 0>}
  plan.kernel @ADD {kind = "pointwise", op = "add", size = array<i64: 4, 1, 1, 1, 1, 1>,
    out_strides = array<i64: 1, 0, 0, 0, 0, 0>, in0_strides = array<i64: 1, 0, 0, 0, 0, 0>, in1_strides = array<i64: 1, 0, 0, 0, 0, 0>}
  plan.step "0" grid [1] { plan.call @MUL [#plan.ref<@x + 0 step [0]>, #plan.ref<@w + 0 step [0]>, #plan.ref<@t + 0 step [0]>] }
  plan.step "1" grid [1] { plan.call @ADD [#plan.ref<@t + 0 step [0]>, #plan.ref<@b + 0 step [0]>, #plan.ref<@y + 0 step [0]>] }
})";

TEST(Object, TakesDenormalsAsZerosUnlessTheyAreKept) {
  for (const bool flush : {true, false}) {
    LinkedPlan plan(Denormals, 1, flush);
    alignas(64) std::array<char, 64> scratch;
    std::array<float, 4> x = {1e-20f, 1, 1e-40f, 2}, y{};
    auto run = plan.function<resnetc_status(const float *, float *, void *)>("net_run");
    ASSERT_EQ(run(x.data(), y.data(), scratch.data()), RESNETC_OK);
    EXPECT_EQ(y[0], flush ? 0 : 1e-20f * 1e-20f);
    EXPECT_EQ(y[1], flush ? 0 : 1e-40f + 1e-40f);
    EXPECT_EQ(y[2], flush ? 0 : 1e-40f);
    EXPECT_EQ(y[3], 5);
    EXPECT_NE(plan.emitted.header.find(flush ? "denormals are zeros" : "denormals as the caller's"), std::string::npos);
    const float denormal = 1e-40f;
    const std::string bytes(reinterpret_cast<const char *>(&denormal), sizeof denormal);
    EXPECT_EQ(plan.emitted.code.find(bytes) == std::string::npos, flush);
  }
}

TEST(Object, DescribesItself) {
  LinkedPlan plan(TwoSteps);
  const resnetc_model *model = plan.function<const resnetc_model *()>("net_model")();
  EXPECT_EQ(model->abi, uint32_t{RESNETC_ABI});
  EXPECT_EQ(model->struct_size, sizeof(resnetc_model));
  EXPECT_STREQ(model->name, "net");
  ASSERT_EQ(model->num_inputs, 1u);
  EXPECT_STREQ(model->inputs[0].name, "in:0");
  EXPECT_EQ(model->inputs[0].rank, 3u);
  EXPECT_EQ(model->inputs[0].dim[2], 4);
  EXPECT_EQ(model->outputs[0].bytes, 64u);
  EXPECT_EQ(model->weight_bytes, 128u);
  EXPECT_EQ(model->batch_min, 1);
  EXPECT_EQ(model->scratch_bytes(7), 128u);
}

// Steps that differ in the places of their buffers only; the last one differs in an offset inside of a buffer.
TEST(Object, SharesTheCodeOfEqualSteps) {
  LinkedPlan plan(R"(module attributes {plan.arena_bytes = 192 : i64} {
    func.func private @main(tensor<1x4xf32> {rn.name = "x"}) -> (tensor<1x4xf32> {rn.name = "y"})
    plan.buffer input @x bytes 16 index 0
    plan.buffer output @y bytes 16 index 0
    plan.buffer arena @a bytes 32 offset 0
    plan.buffer arena @b bytes 32 offset 64
    plan.buffer arena @c bytes 32 offset 128
    plan.buffer weights @one bytes 16 value dense<1.0> : tensor<4xf32>
    plan.buffer weights @ten bytes 16 value dense<10.0> : tensor<4xf32>
    plan.kernel @ADD {kind = "pointwise", op = "add", size = array<i64: 4, 1, 1, 1, 1, 1>,
      out_strides = array<i64: 1, 0, 0, 0, 0, 0>, in0_strides = array<i64: 1, 0, 0, 0, 0, 0>, in1_strides = array<i64: 1, 0, 0, 0, 0, 0>}
    plan.step "0" grid [1] { plan.call @ADD [#plan.ref<@x + 0 step [0]>, #plan.ref<@one + 0 step [0]>, #plan.ref<@a + 0 step [0]>] }
    plan.step "1" grid [1] { plan.call @ADD [#plan.ref<@a + 0 step [0]>, #plan.ref<@one + 0 step [0]>, #plan.ref<@b + 0 step [0]>] }
    plan.step "2" grid [1] { plan.call @ADD [#plan.ref<@b + 0 step [0]>, #plan.ref<@ten + 0 step [0]>, #plan.ref<@c + 0 step [0]>] }
    plan.step "3" grid [1] { plan.call @ADD [#plan.ref<@c + 0 step [0]>, #plan.ref<@ten + 0 step [0]>, #plan.ref<@a + 16 step [0]>] }
    plan.step "4" grid [1] { plan.call @ADD [#plan.ref<@a + 16 step [0]>, #plan.ref<@ten + 0 step [0]>, #plan.ref<@y + 0 step [0]>] }
  })");
  alignas(64) std::array<char, 192> scratch;
  std::array<float, 4> x = {1, 2, 3, 4}, y{};
  ASSERT_EQ(
      plan.function<resnetc_status(const float *, float *, void *)>("net_run")(x.data(), y.data(), scratch.data()),
      RESNETC_OK);
  for (size_t i = 0; i < 4; ++i)
    EXPECT_EQ(y[i], x[i] + 32);
  for (const char *own : {".step0", ".step1", ".step3", ".step4"})
    EXPECT_NE(plan.emitted.code.find(own), std::string::npos) << own;
  EXPECT_EQ(plan.emitted.code.find(".step2"), std::string::npos);
}

// A plan for one image adds 1 twice. One for two adds 10 twice to the first, with the same code, and once to the second.
TEST(Object, SharesTheCodeOfEqualStepsOfPlans) {
  const char *const one = R"(module attributes {plan.arena_bytes = 64 : i64, rn.dynamic_batch} {
    func.func private @main(tensor<1x4xf32> {rn.name = "x"}) -> (tensor<1x4xf32> {rn.name = "y"})
    plan.buffer input @x bytes 16 index 0
    plan.buffer output @y bytes 16 index 0
    plan.buffer arena @a bytes 16 offset 0
    plan.buffer weights @one bytes 16 value dense<1.0> : tensor<4xf32>
    plan.kernel @ADD {kind = "pointwise", op = "add", size = array<i64: 4, 1, 1, 1, 1, 1>,
      out_strides = array<i64: 1, 0, 0, 0, 0, 0>, in0_strides = array<i64: 1, 0, 0, 0, 0, 0>, in1_strides = array<i64: 1, 0, 0, 0, 0, 0>}
    plan.step "0" grid [1] { plan.call @ADD [#plan.ref<@x + 0 step [0]>, #plan.ref<@one + 0 step [0]>, #plan.ref<@a + 0 step [0]>] }
    plan.step "1" grid [1] { plan.call @ADD [#plan.ref<@a + 0 step [0]>, #plan.ref<@one + 0 step [0]>, #plan.ref<@y + 0 step [0]>] }
  })";
  const char *const two = R"(module attributes {plan.arena_bytes = 128 : i64, rn.dynamic_batch} {
    func.func private @main(tensor<2x4xf32> {rn.name = "x"}) -> (tensor<2x4xf32> {rn.name = "y"})
    plan.buffer input @x bytes 32 index 0
    plan.buffer output @y bytes 32 index 0
    plan.buffer arena @b bytes 16 offset 64
    plan.buffer weights @ten bytes 16 value dense<10.0> : tensor<4xf32>
    plan.kernel @ADD {kind = "pointwise", op = "add", size = array<i64: 4, 1, 1, 1, 1, 1>,
      out_strides = array<i64: 1, 0, 0, 0, 0, 0>, in0_strides = array<i64: 1, 0, 0, 0, 0, 0>, in1_strides = array<i64: 1, 0, 0, 0, 0, 0>}
    plan.step "2" grid [1] { plan.call @ADD [#plan.ref<@x + 0 step [0]>, #plan.ref<@ten + 0 step [0]>, #plan.ref<@b + 0 step [0]>] }
    plan.step "3" grid [1] { plan.call @ADD [#plan.ref<@b + 0 step [0]>, #plan.ref<@ten + 0 step [0]>, #plan.ref<@y + 0 step [0]>] }
    plan.step "4" grid [1] { plan.call @ADD [#plan.ref<@x + 16 step [0]>, #plan.ref<@ten + 0 step [0]>, #plan.ref<@y + 16 step [0]>] }
  })";
  LinkedPlan plans({one, two});
  for (const char *own : {".step0", ".step1", ".step4"})
    EXPECT_NE(plans.emitted.code.find(own), std::string::npos) << own;
  for (const char *shared : {".step2", ".step3"})
    EXPECT_EQ(plans.emitted.code.find(shared), std::string::npos) << shared;

  alignas(64) std::array<char, 128> scratch;
  std::array<float, 12> x, y{};
  for (size_t i = 0; i < 12; ++i)
    x[i] = static_cast<float>(i);
  struct Profile {
    const resnetc_model *model;
    std::string labels;
  } profile{plans.function<const resnetc_model *()>("net_model")(), ""};
  resnetc_exec exec{};
  exec.struct_size = sizeof exec;
  exec.step_user = &profile;
  exec.step_done = [](void *user, uint32_t step) {
    auto *profile = static_cast<Profile *>(user);
    profile->labels += profile->model->steps[step].name;
  };
  auto run = plans.function<resnetc_status(int32_t, const float *, float *, void *, const resnetc_exec *)>("net_run_ex");
  ASSERT_EQ(run(3, x.data(), y.data(), scratch.data(), &exec), RESNETC_OK);
  for (size_t i = 0; i < 12; ++i)
    EXPECT_EQ(y[i], x[i] + (i < 4 ? 20 : i < 8 ? 10 : 2)) << i;
  EXPECT_EQ(profile.labels, "23401");
}

TEST(Object, IsTheSameForEveryNumberOfJobs) {
  LinkedPlan one(TwoSteps, 1), two(TwoSteps, 2);
  EXPECT_EQ(one.emitted.code, two.emitted.code);
  EXPECT_EQ(one.emitted.header, two.emitted.header);
}

TEST(Object, TakesAStructOfPointersForSeveralTensors) {
  LinkedPlan plan(R"(module attributes {plan.arena_bytes = 0 : i64} {
    func.func private @main(tensor<2x4xf32> {rn.name = "a"}, tensor<2x4xf32> {rn.name = "A"}) -> (tensor<2x4xf32> {rn.name = "y"})
    plan.buffer input @a bytes 32 index 0
    plan.buffer input @b bytes 32 index 1
    plan.buffer output @y bytes 32 index 0
    plan.kernel @SUB {kind = "pointwise", op = "sub", size = array<i64: 8, 1, 1, 1, 1, 1>,
      out_strides = array<i64: 1, 0, 0, 0, 0, 0>, in0_strides = array<i64: 1, 0, 0, 0, 0, 0>, in1_strides = array<i64: 1, 0, 0, 0, 0, 0>}
    plan.step "sub" grid [1] {
      plan.call @SUB [#plan.ref<@a + 0 step [0]>, #plan.ref<@b + 0 step [0]>, #plan.ref<@y + 0 step [0]>]
    }
  })");
  std::array<float, 8> a, b, y;
  for (size_t i = 0; i < 8; ++i)
    a[i] = static_cast<float>(i), b[i] = static_cast<float>(2 * i);
  struct {
    const float *a, *b;
    float *y;
  } io = {a.data(), b.data(), y.data()};
  auto run = plan.function<resnetc_status(int32_t, const void *, void *, const resnetc_exec *)>("net_run_ex");
  ASSERT_EQ(run(2, &io, nullptr, nullptr), RESNETC_OK);
  for (size_t i = 0; i < 8; ++i)
    EXPECT_EQ(y[i], -static_cast<float>(i));
  EXPECT_EQ(run(1, &io, nullptr, nullptr), RESNETC_E_BATCH);
  EXPECT_EQ(run(2, nullptr, nullptr, nullptr), RESNETC_E_ARG);
  EXPECT_NE(plan.emitted.header.find("const float *A_2;"), std::string::npos) << plan.emitted.header;
}

} // namespace
