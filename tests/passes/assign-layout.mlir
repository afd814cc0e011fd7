// RUN: resnetc-opt %s --split-input-file --record-reference --assign-layout=block=8 --check-reference=tolerance=0 | FileCheck %s
// RUN: resnetc-opt %s --split-input-file --assign-layout="block=8 winograd=true" | FileCheck %s --check-prefix=WINOGRAD

// Three channels come from planes; the border is the padding of the reader; the result leaves dense.
// CHECK-LABEL: func.func @main
// CHECK: %[[P:.*]] = rn.relayout %{{.*}} -> tensor<1x3x4x4xf32, #rn.layout<1, [1, 1, 1, 1]>>
// CHECK: %[[C:.*]] = rn.conv2d(%[[P]], {{.*}} -> tensor<1x8x4x4xf32, #rn.layout<8, [0, 0, 0, 0]>>
// CHECK: %[[D:.*]] = rn.relayout %[[C]] {{.*}} -> tensor<1x8x4x4xf32>
// CHECK: return %[[D]]
func.func @main(%x: tensor<1x3x4x4xf32>) -> tensor<1x8x4x4xf32> {
  %w = rn.constant dense<0.5> : tensor<8x3x3x3xf32>
  %0 = rn.conv2d(%x, %w) {pads = array<i64: 1, 1, 1, 1>} : tensor<1x3x4x4xf32>, tensor<8x3x3x3xf32> -> tensor<1x8x4x4xf32>
  return %0 : tensor<1x8x4x4xf32>
}

// -----

