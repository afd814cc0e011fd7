// RUN: resnetc-opt --split-input-file --append-head="softmax top-k=3" %s -verify-diagnostics | FileCheck %s

// Only the last output changes; the classes of [N, C, 1, 1] are flattened.
// CHECK-LABEL: @scores
// CHECK-SAME: -> (tensor<2x4xf32> {rn.name = "a"}, tensor<2x3xi32> {rn.name = "y_indices", rn.note = "the 3 best of 8, the best first"},
// CHECK-SAME: tensor<2x3xf32> {rn.name = "y_scores", rn.note = "softmax"})
// CHECK: %[[S:.*]] = rn.softmax %{{.*}} {axis = 1 : i64}
// CHECK: %[[F:.*]] = rn.reshape %[[S]] : tensor<2x8x1x1xf32> -> tensor<2x8xf32>
// CHECK: %[[I:.*]] = rn.top_k %[[F]] : tensor<2x8xf32> -> tensor<2x3xi32>
// CHECK: %[[V:.*]] = rn.take %[[F]], %[[I]]
// CHECK: return %{{.*}}, %[[I]], %[[V]]
func.func @scores(%a: tensor<2x4xf32>, %y: tensor<2x8x1x1xf32>) -> (tensor<2x4xf32> {rn.name = "a"}, tensor<2x8x1x1xf32> {rn.name = "y"}) {
  return %a, %y : tensor<2x4xf32>, tensor<2x8x1x1xf32>
}

// -----

// CHECK-LABEL: @already
// CHECK: rn.softmax
// CHECK-NOT: rn.softmax
// expected-warning @below {{[W111] 'y' is a softmax already: --softmax adds nothing}}
func.func @already(%x: tensor<1x8xf32>) -> (tensor<1x8xf32> {rn.name = "y"}) {
  %0 = rn.softmax %x {axis = 1 : i64} : tensor<1x8xf32> -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}

// -----

// expected-error @below {{[U018] --top-k: 'y' has no single score for each class: its shape is [1, 8, 2, 2]}}
func.func @image(%x: tensor<1x8x2x2xf32>) -> (tensor<1x8x2x2xf32> {rn.name = "y"}) {
  return %x : tensor<1x8x2x2xf32>
}

// -----

// expected-error @below {{[U018] --top-k: 3 of 2 classes, at most 2}}
func.func @too_many(%x: tensor<1x2xf32>) -> (tensor<1x2xf32> {rn.name = "y"}) {
  return %x : tensor<1x2xf32>
}
