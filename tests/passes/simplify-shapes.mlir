// RUN: resnetc-opt --record-reference --simplify-shapes --check-reference %s | FileCheck %s
!x = tensor<1x2x4x4xf32>

// CHECK-LABEL: @drops_what_does_nothing
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK-NEXT: return %[[X]]
func.func @drops_what_does_nothing(%x: !x) -> !x {
  %1 = rn.slice %x {offsets = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 1, 1>} : !x -> !x
  %2 = rn.pad %1 {low = array<i64: 0, 0, 0, 0>, high = array<i64: 0, 0, 0, 0>, value = 1.0 : f64} : !x -> !x
  %3 = rn.broadcast %2 : !x -> !x
  %4 = rn.cast %3 : !x -> !x
  %5 = rn.concat %4 {axis = 1 : i64} : (!x) -> !x
  %6 = rn.reshape %5 : !x -> tensor<2x16xf32>
  %7 = rn.reshape %6 : tensor<2x16xf32> -> !x
  %8 = rn.transpose %7 {perm = array<i64: 0, 1, 2, 3>} : !x -> !x
  %9 = rn.reduce "max" %8 {axes = array<i64: 0>, keepdims} : !x -> !x
  %10 = rn.shape %9 : !x -> tensor<4xi64>
  return %9 : !x
}

// CHECK-LABEL: @keeps_slice_that_reverses
// CHECK: rn.slice
func.func @keeps_slice_that_reverses(%x: !x) -> !x {
  %1 = rn.slice %x {offsets = array<i64: 0, 0, 0, 3>, steps = array<i64: 1, 1, 1, -1>} : !x -> !x
  return %1 : !x
}

// CHECK-LABEL: @keeps_cast_and_concat
// CHECK: rn.cast
// CHECK: rn.concat
func.func @keeps_cast_and_concat(%x: !x) -> tensor<1x4x4x4xi64> {
  %1 = rn.cast %x : !x -> tensor<1x2x4x4xi64>
  %2 = rn.concat %1, %1 {axis = 1 : i64} : (tensor<1x2x4x4xi64>, tensor<1x2x4x4xi64>) -> tensor<1x4x4x4xi64>
  return %2 : tensor<1x4x4x4xi64>
}

// CHECK-LABEL: @merges_slices
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK-NEXT: %[[Y:.*]] = rn.slice %[[X]] {offsets = array<i64: 0, 1, 2, 1>, steps = array<i64: 1, 1, -2, 2>}
// CHECK-NEXT: return %[[Y]]
func.func @merges_slices(%x: !x) -> tensor<1x1x2x2xf32> {
  %1 = rn.slice %x {offsets = array<i64: 0, 1, 3, 0>, steps = array<i64: 1, 1, -1, 1>} : !x -> tensor<1x1x4x4xf32>
  %2 = rn.slice %1 {offsets = array<i64: 0, 0, 1, 1>, steps = array<i64: 1, 1, 2, 2>} : tensor<1x1x4x4xf32> -> tensor<1x1x2x2xf32>
  return %2 : tensor<1x1x2x2xf32>
}

// CHECK-LABEL: @transpose_of_unit_dimensions_is_a_reshape
// CHECK: rn.reshape %{{.*}} : tensor<2x8x1x1xf32> -> tensor<2x1x1x8xf32>
func.func @transpose_of_unit_dimensions_is_a_reshape(%x: tensor<2x8x1x1xf32>) -> tensor<2x1x1x8xf32> {
  %1 = rn.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x8x1x1xf32> -> tensor<2x1x1x8xf32>
  return %1 : tensor<2x1x1x8xf32>
}

// CHECK-LABEL: @keeps_transpose_that_moves_elements
// CHECK: rn.transpose
func.func @keeps_transpose_that_moves_elements(%x: tensor<2x8x1x1xf32>) -> tensor<8x2x1x1xf32> {
  %1 = rn.transpose %x {perm = array<i64: 1, 0, 2, 3>} : tensor<2x8x1x1xf32> -> tensor<8x2x1x1xf32>
  return %1 : tensor<8x2x1x1xf32>
}

// CHECK-LABEL: @global_average_in_two_steps_and_flatten
// CHECK: %[[M:.*]] = rn.reduce "mean" %{{.*}} {axes = array<i64: 2, 3>, keepdims} : tensor<1x2x4x4xf32> -> tensor<1x2x1x1xf32>
// CHECK-NEXT: %[[Y:.*]] = rn.reshape %[[M]] : tensor<1x2x1x1xf32> -> tensor<1x2xf32>
// CHECK-NEXT: return %[[Y]]
func.func @global_average_in_two_steps_and_flatten(%x: !x) -> tensor<1x2xf32> {
  %1 = rn.reduce "mean" %x {axes = array<i64: 3>, keepdims} : !x -> tensor<1x2x4x1xf32>
  %2 = rn.reduce "mean" %1 {axes = array<i64: 2>, keepdims} : tensor<1x2x4x1xf32> -> tensor<1x2x1x1xf32>
  %3 = rn.reshape %2 : tensor<1x2x1x1xf32> -> tensor<2x1xf32>
  %4 = rn.reshape %3 : tensor<2x1xf32> -> tensor<1x2xf32>
  return %4 : tensor<1x2xf32>
}

