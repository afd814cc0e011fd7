// Convolutions as inner products, on processors that add beside they multiply. Numbers are checked end to end (tests/e2e).
// RUN: resnetc-opt %s --split-input-file --assign-layout="block=16 winograd=true" --select-kernels="triple=x86_64-unknown-linux-gnu cpu=znver4 winograd=true" | FileCheck %s
// RUN: resnetc-opt %s --split-input-file --assign-layout="block=16 winograd=true" --select-kernels="triple=x86_64-unknown-linux-gnu cpu=x86-64-v4 winograd=true" | FileCheck %s --check-prefix=PLAIN
// RUN: resnetc-opt %s --split-input-file --assign-layout="block=16 winograd=true" --select-kernels="triple=x86_64-unknown-linux-gnu cpu=znver5 winograd=true" | FileCheck %s --check-prefix=SHARED
// PLAIN-NOT: inner
// PLAIN-NOT: pair_sums

// With few loads scalars are shared, which weights and kernels must agree on.
// SHARED: pack {{{.*}}kind = "inner_weights"{{.*}}scalars = "shared"
// SHARED: plan.kernel @inner_product_{{.*}}scalars = "shared"
// One sum a pixel, weights with a scale, factors of each channel: 64 outputs of two floats.
// CHECK-LABEL: module
// CHECK-DAG: plan.buffer weights @[[W:w[0-9]+]] bytes 8192 pack {{{.*}}kind = "inner_weights", mean = 4.000000e-01 : f64, rms = 7.500000e-01 : f64, shape = array<i64: 64, 32>
// CHECK-DAG: plan.buffer weights @[[FACTORS:w[0-9]+]] bytes 512 pack {{{.*}}kind = "inner_factors"
// CHECK-DAG: plan.buffer arena @[[SUMS:b[0-9]+]] bytes 784
// CHECK: plan.step "point" grid [1, 2] flops 802816
// CHECK-NEXT: plan.call @pair_sums_14x7_{{.*}}#plan.ref<@[[SUMS]] + 0 step[784, 392]>
// CHECK: plan.step "point" grid [1, 1, 2, 1]
// CHECK-NEXT: plan.call @inner_product_{{.*}}#plan.ref<@[[W]] + 0 {{.*}}#plan.ref<@[[FACTORS]] + 0 {{.*}}#plan.ref<@[[SUMS]] + 0
func.func @main(%x: tensor<1x32x14x14xf32>) -> tensor<1x64x14x14xf32> {
  %w = rn.constant dense<0.5> : tensor<64x32x1x1xf32>
  %0 = rn.conv2d(%x, %w) {input_moments = array<f64: 0.4, 0.75>} : tensor<1x32x14x14xf32>, tensor<64x32x1x1xf32> -> tensor<1x64x14x14xf32> loc("point")
  return %0 : tensor<1x64x14x14xf32>
}

// -----

// Of the 64 lines of the next tile's weights each call of a row asks for its share.
// CHECK-LABEL: module
// CHECK-DAG: plan.kernel @[[FIRST:inner_product_[0-9a-z_]+]] {ahead = array<i64: 64, 47>{{.*}}size = array<i64: 36, 1, 2>
// CHECK-DAG: plan.kernel @[[SECOND:inner_product_[0-9a-z_]+]] {ahead = array<i64: 111, 9>{{.*}}size = array<i64: 7, 1, 2>
// CHECK-DAG: plan.kernel @[[THIRD:inner_product_[0-9a-z_]+]] {ahead = array<i64: 120, 8>{{.*}}size = array<i64: 6, 1, 2>
// CHECK: plan.call @[[FIRST]]
// CHECK-NEXT: plan.call @[[SECOND]]
// CHECK-NEXT: plan.call @[[THIRD]]
func.func @main(%x: tensor<1x32x7x7xf32>) -> tensor<1x64x7x7xf32> {
  %w = rn.constant dense<0.5> : tensor<64x32x1x1xf32>
  %0 = rn.conv2d(%x, %w) {input_moments = array<f64: 0.4, 0.75>} : tensor<1x32x7x7xf32>, tensor<64x32x1x1xf32> -> tensor<1x64x7x7xf32>
  return %0 : tensor<1x64x7x7xf32>
}

// -----

