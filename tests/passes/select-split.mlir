// Convolutions as sums of products of bf16 parts, on processors that multiply tiles of them. Numbers are checked end to end (tests/e2e).
// RUN: resnetc-opt %s --split-input-file --assign-layout="block=16 winograd=true" --select-kernels="triple=x86_64-unknown-linux-gnu cpu=sapphirerapids winograd=true" | FileCheck %s
// RUN: resnetc-opt %s --split-input-file --assign-layout="block=16 winograd=true" --select-kernels="triple=x86_64-unknown-linux-gnu cpu=x86-64-v4 winograd=true" | FileCheck %s --check-prefix=NONE
// RUN: resnetc-opt %s --split-input-file --assign-layout="block=16 winograd=false" --select-kernels="triple=x86_64-unknown-linux-gnu cpu=sapphirerapids winograd=false" | FileCheck %s --check-prefix=NONE
// NONE-NOT: split

// Few weights: a task splits a band of rows into memory of its own and computes all channels of it.
// CHECK-LABEL: module
// CHECK-DAG: plan.buffer weights @[[W:w[0-9]+]] bytes 49152 pack {block = array<i64: 16>, kind = "split_weights", pairs = array<i64: 2>, shape = array<i64: 128, 64, 1, 1>, tile = array<i64: 2>}
// CHECK-DAG: plan.buffer arena @[[PLANES:b[0-9]+]] bytes 1209600 reused
// CHECK-DAG: plan.kernel @[[PRODUCT:split_product_[0-9a-z_]+]] {block = array<i64: 16>, first = array<i64: 16, 1>, in_strides = array<i64: 16, 896, 3600, 10800>, kind = "split_product", {{.*}}pairs = array<i64: 2>, size = array<i64: 224, 1, 8>, soon = array<i64: 2048>, taps = array<i64: 0>, tile = array<i64: 32, 1, 2>}
// CHECK: plan.step "point" grid [1, 14]
// CHECK-NEXT: plan.call @split_56x4x2_{{.*}}#plan.ref<@[[PLANES]] + 0 step[1209600, 86400]>
// CHECK-NEXT: plan.call @[[PRODUCT]] [#plan.ref<@[[PLANES]] + 0 step[1209600, 86400]>, #plan.ref<@[[W]] + 0 step[0, 0]>
func.func @main(%x: tensor<1x64x56x56xf32>) -> tensor<1x128x56x56xf32> {
  %w = rn.constant dense<0.5> : tensor<128x64x1x1xf32>
  %0 = rn.conv2d(%x, %w) : tensor<1x64x56x56xf32>, tensor<128x64x1x1xf32> -> tensor<1x128x56x56xf32> loc("point")
  return %0 : tensor<1x128x56x56xf32>
}

// -----

// Many weights, few pixels: all of them in four tiles of the unit, and each tile of channels streams by once. Two rows of 7 pixels with the border
// between them are a tile.
// CHECK-LABEL: module
// CHECK-DAG: plan.kernel @[[PRODUCT:split_product_[0-9a-z_]+]] {{{.*}}first = array<i64: 7, 2>{{.*}}size = array<i64: 7, 7, 1>, soon = array<i64: 2048>, {{.*}}tile = array<i64: 7, 7, 1>}
// CHECK: plan.step "late" grid [1, 16]
// CHECK-NEXT: plan.call @split_9x9x1
// CHECK: plan.step "late" grid [1, 32, 1]
// CHECK-NEXT: plan.call @[[PRODUCT]]
func.func @main(%x: tensor<1x512x7x7xf32>) -> tensor<1x512x7x7xf32> {
  %w = rn.constant dense<0.5> : tensor<512x512x3x3xf32>
  %0 = rn.conv2d(%x, %w) {pads = array<i64: 1, 1, 1, 1>} : tensor<1x512x7x7xf32>, tensor<512x512x3x3xf32> -> tensor<1x512x7x7xf32> loc("late")
  return %0 : tensor<1x512x7x7xf32>
}

// -----

// With stride 2 there are four phases of the input, and nine taps in them.
// CHECK-LABEL: module
// CHECK: plan.kernel @split_product_{{.*}}taps = array<i64: 0, 3600, 16, 7200, 10800, 7216, 240, 3840, 256>
// CHECK: plan.call @split_15x15x1
// CHECK-NEXT: plan.call @split_14x15x1
// CHECK-NEXT: plan.call @split_15x14x1
// CHECK-NEXT: plan.call @split_14x14x1
// CHECK: plan.call @split_product
func.func @main(%x: tensor<1x256x28x28xf32>) -> tensor<1x256x14x14xf32> {
  %w = rn.constant dense<0.5> : tensor<256x256x3x3xf32>
  %0 = rn.conv2d(%x, %w) {pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : tensor<1x256x28x28xf32>, tensor<256x256x3x3xf32> -> tensor<1x256x14x14xf32>
  return %0 : tensor<1x256x14x14xf32>
}

// -----

// Not for the three channels of an image.
// CHECK-LABEL: module
// CHECK-NOT: split
func.func @main(%x: tensor<1x3x64x64xf32>) -> tensor<1x64x32x32xf32> {
  %w = rn.constant dense<0.5> : tensor<64x3x7x7xf32>
  %0 = rn.conv2d(%x, %w) {pads = array<i64: 3, 3, 3, 3>, strides = array<i64: 2, 2>} : tensor<1x3x64x64xf32>, tensor<64x3x7x7xf32> -> tensor<1x64x32x32xf32>
  return %0 : tensor<1x64x32x32xf32>
}

// -----

// A shortcut of fewer channels goes to some blocks of a tile only.
// CHECK-LABEL: module
// CHECK: plan.kernel @split_product_{{.*}}res_blocks = array<i64: 1, 1>
func.func @main(%x: tensor<1x32x32x32xf32>, %r: tensor<1x16x32x32xf32>) -> tensor<1x32x32x32xf32> {
  %w = rn.constant dense<0.5> : tensor<32x32x1x1xf32>
  %0 = rn.conv2d(%x, %w residual %r) {residual_channel = 16 : i64} : tensor<1x32x32x32xf32>, tensor<32x32x1x1xf32> residual tensor<1x16x32x32xf32> -> tensor<1x32x32x32xf32>
  return %0 : tensor<1x32x32x32xf32>
}
