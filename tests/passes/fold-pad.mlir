// RUN: resnetc-opt --record-reference --fold-pad --check-reference %s | FileCheck %s
!x = tensor<1x2x4x4xf32>
!p = tensor<1x2x6x7xf32>
!w = tensor<1x2x3x3xf32>

// The convolution's own padding stays; the other reader of the padded tensor keeps it.
// CHECK-LABEL: @folds_zeros_into_convolution
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK: %[[P:.*]] = rn.pad %[[X]]
// CHECK: %[[Y:.*]] = rn.conv2d(%[[X]], %{{.*}}) {pads = array<i64: 2, 1, 1, 3>, strides = array<i64: 2, 2>}
// CHECK: return %[[Y]], %[[P]]
func.func @folds_zeros_into_convolution(%x: !x) -> (tensor<1x1x3x3xf32>, !p) {
  %w = rn.constant dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], [[1.0, -2.0, 3.0], [4.0, -5.0, 6.0], [7.0, 8.0, -9.0]]]]> : !w
  %1 = rn.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 2>, value = -0.0 : f64} : !x -> !p
  %2 = rn.conv2d(%1, %w) {pads = array<i64: 1, 0, 0, 1>, strides = array<i64: 2, 2>} : !p, !w -> tensor<1x1x3x3xf32>
  return %2, %1 : tensor<1x1x3x3xf32>, !p
}

// CHECK-LABEL: @keeps_ones_in_front_of_convolution
// CHECK: rn.pad
func.func @keeps_ones_in_front_of_convolution(%x: !x) -> tensor<1x1x4x5xf32> {
  %w = rn.constant dense<2.0> : !w
  %1 = rn.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 2>, value = 1.0 : f64} : !x -> !p
  %2 = rn.conv2d(%1, %w) : !p, !w -> tensor<1x1x4x5xf32>
  return %2 : tensor<1x1x4x5xf32>
}

// The shortcut of CIFAR networks (option A) pads channels.
// CHECK-LABEL: @keeps_padded_channels
// CHECK: rn.pad
func.func @keeps_padded_channels(%x: !x) -> tensor<1x1x2x2xf32> {
  %w = rn.constant dense<2.0> : tensor<1x4x3x3xf32>
  %1 = rn.pad %x {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 1, 0, 0>, value = 0.0 : f64} : !x -> tensor<1x4x4x4xf32>
  %2 = rn.conv2d(%1, %w) : tensor<1x4x4x4xf32>, tensor<1x4x3x3xf32> -> tensor<1x1x2x2xf32>
  return %2 : tensor<1x1x2x2xf32>
}

// CHECK-LABEL: @folds_zeros_into_average
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK-NEXT: rn.avg_pool %[[X]] {count_include_pad, kernel = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 2>}
func.func @folds_zeros_into_average(%x: !x) -> tensor<1x2x5x6xf32> {
  %1 = rn.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 2>, value = 0.0 : f64} : !x -> !p
  %2 = rn.avg_pool %1 {kernel = array<i64: 2, 2>} : !p -> tensor<1x2x5x6xf32>
  return %2 : tensor<1x2x5x6xf32>
}

// CHECK-LABEL: @folds_zeros_into_average_that_counts_its_padding
// CHECK: rn.avg_pool %{{.*}} {count_include_pad, kernel = array<i64: 2, 2>, pads = array<i64: 2, 2, 2, 3>}
func.func @folds_zeros_into_average_that_counts_its_padding(%x: !x) -> tensor<1x2x7x8xf32> {
  %1 = rn.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 2>, value = 0.0 : f64} : !x -> !p
  %2 = rn.avg_pool %1 {kernel = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 1>, count_include_pad} : !p -> tensor<1x2x7x8xf32>
  return %2 : tensor<1x2x7x8xf32>
}

// CHECK-LABEL: @keeps_zeros_before_average_that_does_not_count_its_padding
// CHECK: rn.pad
func.func @keeps_zeros_before_average_that_does_not_count_its_padding(%x: !x) -> !p {
  %1 = rn.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 2>, value = 0.0 : f64} : !x -> !p
  %2 = rn.avg_pool %1 {kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>} : !p -> !p
  return %2 : !p
}