// Winograd's products: sums of every position and tile.
// CHECK-LABEL: module
// CHECK-DAG: pack {{{.*}}kind = "inner_weights"{{.*}}output_tile = array<i64: 4>
// CHECK-DAG: pack {{{.*}}kind = "inner_factors"{{.*}}output_tile = array<i64: 4>
// CHECK: plan.call @winograd_in
// CHECK: plan.step {{.*}} grid [1, 36]
// CHECK-NEXT: plan.call @pair_sums_49x1
// CHECK: plan.call @inner_product
// CHECK: plan.call @winograd_out
func.func @main(%x: tensor<1x128x28x28xf32>) -> tensor<1x128x28x28xf32> {
  %w = rn.constant dense<0.5> : tensor<128x128x3x3xf32>
  %0 = rn.conv2d(%x, %w) {pads = array<i64: 1, 1, 1, 1>, input_moments = array<f64: 0.4, 0.75>} : tensor<1x128x28x28xf32>, tensor<128x128x3x3xf32> -> tensor<1x128x28x28xf32>
  return %0 : tensor<1x128x28x28xf32>
}

// -----

// Not without moments (--math=strict), not of an odd number of blocks, of groups, of a single pixel.
// CHECK-LABEL: module
// CHECK-NOT: inner_product
func.func @main(%x: tensor<1x64x14x14xf32>, %z: tensor<1x48x14x14xf32>, %p: tensor<1x64x1x1xf32>) -> (tensor<1x64x14x14xf32>, tensor<1x64x14x14xf32>, tensor<1x64x14x14xf32>, tensor<1x64x1x1xf32>) {
  %w = rn.constant dense<0.5> : tensor<64x64x1x1xf32>
  %v = rn.constant dense<0.5> : tensor<64x48x1x1xf32>
  %g = rn.constant dense<0.5> : tensor<64x32x1x1xf32>
  %0 = rn.conv2d(%x, %w) : tensor<1x64x14x14xf32>, tensor<64x64x1x1xf32> -> tensor<1x64x14x14xf32>
  %1 = rn.conv2d(%z, %v) {input_moments = array<f64: 0.4, 0.75>} : tensor<1x48x14x14xf32>, tensor<64x48x1x1xf32> -> tensor<1x64x14x14xf32>
  %2 = rn.conv2d(%x, %g) {groups = 2 : i64, input_moments = array<f64: 0.4, 0.75>} : tensor<1x64x14x14xf32>, tensor<64x32x1x1xf32> -> tensor<1x64x14x14xf32>
  %3 = rn.conv2d(%p, %w) {input_moments = array<f64: 0.4, 0.75>} : tensor<1x64x1x1xf32>, tensor<64x64x1x1xf32> -> tensor<1x64x1x1xf32>
  return %0, %1, %2, %3 : tensor<1x64x14x14xf32>, tensor<1x64x14x14xf32>, tensor<1x64x14x14xf32>, tensor<1x64x1x1xf32>
}

// -----

// A result with borders, for the padding of its reader: its rows are found from the pixels of one line.
// CHECK-LABEL: module
// CHECK: plan.kernel @inner_product_{{.*}}out_strides = array<i64: 16, 160, 1600>, row = array<i64: 7, 0>
// CHECK: plan.kernel @inner_product_{{.*}}row = array<i64: 7, 1>
// CHECK: plan.call @inner_product_36x1x2_{{.*}}, #plan.ref<@[[OUT:b[0-9]+]] + 704
// CHECK-NEXT: plan.call @inner_product_7x1x2_{{.*}}, #plan.ref<@[[OUT]] + 3904
func.func @main(%x: tensor<1x32x7x7xf32>) -> tensor<1x32x7x7xf32> {
  %w = rn.constant dense<0.5> : tensor<32x32x1x1xf32>
  %v = rn.constant dense<0.5> : tensor<32x32x3x3xf32>
  %0 = rn.conv2d(%x, %w) {input_moments = array<f64: 0.4, 0.75>} : tensor<1x32x7x7xf32>, tensor<32x32x1x1xf32> -> tensor<1x32x7x7xf32>
  %1 = rn.conv2d(%0, %v) {pads = array<i64: 1, 1, 1, 1>} : tensor<1x32x7x7xf32>, tensor<32x32x3x3xf32> -> tensor<1x32x7x7xf32>
  return %1 : tensor<1x32x7x7xf32>
}
