// RUN: resnetc-opt --record-reference --fold-batch-norm --check-reference %s | FileCheck %s
!x = tensor<1x2x3x3xf32>
!w = tensor<2x2x1x1xf32>
!v = tensor<2xf32>

// CHECK-LABEL: @folds_conv_without_bias
// CHECK-DAG: %[[W:.*]] = rn.constant {{.*}} : tensor<2x2x1x1xf32>
// CHECK-DAG: %[[B:.*]] = rn.constant {{.*}} : tensor<2xf32>
// CHECK: %[[Y:.*]] = rn.conv2d(%{{.*}}, %[[W]], bias %[[B]])
// CHECK-NEXT: return %[[Y]]
func.func @folds_conv_without_bias(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %scale = rn.constant dense<[1.5, -2.5]> : !v
  %bias = rn.constant dense<[0.5, -1.0]> : !v
  %mean = rn.constant dense<[0.25, 3.0]> : !v
  %variance = rn.constant dense<[4.0, 0.01]> : !v
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.batch_norm(%1, %scale, %bias, %mean, %variance) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %2 : !x
}

// CHECK-LABEL: @folds_grouped_conv_with_bias_and_keeps_the_activation
// CHECK: rn.conv2d(%{{.*}}, %{{.*}}, bias %{{.*}}) {act = #rn.act<relu>, groups = 2 : i64}
// CHECK-NEXT: return
func.func @folds_grouped_conv_with_bias_and_keeps_the_activation(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.5]]], [[[-2.0]]]]> : tensor<2x1x1x1xf32>
  %scale = rn.constant dense<[1.5, -2.5]> : !v
  %bias = rn.constant dense<[0.5, -1.0]> : !v
  %variance = rn.constant dense<[4.0, 0.01]> : !v
  %1 = rn.conv2d(%x, %w, bias %bias) {groups = 2 : i64} : !x, tensor<2x1x1x1xf32>, bias !v -> !x
  %2 = rn.batch_norm(%1, %scale, %bias, %bias, %variance) {epsilon = 1.0e-3 : f64, act = #rn.act<relu>} : (!x, !v, !v, !v, !v) -> !x
  return %2 : !x
}

// CHECK-LABEL: @folds_dense
// CHECK: %[[Y:.*]] = rn.dense(%{{.*}}, %{{.*}}, bias %{{.*}})
// CHECK-NEXT: return %[[Y]]
func.func @folds_dense(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  %w = rn.constant dense<[[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]]> : tensor<2x3xf32>
  %scale = rn.constant dense<[1.5, -2.5]> : !v
  %bias = rn.constant dense<[0.5, -1.0]> : !v
  %variance = rn.constant dense<[4.0, 0.01]> : !v
  %1 = rn.dense(%x, %w, bias %scale) : tensor<2x3xf32>, tensor<2x3xf32>, bias !v -> tensor<2x2xf32>
  %2 = rn.batch_norm(%1, %scale, %bias, %bias, %variance) {epsilon = 1.0e-3 : f64} : (tensor<2x2xf32>, !v, !v, !v, !v) -> tensor<2x2xf32>
  return %2 : tensor<2x2xf32>
}

// A Caffe Scale layer, a multiplication by a scalar and (5 - x) * 2 / 4 behind a convolution.
// CHECK-LABEL: @folds_constants_per_channel
// CHECK: %[[Y:.*]] = rn.conv2d(%{{.*}}, %{{.*}}, bias %{{.*}})
// CHECK-NEXT: return %[[Y]]
func.func @folds_constants_per_channel(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %scale = rn.constant dense<[[[1.5]], [[-2.5]]]> : tensor<2x1x1xf32>
  %shift = rn.constant dense<[[[[0.5]], [[-1.0]]]]> : tensor<1x2x1x1xf32>
  %five = rn.constant dense<5.0> : tensor<f32>
  %two = rn.constant dense<2.0> : tensor<1xf32>
  %four = rn.constant dense<4.0> : tensor<1x1x1x1xf32>
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.mul %1, %scale : !x, tensor<2x1x1xf32> -> !x
  %3 = rn.add %shift, %2 : tensor<1x2x1x1xf32>, !x -> !x
  %4 = rn.sub %five, %3 : tensor<f32>, !x -> !x
  %5 = rn.mul %4, %two : !x, tensor<1xf32> -> !x
  %6 = rn.div %5, %four : !x, tensor<1x1x1x1xf32> -> !x
  %7 = rn.sub %6, %two : !x, tensor<1xf32> -> !x
  return %7 : !x
}