// CHECK-LABEL: @keeps_ones_in_front_of_average
// CHECK: rn.pad
func.func @keeps_ones_in_front_of_average(%x: !x) -> tensor<1x2x5x6xf32> {
  %1 = rn.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 2>, value = 1.0 : f64} : !x -> !p
  %2 = rn.avg_pool %1 {kernel = array<i64: 2, 2>} : !p -> tensor<1x2x5x6xf32>
  return %2 : tensor<1x2x5x6xf32>
}

// CHECK-LABEL: @folds_minus_infinity_into_maximum
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK-NEXT: rn.max_pool %[[X]] {kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 2>, strides = array<i64: 2, 2>}
func.func @folds_minus_infinity_into_maximum(%x: !x) -> tensor<1x2x2x3xf32> {
  %1 = rn.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 2>, value = -3.4028234663852886e+38 : f64} : !x -> !p
  %2 = rn.max_pool %1 {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>} : !p -> tensor<1x2x2x3xf32>
  return %2 : tensor<1x2x2x3xf32>
}

// CHECK-LABEL: @folds_zeros_into_maximum_behind_relu
// CHECK: rn.max_pool %{{.*}} {kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 2>, strides = array<i64: 2, 2>}
func.func @folds_zeros_into_maximum_behind_relu(%x: !x) -> tensor<1x2x2x3xf32> {
  %0 = rn.activation %x {act = #rn.act<relu>} : !x -> !x
  %1 = rn.pad %0 {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 2>, value = 0.0 : f64} : !x -> !p
  %2 = rn.max_pool %1 {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>} : !p -> tensor<1x2x2x3xf32>
  return %2 : tensor<1x2x2x3xf32>
}

// CHECK-LABEL: @keeps_zeros_before_maximum_of_what_may_be_negative
// CHECK: rn.pad
func.func @keeps_zeros_before_maximum_of_what_may_be_negative(%x: !x) -> tensor<1x2x2x3xf32> {
  %1 = rn.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 2>, value = 0.0 : f64} : !x -> !p
  %2 = rn.max_pool %1 {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>} : !p -> tensor<1x2x2x3xf32>
  return %2 : tensor<1x2x2x3xf32>
}

// A leaky relu lets negative values through.
// CHECK-LABEL: @keeps_zeros_before_maximum_behind_leaky_relu
// CHECK: rn.pad
func.func @keeps_zeros_before_maximum_behind_leaky_relu(%x: !x) -> tensor<1x2x2x3xf32> {
  %0 = rn.activation %x {act = #rn.act<leaky_relu, 0.1, 0.0>} : !x -> !x
  %1 = rn.pad %0 {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 2>, value = 0.0 : f64} : !x -> !p
  %2 = rn.max_pool %1 {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>} : !p -> tensor<1x2x2x3xf32>
  return %2 : tensor<1x2x2x3xf32>
}

// The first window sees only padding: its maximum is that of the padding.
// CHECK-LABEL: @keeps_padding_that_fills_a_window
// CHECK: rn.pad
func.func @keeps_padding_that_fills_a_window(%x: !x) -> tensor<1x2x3x3xf32> {
  %0 = rn.activation %x {act = #rn.act<relu>} : !x -> !x
  %1 = rn.pad %0 {low = array<i64: 0, 0, 2, 2>, high = array<i64: 0, 0, 0, 0>, value = 0.0 : f64} : !x -> tensor<1x2x6x6xf32>
  %2 = rn.max_pool %1 {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>} : tensor<1x2x6x6xf32> -> tensor<1x2x3x3xf32>
  return %2 : tensor<1x2x3x3xf32>
}

// With ceil_mode the last window would start in the padding on the right and be dropped.
// CHECK-LABEL: @keeps_padding_that_makes_a_last_window
// CHECK: rn.pad
func.func @keeps_padding_that_makes_a_last_window(%x: !x) -> tensor<1x2x3x3xf32> {
  %1 = rn.pad %x {low = array<i64: 0, 0, 0, 0>, high = array<i64: 0, 0, 1, 1>, value = 0.0 : f64} : !x -> tensor<1x2x5x5xf32>
  %2 = rn.avg_pool %1 {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, ceil_mode} : tensor<1x2x5x5xf32> -> tensor<1x2x3x3xf32>
  return %2 : tensor<1x2x3x3xf32>
}