// CHECK-LABEL: @reduce_keeps_its_dimensions
// CHECK: %[[S:.*]] = rn.reduce "sum" %{{.*}} {axes = array<i64: 2, 3>, keepdims}
// CHECK-NEXT: rn.reshape %[[S]] : tensor<1x2x1x1xf32> -> tensor<1x2xf32>
func.func @reduce_keeps_its_dimensions(%x: !x) -> tensor<1x2xf32> {
  %1 = rn.reduce "sum" %x {axes = array<i64: 2, 3>} : !x -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// CHECK-LABEL: @keeps_reductions_of_two_kinds
// CHECK: rn.reduce "max"
// CHECK: rn.reduce "mean"
func.func @keeps_reductions_of_two_kinds(%x: !x) -> tensor<1x2x1x1xf32> {
  %1 = rn.reduce "max" %x {axes = array<i64: 3>, keepdims} : !x -> tensor<1x2x4x1xf32>
  %2 = rn.reduce "mean" %1 {axes = array<i64: 2>, keepdims} : tensor<1x2x4x1xf32> -> tensor<1x2x1x1xf32>
  return %2 : tensor<1x2x1x1xf32>
}

// CHECK-LABEL: @keeps_reduction_with_a_second_user
// CHECK: rn.reduce "max" {{.*}}axes = array<i64: 3>
// CHECK: rn.reduce "max" {{.*}}axes = array<i64: 2>
func.func @keeps_reduction_with_a_second_user(%x: !x) -> (tensor<1x2x4x1xf32>, tensor<1x2x1x1xf32>) {
  %1 = rn.reduce "max" %x {axes = array<i64: 3>, keepdims} : !x -> tensor<1x2x4x1xf32>
  %2 = rn.reduce "max" %1 {axes = array<i64: 2>, keepdims} : tensor<1x2x4x1xf32> -> tensor<1x2x1x1xf32>
  return %1, %2 : tensor<1x2x4x1xf32>, tensor<1x2x1x1xf32>
}

// CHECK-LABEL: @average_over_the_image_is_a_mean
// CHECK: rn.reduce "mean" %{{.*}} {axes = array<i64: 2, 3>, keepdims}
// CHECK-NEXT: return
func.func @average_over_the_image_is_a_mean(%x: !x) -> tensor<1x2x1x1xf32> {
  %1 = rn.avg_pool %x {kernel = array<i64: 4, 4>, strides = array<i64: 7, 7>} : !x -> tensor<1x2x1x1xf32>
  return %1 : tensor<1x2x1x1xf32>
}

// CHECK-LABEL: @keeps_average_over_a_part
// CHECK: rn.avg_pool
func.func @keeps_average_over_a_part(%x: !x) -> tensor<1x2x1x1xf32> {
  %1 = rn.avg_pool %x {kernel = array<i64: 3, 4>, strides = array<i64: 7, 7>} : !x -> tensor<1x2x1x1xf32>
  return %1 : tensor<1x2x1x1xf32>
}

// CHECK-LABEL: @keeps_average_with_padding
// CHECK: rn.avg_pool
func.func @keeps_average_with_padding(%x: !x) -> tensor<1x2x1x1xf32> {
  %1 = rn.avg_pool %x {kernel = array<i64: 4, 4>, strides = array<i64: 7, 7>, pads = array<i64: 1, 1, 0, 0>} : !x -> tensor<1x2x1x1xf32>
  return %1 : tensor<1x2x1x1xf32>
}

// CHECK-LABEL: @pool_of_one_pixel_is_a_slice
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK-NEXT: %[[Y:.*]] = rn.slice %[[X]] {offsets = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 2, 3>} : tensor<1x2x4x4xf32> -> tensor<1x2x2x2xf32>
// CHECK-NEXT: return %[[Y]]
func.func @pool_of_one_pixel_is_a_slice(%x: !x) -> tensor<1x2x2x2xf32> {
  %1 = rn.max_pool %x {kernel = array<i64: 1, 1>, strides = array<i64: 2, 3>} : !x -> tensor<1x2x2x2xf32>
  %2 = rn.avg_pool %1 {kernel = array<i64: 1, 1>} : tensor<1x2x2x2xf32> -> tensor<1x2x2x2xf32>
  return %2 : tensor<1x2x2x2xf32>
}

// CHECK-LABEL: @keeps_pool_of_one_pixel_with_padding
// CHECK: rn.avg_pool
func.func @keeps_pool_of_one_pixel_with_padding(%x: !x) -> tensor<1x2x6x6xf32> {
  %1 = rn.avg_pool %x {kernel = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, count_include_pad} : !x -> tensor<1x2x6x6xf32>
  return %1 : tensor<1x2x6x6xf32>
}

// CHECK-LABEL: @keeps_pool_of_several_pixels
// CHECK: rn.max_pool
func.func @keeps_pool_of_several_pixels(%x: !x) -> tensor<1x2x4x3xf32> {
  %1 = rn.max_pool %x {kernel = array<i64: 1, 2>} : !x -> tensor<1x2x4x3xf32>
  return %1 : tensor<1x2x4x3xf32>
}

// CHECK-LABEL: @drops_broadcast_of_an_operand
// CHECK-SAME: (%[[X:.*]]: tensor<1x2x4x4xf32>, %[[G:.*]]: tensor
// CHECK-NEXT: %[[Y:.*]] = rn.mul %[[X]], %[[G]] : tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32> -> tensor<1x2x4x4xf32>
// CHECK-NEXT: return %[[Y]]
func.func @drops_broadcast_of_an_operand(%x: !x, %g: tensor<1x2x1x1xf32>) -> !x {
  %0 = rn.broadcast %g : tensor<1x2x1x1xf32> -> !x
  %1 = rn.mul %x, %0 : !x, !x -> !x
  return %1 : !x
}

// One of two broadcasts gives the result its shape.
// CHECK-LABEL: @keeps_broadcast_that_makes_the_shape
// CHECK: %[[B:.*]] = rn.broadcast
// CHECK: rn.sub %{{.*}}, %[[B]]
// CHECK: rn.sub %[[B]], %{{.*}} : tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>
func.func @keeps_broadcast_that_makes_the_shape(%g: tensor<1x2x1x1xf32>, %s: tensor<f32>) -> (!x, !x) {
  %0 = rn.broadcast %g : tensor<1x2x1x1xf32> -> !x
  %1 = rn.sub %s, %0 : tensor<f32>, !x -> !x
  %2 = rn.sub %0, %g : !x, tensor<1x2x1x1xf32> -> !x
  return %1, %2 : !x, !x
}

// CHECK-LABEL: @mean_of_squares
// CHECK-NEXT: %[[Y:.*]] = rn.reduce "mean_square" %{{.*}} {axes = array<i64: 2, 3>, keepdims}
// CHECK-NEXT: return %[[Y]]
func.func @mean_of_squares(%x: !x) -> tensor<1x2x1x1xf32> {
  %1 = rn.mul %x, %x : !x, !x -> !x
  %2 = rn.reduce "mean" %1 {axes = array<i64: 2, 3>, keepdims} : !x -> tensor<1x2x1x1xf32>
  return %2 : tensor<1x2x1x1xf32>
}

// A sum, another product, a square that somebody else reads, a square with an activation.
// CHECK-LABEL: @keeps_squares
// CHECK-NOT: mean_square
func.func @keeps_squares(%x: !x, %z: !x) -> (tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, !x) {
  %a = rn.mul %x, %x : !x, !x -> !x
  %1 = rn.reduce "sum" %a {axes = array<i64: 2, 3>, keepdims} : !x -> tensor<1x2x1x1xf32>
  %b = rn.mul %x, %z : !x, !x -> !x
  %2 = rn.reduce "mean" %b {axes = array<i64: 2, 3>, keepdims} : !x -> tensor<1x2x1x1xf32>
  %c = rn.mul %z, %z : !x, !x -> !x
  %3 = rn.reduce "mean" %c {axes = array<i64: 2, 3>, keepdims} : !x -> tensor<1x2x1x1xf32>
  %d = rn.mul %x, %x {act = #rn.act<relu>} : !x, !x -> !x
  %4 = rn.reduce "mean" %d {axes = array<i64: 2, 3>, keepdims} : !x -> tensor<1x2x1x1xf32>
  return %1, %2, %3, %4, %c : tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, !x
}

// The square of a mean of squares is not one.
// CHECK-LABEL: @keeps_reductions_of_squares
// CHECK: rn.reduce "mean_square"
// CHECK: rn.reduce "mean_square"
// CHECK: rn.reduce "mean_square"
func.func @keeps_reductions_of_squares(%x: !x, %one: tensor<1x1xf32>) -> (tensor<1x2x1x1xf32>, tensor<1x1xf32>) {
  %1 = rn.reduce "mean_square" %x {axes = array<i64: 3>, keepdims} : !x -> tensor<1x2x4x1xf32>
  %2 = rn.reduce "mean_square" %1 {axes = array<i64: 2>, keepdims} : tensor<1x2x4x1xf32> -> tensor<1x2x1x1xf32>
  %3 = rn.reduce "mean_square" %one {axes = array<i64: 1>, keepdims} : tensor<1x1xf32> -> tensor<1x1xf32>
  return %2, %3 : tensor<1x2x1x1xf32>, tensor<1x1xf32>
}
