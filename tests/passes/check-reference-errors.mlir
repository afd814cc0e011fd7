// RUN: resnetc-opt --split-input-file --verify-diagnostics --check-reference %s

// expected-error @below {{no results are recorded; run --record-reference first}}
func.func @not_recorded(%x: tensor<1xf32>) -> tensor<1xf32> {
  return %x : tensor<1xf32>
}

// -----

// expected-error @below {{result 1 differs from the reference: relative error 1.00e-01, allowed 1.00e-05}}
func.func @another_number() -> (tensor<1xf32>, tensor<2xf32>)
    attributes {rn.reference = [dense<1.0> : tensor<1xf64>, dense<[1.0, 10.0]> : tensor<2xf64>]} {
  %a = rn.constant dense<1.0> : tensor<1xf32>
  %b = rn.constant dense<[2.0, 10.0]> : tensor<2xf32>
  return %a, %b : tensor<1xf32>, tensor<2xf32>
}

// -----

// expected-error @below {{result 0 differs from the reference: relative error INF}}
func.func @not_a_number() -> tensor<1xf32> attributes {rn.reference = [dense<1.0> : tensor<1xf64>]} {
  %a = rn.constant dense<0x7FC00000> : tensor<1xf32>
  return %a : tensor<1xf32>
}

// -----

// expected-error @below {{result 0 has shape [1], had [2]}}
func.func @another_shape() -> tensor<1xf32> attributes {rn.reference = [dense<1.0> : tensor<2xf64>]} {
  %a = rn.constant dense<1.0> : tensor<1xf32>
  return %a : tensor<1xf32>
}

// -----

// expected-error @below {{has 1 results, had 2}}
func.func @another_count() -> tensor<1xf32>
    attributes {rn.reference = [dense<1.0> : tensor<1xf64>, dense<1.0> : tensor<1xf64>]} {
  %a = rn.constant dense<1.0> : tensor<1xf32>
  return %a : tensor<1xf32>
}