// One value, two readers with different padding: one layout with the larger border serves both.
// CHECK-LABEL: func.func @takes_the_largest_border
// CHECK: rn.activation {{.*}} -> tensor<1x8x4x4xf32, #rn.layout<8, [1, 2, 1, 2]>>
// CHECK-NOT: rn.relayout
// CHECK: rn.conv2d
// CHECK: rn.conv2d
func.func @takes_the_largest_border(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32> {
  %w = rn.constant dense<0.5> : tensor<8x8x3x3xf32>
  %v = rn.constant dense<0.25> : tensor<8x8x1x5xf32>
  %u = rn.constant dense<1.0> : tensor<8x8x1x1xf32>
  %0 = rn.conv2d(%x, %u) : tensor<1x8x4x4xf32>, tensor<8x8x1x1xf32> -> tensor<1x8x4x4xf32>
  %1 = rn.activation %0 {act = #rn.act<sigmoid>} : tensor<1x8x4x4xf32> -> tensor<1x8x4x4xf32>
  %2 = rn.conv2d(%1, %w) {pads = array<i64: 1, 1, 1, 1>} : tensor<1x8x4x4xf32>, tensor<8x8x3x3xf32> -> tensor<1x8x4x4xf32>
  %3 = rn.conv2d(%1, %v) {pads = array<i64: 0, 2, 0, 2>} : tensor<1x8x4x4xf32>, tensor<8x8x1x5xf32> -> tensor<1x8x4x4xf32>
  %4 = rn.add %2, %3 : tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32> -> tensor<1x8x4x4xf32>
  return %4 : tensor<1x8x4x4xf32>
}

// -----

// An NHWC image reaches the planes in one copy, and leaves NHWC in one copy.
// CHECK-LABEL: func.func @relayouts_and_transposes_at_once
// CHECK: rn.relayout %{{.*}} {perm = array<i64: 0, 3, 1, 2>} {{.*}} #rn.layout<1, [1, 1, 1, 1]>
// CHECK: rn.conv2d
// CHECK: rn.relayout %{{.*}} {perm = array<i64: 0, 2, 3, 1>} {{.*}} -> tensor<1x4x4x8xf32>
// CHECK-NOT: rn.transpose
func.func @relayouts_and_transposes_at_once(%x: tensor<1x4x4x3xf32>) -> tensor<1x4x4x8xf32> {
  %w = rn.constant dense<0.5> : tensor<8x3x3x3xf32>
  %t = rn.transpose %x {perm = array<i64: 0, 3, 1, 2>} : tensor<1x4x4x3xf32> -> tensor<1x3x4x4xf32>
  %0 = rn.conv2d(%t, %w) {pads = array<i64: 1, 1, 1, 1>} : tensor<1x3x4x4xf32>, tensor<8x3x3x3xf32> -> tensor<1x8x4x4xf32>
  %1 = rn.transpose %0 {perm = array<i64: 0, 2, 3, 1>} : tensor<1x8x4x4xf32> -> tensor<1x4x4x8xf32>
  return %1 : tensor<1x4x4x8xf32>
}

// -----

// A slice that cuts a block of channels in two works on the dense tensor.
// CHECK-LABEL: func.func @keeps_a_slice_inside_a_block_dense
// CHECK: rn.slice {{.*}} : tensor<1x16x4x4xf32> -> tensor<1x4x4x4xf32>
// CHECK-LABEL: func.func @slices_pixels_of_blocks
// CHECK: rn.slice {{.*}} -> tensor<1x16x2x2xf32, #rn.layout<8, [0, 0, 0, 0]>>
func.func @keeps_a_slice_inside_a_block_dense(%x: tensor<1x16x4x4xf32>) -> tensor<1x4x4x4xf32> {
  %0 = rn.max_pool %x {kernel = array<i64: 1, 1>} : tensor<1x16x4x4xf32> -> tensor<1x16x4x4xf32>
  %1 = rn.slice %0 {offsets = array<i64: 0, 2, 0, 0>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x16x4x4xf32> -> tensor<1x4x4x4xf32>
  return %1 : tensor<1x4x4x4xf32>
}
func.func @slices_pixels_of_blocks(%x: tensor<1x16x4x4xf32>) -> tensor<1x16x2x2xf32> {
  %0 = rn.max_pool %x {kernel = array<i64: 1, 1>} : tensor<1x16x4x4xf32> -> tensor<1x16x4x4xf32>
  %1 = rn.slice %0 {offsets = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 2, 2>} : tensor<1x16x4x4xf32> -> tensor<1x16x2x2xf32>
  return %1 : tensor<1x16x2x2xf32>
}

// -----

// Winograd works on whole tiles of up to 4x4 pixels: the border covers what they read beyond the image.
// CHECK-LABEL: func.func @borders_of_whole_tiles
// CHECK: rn.max_pool {{.*}} #rn.layout<8, [1, 1, 1, 1]>>
// WINOGRAD-LABEL: func.func @borders_of_whole_tiles
// WINOGRAD: rn.max_pool {{.*}} #rn.layout<8, [1, 1, 2, 1]>>
func.func @borders_of_whole_tiles(%x: tensor<1x32x7x8xf32>) -> tensor<1x32x7x8xf32> {
  %w = rn.constant dense<0.5> : tensor<32x32x3x3xf32>
  %0 = rn.max_pool %x {kernel = array<i64: 1, 1>} : tensor<1x32x7x8xf32> -> tensor<1x32x7x8xf32>
  %1 = rn.conv2d(%0, %w) {pads = array<i64: 1, 1, 1, 1>} : tensor<1x32x7x8xf32>, tensor<32x32x3x3xf32> -> tensor<1x32x7x8xf32>
  return %1 : tensor<1x32x7x8xf32>
}

// -----

// With stride 2 the tiles of 4x4 of the 3x4 result reach two pixels further for each row of it that does not exist.
// WINOGRAD-LABEL: func.func @borders_of_strided_tiles
// WINOGRAD: rn.max_pool {{.*}} #rn.layout<8, [1, 1, 3, 1]>>
func.func @borders_of_strided_tiles(%x: tensor<1x32x6x8xf32>) -> tensor<1x32x3x4xf32> {
  %w = rn.constant dense<0.5> : tensor<32x32x3x3xf32>
  %0 = rn.max_pool %x {kernel = array<i64: 1, 1>} : tensor<1x32x6x8xf32> -> tensor<1x32x6x8xf32>
  %1 = rn.conv2d(%0, %w) {pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : tensor<1x32x6x8xf32>, tensor<32x32x3x3xf32> -> tensor<1x32x3x4xf32>
  return %1 : tensor<1x32x3x4xf32>
}

// -----

// Each of two results gets the border that its own readers want.
// CHECK-LABEL: func.func @borders_of_second_results
// CHECK: rn.conv2d{{.*}} -> tensor<1x8x4x4xf32, #rn.layout<8, [0, 0, 0, 0]>>, tensor<1x8x4x4xf32, #rn.layout<8, [1, 1, 1, 1]>>
// CHECK-NOT: rn.relayout
// CHECK: rn.conv2d
func.func @borders_of_second_results(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32> {
  %w = rn.constant dense<0.5> : tensor<8x8x1x1xf32>
  %v = rn.constant dense<0.25> : tensor<8x8x3x3xf32>
  %s = rn.constant dense<2.0> : tensor<8xf32>
  %0, %1 = rn.conv2d(%x, %w) preact(%s, %s) : tensor<1x8x4x4xf32>, tensor<8x8x1x1xf32> preact(tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32>
  %2 = rn.conv2d(%1, %v residual %0) {pads = array<i64: 1, 1, 1, 1>} : tensor<1x8x4x4xf32>, tensor<8x8x3x3xf32> residual tensor<1x8x4x4xf32> -> tensor<1x8x4x4xf32>
  return %2 : tensor<1x8x4x4xf32>
}

// -----

// A residual of some channels keeps them if they are whole blocks, else it gets its zeros back.
// CHECK-LABEL: func.func @residual_of_whole_blocks
// CHECK-NOT: rn.pad
// CHECK: residual_channel = 8
// CHECK-LABEL: func.func @residual_inside_a_block
// CHECK: %[[P:.*]] = rn.pad %{{.*}} {high = array<i64: 0, 4, 0, 0>, low = array<i64: 0, 4, 0, 0>, value = 0.000000e+00 : f64}
// CHECK-NOT: residual_channel
func.func @residual_of_whole_blocks(%x: tensor<1x8x4x4xf32>) -> tensor<1x24x4x4xf32> {
  %w = rn.constant dense<0.5> : tensor<24x8x1x1xf32>
  %0 = rn.conv2d(%x, %w residual %x) {residual_channel = 8 : i64} : tensor<1x8x4x4xf32>, tensor<24x8x1x1xf32> residual tensor<1x8x4x4xf32> -> tensor<1x24x4x4xf32>
  return %0 : tensor<1x24x4x4xf32>
}
func.func @residual_inside_a_block(%x: tensor<1x8x4x4xf32>) -> tensor<1x16x4x4xf32> {
  %w = rn.constant dense<0.5> : tensor<16x8x1x1xf32>
  %0 = rn.conv2d(%x, %w residual %x) {residual_channel = 4 : i64} : tensor<1x8x4x4xf32>, tensor<16x8x1x1xf32> residual tensor<1x8x4x4xf32> -> tensor<1x16x4x4xf32>
  return %0 : tensor<1x16x4x4xf32>
}
