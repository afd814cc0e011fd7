// RUN: resnetc-opt %s --split-input-file --record-reference --estimate-moments --check-reference=tolerance=0 | FileCheck %s

// Inputs have mean 1/2, variance 1. Behind 32 channels of weights 1/8 and a bias of 1: mean 1 + 32 / 16, variance 32 / 64.
// The ReLU of such a normal value has mean 0.698 and root mean square 1.02.
// CHECK: @chain
// CHECK: rn.conv2d({{.*}}input_moments = array<f64: 5.000000e-01, 1.118033{{[0-9]+}}>
// CHECK: rn.conv2d({{.*}}input_moments = array<f64: 3.000000e+00, 3.08220{{[0-9]+}}>
// CHECK: rn.conv2d({{.*}}input_moments = array<f64: 0.69{{[0-9]+}}, 1.019{{[0-9]+}}>
func.func @chain(%x: tensor<1x32x2x2xf32>) -> (tensor<1x4x2x2xf32>, tensor<1x1x2x2xf32>) {
  %w = rn.constant dense<0.125> : tensor<4x32x1x1xf32>
  %b = rn.constant dense<1.0> : tensor<4xf32>
  %v = rn.constant dense<0.5> : tensor<4x4x1x1xf32>
  %u = rn.constant dense<0.5> : tensor<1x32x1x1xf32>
  %0 = rn.conv2d(%x, %w, bias %b) : tensor<1x32x2x2xf32>, tensor<4x32x1x1xf32>, bias tensor<4xf32> -> tensor<1x4x2x2xf32>
  %1 = rn.conv2d(%0, %v) : tensor<1x4x2x2xf32>, tensor<4x4x1x1xf32> -> tensor<1x4x2x2xf32>
  %2 = rn.activation %x {act = #rn.act<relu>} : tensor<1x32x2x2xf32> -> tensor<1x32x2x2xf32>
  %3 = rn.conv2d(%2, %u) : tensor<1x32x2x2xf32>, tensor<1x32x1x1xf32> -> tensor<1x1x2x2xf32>
  return %1, %3 : tensor<1x4x2x2xf32>, tensor<1x1x2x2xf32>
}

// -----

// Weights for pixels of bytes: outputs of variance 1 / 4096 say that the inputs are 64 times larger, also behind an operation without
// weights. The second convolution's input does not come from there alone, so that its weights tell nothing.
// CHECK: @bytes
// CHECK: rn.conv2d({{.*}}input_moments = array<f64: 3.200000e+01, 71.55417{{[0-9]+}}>
// CHECK: rn.conv2d({{.*}}input_moments = array<f64: 1.000000e+00, 1.414213{{[0-9]+}}>
func.func @bytes(%x: tensor<1x4x2x2xf32>) -> tensor<1x4x2x2xf32> {
  %w = rn.constant dense<0.0078125> : tensor<4x4x1x1xf32>
  %0 = rn.pad %x {low = array<i64: 0, 0, 0, 0>, high = array<i64: 0, 0, 0, 0>, value = 0.0 : f64} : tensor<1x4x2x2xf32> -> tensor<1x4x2x2xf32>
  %1 = rn.conv2d(%0, %w) : tensor<1x4x2x2xf32>, tensor<4x4x1x1xf32> -> tensor<1x4x2x2xf32>
  %2 = rn.conv2d(%1, %w) : tensor<1x4x2x2xf32>, tensor<4x4x1x1xf32> -> tensor<1x4x2x2xf32>
  return %2 : tensor<1x4x2x2xf32>
}

// -----

// The residual adds its own, to the channels that it has; the second result is scaled, shifted and activated.
// Two of four channels get mean 1 and variance 2. scale 3, shift 4: means of 5.5 and 7, variances of 9 and 18.
// CHECK: @residual
// CHECK: rn.conv2d({{.*}}input_moments = array<f64: 7.500000e-01, 1.45773{{[0-9]+}}>
// CHECK: rn.conv2d({{.*}}input_moments = array<f64: 6.250000e+00, 7.28868{{[0-9]+}}>
func.func @residual(%x: tensor<1x4x2x2xf32>, %r: tensor<1x2x2x2xf32>) -> (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) {
  %w = rn.constant dense<[[[[1.0]], [[0.0]], [[0.0]], [[0.0]]], [[[0.0]], [[1.0]], [[0.0]], [[0.0]]], [[[0.0]], [[0.0]], [[1.0]], [[0.0]]], [[[0.0]], [[0.0]], [[0.0]], [[1.0]]]]> : tensor<4x4x1x1xf32>
  %u = rn.constant dense<0.5> : tensor<1x4x1x1xf32>
  %s = rn.constant dense<3.0> : tensor<4xf32>
  %t = rn.constant dense<4.0> : tensor<4xf32>
  %0, %1 = rn.conv2d(%x, %w residual %r) preact(%s, %t) {residual_channel = 1 : i64} : tensor<1x4x2x2xf32>, tensor<4x4x1x1xf32> residual tensor<1x2x2x2xf32> preact(tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x2x2xf32>, tensor<1x4x2x2xf32>
  %2 = rn.conv2d(%0, %u) : tensor<1x4x2x2xf32>, tensor<1x4x1x1xf32> -> tensor<1x1x2x2xf32>
  %3 = rn.conv2d(%1, %u) : tensor<1x4x2x2xf32>, tensor<1x4x1x1xf32> -> tensor<1x1x2x2xf32>
  return %2, %3 : tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>
}

// -----

// batch_norm: (x - 2) / 2 * 4 + 1 has mean -2 and variance 4. A product of independent values, a sum of them; a concatenation.
// CHECK: @pointwise
// CHECK: rn.conv2d({{.*}}input_moments = array<f64: -2.000000e+00, 2.82842{{[0-9]+}}>
// CHECK: rn.conv2d({{.*}}input_moments = array<f64: -3.000000e+00, 4.69041{{[0-9]+}}>
// CHECK: rn.conv2d({{.*}}input_moments = array<f64: -7.500000e-01, 2.15058{{[0-9]+}}>
func.func @pointwise(%x: tensor<1x2x2x2xf32>, %y: tensor<1x2x2x2xf32>) -> (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) {
  %u = rn.constant dense<0.5> : tensor<1x2x1x1xf32>
  %v = rn.constant dense<0.5> : tensor<1x4x1x1xf32>
  %four = rn.constant dense<4.0> : tensor<2xf32>
  %one = rn.constant dense<1.0> : tensor<2xf32>
  %two = rn.constant dense<2.0> : tensor<2xf32>
  %0 = rn.batch_norm(%x, %four, %one, %two, %four) {epsilon = 0.0 : f64} : (tensor<1x2x2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x2x2xf32>
  %1 = rn.mul_add %0, %y, %0 : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32> -> tensor<1x2x2x2xf32>
  %2 = rn.concat %0, %x {axis = 1 : i64} : (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) -> tensor<1x4x2x2xf32>
  %3 = rn.conv2d(%0, %u) : tensor<1x2x2x2xf32>, tensor<1x2x1x1xf32> -> tensor<1x1x2x2xf32>
  %4 = rn.conv2d(%1, %u) : tensor<1x2x2x2xf32>, tensor<1x2x1x1xf32> -> tensor<1x1x2x2xf32>
  %5 = rn.conv2d(%2, %v) : tensor<1x4x2x2xf32>, tensor<1x4x1x1xf32> -> tensor<1x1x2x2xf32>
  return %3, %4, %5 : tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>
}

// -----

// Pixels whose squares would come near the end of float32 get none.
// CHECK: @far
// CHECK: rn.conv2d({{.*}}input_moments
// CHECK-NOT: input_moments
func.func @far(%x: tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32> {
  %w = rn.constant dense<1.0e20> : tensor<2x2x1x1xf32>
  %0 = rn.conv2d(%x, %w) : tensor<1x2x2x2xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x2x2xf32>
  %1 = rn.conv2d(%0, %w) : tensor<1x2x2x2xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x2x2xf32>
  return %1 : tensor<1x2x2x2xf32>
}
