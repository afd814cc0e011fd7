// RUN: resnetc-opt --record-reference --fuse-activation --check-reference=tolerance=1e-15 %s | FileCheck %s
!x = tensor<1x2x4x4xf32>
!w = tensor<2x2x1x1xf32>

// CHECK-LABEL: @fuses_into_convolution
// CHECK: %[[Y:.*]] = rn.conv2d({{.*}}) {act = #rn.act<leaky_relu, 1.000000e-01, 0.000000e+00>}
// CHECK-NEXT: return %[[Y]]
func.func @fuses_into_convolution(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.activation %1 {act = #rn.act<leaky_relu, 0.1, 0.0>} : !x -> !x
  return %2 : !x
}

// CHECK-LABEL: @fuses_into_addition_and_batch_norm
// CHECK: rn.add {{.*}} {act = #rn.act<relu>}
// CHECK: rn.batch_norm({{.*}}) {act = #rn.act<sigmoid>
// CHECK-NEXT: return
func.func @fuses_into_addition_and_batch_norm(%x: !x, %y: !x) -> !x {
  %v = rn.constant dense<[1.5, 2.5]> : tensor<2xf32>
  %1 = rn.add %x, %y : !x, !x -> !x
  %2 = rn.activation %1 {act = #rn.act<relu>} : !x -> !x
  %3 = rn.batch_norm(%2, %v, %v, %v, %v) {epsilon = 1.0e-3 : f64} : (!x, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> !x
  %4 = rn.activation %3 {act = #rn.act<sigmoid>} : !x -> !x
  return %4 : !x
}

// CHECK-LABEL: @recognises_silu
// CHECK: rn.conv2d({{.*}}) {act = #rn.act<silu>}
// CHECK-NEXT: return
func.func @recognises_silu(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.activation %1 {act = #rn.act<sigmoid>} : !x -> !x
  %3 = rn.mul %1, %2 : !x, !x -> !x
  return %3 : !x
}

// CHECK-LABEL: @recognises_hard_swish
// CHECK: rn.activation %{{.*}} {act = #rn.act<hard_swish, 2.500000e-01, 5.000000e-01>}
// CHECK-NEXT: return
func.func @recognises_hard_swish(%x: !x) -> !x {
  %1 = rn.activation %x {act = #rn.act<hard_sigmoid, 0.25, 0.5>} : !x -> !x
  %2 = rn.mul %1, %x : !x, !x -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_the_gate_of_another_value
// CHECK: rn.activation %{{.*}} {act = #rn.act<sigmoid>}
// CHECK: rn.mul
func.func @keeps_the_gate_of_another_value(%x: !x, %y: !x) -> !x {
  %1 = rn.activation %y {act = #rn.act<sigmoid>} : !x -> !x
  %2 = rn.mul %1, %x : !x, !x -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_product_with_an_activation
// CHECK: rn.activation
// CHECK: rn.mul {{.*}} {act = #rn.act<relu>}
func.func @keeps_product_with_an_activation(%x: !x) -> !x {
  %1 = rn.activation %x {act = #rn.act<sigmoid>} : !x -> !x
  %2 = rn.mul %1, %x {act = #rn.act<relu>} : !x, !x -> !x
  return %2 : !x
}

// CHECK-LABEL: @recognises_relu6
// CHECK: rn.add {{.*}} {act = #rn.act<clip, 0.000000e+00, 6.000000e+00>}
// CHECK-NEXT: return
func.func @recognises_relu6(%x: !x) -> !x {
  %zero = rn.constant dense<0.0> : tensor<f32>
  %six = rn.constant dense<6.0> : tensor<1xf32>
  %1 = rn.add %x, %x : !x, !x -> !x
  %2 = rn.max %zero, %1 : tensor<f32>, !x -> !x
  %3 = rn.min %2, %six : !x, tensor<1xf32> -> !x
  return %3 : !x
}

// CHECK-LABEL: @merges_clips
// CHECK: rn.add {{.*}} {act = #rn.act<clip, 1.000000e+00, 3.000000e+00>}
// CHECK-NEXT: return
func.func @merges_clips(%x: !x) -> !x {
  %1 = rn.add %x, %x : !x, !x -> !x
  %2 = rn.activation %1 {act = #rn.act<relu>} : !x -> !x
  %3 = rn.activation %2 {act = #rn.act<clip, -1.0, 3.0>} : !x -> !x
  %4 = rn.activation %3 {act = #rn.act<clip, 1.0, 8.0>} : !x -> !x
  return %4 : !x
}

// ONNX's default upper bound is the largest float.
// CHECK-LABEL: @clip_without_upper_bound_is_relu
// CHECK: rn.activation %{{.*}} {act = #rn.act<relu>}
func.func @clip_without_upper_bound_is_relu(%x: !x) -> !x {
  %1 = rn.activation %x {act = #rn.act<clip, 0.0, 3.4028234663852886e+38>} : !x -> !x
  return %1 : !x
}

// CHECK-LABEL: @keeps_maximum_with_another_bound
// CHECK: rn.max
func.func @keeps_maximum_with_another_bound(%x: !x) -> !x {
  %c = rn.constant dense<0.5> : tensor<f32>
  %1 = rn.max %x, %c : !x, tensor<f32> -> !x
  return %1 : !x
}

// CHECK-LABEL: @keeps_minimum_of_what_may_be_negative
// CHECK: rn.min
func.func @keeps_minimum_of_what_may_be_negative(%x: !x) -> !x {
  %c = rn.constant dense<0.5> : tensor<f32>
  %1 = rn.min %x, %c : !x, tensor<f32> -> !x
  return %1 : !x
}

// CHECK-LABEL: @keeps_minimum_behind_a_clip_below_zero
// CHECK: rn.add {{.*}} {act = #rn.act<clip, -1.000000e+00, 5.000000e+00>}
// CHECK: rn.min
func.func @keeps_minimum_behind_a_clip_below_zero(%x: !x) -> !x {
  %c = rn.constant dense<0.5> : tensor<f32>
  %1 = rn.add %x, %x {act = #rn.act<clip, -1.0, 5.0>} : !x, !x -> !x
  %2 = rn.min %1, %c : !x, tensor<f32> -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_maximum_of_integers
// CHECK: rn.max
func.func @keeps_maximum_of_integers(%x: tensor<2xi64>) -> tensor<2xi64> {
  %c = rn.constant dense<0> : tensor<i64>
  %1 = rn.max %x, %c : tensor<2xi64>, tensor<i64> -> tensor<2xi64>
  return %1 : tensor<2xi64>
}

// CHECK-LABEL: @keeps_activation_when_the_input_has_a_second_user
// CHECK: rn.conv2d(%{{.*}}, %{{.*}}) :
// CHECK: rn.activation
func.func @keeps_activation_when_the_input_has_a_second_user(%x: !x) -> (!x, !x) {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.activation %1 {act = #rn.act<relu>} : !x -> !x
  return %1, %2 : !x, !x
}

// CHECK-LABEL: @keeps_two_activations_that_are_not_one
// CHECK: rn.add {{.*}} {act = #rn.act<sigmoid>}
// CHECK: rn.activation {{.*}} {act = #rn.act<clip, 0.000000e+00, 5.000000e-01>}
func.func @keeps_two_activations_that_are_not_one(%x: !x) -> !x {
  %1 = rn.add %x, %x {act = #rn.act<sigmoid>} : !x, !x -> !x
  %2 = rn.activation %1 {act = #rn.act<clip, 0.0, 0.5>} : !x -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_activation_behind_what_has_no_epilogue
// CHECK: rn.max_pool
// CHECK: rn.activation
func.func @keeps_activation_behind_what_has_no_epilogue(%x: !x) -> tensor<1x2x3x3xf32> {
  %1 = rn.max_pool %x {kernel = array<i64: 2, 2>} : !x -> tensor<1x2x3x3xf32>
  %2 = rn.activation %1 {act = #rn.act<relu>} : tensor<1x2x3x3xf32> -> tensor<1x2x3x3xf32>
  return %2 : tensor<1x2x3x3xf32>
}
