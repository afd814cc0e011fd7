// Numbers are checked end to end (tests/e2e/test_batch.py): a plan has no evaluator but the machine.
// RUN: resnetc-opt %s --split-input-file --group-images | FileCheck %s

// Each image has its part of every buffer: the steps are a section, and what it keeps to itself has room for 16 images only.
// Weights may belong to images or not. The last step reads the whole batch: it stands alone, and @b keeps all images.
// CHECK-LABEL: module @by_image
// CHECK: @in bytes 6400
// CHECK: @a bytes 1024 together 16
// CHECK: @b bytes 6400
// CHECK-NOT: together
// CHECK: plan.step "1" grid [100, 4] images
// CHECK: plan.step "2" grid [100] images
// CHECK: plan.step "3" grid [10] {
module @by_image {
  plan.buffer input @in bytes 6400 index 0
  plan.buffer output @out bytes 6400 index 0
  plan.buffer arena @a bytes 6400
  plan.buffer arena @b bytes 6400
  plan.buffer weights @w bytes 16 value dense<1.0> : tensor<4xf32>
  plan.kernel @k {kind = "pointwise"}
  plan.step "1" grid [100, 4] { plan.call @k [#plan.ref<@in + 0 step [64, 16]>, #plan.ref<@w + 0 step [0, 0]>, #plan.ref<@a + 0 step [64, 16]>] }
  plan.step "2" grid [100] { plan.call @k [#plan.ref<@a + 16 step [64]>, #plan.ref<@b + 0 step [64]>] }
  plan.step "3" grid [10] { plan.call @k [#plan.ref<@b + 0 step [4]>, #plan.ref<@out + 0 step [640]>] }
}

// -----

// A batch smaller than that keeps all of its images together. Sections with different numbers of images are two.
// CHECK-LABEL: module @small
// CHECK: @a bytes 128 together 2
// CHECK: @b bytes 128
// CHECK-NOT: together
// CHECK: plan.step "2" grid [2] images
// CHECK: plan.step "3" grid [4] images
module @small {
  plan.buffer input @in bytes 128 index 0
  plan.buffer output @out bytes 128 index 0
  plan.buffer arena @a bytes 128
  plan.buffer arena @b bytes 128
  plan.kernel @k {kind = "pointwise"}
  plan.step "1" grid [2] { plan.call @k [#plan.ref<@in + 0 step [64]>, #plan.ref<@a + 0 step [64]>] }
  plan.step "2" grid [2] { plan.call @k [#plan.ref<@a + 0 step [64]>, #plan.ref<@b + 0 step [64]>] }
  plan.step "3" grid [4] { plan.call @k [#plan.ref<@b + 0 step [32]>, #plan.ref<@out + 0 step [32]>] }
}

// -----

// One image: nothing to go through. A step that reads the same for every index is not by image; nor is one that moves by less
// than the part of an image.
// CHECK-LABEL: module @not_by_image
// CHECK-NOT: together
// CHECK-NOT: images
module @not_by_image {
  plan.buffer input @in bytes 64 index 0
  plan.buffer output @out bytes 64 index 0
  plan.buffer arena @a bytes 64
  plan.kernel @k {kind = "pointwise"}
  plan.step "one" grid [1, 4] { plan.call @k [#plan.ref<@in + 0 step [64, 16]>, #plan.ref<@a + 0 step [64, 16]>] }
  plan.step "same" grid [4] { plan.call @k [#plan.ref<@a + 0 step [0]>, #plan.ref<@out + 0 step [16]>] }
  plan.step "less" grid [4] { plan.call @k [#plan.ref<@a + 0 step [8]>, #plan.ref<@out + 0 step [16]>] }
}
