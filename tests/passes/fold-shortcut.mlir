// RUN: resnetc-opt --record-reference --fold-shortcut --check-reference %s | FileCheck %s
!x = tensor<1x2x4x4xf32>
!w = tensor<2x2x1x1xf32>

// CHECK-LABEL: @folds_identity_shortcut_and_activation
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK: %[[A:.*]] = rn.conv2d(%[[X]], %{{.*}}) {act = #rn.act<relu>}
// CHECK-NEXT: %[[Y:.*]] = rn.conv2d(%[[A]], %{{.*}}, bias %{{.*}} residual %[[X]]) {act = #rn.act<relu>}
// CHECK-NEXT: return %[[Y]]
func.func @folds_identity_shortcut_and_activation(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %b = rn.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %1 = rn.conv2d(%x, %w) {act = #rn.act<relu>} : !x, !w -> !x
  %2 = rn.conv2d(%1, %w, bias %b) : !x, !w, bias tensor<2xf32> -> !x
  %3 = rn.add %2, %x {act = #rn.act<relu>} : !x, !x -> !x
  return %3 : !x
}

// The projection was written last, as PyTorch does, and still stays a plain convolution.
// CHECK-LABEL: @main_branch_takes_the_projection
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK: %[[A:.*]] = rn.conv2d(%[[X]], %{{.*}}) {act = #rn.act<relu>}
// CHECK: %[[P:.*]] = rn.conv2d(%[[X]], %{{.*}}) :
// CHECK: %[[Y:.*]] = rn.conv2d(%[[A]], %{{.*}} residual %[[P]]) :
// CHECK-NEXT: return %[[Y]]
func.func @main_branch_takes_the_projection(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.conv2d(%x, %w) {act = #rn.act<relu>} : !x, !w -> !x
  %2 = rn.conv2d(%1, %w) : !x, !w -> !x
  %3 = rn.conv2d(%x, %w) : !x, !w -> !x
  %4 = rn.add %3, %2 : !x, !x -> !x
  return %4 : !x
}

// The other side is computed after the convolution, which has to move behind it.
// CHECK-LABEL: @folds_a_shortcut_that_comes_later
// CHECK: %[[S:.*]] = rn.softmax
// CHECK: rn.conv2d(%{{.*}}, %{{.*}} residual %[[S]])
func.func @folds_a_shortcut_that_comes_later(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.softmax %x {axis = 1 : i64} : !x -> !x
  %3 = rn.add %2, %1 : !x, !x -> !x
  return %3 : !x
}

// CHECK-LABEL: @keeps_addition_when_conv_has_a_second_user
// CHECK: rn.conv2d
// CHECK: rn.add
func.func @keeps_addition_when_conv_has_a_second_user(%x: !x) -> (!x, !x) {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.add %1, %x : !x, !x -> !x
  return %1, %2 : !x, !x
}

// CHECK-LABEL: @keeps_a_convolution_added_to_itself
// CHECK: rn.add
func.func @keeps_a_convolution_added_to_itself(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.add %1, %1 : !x, !x -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_addition_behind_an_activation
// CHECK: rn.add
func.func @keeps_addition_behind_an_activation(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.conv2d(%x, %w) {act = #rn.act<relu>} : !x, !w -> !x
  %2 = rn.add %1, %x : !x, !x -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_a_second_residual
// CHECK: rn.conv2d(%{{.*}}, %{{.*}} residual
// CHECK: rn.add
func.func @keeps_a_second_residual(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.add %1, %x : !x, !x -> !x
  %3 = rn.add %2, %x : !x, !x -> !x
  return %3 : !x
}

// CHECK-LABEL: @keeps_addition_that_broadcasts
// CHECK: rn.add
func.func @keeps_addition_that_broadcasts(%x: !x, %y: tensor<1x2x1x1xf32>) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.add %1, %y : !x, tensor<1x2x1x1xf32> -> !x
  return %2 : !x
}

// CHECK-LABEL: @reads_a_residual_without_its_channels_of_zeros
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK: rn.conv2d(%[[X]], %{{.*}} residual %[[X]]) {residual_channel = 1 : i64}
// CHECK-NOT: rn.pad
func.func @reads_a_residual_without_its_channels_of_zeros(%x: !x) -> tensor<1x5x4x4xf32> {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]], [[[3.0]], [[1.0]]], [[[-3.0]], [[-1.0]]], [[[3.0]], [[-2.0]]]]> : tensor<5x2x1x1xf32>
  %0 = rn.conv2d(%x, %w) : !x, tensor<5x2x1x1xf32> -> tensor<1x5x4x4xf32>
  %1 = rn.pad %x {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 2, 0, 0>, value = 0.0 : f64} : !x -> tensor<1x5x4x4xf32>
  %2 = rn.add %0, %1 : tensor<1x5x4x4xf32>, tensor<1x5x4x4xf32> -> tensor<1x5x4x4xf32>
  return %2 : tensor<1x5x4x4xf32>
}

// CHECK-LABEL: @keeps_padding_that_is_not_zero
// CHECK: rn.pad
func.func @keeps_padding_that_is_not_zero(%x: !x, %y: tensor<1x1x4x4xf32>) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %0 = rn.pad %y {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 0, 0, 0>, value = 1.0 : f64} : tensor<1x1x4x4xf32> -> !x
  %1 = rn.conv2d(%x, %w residual %0) : !x, !w residual !x -> !x
  return %1 : !x
}

// CHECK-LABEL: @keeps_padding_of_pixels
// CHECK: rn.pad
func.func @keeps_padding_of_pixels(%x: !x, %y: tensor<1x1x3x4xf32>) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %0 = rn.pad %y {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 0, 0, 0>, value = 0.0 : f64} : tensor<1x1x3x4xf32> -> !x
  %1 = rn.conv2d(%x, %w residual %0) : !x, !w residual !x -> !x
  return %1 : !x
}

// CHECK-LABEL: @keeps_padding_of_a_residual_with_fewer_channels
// CHECK: rn.pad
func.func @keeps_padding_of_a_residual_with_fewer_channels(%x: !x, %y: tensor<1x1x4x4xf32>) -> tensor<1x3x4x4xf32> {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]], [[[4.0]], [[0.5]]]]> : tensor<3x2x1x1xf32>
  %0 = rn.pad %y {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 0, 0, 0>, value = 0.0 : f64} : tensor<1x1x4x4xf32> -> !x
  %1 = rn.conv2d(%x, %w residual %0) {residual_channel = 1 : i64} : !x, tensor<3x2x1x1xf32> residual !x -> tensor<1x3x4x4xf32>
  return %1 : tensor<1x3x4x4xf32>
}

