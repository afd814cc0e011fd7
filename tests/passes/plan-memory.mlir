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

// -----

// A section that goes through its steps once for each group of images: @whole is written and @late read by every group, so
// both are alive from its first step to its last; @a and @b hold the images of one group, never together.
// CHECK: plan.arena_bytes = 576
// CHECK: @a bytes 64 together 2 offset 512
// CHECK: @b bytes 64 together 2 offset 512
// CHECK: @whole bytes 256 offset 0
// CHECK: @late bytes 256 offset 256
module {
  plan.buffer arena @a bytes 64 together 2
  plan.buffer arena @b bytes 64 together 2
  plan.buffer arena @whole bytes 256
  plan.buffer arena @late bytes 256
  plan.kernel @k {kind = "pointwise"}
  plan.step "0" grid [1] { plan.call @k [#plan.ref<@late + 0 step [0]>] }
  plan.step "1" grid [8] images { plan.call @k [#plan.ref<@late + 0 step [32]>, #plan.ref<@a + 0 step [32]>] }
  plan.step "2" grid [8] images { plan.call @k [#plan.ref<@a + 0 step [32]>] }
  plan.step "3" grid [8] images { plan.call @k [#plan.ref<@b + 0 step [32]>] }
  plan.step "4" grid [8] images { plan.call @k [#plan.ref<@b + 0 step [32]>, #plan.ref<@whole + 0 step [32]>] }
  plan.step "5" grid [1] { plan.call @k [#plan.ref<@whole + 0 step [0]>] }
}

// -----

// Not in place: what holds a group of images may not take the memory of what holds them all, nor the other way round.
// CHECK: plan.arena_bytes = 128
module {
  plan.buffer arena @a bytes 64 together 2
  plan.buffer arena @b bytes 64 may_alias @a
  plan.kernel @k {kind = "pointwise"}
  plan.step "1" grid [2] images { plan.call @k [#plan.ref<@a + 0 step [32]>, #plan.ref<@b + 0 step [32]>] }
  plan.step "2" grid [1] { plan.call @k [#plan.ref<@b + 0 step [0]>] }
}
