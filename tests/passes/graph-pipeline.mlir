// The end form of residual blocks: convolutions with everything in their epilogue, nothing else.
// RUN: resnetc-opt --record-reference --graph-pipeline --check-reference %s | FileCheck %s
!x = tensor<1x2x5x5xf32>
!h = tensor<1x2x3x3xf32>
!v = tensor<2xf32>
!w1 = tensor<2x2x1x1xf32>
!w3 = tensor<2x2x3x3xf32>
!nhwc = tensor<1x5x5x2xf32>

// CHECK-LABEL: @v1_block_with_projection
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK: %[[A:.*]] = rn.conv2d(%[[X]], %{{.*}}, bias %{{.*}}) {act = #rn.act<relu>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
// CHECK-NEXT: %[[P:.*]] = rn.conv2d(%[[X]], %{{.*}}, bias %{{.*}}) {strides = array<i64: 2, 2>}
// CHECK-NEXT: %[[Y:.*]] = rn.conv2d(%[[A]], %{{.*}}, bias %{{.*}} residual %[[P]]) {act = #rn.act<relu>, pads = array<i64: 1, 1, 1, 1>}
// CHECK-NEXT: return %[[Y]]
func.func @v1_block_with_projection(%x: !x) -> !h {
  %w3 = rn.constant dense<[[[[1.0, 2.0, 3.0], [4.0, -5.0, 6.0], [-7.0, 8.0, 9.0]], [[-1.0, 2.0, 3.0], [-4.0, 5.0, 6.0], [7.0, 8.0, -9.0]]], [[[1.0, 2.0, -3.0], [4.0, 5.0, -6.0], [7.0, -8.0, 9.0]], [[0.5, -2.0, 3.0], [4.0, -5.0, 6.0], [-7.0, 8.0, 9.0]]]]> : !w3
  %w1 = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w1
  %v = rn.constant dense<[1.5, 2.5]> : !v
  %1 = rn.conv2d(%x, %w3) {pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : !x, !w3 -> !h
  %2 = rn.batch_norm(%1, %v, %v, %v, %v) {epsilon = 1.0e-3 : f64} : (!h, !v, !v, !v, !v) -> !h
  %3 = rn.activation %2 {act = #rn.act<relu>} : !h -> !h
  %4 = rn.conv2d(%3, %w3) {pads = array<i64: 1, 1, 1, 1>} : !h, !w3 -> !h
  %5 = rn.batch_norm(%4, %v, %v, %v, %v) {epsilon = 1.0e-3 : f64} : (!h, !v, !v, !v, !v) -> !h
  %6 = rn.conv2d(%x, %w1) {strides = array<i64: 2, 2>} : !x, !w1 -> !h
  %7 = rn.batch_norm(%6, %v, %v, %v, %v) {epsilon = 1.0e-3 : f64} : (!h, !v, !v, !v, !v) -> !h
  %8 = rn.add %5, %7 : !h, !h -> !h
  %9 = rn.activation %8 {act = #rn.act<relu>} : !h -> !h
  return %9 : !h
}

// Pre-activation: the stem feeds the normalisation and the shortcut, so it has two results.
// CHECK-LABEL: @v2_block
// CHECK: %[[S:.*]], %[[A:.*]] = rn.conv2d({{.*}} preact({{.*}}) {preact_act = #rn.act<relu>}
// CHECK-NEXT: %[[B:.*]] = rn.conv2d(%[[A]], %{{.*}}, bias %{{.*}}) {act = #rn.act<relu>, strides = array<i64: 2, 2>}
// CHECK-NEXT: %[[P:.*]] = rn.slice %[[S]] {offsets = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 2, 2>}
// CHECK-NEXT: %[[Y:.*]] = rn.conv2d(%[[B]], %{{.*}} residual %[[P]])
// CHECK-NEXT: return %[[Y]]
func.func @v2_block(%x: !x) -> !h {
  %w1 = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w1
  %v = rn.constant dense<[1.5, 2.5]> : !v
  %1 = rn.conv2d(%x, %w1) : !x, !w1 -> !x
  %2 = rn.batch_norm(%1, %v, %v, %v, %v) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  %3 = rn.activation %2 {act = #rn.act<relu>} : !x -> !x
  %4 = rn.conv2d(%3, %w1) {strides = array<i64: 2, 2>} : !x, !w1 -> !h
  %5 = rn.batch_norm(%4, %v, %v, %v, %v) {epsilon = 1.0e-3 : f64} : (!h, !v, !v, !v, !v) -> !h
  %6 = rn.activation %5 {act = #rn.act<relu>} : !h -> !h
  %7 = rn.conv2d(%6, %w1) : !h, !w1 -> !h
  %8 = rn.max_pool %1 {kernel = array<i64: 1, 1>, strides = array<i64: 2, 2>} : !x -> !h
  %9 = rn.add %8, %7 : !h, !h -> !h
  return %9 : !h
}

// A network of an NHWC framework: its input is NHWC, its padding explicit, its biases and gates along the last dimension.
// CHECK-LABEL: @nhwc_network
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK: %[[T:.*]] = rn.transpose %[[X]] {perm = array<i64: 0, 3, 1, 2>}
// CHECK-NEXT: %[[S:.*]] = rn.conv2d(%[[T]], %{{.*}}, bias %{{.*}}) {act = #rn.act<relu>, pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>}
// CHECK-NEXT: %[[P:.*]] = rn.conv2d(%[[S]], %{{.*}}, bias %{{.*}}) :
// CHECK-NEXT: %[[A:.*]] = rn.conv2d(%[[S]], %{{.*}}, bias %{{.*}}) {act = #rn.act<relu>}
// CHECK-NEXT: %[[Y:.*]] = rn.conv2d(%[[A]], %{{.*}}, bias %{{.*}} residual %[[P]]) {act = #rn.act<relu>}
// CHECK-NEXT: %[[M:.*]] = rn.reduce "mean" %[[Y]] {axes = array<i64: 2, 3>, keepdims}
// CHECK-NEXT: %[[F:.*]] = rn.reshape %[[M]]
// CHECK-NEXT: %[[D:.*]] = rn.dense(%[[F]], %{{.*}}, bias %{{.*}})
// CHECK-NEXT: %[[Z:.*]] = rn.softmax %[[D]]
// CHECK-NEXT: return %[[Z]]
func.func @nhwc_network(%x: !nhwc) -> tensor<1x2xf32> {
  %w3 = rn.constant dense<[[[[1.0, 2.0, 3.0], [4.0, -5.0, 6.0], [-7.0, 8.0, 9.0]], [[-1.0, 2.0, 3.0], [-4.0, 5.0, 6.0], [7.0, 8.0, -9.0]]], [[[1.0, 2.0, -3.0], [4.0, 5.0, -6.0], [7.0, -8.0, 9.0]], [[0.5, -2.0, 3.0], [4.0, -5.0, 6.0], [-7.0, 8.0, 9.0]]]]> : !w3
  %w1 = rn.constant dense<[[[[0.01]], [[0.02]]], [[[0.03]], [[-0.01]]]]> : !w1
  %wp = rn.constant dense<[[[[0.03]], [[-0.02]]], [[[0.01]], [[0.02]]]]> : !w1
  %wd = rn.constant dense<[[1.0, 2.0], [3.0, -1.0]]> : tensor<2x2xf32>
  %v = rn.constant dense<[1.5, 2.5]> : !v
  %zero = rn.constant dense<0.0> : tensor<f32>
  %p = rn.pad %x {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 1, 0>, value = 0.0 : f64} : !nhwc -> tensor<1x7x7x2xf32>
  %0 = rn.transpose %p {perm = array<i64: 0, 3, 1, 2>} : tensor<1x7x7x2xf32> -> tensor<1x2x7x7xf32>
  %1 = rn.conv2d(%0, %w3) {strides = array<i64: 2, 2>} : tensor<1x2x7x7xf32>, !w3 -> !h
  %2 = rn.transpose %1 {perm = array<i64: 0, 2, 3, 1>} : !h -> tensor<1x3x3x2xf32>
  %3 = rn.add %2, %v : tensor<1x3x3x2xf32>, !v -> tensor<1x3x3x2xf32>
  %4 = rn.max %3, %zero : tensor<1x3x3x2xf32>, tensor<f32> -> tensor<1x3x3x2xf32>
  %5 = rn.transpose %4 {perm = array<i64: 0, 3, 1, 2>} : tensor<1x3x3x2xf32> -> !h
  %6 = rn.conv2d(%5, %wp) : !h, !w1 -> !h
  %7 = rn.transpose %6 {perm = array<i64: 0, 2, 3, 1>} : !h -> tensor<1x3x3x2xf32>
  %8 = rn.add %7, %v : tensor<1x3x3x2xf32>, !v -> tensor<1x3x3x2xf32>
  %9 = rn.transpose %4 {perm = array<i64: 0, 3, 1, 2>} : tensor<1x3x3x2xf32> -> !h
  %10 = rn.conv2d(%9, %w1) : !h, !w1 -> !h
  %11 = rn.batch_norm(%10, %v, %v, %v, %v) {epsilon = 1.0e-3 : f64} : (!h, !v, !v, !v, !v) -> !h
  %12 = rn.activation %11 {act = #rn.act<relu>} : !h -> !h
  %13 = rn.conv2d(%12, %w1, bias %v) : !h, !w1, bias !v -> !h
  %14 = rn.transpose %13 {perm = array<i64: 0, 2, 3, 1>} : !h -> tensor<1x3x3x2xf32>
  %15 = rn.add %8, %14 : tensor<1x3x3x2xf32>, tensor<1x3x3x2xf32> -> tensor<1x3x3x2xf32>
  %16 = rn.activation %15 {act = #rn.act<relu>} : tensor<1x3x3x2xf32> -> tensor<1x3x3x2xf32>
  %17 = rn.reduce "mean" %16 {axes = array<i64: 1, 2>} : tensor<1x3x3x2xf32> -> tensor<1x2xf32>
  %18 = rn.dense(%17, %wd) : tensor<1x2xf32>, tensor<2x2xf32> -> tensor<1x2xf32>
  %19 = rn.add %18, %v : tensor<1x2xf32>, !v -> tensor<1x2xf32>
  %20 = rn.softmax %19 {axis = 1 : i64} : tensor<1x2xf32> -> tensor<1x2xf32>
  return %20 : tensor<1x2xf32>
}
