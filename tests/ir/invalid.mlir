// RUN: resnetc-opt %s --split-input-file --verify-diagnostics

func.func @channels(%x: tensor<1x3x8x8xf32>) -> tensor<1x8x8x8xf32> {
  %w = rn.constant dense<0.5> : tensor<8x4x1x1xf32>
  // expected-error @+1 {{input [1, 3, 8, 8] has 3 channels; weight [8, 4, 1, 1] expects 4 x group 1}}
  %0 = rn.conv2d(%x, %w) : tensor<1x3x8x8xf32>, tensor<8x4x1x1xf32> -> tensor<1x8x8x8xf32>
  return %0 : tensor<1x8x8x8xf32>
}

// -----

func.func @kernel_larger_than_image(%x: tensor<1x3x2x2xf32>) -> tensor<1x3x1x1xf32> {
  // expected-error @+1 {{output height would be -2: window of 5 in 2 padded pixels}}
  %0 = rn.max_pool %x {kernel = array<i64: 5, 5>} : tensor<1x3x2x2xf32> -> tensor<1x3x1x1xf32>
  return %0 : tensor<1x3x1x1xf32>
}

// -----

func.func @result_shape(%x: tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32> {
  // expected-error @+1 {{has result shape [1, 3, 4, 4], want [1, 3, 2, 2]}}
  %0 = rn.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>} : tensor<1x3x4x4xf32> -> tensor<1x3x4x4xf32>
  return %0 : tensor<1x3x4x4xf32>
}

// -----

func.func @broadcast(%x: tensor<1x64x56x56xf32>, %y: tensor<1x128x28x28xf32>) -> tensor<1x64x56x56xf32> {
  // expected-error @+1 {{cannot broadcast [1, 64, 56, 56] with [1, 128, 28, 28]}}
  %0 = rn.add %x, %y : tensor<1x64x56x56xf32>, tensor<1x128x28x28xf32> -> tensor<1x64x56x56xf32>
  return %0 : tensor<1x64x56x56xf32>
}

// -----

func.func @bias(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %w = rn.constant dense<0.5> : tensor<3x4xf32>
  %b = rn.constant dense<0.5> : tensor<4xf32>
  // expected-error @+1 {{bias has shape [4], want [3]}}
  %0 = rn.dense(%x, %w, bias %b) : tensor<2x4xf32>, tensor<3x4xf32>, bias tensor<4xf32> -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @slice(%x: tensor<4xf32>) -> tensor<3xf32> {
  // expected-error @+1 {{reads elements 2 to 4 of 4}}
  %0 = rn.slice %x {offsets = array<i64: 2>, steps = array<i64: 1>} : tensor<4xf32> -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @perm(%x: tensor<2x3xf32>) -> tensor<2x2xf32> {
  // expected-error @+1 {{perm [0, 0] is no permutation of rank 2}}
  %0 = rn.transpose %x {perm = array<i64: 0, 0>} : tensor<2x3xf32> -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}

// -----

// expected-error @+1 {{needs an index exactly when it is an input or output}}
plan.buffer input @x bytes 4

// -----

plan.kernel @k {kind = "pointwise"}
plan.buffer arena @a bytes 4
plan.step "s" grid [2, 2] {
  // expected-error @+1 {{pointer into @a has 1 steps, the grid has 2 dimensions}}
  plan.call @k [#plan.ref<@a + 0 step [4]>]
}

// -----

func.func @second_result_without_scale(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %w = rn.constant dense<0.5> : tensor<2x2x1x1xf32>
  // expected-error @+1 {{has a second result exactly when it has a scale and a shift}}
  %0, %1 = rn.conv2d(%x, %w) : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> -> tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}

// -----

func.func @second_result_shape(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32> {
  %w = rn.constant dense<0.5> : tensor<2x2x1x1xf32>
  %s = rn.constant dense<0.5> : tensor<2xf32>
  // expected-error @+1 {{second result has shape [1, 2, 2, 2], want [1, 2, 4, 4]}}
  %0, %1 = rn.conv2d(%x, %w) preact(%s, %s) : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32> preact(tensor<2xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>, tensor<1x2x2x2xf32>
  return %1 : tensor<1x2x2x2xf32>
}

// -----

func.func @second_result_scale(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %s = rn.constant dense<0.5> : tensor<3xf32>
  // expected-error @+1 {{scale has shape [3], want [2]}}
  %0, %1 = rn.max_pool %x preact(%s, %s) {kernel = array<i64: 1, 1>} : tensor<1x2x4x4xf32> preact(tensor<3xf32>, tensor<3xf32>) -> tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
  return %1 : tensor<1x2x4x4xf32>
}

// -----

func.func @activation_without_second_result(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  // expected-error @+1 {{has an activation of a second result but no such result}}
  %0 = rn.max_pool %x {kernel = array<i64: 1, 1>, preact_act = #rn.act<relu>} : tensor<1x2x4x4xf32> -> tensor<1x2x4x4xf32>
  return %0 : tensor<1x2x4x4xf32>
}

// -----

func.func @residual_past_the_last_channel(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x4x4xf32> {
  %w = rn.constant dense<0.5> : tensor<3x2x1x1xf32>
  // expected-error @+1 {{residual has shape [1, 2, 4, 4] from channel 2, want [1, 3, 4, 4]}}
  %0 = rn.conv2d(%x, %w residual %x) {residual_channel = 2 : i64} : tensor<1x2x4x4xf32>, tensor<3x2x1x1xf32> residual tensor<1x2x4x4xf32> -> tensor<1x3x4x4xf32>
  return %0 : tensor<1x3x4x4xf32>
}
