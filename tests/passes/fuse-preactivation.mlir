// RUN: resnetc-opt --record-reference --fuse-preactivation --check-reference %s | FileCheck %s
!x = tensor<1x2x4x4xf32>
!w = tensor<2x2x1x1xf32>
!v = tensor<2xf32>

// The sum is the shortcut of the next block and, normalised, the input of its first convolution.
// CHECK-LABEL: @normalises_a_shortcut
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK: %[[Y:.*]], %[[Z:.*]] = rn.conv2d(%[[X]], %{{.*}} residual %[[X]]) preact(%{{.*}}, %{{.*}}) {preact_act = #rn.act<relu>}
// CHECK-NOT: rn.batch_norm
// CHECK: %[[O:.*]] = rn.conv2d(%[[Z]], %{{.*}} residual %[[Y]])
// CHECK-NEXT: return %[[O]]
func.func @normalises_a_shortcut(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %s = rn.constant dense<[2.0, -0.5]> : !v
  %t = rn.constant dense<[0.25, 1.0]> : !v
  %zero = rn.constant dense<0.0> : !v
  %one = rn.constant dense<1.0> : !v
  %0 = rn.conv2d(%x, %w residual %x) : !x, !w residual !x -> !x
  %1 = rn.batch_norm(%0, %s, %t, %zero, %one) {epsilon = 0.0 : f64, act = #rn.act<relu>} : (!x, !v, !v, !v, !v) -> !x
  %2 = rn.conv2d(%1, %w residual %0) : !x, !w residual !x -> !x
  return %2 : !x
}

// The activation of the sum itself comes first.
// CHECK-LABEL: @normalises_after_the_activation
// CHECK: %{{.*}}, %[[Z:.*]] = rn.conv2d(%{{.*}}, %{{.*}}) preact(%{{.*}}, %{{.*}}) {act = #rn.act<relu>}
// CHECK-NEXT: return %[[Z]]
func.func @normalises_after_the_activation(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %s = rn.constant dense<[2.0, -0.5]> : !v
  %zero = rn.constant dense<0.0> : !v
  %one = rn.constant dense<1.0> : !v
  %0 = rn.conv2d(%x, %w) {act = #rn.act<relu>} : !x, !w -> !x
  %1 = rn.batch_norm(%0, %s, %one, %zero, %one) {epsilon = 0.0 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %1 : !x
}

// CHECK-LABEL: @normalises_a_pool
// CHECK: %[[Y:.*]], %[[Z:.*]] = rn.max_pool %{{.*}} preact(%{{.*}}, %{{.*}}) {{{.*}}preact_act = #rn.act<relu>{{.*}}}
// CHECK-NEXT: return %[[Y]], %[[Z]]
func.func @normalises_a_pool(%x: !x) -> (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) {
  %s = rn.constant dense<[2.0, -0.5]> : !v
  %t = rn.constant dense<[0.25, 1.0]> : !v
  %zero = rn.constant dense<0.0> : !v
  %one = rn.constant dense<1.0> : !v
  %0 = rn.max_pool %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>} : !x -> tensor<1x2x2x2xf32>
  %1 = rn.batch_norm(%0, %s, %t, %zero, %one) {epsilon = 0.0 : f64, act = #rn.act<relu>} : (tensor<1x2x2x2xf32>, !v, !v, !v, !v) -> tensor<1x2x2x2xf32>
  return %0, %1 : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>
}

// CHECK-LABEL: @activates_a_value_with_other_readers
// CHECK: %[[Y:.*]], %[[Z:.*]] = rn.conv2d(%{{.*}}, %{{.*}}) preact(%{{.*}}, %{{.*}}) {preact_act = #rn.act<silu>}
// CHECK-NEXT: return %[[Y]], %[[Z]]
func.func @activates_a_value_with_other_readers(%x: !x) -> (!x, !x) {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %0 = rn.conv2d(%x, %w) : !x, !w -> !x
  %1 = rn.activation %0 {act = #rn.act<silu>} : !x -> !x
  return %0, %1 : !x, !x
}

// CHECK-LABEL: @keeps_the_second_of_two_norms
// CHECK: rn.conv2d{{.*}} preact
// CHECK: rn.batch_norm
func.func @keeps_the_second_of_two_norms(%x: !x) -> (!x, !x) {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %s = rn.constant dense<[2.0, -0.5]> : !v
  %zero = rn.constant dense<0.0> : !v
  %one = rn.constant dense<1.0> : !v
  %0 = rn.conv2d(%x, %w) : !x, !w -> !x
  %1 = rn.batch_norm(%0, %s, %zero, %zero, %one) {epsilon = 0.0 : f64} : (!x, !v, !v, !v, !v) -> !x
  %2 = rn.batch_norm(%0, %s, %one, %zero, %one) {epsilon = 0.0 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %1, %2 : !x, !x
}

// CHECK-LABEL: @keeps_a_norm_of_a_second_result
// CHECK: rn.conv2d{{.*}} preact
// CHECK: rn.batch_norm
func.func @keeps_a_norm_of_a_second_result(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %s = rn.constant dense<[2.0, -0.5]> : !v
  %zero = rn.constant dense<0.0> : !v
  %one = rn.constant dense<1.0> : !v
  %0, %1 = rn.conv2d(%x, %w) preact(%s, %one) : !x, !w preact(!v, !v) -> !x, !x
  %2 = rn.batch_norm(%1, %s, %one, %zero, %one) {epsilon = 0.0 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_a_norm_of_a_sum
// CHECK: rn.batch_norm
func.func @keeps_a_norm_of_a_sum(%x: !x, %y: !x) -> !x {
  %s = rn.constant dense<[2.0, -0.5]> : !v
  %zero = rn.constant dense<0.0> : !v
  %one = rn.constant dense<1.0> : !v
  %0 = rn.add %x, %y : !x, !x -> !x
  %1 = rn.batch_norm(%0, %s, %zero, %zero, %one) {epsilon = 0.0 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %1 : !x
}

// fold-batch-norm leaves mean 0, variance 1 and epsilon 0; anything else would have to be computed first.
// CHECK-LABEL: @keeps_a_norm_with_a_mean
// CHECK: rn.batch_norm
func.func @keeps_a_norm_with_a_mean(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %s = rn.constant dense<[2.0, -0.5]> : !v
  %one = rn.constant dense<1.0> : !v
  %0 = rn.conv2d(%x, %w residual %x) : !x, !w residual !x -> !x
  %1 = rn.batch_norm(%0, %s, %one, %s, %one) {epsilon = 0.0 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %1 : !x
}

// CHECK-LABEL: @keeps_a_norm_with_an_epsilon
// CHECK: rn.batch_norm
func.func @keeps_a_norm_with_an_epsilon(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %zero = rn.constant dense<0.0> : !v
  %one = rn.constant dense<1.0> : !v
  %0 = rn.conv2d(%x, %w residual %x) : !x, !w residual !x -> !x
  %1 = rn.batch_norm(%0, %one, %one, %zero, %one) {epsilon = 1.0 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %1 : !x
}

// CHECK-LABEL: @keeps_a_norm_with_a_scale_from_outside
// CHECK: rn.batch_norm
func.func @keeps_a_norm_with_a_scale_from_outside(%x: !x, %s: !v) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %zero = rn.constant dense<0.0> : !v
  %one = rn.constant dense<1.0> : !v
  %0 = rn.conv2d(%x, %w residual %x) : !x, !w residual !x -> !x
  %1 = rn.batch_norm(%0, %s, %one, %zero, %one) {epsilon = 0.0 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %1 : !x
}
