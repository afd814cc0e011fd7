// RUN: resnetc-opt %s --record-reference --canonicalize --check-reference=tolerance=0 | FileCheck %s

// CHECK-LABEL: func.func @transposes_cancel
// CHECK-NEXT: return %arg0
func.func @transposes_cancel(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %0 = rn.transpose %x {perm = array<i64: 1, 2, 0>} : tensor<2x3x4xf32> -> tensor<3x4x2xf32>
  %1 = rn.transpose %0 {perm = array<i64: 2, 0, 1>} : tensor<3x4x2xf32> -> tensor<2x3x4xf32>
  return %1 : tensor<2x3x4xf32>
}

// CHECK-LABEL: func.func @keeps_transposes_that_do_not_cancel
// CHECK-COUNT-2: rn.transpose
func.func @keeps_transposes_that_do_not_cancel(%x: tensor<2x3x4xf32>) -> tensor<4x2x3xf32> {
  %0 = rn.transpose %x {perm = array<i64: 1, 2, 0>} : tensor<2x3x4xf32> -> tensor<3x4x2xf32>
  %1 = rn.transpose %0 {perm = array<i64: 1, 2, 0>} : tensor<3x4x2xf32> -> tensor<4x2x3xf32>
  return %1 : tensor<4x2x3xf32>
}

// CHECK-LABEL: func.func @reshapes_merge
// CHECK: %[[R:.*]] = rn.reshape %arg0 : tensor<2x3x4xf32> -> tensor<4x6xf32>
// CHECK-NEXT: return %[[R]]
func.func @reshapes_merge(%x: tensor<2x3x4xf32>) -> tensor<4x6xf32> {
  %0 = rn.reshape %x : tensor<2x3x4xf32> -> tensor<24xf32>
  %1 = rn.reshape %0 : tensor<24xf32> -> tensor<4x6xf32>
  return %1 : tensor<4x6xf32>
}

// CHECK-LABEL: func.func @shape_is_a_constant
// CHECK: rn.constant dense<[2, 3, 4]>
func.func @shape_is_a_constant(%x: tensor<2x3x4xf32>) -> tensor<3xi64> {
  %0 = rn.shape %x : tensor<2x3x4xf32> -> tensor<3xi64>
  return %0 : tensor<3xi64>
}