// CHECK-LABEL: @never_changes_shared_weights
// CHECK-DAG: %[[OLD:.*]] = rn.constant dense<{{.*}}1.000000e+00{{.*}}> : tensor<2x2x1x1xf32>
// CHECK-DAG: rn.conv2d(%{{.*}}, %[[OLD]]) :
// CHECK-DAG: rn.conv2d(%{{.*}}, %{{.*}}, bias %{{.*}}) :
func.func @never_changes_shared_weights(%x: !x) -> (!x, !x) {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %scale = rn.constant dense<[1.5, -2.5]> : !v
  %variance = rn.constant dense<[4.0, 0.01]> : !v
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.batch_norm(%1, %scale, %scale, %scale, %variance) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  %3 = rn.conv2d(%2, %w) : !x, !w -> !x
  return %2, %3 : !x, !x
}

// The stem of a v2 network feeds both the normalisation and the shortcut. What stays is a multiply-add.
// CHECK-LABEL: @keeps_batch_norm_when_conv_has_a_second_user
// CHECK-DAG: %[[ZERO:.*]] = rn.constant dense<0.000000e+00> : tensor<2xf32>
// CHECK-DAG: %[[ONE:.*]] = rn.constant dense<1.000000e+00> : tensor<2xf32>
// CHECK: %[[Y:.*]] = rn.conv2d(%{{.*}}, %{{.*}}) :
// CHECK: rn.batch_norm(%[[Y]], %{{.*}}, %{{.*}}, %[[ZERO]], %[[ONE]]) {epsilon = 0.000000e+00 : f64}
func.func @keeps_batch_norm_when_conv_has_a_second_user(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %scale = rn.constant dense<[1.5, -2.5]> : !v
  %variance = rn.constant dense<[4.0, 0.01]> : !v
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.batch_norm(%1, %scale, %scale, %scale, %variance) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  %3 = rn.add %2, %1 : !x, !x -> !x
  return %3 : !x
}

// CHECK-LABEL: @keeps_batch_norm_when_conv_is_an_output
// CHECK: rn.batch_norm
func.func @keeps_batch_norm_when_conv_is_an_output(%x: !x) -> (!x, !x) {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %v = rn.constant dense<[1.5, 2.5]> : !v
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.batch_norm(%1, %v, %v, %v, %v) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %1, %2 : !x, !x
}

