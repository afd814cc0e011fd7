// RUN: resnetc-opt --split-input-file --read-image="bytes nhwc bgr mean=124,117,104 std=58,57,56" %s | FileCheck %s
// RUN: resnetc-opt --split-input-file --read-image="bytes nhwc" %s | FileCheck %s --check-prefix=BARE
// RUN: not resnetc-opt --split-input-file --read-image="mean=1,2" %s 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: not resnetc-opt --split-input-file --read-image="input=other" %s 2>&1 | FileCheck %s --check-prefix=NAME

// CHECK-LABEL: @planes
// CHECK-SAME: %[[PIXELS:.*]]: tensor<1x8x9x3xui8>
// CHECK-SAME: rn.layout = "NHWC"
// CHECK-SAME: rn.note = "channels reversed, (x - [124.00, 117.00, 104.00]) / [58.00, 57.00, 56.00] is computed inside"
// CHECK: %[[X:.*]] = rn.image %[[PIXELS]]
// CHECK-SAME: mean = array<f64: 1.240000e+02, 1.170000e+02, 1.040000e+02>, nhwc, reverse, std = array<f64: 5.800000e+01
// CHECK-SAME: tensor<1x8x9x3xui8> -> tensor<1x3x8x9xf32>
// CHECK: rn.activation %[[X]]
// BARE-LABEL: @planes
// BARE: mean = array<f64: 0.000000e+00, 0.000000e+00, 0.000000e+00>, nhwc, std = array<f64: 1.000000e+00
// COUNT: error: [U018] --input-format: 2 values of --mean for 3 channels
// NAME: error: [U018] --input-format: no input is called 'other': the inputs are 'x'
func.func @planes(%x: tensor<1x3x8x9xf32> {rn.name = "x"}) -> tensor<1x3x8x9xf32> {
  %0 = rn.activation %x {act = #rn.act<relu>} : tensor<1x3x8x9xf32> -> tensor<1x3x8x9xf32>
  return %0 : tensor<1x3x8x9xf32>
}

// -----

// A network that wants its channels last: the transpose cancels with its own.
// CHECK-LABEL: @channels_last
// CHECK: %[[X:.*]] = rn.image
// CHECK: %[[T:.*]] = rn.transpose %[[X]] {perm = array<i64: 0, 2, 3, 1>}
// CHECK: rn.activation %[[T]]
func.func @channels_last(%x: tensor<1x8x9x3xf32> {rn.name = "x"}) -> tensor<1x8x9x3xf32> {
  %0 = rn.activation %x {act = #rn.act<relu>} : tensor<1x8x9x3xf32> -> tensor<1x8x9x3xf32>
  return %0 : tensor<1x8x9x3xf32>
}
