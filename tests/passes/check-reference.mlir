// RUN: resnetc-opt --record-reference %s | FileCheck %s --check-prefix=RECORD
// RUN: resnetc-opt --record-reference --check-reference='tolerance=0' %s | FileCheck %s

// RECORD: func.func @a(%{{.*}} attributes {rn.reference = [dense<{{.*}}> : tensor<4xf64>]}
// CHECK-LABEL: @a
// CHECK-NOT: rn.reference
func.func @a(%x: tensor<4xf32>) -> tensor<4xf32> {
  %1 = rn.activation %x {act = #rn.act<relu>} : tensor<4xf32> -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// NaN equals NaN, and infinity itself.
// CHECK-LABEL: @not_finite
func.func @not_finite() -> tensor<3xf32> {
  %c = rn.constant dense<[0x7FC00000, 0x7F800000, 1.0]> : tensor<3xf32>
  return %c : tensor<3xf32>
}
