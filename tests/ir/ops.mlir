// Every operation parses what it prints.
// RUN: resnetc-opt %s | resnetc-opt | FileCheck %s

// CHECK-LABEL: func.func @convolutions
func.func @convolutions(%x: tensor<1x4x6x6xf32>, %r: tensor<1x8x3x3xf32>) -> tensor<1x8x3x3xf32> {
  %w = rn.constant dense<0.5> : tensor<8x2x3x3xf32>
  %b = rn.constant dense<1.0> : tensor<8xf32>
  // CHECK: rn.conv2d(%{{.*}}, %{{.*}}, bias %{{.*}} residual %{{.*}}) {act = #rn.act<clip, 0.000000e+00, 6.000000e+00>, groups = 2 : i64, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
  %0 = rn.conv2d(%x, %w, bias %b residual %r) {groups = 2 : i64, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, act = #rn.act<clip, 0.0, 6.0>} : tensor<1x4x6x6xf32>, tensor<8x2x3x3xf32>, bias tensor<8xf32> residual tensor<1x8x3x3xf32> -> tensor<1x8x3x3xf32>
  // CHECK: rn.batch_norm({{.*}}) {epsilon = 1.000000e-05 : f64}
  %1 = rn.batch_norm(%0, %b, %b, %b, %b) {epsilon = 1.0e-5 : f64} : (tensor<1x8x3x3xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x3x3xf32>
  // CHECK: rn.add %{{.*}}, %{{.*}} {act = #rn.act<relu>}
  %2 = rn.add %1, %0 {act = #rn.act<relu>} : tensor<1x8x3x3xf32>, tensor<1x8x3x3xf32> -> tensor<1x8x3x3xf32>
  return %2 : tensor<1x8x3x3xf32>
}

// CHECK-LABEL: func.func @pools
func.func @pools(%x: tensor<1x4x6x6xf32>) -> (tensor<1x4x3x3xf32>, tensor<1x4xf32>) {
  // CHECK: rn.max_pool %{{.*}} {ceil_mode, kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>}
  %0 = rn.max_pool %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, ceil_mode} : tensor<1x4x6x6xf32> -> tensor<1x4x3x3xf32>
  // CHECK: rn.avg_pool %{{.*}} {count_include_pad, kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>}
  %1 = rn.avg_pool %0 {kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>, count_include_pad} : tensor<1x4x3x3xf32> -> tensor<1x4x3x3xf32>
  // CHECK: rn.reduce "mean" %{{.*}} {axes = array<i64: 2, 3>}
  %2 = rn.reduce "mean" %1 {axes = array<i64: 2, 3>} : tensor<1x4x3x3xf32> -> tensor<1x4xf32>
  return %1, %2 : tensor<1x4x3x3xf32>, tensor<1x4xf32>
}

// CHECK-LABEL: func.func @movement
func.func @movement(%x: tensor<2x3xf32>, %i: tensor<2xi64>) -> tensor<3x2xf32> {
  // CHECK: rn.concat
  %0 = rn.concat %x, %x {axis = 0} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
  // CHECK: rn.gather
  %1 = rn.gather %0, %i {axis = 0} : tensor<4x3xf32>, tensor<2xi64> -> tensor<2x3xf32>
  // CHECK: rn.pad
  %2 = rn.pad %1 {low = array<i64: 1, 0>, high = array<i64: 0, 1>, value = 0.0 : f64} : tensor<2x3xf32> -> tensor<3x4xf32>
  // CHECK: rn.slice
  %3 = rn.slice %2 {offsets = array<i64: 2, 3>, steps = array<i64: -1, -1>} : tensor<3x4xf32> -> tensor<3x2xf32>
  // CHECK: rn.softmax
  %4 = rn.softmax %3 {axis = 1} : tensor<3x2xf32> -> tensor<3x2xf32>
  // CHECK: rn.relayout {{.*}} -> tensor<1x8x2x2xf32, #rn.layout<8, [1, 0, 0, 1]>>
  %c = rn.constant dense<1.0> : tensor<1x8x2x2xf32>
  %5 = rn.relayout %c : tensor<1x8x2x2xf32> -> tensor<1x8x2x2xf32, #rn.layout<8, [1, 0, 0, 1]>>
  return %4 : tensor<3x2xf32>
}

// CHECK: plan.buffer {{ ?}}arena @a bytes 64 offset 0
plan.buffer arena @a bytes 64 offset 0
// CHECK: plan.kernel @k {kind = "pointwise", op = "fill"}
plan.kernel @k {kind = "pointwise", op = "fill"}
// CHECK: plan.step "s" grid [2, 3]
plan.step "s" grid [2, 3] {
  // CHECK-NEXT: plan.call @k [#plan.ref<@a + 4 step{{ ?}}[8, 16]>]
  plan.call @k [#plan.ref<@a + 4 step [8, 16]>]
}
