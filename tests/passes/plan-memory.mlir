// RUN: resnetc-opt %s --split-input-file --plan-memory | FileCheck %s

// @a and @c are never alive together and share; @b is alive with both. What nobody names has no memory.
// CHECK: plan.arena_bytes = 384
// CHECK: @a bytes 256 offset 0
// CHECK: @b bytes 100 offset 256
// CHECK: @c bytes 200 offset 0
// CHECK-NOT: @unused
module {
  plan.buffer input @in bytes 256 index 0
  plan.buffer arena @a bytes 256
  plan.buffer arena @b bytes 100
  plan.buffer arena @c bytes 200
  plan.buffer arena @unused bytes 4000
  plan.kernel @k {kind = "pointwise"}
  plan.step "1" grid [1] { plan.call @k [#plan.ref<@in + 0 step [0]>, #plan.ref<@a + 0 step [0]>] }
  plan.step "2" grid [1] { plan.call @k [#plan.ref<@a + 0 step [0]>, #plan.ref<@b + 0 step [0]>] }
  plan.step "3" grid [1] { plan.call @k [#plan.ref<@b + 0 step [0]>, #plan.ref<@c + 0 step [0]>] }
}

// -----

// In place: @b takes @a's memory, because @a's life ends in the step that defines @b.
// CHECK: plan.arena_bytes = 256
// CHECK: @a bytes 256 offset 0
// CHECK: @b bytes 256 offset 0
module {
  plan.buffer arena @a bytes 256
  plan.buffer arena @b bytes 256 may_alias @a
  plan.kernel @k {kind = "pointwise"}
  plan.step "1" grid [1] { plan.call @k [#plan.ref<@a + 0 step [0]>] }
  plan.step "2" grid [1] { plan.call @k [#plan.ref<@a + 0 step [0]>, #plan.ref<@b + 0 step [0]>] }
}

// -----

// Not in place: @a is read again later.
// CHECK: plan.arena_bytes = 512
// CHECK: @a bytes 256 offset 0
// CHECK: @b bytes 256 offset 256
module {
  plan.buffer arena @a bytes 256
  plan.buffer arena @b bytes 256 may_alias @a
  plan.kernel @k {kind = "pointwise"}
  plan.step "1" grid [1] { plan.call @k [#plan.ref<@a + 0 step [0]>] }
  plan.step "2" grid [1] { plan.call @k [#plan.ref<@a + 0 step [0]>, #plan.ref<@b + 0 step [0]>] }
  plan.step "3" grid [1] { plan.call @k [#plan.ref<@a + 0 step [0]>, #plan.ref<@b + 0 step [0]>] }
}
