// Too large to be evaluated here, too: no numeric check.
// RUN: resnetc-opt --fold-constants %s | FileCheck %s

// 400 MB from two vectors of 40 KB.
// CHECK-LABEL: @keeps_an_outer_product
// CHECK: rn.mul
func.func @keeps_an_outer_product(%x: tensor<1xf32>) -> tensor<10000x10000xf32> {
  %a = rn.constant dense<2.0> : tensor<10000x1xf32>
  %b = rn.constant dense<3.0> : tensor<10000xf32>
  %1 = rn.mul %a, %b : tensor<10000x1xf32>, tensor<10000xf32> -> tensor<10000x10000xf32>
  return %1 : tensor<10000x10000xf32>
}

// 10^12 multiplications.
// CHECK-LABEL: @keeps_an_expensive_layer
// CHECK: rn.dense
func.func @keeps_an_expensive_layer() -> tensor<1000x1000xf32> {
  %a = rn.constant dense<2.0> : tensor<1000x1000000xf32>
  %1 = rn.dense(%a, %a) : tensor<1000x1000000xf32>, tensor<1000x1000000xf32> -> tensor<1000x1000xf32>
  return %1 : tensor<1000x1000xf32>
}
