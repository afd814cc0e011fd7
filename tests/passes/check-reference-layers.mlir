// The recorded layers say where a difference begins. A layer that was made of several agrees when it has the value of one
// of them, in any order of dimensions.
// RUN: not resnetc-opt --check-reference --split-input-file %s 2>&1 | FileCheck %s --check-prefix=ERROR
// RUN: resnetc-opt --record-reference=layers --split-input-file %s | FileCheck %s --check-prefix=RECORD

// ERROR: error: result 0 differs from the reference: relative error 1.00e+00, allowed 1.00e-05
// ERROR: @differs
// ERROR: note: loc("c"): the first layer that differs: relative error 1.00e+00; the 1 before it agree
// ERROR-NOT: error
// RECORD-DAG: #[[A:.*]] = loc("a")
// RECORD-DAG: #[[B:.*]] = loc("b")
// RECORD-DAG: #[[C:.*]] = loc("c")
// RECORD: @differs
// RECORD-SAME: rn.reference_layers = [#[[A]], dense<{{\[+}}2.000000e+00, 4.000000e+00{{\]+}}> : tensor<1x2xf64>, #[[B]], {{.*}}, #[[C]], dense<{{\[+}}4.000000e+00, 8.000000e+00{{\]+}}> : tensor<1x2xf64>
func.func @differs() -> tensor<1x2xf32>
    attributes {rn.reference = [dense<[[4.0, 8.0]]> : tensor<1x2xf64>],
                rn.reference_layers = [loc("a"), dense<1.0> : tensor<2x1xf64>, loc("b"), dense<[[4.0], [2.0]]> : tensor<2x1xf64>,
                                       loc("c"), dense<[[4.0, 4.0]]> : tensor<1x2xf64>]} {
  %c = rn.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32>
  %0 = rn.add %c, %c : tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x2xf32> loc(fused["a", "b"])
  %1 = rn.add %0, %0 : tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x2xf32> loc("c")
  %2 = rn.add %1, %1 : tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x2xf32> loc("d")
  return %2 : tensor<1x2xf32>
}

// -----

// RECORD-LABEL: @agrees
func.func @agrees() -> tensor<2xf32>
    attributes {rn.reference = [dense<[1.0, 2.0]> : tensor<2xf64>], rn.reference_layers = []} {
  %c = rn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  return %c : tensor<2xf32>
}