// CHECK-LABEL: @keeps_padding_in_front_of_groups
// CHECK: rn.pad
func.func @keeps_padding_in_front_of_groups(%x: !x, %y: tensor<1x1x4x4xf32>) -> !x {
  %w = rn.constant dense<[[[[1.0]]], [[[3.0]]]]> : tensor<2x1x1x1xf32>
  %0 = rn.pad %y {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 0, 0, 0>, value = 0.0 : f64} : tensor<1x1x4x4xf32> -> !x
  %1 = rn.conv2d(%x, %w residual %0) {groups = 2 : i64} : !x, tensor<2x1x1x1xf32> residual !x -> !x
  return %1 : !x
}

// CHECK-LABEL: @folds_a_gate
// CHECK-SAME: (%[[X:.*]]: tensor{{.*}}, %[[G:.*]]: tensor{{.*}}, %[[Y:.*]]: tensor
// CHECK: %[[Z:.*]] = rn.mul_add %[[X]], %[[G]], %[[Y]] {act = #rn.act<relu>}
// CHECK-NEXT: return %[[Z]]
func.func @folds_a_gate(%x: !x, %g: tensor<1x2x1x1xf32>, %y: !x) -> !x {
  %0 = rn.mul %x, %g : !x, tensor<1x2x1x1xf32> -> !x
  %1 = rn.add %y, %0 {act = #rn.act<relu>} : !x, !x -> !x
  return %1 : !x
}

// CHECK-LABEL: @keeps_a_gate_with_a_second_user
// CHECK: rn.mul
// CHECK: rn.add
func.func @keeps_a_gate_with_a_second_user(%x: !x, %y: !x) -> !x {
  %0 = rn.mul %x, %y : !x, !x -> !x
  %1 = rn.add %0, %0 : !x, !x -> !x
  return %1 : !x
}

// CHECK-LABEL: @keeps_a_gate_with_an_activation
// CHECK: rn.mul
// CHECK: rn.add
func.func @keeps_a_gate_with_an_activation(%x: !x, %y: !x) -> !x {
  %0 = rn.mul %x, %y {act = #rn.act<relu>} : !x, !x -> !x
  %1 = rn.add %0, %x : !x, !x -> !x
  return %1 : !x
}

// CHECK-LABEL: @keeps_a_product_of_integers
// CHECK: rn.mul
// CHECK: rn.add
func.func @keeps_a_product_of_integers(%x: tensor<2xi64>, %y: tensor<2xi64>) -> tensor<2xi64> {
  %0 = rn.mul %x, %y : tensor<2xi64>, tensor<2xi64> -> tensor<2xi64>
  %1 = rn.add %0, %x : tensor<2xi64>, tensor<2xi64> -> tensor<2xi64>
  return %1 : tensor<2xi64>
}

// CHECK-LABEL: @keeps_addition_to_a_convolution_with_a_second_result
// CHECK: rn.add
func.func @keeps_addition_to_a_convolution_with_a_second_result(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %s = rn.constant dense<[2.0, -0.5]> : tensor<2xf32>
  %0, %1 = rn.conv2d(%x, %w) preact(%s, %s) : !x, !w preact(tensor<2xf32>, tensor<2xf32>) -> !x, !x
  %2 = rn.add %0, %x : !x, !x -> !x
  return %2 : !x
}

// CHECK-LABEL: @folds_subsample_into_strides
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK: rn.conv2d(%[[X]], %{{.*}}) {strides = array<i64: 2, 4>}
// CHECK-NEXT: return
func.func @folds_subsample_into_strides(%x: tensor<1x2x5x5xf32>) -> tensor<1x2x3x2xf32> {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.slice %x {offsets = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 2, 2>} : tensor<1x2x5x5xf32> -> tensor<1x2x3x3xf32>
  %2 = rn.conv2d(%1, %w) {strides = array<i64: 1, 2>} : tensor<1x2x3x3xf32>, !w -> tensor<1x2x3x2xf32>
  return %2 : tensor<1x2x3x2xf32>
}

// CHECK-LABEL: @keeps_slice_in_front_of_a_larger_kernel
// CHECK: rn.slice
func.func @keeps_slice_in_front_of_a_larger_kernel(%x: tensor<1x2x5x5xf32>) -> tensor<1x1x2x2xf32> {
  %w = rn.constant dense<[[[[1.0, 2.0], [3.0, 4.0]], [[-1.0, 0.0], [1.0, 2.0]]]]> : tensor<1x2x2x2xf32>
  %1 = rn.slice %x {offsets = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 2, 2>} : tensor<1x2x5x5xf32> -> tensor<1x2x3x3xf32>
  %2 = rn.conv2d(%1, %w) : tensor<1x2x3x3xf32>, tensor<1x2x2x2xf32> -> tensor<1x1x2x2xf32>
  return %2 : tensor<1x1x2x2xf32>
}

// CHECK-LABEL: @keeps_slice_that_starts_inside
// CHECK: rn.slice
func.func @keeps_slice_that_starts_inside(%x: tensor<1x2x6x6xf32>) -> tensor<1x2x3x3xf32> {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.slice %x {offsets = array<i64: 0, 0, 0, 1>, steps = array<i64: 1, 1, 2, 2>} : tensor<1x2x6x6xf32> -> tensor<1x2x3x3xf32>
  %2 = rn.conv2d(%1, %w) : tensor<1x2x3x3xf32>, !w -> tensor<1x2x3x3xf32>
  return %2 : tensor<1x2x3x3xf32>
}

// CHECK-LABEL: @keeps_slice_that_crops
// CHECK: rn.slice
func.func @keeps_slice_that_crops(%x: tensor<1x2x6x6xf32>) -> tensor<1x2x2x2xf32> {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.slice %x {offsets = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 2, 2>} : tensor<1x2x6x6xf32> -> tensor<1x2x2x2xf32>
  %2 = rn.conv2d(%1, %w) : tensor<1x2x2x2xf32>, !w -> tensor<1x2x2x2xf32>
  return %2 : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: @keeps_slice_that_reverses
// CHECK: rn.slice
func.func @keeps_slice_that_reverses(%x: tensor<1x2x1x4xf32>) -> tensor<1x2x1x4xf32> {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.slice %x {offsets = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, -1, 1>} : tensor<1x2x1x4xf32> -> tensor<1x2x1x4xf32>
  %2 = rn.conv2d(%1, %w) : tensor<1x2x1x4xf32>, !w -> tensor<1x2x1x4xf32>
  return %2 : tensor<1x2x1x4xf32>
}

// CHECK-LABEL: @keeps_slice_of_channels
// CHECK: rn.slice
func.func @keeps_slice_of_channels(%x: tensor<1x4x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %1 = rn.slice %x {offsets = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 2, 1, 1>} : tensor<1x4x4x4xf32> -> !x
  %2 = rn.conv2d(%1, %w) : !x, !w -> !x
  return %2 : !x
}
