// RUN: resnetc-opt --record-reference --fold-constants --check-reference %s | FileCheck %s

// CHECK-LABEL: @folds_arithmetic
// CHECK-NEXT: %[[C:.*]] = rn.constant dense<[0.000000e+00, 6.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: return %[[C]]
func.func @folds_arithmetic() -> tensor<2xf32> {
  %a = rn.constant dense<[-1.0, 2.0]> : tensor<2xf32>
  %b = rn.constant dense<1.5> : tensor<f32>
  %1 = rn.mul %a, %b : tensor<2xf32>, tensor<f32> -> tensor<2xf32>
  %2 = rn.div %1, %b : tensor<2xf32>, tensor<f32> -> tensor<2xf32>
  %3 = rn.add %2, %a {act = #rn.act<relu>} : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %4 = rn.mul %3, %b : tensor<2xf32>, tensor<f32> -> tensor<2xf32>
  return %4 : tensor<2xf32>
}

// What an exporter makes of x.view(x.size(0), -1).
// CHECK-LABEL: @folds_a_chain_of_shapes
// CHECK: %[[C:.*]] = rn.constant dense<[2, -1]> : tensor<2xi64>
// CHECK-NEXT: return %[[C]]
func.func @folds_a_chain_of_shapes(%x: tensor<2x3x1x1xf32>) -> tensor<2xi64> {
  %zero = rn.constant dense<0> : tensor<1xi64>
  %rest = rn.constant dense<-1> : tensor<1xi64>
  %1 = rn.shape %x : tensor<2x3x1x1xf32> -> tensor<4xi64>
  %2 = rn.gather %1, %zero {axis = 0 : i64} : tensor<4xi64>, tensor<1xi64> -> tensor<1xi64>
  %3 = rn.concat %2, %rest {axis = 0 : i64} : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  return %3 : tensor<2xi64>
}

// The operand keeps its value for the other reader.
// CHECK-LABEL: @folds_one_reader_of_two
// CHECK-DAG: %[[A:.*]] = rn.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK-DAG: %[[B:.*]] = rn.constant dense<[2.000000e+00, 4.000000e+00]> : tensor<2xf32>
// CHECK: return %[[A]], %[[B]]
func.func @folds_one_reader_of_two() -> (tensor<2xf32>, tensor<2xf32>) {
  %a = rn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %1 = rn.add %a, %a : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %a, %1 : tensor<2xf32>, tensor<2xf32>
}

// Weights made by ConstantOfShape stay one number, however large.
// CHECK-LABEL: @moves_a_splat
// CHECK: rn.constant dense<2.000000e+00> : tensor<500x600xf32>
// CHECK-NEXT: return
func.func @moves_a_splat() -> tensor<500x600xf32> {
  %a = rn.constant dense<2.0> : tensor<1xf32>
  %1 = rn.broadcast %a : tensor<1xf32> -> tensor<600x500xf32>
  %2 = rn.transpose %1 {perm = array<i64: 1, 0>} : tensor<600x500xf32> -> tensor<500x600xf32>
  return %2 : tensor<500x600xf32>
}

// CHECK-LABEL: @not_a_number_stays_one
// CHECK: rn.constant dense<[0x7FC00000, 1.000000e+00]> : tensor<2xf32>
// CHECK-NEXT: return
func.func @not_a_number_stays_one() -> tensor<2xf32> {
  %a = rn.constant dense<[0x7FC00000, 1.0]> : tensor<2xf32>
  %1 = rn.activation %a {act = #rn.act<relu>} : tensor<2xf32> -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// CHECK-LABEL: @keeps_what_depends_on_an_input
// CHECK: rn.add
func.func @keeps_what_depends_on_an_input(%x: tensor<2xf32>) -> tensor<2xf32> {
  %a = rn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %1 = rn.add %a, %x : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %1 : tensor<2xf32>
}

// CHECK-LABEL: @keeps_broadcast_of_a_tensor
// CHECK: rn.broadcast
func.func @keeps_broadcast_of_a_tensor() -> tensor<3000x2xf32> {
  %a = rn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %1 = rn.broadcast %a : tensor<2xf32> -> tensor<3000x2xf32>
  return %1 : tensor<3000x2xf32>
}

// One value a group becomes one a channel.
// CHECK-LABEL: @folds_broadcast_of_a_vector
// CHECK-NEXT: %[[C:.*]] = rn.constant {{.*}} : tensor<32x8xf32>
// CHECK-NEXT: return %[[C]]
func.func @folds_broadcast_of_a_vector() -> tensor<32x8xf32> {
  %g = rn.constant dense<[[1.0], [2.0], [3.0], [4.0], [1.0], [2.0], [3.0], [4.0], [1.0], [2.0], [3.0], [4.0], [1.0], [2.0], [3.0], [4.0], [1.0], [2.0], [3.0], [4.0], [1.0], [2.0], [3.0], [4.0], [1.0], [2.0], [3.0], [4.0], [1.0], [2.0], [3.0], [4.0]]> : tensor<32x1xf32>
  %1 = rn.broadcast %g : tensor<32x1xf32> -> tensor<32x8xf32>
  return %1 : tensor<32x8xf32>
}