// CHECK-LABEL: @keeps_batch_norm_behind_an_activation
// CHECK: rn.conv2d(%{{.*}}, %{{.*}}) {act = #rn.act<relu>}
// CHECK: rn.batch_norm
func.func @keeps_batch_norm_behind_an_activation(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %v = rn.constant dense<[1.5, 2.5]> : !v
  %1 = rn.conv2d(%x, %w) {act = #rn.act<relu>} : !x, !w -> !x
  %2 = rn.batch_norm(%1, %v, %v, %v, %v) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_batch_norm_behind_a_residual
// CHECK: rn.conv2d
// CHECK: rn.batch_norm
func.func @keeps_batch_norm_behind_a_residual(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %v = rn.constant dense<[1.5, 2.5]> : !v
  %1 = rn.conv2d(%x, %w residual %x) : !x, !w residual !x -> !x
  %2 = rn.batch_norm(%1, %v, %v, %v, %v) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_batch_norm_with_weights_of_run_time
// CHECK: rn.conv2d
// CHECK: rn.batch_norm
func.func @keeps_batch_norm_with_weights_of_run_time(%x: !x, %w: !w) -> !x {
  %v = rn.constant dense<[1.5, 2.5]> : !v
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.batch_norm(%1, %v, %v, %v, %v) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_batch_norm_with_parameters_of_run_time
// CHECK: rn.conv2d
// CHECK: rn.batch_norm({{.*}}) {epsilon = 1.000000e-03 : f64}
func.func @keeps_batch_norm_with_parameters_of_run_time(%x: !x, %v: !v) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %one = rn.constant dense<1.0> : !v
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.batch_norm(%1, %v, %v, %v, %one) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %2 : !x
}

// A variance of -epsilon: the model's infinities stay where they are.
// CHECK-LABEL: @keeps_batch_norm_that_divides_by_zero
// CHECK: rn.conv2d(%{{.*}}, %{{.*}}) :
// CHECK: rn.batch_norm({{.*}}) {epsilon = 1.000000e-03 : f64}
func.func @keeps_batch_norm_that_divides_by_zero(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %v = rn.constant dense<[1.5, 2.5]> : !v
  %variance = rn.constant dense<[1.0, -0.5]> : !v
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.batch_norm(%1, %v, %v, %v, %variance) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_batch_norm_whose_bias_overflows
// CHECK: rn.conv2d(%{{.*}}, %{{.*}}) :
// CHECK: rn.batch_norm({{.*}}) {epsilon = 1.000000e-03 : f64}
func.func @keeps_batch_norm_whose_bias_overflows(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %v = rn.constant dense<[1.5, 2.5]> : !v
  %mean = rn.constant dense<[3.0e38, 1.0]> : !v
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.batch_norm(%1, %v, %v, %mean, %v) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_constants_along_the_width
// CHECK: rn.conv2d
// CHECK: rn.mul
func.func @keeps_constants_along_the_width(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %scale = rn.constant dense<[1.5, -2.5, 1.0]> : tensor<3xf32>
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.mul %1, %scale : !x, tensor<3xf32> -> !x
  return %2 : !x
}

// Here the vector lies along the last dimension, which is the channel of a dense layer.
// CHECK-LABEL: @folds_a_vector_behind_dense
// CHECK: rn.dense
// CHECK-NEXT: return
func.func @folds_a_vector_behind_dense(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  %w = rn.constant dense<[[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]]> : tensor<2x3xf32>
  %v = rn.constant dense<[1.5, -2.5]> : !v
  %1 = rn.dense(%x, %w) : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x2xf32>
  %2 = rn.add %1, %v : tensor<2x2xf32>, !v -> tensor<2x2xf32>
  return %2 : tensor<2x2xf32>
}

// CHECK-LABEL: @keeps_division_of_a_constant
// CHECK: rn.conv2d
// CHECK: rn.div
func.func @keeps_division_of_a_constant(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %one = rn.constant dense<1.0> : tensor<f32>
  %1 = rn.conv2d(%x, %w) : !x, !w -> !x
  %2 = rn.div %one, %1 : tensor<f32>, !x -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_constants_that_broadcast_the_layer
// CHECK: rn.conv2d
// CHECK: rn.add
func.func @keeps_constants_that_broadcast_the_layer(%x: tensor<1x2x1x1xf32>) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[-1.0]]]]> : !w
  %c = rn.constant dense<2.0> : !x
  %1 = rn.conv2d(%x, %w) : tensor<1x2x1x1xf32>, !w -> tensor<1x2x1x1xf32>
  %2 = rn.add %1, %c : tensor<1x2x1x1xf32>, !x -> !x
  return %2 : !x
}

// CHECK-LABEL: @keeps_constants_that_add_channels
// CHECK: rn.conv2d
// CHECK: rn.mul
func.func @keeps_constants_that_add_channels(%x: !x) -> !x {
  %w = rn.constant dense<[[[[1.0]], [[2.0]]]]> : tensor<1x2x1x1xf32>
  %c = rn.constant dense<[[[1.0]], [[-2.0]]]> : tensor<2x1x1xf32>
  %1 = rn.conv2d(%x, %w) : !x, tensor<1x2x1x1xf32> -> tensor<1x1x3x3xf32>
  %2 = rn.mul %1, %c : tensor<1x1x3x3xf32>, tensor<2x1x1xf32> -> !x
  return %2 : !x
}

// CHECK-LABEL: @merges_two_maps
// CHECK: rn.batch_norm({{.*}}) {act = #rn.act<relu>, epsilon = 0.000000e+00 : f64}
// CHECK-NEXT: return
func.func @merges_two_maps(%x: !x) -> !x {
  %scale = rn.constant dense<[[[1.5]], [[-2.5]]]> : tensor<2x1x1xf32>
  %v = rn.constant dense<[1.5, 2.5]> : !v
  %1 = rn.batch_norm(%x, %v, %v, %v, %v) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  %2 = rn.mul %1, %scale : !x, tensor<2x1x1xf32> -> !x
  %3 = rn.add %2, %scale {act = #rn.act<relu>} : !x, tensor<2x1x1xf32> -> !x
  return %3 : !x
}

// CHECK-LABEL: @keeps_two_maps_with_another_user_between
// CHECK: rn.mul
// CHECK: rn.add
func.func @keeps_two_maps_with_another_user_between(%x: !x) -> (!x, !x) {
  %scale = rn.constant dense<[[[1.5]], [[-2.5]]]> : tensor<2x1x1xf32>
  %1 = rn.mul %x, %scale : !x, tensor<2x1x1xf32> -> !x
  %2 = rn.add %1, %scale : !x, tensor<2x1x1xf32> -> !x
  return %1, %2 : !x, !x
}

// CHECK-LABEL: @keeps_two_maps_with_an_activation_between
// CHECK: rn.mul
// CHECK: rn.add
func.func @keeps_two_maps_with_an_activation_between(%x: !x) -> !x {
  %scale = rn.constant dense<[[[1.5]], [[-2.5]]]> : tensor<2x1x1xf32>
  %1 = rn.mul %x, %scale {act = #rn.act<relu>} : !x, tensor<2x1x1xf32> -> !x
  %2 = rn.add %1, %scale : !x, tensor<2x1x1xf32> -> !x
  return %2 : !x
}

// What a group normalisation ends with. A quotient of a number takes the scale as its numerator.
// CHECK-LABEL: @folds_into_a_factor
// CHECK-SAME: (%[[X:.*]]: tensor<1x2x3x3xf32>, %[[F:.*]]: tensor<1x2x1x1xf32>)
// CHECK: %[[G:.*]] = rn.mul %[[F]], %{{.*}} : tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32> -> tensor<1x2x1x1xf32>
// CHECK: rn.mul_add %[[X]], %[[G]], %{{.*}} {act = #rn.act<relu>} : tensor<1x2x3x3xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>
// CHECK: %[[Q:.*]] = rn.div %{{.*}}, %{{.*}} : tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32> -> tensor<1x2x1x1xf32>
// CHECK: rn.mul_add %[[X]], %[[Q]], %{{.*}} : tensor<1x2x3x3xf32>
// CHECK-NOT: batch_norm
func.func @folds_into_a_factor(%x: !x, %f: tensor<1x2x1x1xf32>) -> (!x, !x) {
  %scale = rn.constant dense<[1.5, -2.5]> : !v
  %bias = rn.constant dense<[0.5, -1.0]> : !v
  %variance = rn.constant dense<[4.0, 0.01]> : !v
  %1 = rn.mul %x, %f : !x, tensor<1x2x1x1xf32> -> !x
  %2 = rn.batch_norm(%1, %scale, %bias, %bias, %variance) {epsilon = 1.0e-3 : f64, act = #rn.act<relu>} : (!x, !v, !v, !v, !v) -> !x
  %one = rn.constant dense<3.0> : tensor<f32>
  %d = rn.activation %f {act = #rn.act<exp>} : tensor<1x2x1x1xf32> -> tensor<1x2x1x1xf32>
  %g = rn.div %one, %d : tensor<f32>, tensor<1x2x1x1xf32> -> tensor<1x2x1x1xf32>
  %3 = rn.mul %g, %x : tensor<1x2x1x1xf32>, !x -> !x
  %4 = rn.batch_norm(%3, %scale, %bias, %bias, %variance) {epsilon = 1.0e-3 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %2, %4 : !x, !x
}

// The product has a second reader; an activation; two whole images; the factor is one value an image.
// CHECK-LABEL: @keeps_maps_of_other_products
// CHECK-NOT: mul_add
func.func @keeps_maps_of_other_products(%x: !x, %f: tensor<1x2x1x1xf32>, %g: tensor<1x1x1x1xf32>) -> (!x, !x, !x, !x, !x) {
  %scale = rn.constant dense<[1.5, -2.5]> : !v
  %1 = rn.mul %x, %f : !x, tensor<1x2x1x1xf32> -> !x
  %2 = rn.batch_norm(%1, %scale, %scale, %scale, %scale) {epsilon = 3.0 : f64} : (!x, !v, !v, !v, !v) -> !x
  %3 = rn.mul %x, %f {act = #rn.act<relu>} : !x, tensor<1x2x1x1xf32> -> !x
  %4 = rn.batch_norm(%3, %scale, %scale, %scale, %scale) {epsilon = 3.0 : f64} : (!x, !v, !v, !v, !v) -> !x
  %5 = rn.mul %x, %x : !x, !x -> !x
  %6 = rn.batch_norm(%5, %scale, %scale, %scale, %scale) {epsilon = 3.0 : f64} : (!x, !v, !v, !v, !v) -> !x
  %7 = rn.mul %x, %g : !x, tensor<1x1x1x1xf32> -> !x
  %8 = rn.batch_norm(%7, %scale, %scale, %scale, %scale) {epsilon = 3.0 : f64} : (!x, !v, !v, !v, !v) -> !x
  return %1, %2, %4, %6, %8 : !x, !x, !x, !x, !x
}

// An instance normalisation with a shift of its own, a vector as numerator, and what comes behind it.
// CHECK-LABEL: @folds_all_maps_into_a_factor
// CHECK: %[[Q:.*]] = rn.div %{{.*}}, %{{.*}} : tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32> -> tensor<1x2x1x1xf32>
// CHECK: %[[Y:.*]] = rn.mul_add %{{.*}}, %[[Q]], %{{.*}} : tensor<1x2x3x3xf32>
// CHECK-NEXT: return %[[Y]]
func.func @folds_all_maps_into_a_factor(%x: !x, %f: tensor<1x2x1x1xf32>) -> !x {
  %scale = rn.constant dense<[[[1.5]], [[-2.5]]]> : tensor<2x1x1xf32>
  %shift = rn.constant dense<[[[0.5]], [[-1.0]]]> : tensor<2x1x1xf32>
  %d = rn.activation %f {act = #rn.act<exp>} : tensor<1x2x1x1xf32> -> tensor<1x2x1x1xf32>
  %g = rn.div %scale, %d : tensor<2x1x1xf32>, tensor<1x2x1x1xf32> -> tensor<1x2x1x1xf32>
  %1 = rn.mul %x, %g : !x, tensor<1x2x1x1xf32> -> !x
  %2 = rn.add %1, %shift : !x, tensor<2x1x1xf32> -> !x
  %3 = rn.mul %2, %scale : !x, tensor<2x1x1xf32> -> !x
  %4 = rn.add %3, %shift : !x, tensor<2x1x1xf32> -> !x
  return %4 : !x
}

// The addend is computed at run time.
// CHECK-LABEL: @keeps_map_of_another_sum
// CHECK: rn.mul_add
// CHECK: rn.mul
func.func @keeps_map_of_another_sum(%x: !x, %f: tensor<1x2x1x1xf32>) -> !x {
  %scale = rn.constant dense<[[[1.5]], [[-2.5]]]> : tensor<2x1x1xf32>
  %1 = rn.mul_add %x, %f, %x : !x, tensor<1x2x1x1xf32>, !x -> !x
  %2 = rn.mul %1, %scale : !x, tensor<2x1x1xf32> -> !x
  return %2 : !x
}
