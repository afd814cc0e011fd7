// RUN: resnetc-opt --record-reference --fold-transposes --check-reference=tolerance=0 %s | FileCheck %s
!nchw = tensor<1x2x3x4xf32>
!nhwc = tensor<1x3x4x2xf32>

// CHECK-LABEL: @transposes_meet_and_cancel
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK-NEXT: %[[Y:.*]] = rn.activation %[[X]] {act = #rn.act<sigmoid>} : tensor<1x2x3x4xf32>
// CHECK-NEXT: return %[[Y]]
func.func @transposes_meet_and_cancel(%x: !nchw) -> !nchw {
  %1 = rn.transpose %x {perm = array<i64: 0, 2, 3, 1>} : !nchw -> !nhwc
  %2 = rn.activation %1 {act = #rn.act<sigmoid>} : !nhwc -> !nhwc
  %3 = rn.transpose %2 {perm = array<i64: 0, 3, 1, 2>} : !nhwc -> !nchw
  return %3 : !nchw
}

// CHECK-LABEL: @merges_two_transposes
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK-NEXT: %[[Y:.*]] = rn.transpose %[[X]] {perm = array<i64: 0, 3, 1, 2>}
// CHECK-NEXT: return %[[Y]]
func.func @merges_two_transposes(%x: tensor<1x2x3x4xf32>) -> tensor<1x4x2x3xf32> {
  %1 = rn.transpose %x {perm = array<i64: 0, 2, 3, 1>} : !nchw -> !nhwc
  %2 = rn.transpose %1 {perm = array<i64: 0, 2, 3, 1>} : !nhwc -> tensor<1x4x2x3xf32>
  return %2 : tensor<1x4x2x3xf32>
}

// A bias along the last dimension, a scalar, and a gate for each channel.
// CHECK-LABEL: @constants_and_gates_take_the_new_order
// CHECK-SAME: (%[[X:.*]]: tensor<1x2x3x4xf32>, %[[G:.*]]: tensor<1x1x1x2xf32>)
// CHECK-DAG: %[[B:.*]] = rn.constant {{.*}} : tensor<1x2x1x1xf32>
// CHECK-DAG: %[[R:.*]] = rn.reshape %[[G]] : tensor<1x1x1x2xf32> -> tensor<1x2x1x1xf32>
// CHECK-DAG: %[[A:.*]] = rn.add %[[X]], %[[B]]
// CHECK: rn.mul %[[A]], %[[R]]
// CHECK: rn.sub
// CHECK-NOT: rn.transpose
// CHECK: return
func.func @constants_and_gates_take_the_new_order(%x: !nchw, %gate: tensor<1x1x1x2xf32>) -> !nchw {
  %b = rn.constant dense<[0.5, -1.0]> : tensor<2xf32>
  %c = rn.constant dense<2.0> : tensor<f32>
  %1 = rn.transpose %x {perm = array<i64: 0, 2, 3, 1>} : !nchw -> !nhwc
  %2 = rn.add %1, %b : !nhwc, tensor<2xf32> -> !nhwc
  %3 = rn.mul %2, %gate : !nhwc, tensor<1x1x1x2xf32> -> !nhwc
  %4 = rn.sub %c, %3 : tensor<f32>, !nhwc -> !nhwc
  %5 = rn.transpose %4 {perm = array<i64: 0, 3, 1, 2>} : !nhwc -> !nchw
  return %5 : !nchw
}

// CHECK-LABEL: @both_sides_of_a_shortcut
// CHECK: %[[Y:.*]] = rn.add %{{.*}}, %{{.*}} {act = #rn.act<relu>} : tensor<1x2x3x4xf32>
// CHECK-NEXT: return %[[Y]]
func.func @both_sides_of_a_shortcut(%x: !nchw, %y: !nchw) -> !nchw {
  %1 = rn.transpose %x {perm = array<i64: 0, 2, 3, 1>} : !nchw -> !nhwc
  %2 = rn.transpose %y {perm = array<i64: 0, 2, 3, 1>} : !nchw -> !nhwc
  %3 = rn.add %1, %2 {act = #rn.act<relu>} : !nhwc, !nhwc -> !nhwc
  %4 = rn.transpose %3 {perm = array<i64: 0, 3, 1, 2>} : !nhwc -> !nchw
  return %4 : !nchw
}

// Every attribute that names dimensions.
// CHECK-LABEL: @operations_that_name_dimensions
// CHECK: rn.pad %{{.*}} {high = array<i64: 0, 0, 2, 1>, low = array<i64: 0, 0, 1, 0>
// CHECK: rn.slice %{{.*}} {offsets = array<i64: 0, 1, 0, 0>, steps = array<i64: 1, 1, 2, 1>}
// CHECK: rn.concat %{{.*}} {axis = 1 : i64}
// CHECK: rn.softmax %{{.*}} {axis = 1 : i64}
// CHECK: rn.broadcast %{{.*}} : tensor<1x2x3x5xf32> -> tensor<2x2x3x5xf32>
// CHECK: rn.reduce "mean" %{{.*}} {axes = array<i64: 2, 3>, keepdims}
// CHECK-NOT: rn.transpose
// CHECK: return
func.func @operations_that_name_dimensions(%x: !nchw) -> tensor<2x2x1x1xf32> {
  %1 = rn.transpose %x {perm = array<i64: 0, 2, 3, 1>} : !nchw -> !nhwc
  %2 = rn.pad %1 {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 2, 1, 0>, value = 0.5 : f64} : !nhwc -> tensor<1x6x5x2xf32>
  %3 = rn.slice %2 {offsets = array<i64: 0, 0, 0, 1>, steps = array<i64: 1, 2, 1, 1>} : tensor<1x6x5x2xf32> -> tensor<1x3x5x1xf32>
  %r = rn.activation %3 {act = #rn.act<relu>} : tensor<1x3x5x1xf32> -> tensor<1x3x5x1xf32>
  %4 = rn.concat %3, %r {axis = 3 : i64} : (tensor<1x3x5x1xf32>, tensor<1x3x5x1xf32>) -> tensor<1x3x5x2xf32>
  %5 = rn.softmax %4 {axis = 3 : i64} : tensor<1x3x5x2xf32> -> tensor<1x3x5x2xf32>
  %6 = rn.broadcast %5 : tensor<1x3x5x2xf32> -> tensor<2x3x5x2xf32>
  %7 = rn.reduce "mean" %6 {axes = array<i64: 1, 2>, keepdims} : tensor<2x3x5x2xf32> -> tensor<2x1x1x2xf32>
  %8 = rn.transpose %7 {perm = array<i64: 0, 3, 1, 2>} : tensor<2x1x1x2xf32> -> tensor<2x2x1x1xf32>
  return %8 : tensor<2x2x1x1xf32>
}

// The end of a Keras network.
// CHECK-LABEL: @global_mean_and_dense
// CHECK: rn.reduce "mean" %{{.*}} {axes = array<i64: 2, 3>, keepdims} : tensor<1x2x3x4xf32>
// CHECK-NOT: rn.transpose
// CHECK: rn.dense
func.func @global_mean_and_dense(%x: !nchw) -> tensor<1x2xf32> {
  %w = rn.constant dense<[[1.0, 2.0], [3.0, -1.0]]> : tensor<2x2xf32>
  %1 = rn.transpose %x {perm = array<i64: 0, 2, 3, 1>} : !nchw -> !nhwc
  %2 = rn.reduce "mean" %1 {axes = array<i64: 1, 2>} : !nhwc -> tensor<1x2xf32>
  %3 = rn.dense(%2, %w) : tensor<1x2xf32>, tensor<2x2xf32> -> tensor<1x2xf32>
  return %3 : tensor<1x2xf32>
}

// CHECK-LABEL: @flatten_and_dense
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK-DAG: %[[W:.*]] = rn.constant dense<{{\[}}[1.000000e+00, 3.000000e+00, 5.000000e+00, 2.000000e+00, 4.000000e+00, 6.000000e+00]]>
// CHECK-DAG: %[[F:.*]] = rn.reshape %[[X]] : tensor<2x2x3x1xf32> -> tensor<2x6xf32>
// CHECK: rn.dense(%[[F]], %[[W]])
func.func @flatten_and_dense(%x: tensor<2x2x3x1xf32>) -> tensor<2x1xf32> {
  %w = rn.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]> : tensor<1x6xf32>
  %1 = rn.transpose %x {perm = array<i64: 0, 2, 3, 1>} : tensor<2x2x3x1xf32> -> tensor<2x3x1x2xf32>
  %2 = rn.reshape %1 : tensor<2x3x1x2xf32> -> tensor<2x6xf32>
  %3 = rn.dense(%2, %w) : tensor<2x6xf32>, tensor<1x6xf32> -> tensor<2x1xf32>
  return %3 : tensor<2x1xf32>
}

// CHECK-LABEL: @keeps_flatten_of_mixed_rows
// CHECK: rn.transpose
func.func @keeps_flatten_of_mixed_rows(%x: tensor<2x3xf32>) -> tensor<1x1xf32> {
  %w = rn.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]> : tensor<1x6xf32>
  %1 = rn.transpose %x {perm = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %2 = rn.reshape %1 : tensor<3x2xf32> -> tensor<1x6xf32>
  %3 = rn.dense(%2, %w) : tensor<1x6xf32>, tensor<1x6xf32> -> tensor<1x1xf32>
  return %3 : tensor<1x1xf32>
}

// CHECK-LABEL: @keeps_flatten_of_transposed_rows
// CHECK: rn.transpose
func.func @keeps_flatten_of_transposed_rows(%x: tensor<2x2x1xf32>) -> tensor<2x1xf32> {
  %w = rn.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %1 = rn.transpose %x {perm = array<i64: 1, 0, 2>} : tensor<2x2x1xf32> -> tensor<2x2x1xf32>
  %2 = rn.reshape %1 : tensor<2x2x1xf32> -> tensor<2x2xf32>
  %3 = rn.dense(%2, %w) : tensor<2x2xf32>, tensor<1x2xf32> -> tensor<2x1xf32>
  return %3 : tensor<2x1xf32>
}

// Preprocessing of an NHWC image: the one transpose that is needed stands at the input.
// CHECK-LABEL: @moves_up_to_the_input
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK: %[[T:.*]] = rn.transpose %[[X]] {perm = array<i64: 0, 3, 1, 2>}
// CHECK: rn.sub %[[T]], %{{.*}} : tensor<1x2x3x4xf32>, tensor<1x2x1x1xf32>
// CHECK: rn.pad %{{.*}} {high = array<i64: 0, 0, 1, 1>, low = array<i64: 0, 0, 1, 1>
// CHECK-NEXT: rn.max_pool
func.func @moves_up_to_the_input(%x: !nhwc) -> tensor<1x2x4x5xf32> {
  %mean = rn.constant dense<[0.5, -1.0]> : tensor<2xf32>
  %1 = rn.sub %x, %mean : !nhwc, tensor<2xf32> -> !nhwc
  %2 = rn.pad %1 {low = array<i64: 0, 1, 1, 0>, high = array<i64: 0, 1, 1, 0>, value = 0.0 : f64} : !nhwc -> tensor<1x5x6x2xf32>
  %3 = rn.transpose %2 {perm = array<i64: 0, 3, 1, 2>} : tensor<1x5x6x2xf32> -> tensor<1x2x5x6xf32>
  %4 = rn.max_pool %3 {kernel = array<i64: 2, 2>} : tensor<1x2x5x6xf32> -> tensor<1x2x4x5xf32>
  return %4 : tensor<1x2x4x5xf32>
}

// At the output it stays behind everything.
// CHECK-LABEL: @keeps_transpose_at_the_output
// CHECK: rn.max_pool
// CHECK-NEXT: rn.activation
// CHECK-NEXT: %[[Y:.*]] = rn.transpose
// CHECK-NEXT: return %[[Y]]
func.func @keeps_transpose_at_the_output(%x: !nchw) -> tensor<1x2x3x2xf32> {
  %1 = rn.max_pool %x {kernel = array<i64: 2, 2>} : !nchw -> tensor<1x2x2x3xf32>
  %2 = rn.transpose %1 {perm = array<i64: 0, 3, 2, 1>} : tensor<1x2x2x3xf32> -> tensor<1x3x2x2xf32>
  %3 = rn.activation %2 {act = #rn.act<relu>} : tensor<1x3x2x2xf32> -> tensor<1x3x2x2xf32>
  %4 = rn.transpose %3 {perm = array<i64: 0, 3, 1, 2>} : tensor<1x3x2x2xf32> -> tensor<1x2x3x2xf32>
  return %4 : tensor<1x2x3x2xf32>
}

// The transposed value is an output as well as an input of what follows.
// CHECK-LABEL: @a_second_reader_gets_its_own
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK-DAG: %[[T:.*]] = rn.transpose %[[X]]
// CHECK-DAG: %[[Y:.*]] = rn.activation %[[X]]
// CHECK: return %[[T]], %[[Y]]
func.func @a_second_reader_gets_its_own(%x: !nchw) -> (!nhwc, !nchw) {
  %1 = rn.transpose %x {perm = array<i64: 0, 2, 3, 1>} : !nchw -> !nhwc
  %2 = rn.activation %1 {act = #rn.act<relu>} : !nhwc -> !nhwc
  %3 = rn.transpose %2 {perm = array<i64: 0, 3, 1, 2>} : !nhwc -> !nchw
  return %1, %3 : !nhwc, !nchw
}

// One operand would need a transpose wherever it stands: nothing would be won.
// CHECK-LABEL: @keeps_an_addition_of_two_orders
// CHECK: rn.max_pool
// CHECK: rn.transpose
// CHECK: rn.add {{.*}} : tensor<1x2x3x4xf32>
// CHECK-NEXT: return
func.func @keeps_an_addition_of_two_orders(%x: tensor<1x2x4x4xf32>, %y: tensor<1x4x2x3xf32>) -> !nchw {
  %1 = rn.max_pool %x {kernel = array<i64: 2, 1>} : tensor<1x2x4x4xf32> -> !nchw
  %2 = rn.max_pool %y {kernel = array<i64: 1, 1>} : tensor<1x4x2x3xf32> -> tensor<1x4x2x3xf32>
  %3 = rn.transpose %2 {perm = array<i64: 0, 2, 3, 1>} : tensor<1x4x2x3xf32> -> !nchw
  %4 = rn.add %1, %3 : !nchw, !nchw -> !nchw
  return %4 : !nchw
}

// A channel shuffle needs its transpose.
// CHECK-LABEL: @keeps_a_channel_shuffle
// CHECK: rn.reshape
// CHECK: rn.transpose
// CHECK: rn.reshape
func.func @keeps_a_channel_shuffle(%x: tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32> {
  %1 = rn.reshape %x : tensor<1x4x2x2xf32> -> tensor<1x2x2x2x2xf32>
  %2 = rn.transpose %1 {perm = array<i64: 0, 2, 1, 3, 4>} : tensor<1x2x2x2x2xf32> -> tensor<1x2x2x2x2xf32>
  %3 = rn.reshape %2 : tensor<1x2x2x2x2xf32> -> tensor<1x4x2x2xf32>
  return %3 : tensor<1x4x2x2xf32>
}
