// RUN: resnetc-opt %s --pack-weights | FileCheck %s

// Two output blocks of two lanes, two input channels in one block, 1x1: [input lane][block of tile][lane].
// CHECK: @plain {{.*}} value dense<[1.000000e+00, 3.000000e+00, 5.000000e+00, 7.000000e+00, 2.000000e+00, 4.000000e+00, 6.000000e+00, 8.000000e+00]>
plan.buffer weights @plain bytes 32 pack {kind = "conv", shape = array<i64: 4, 2, 1, 1>, groups = array<i64: 1>, merged = array<i64: 1>, block = array<i64: 2>, in = array<i64: 2, 1>, tile = array<i64: 2>} value dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]], [[[5.0]], [[6.0]]], [[[7.0]], [[8.0]]]]> : tensor<4x2x1x1xf32>
// Two groups of one channel merged into one block: zeros off the diagonal.
// CHECK: @merged {{.*}} value dense<[1.000000e+00, 0.000000e+00, 0.000000e+00, 2.000000e+00]>
plan.buffer weights @merged bytes 16 pack {kind = "conv", shape = array<i64: 2, 1, 1, 1>, groups = array<i64: 2>, merged = array<i64: 2>, block = array<i64: 2>, in = array<i64: 2, 1>, tile = array<i64: 1>} value dense<[[[[1.0]]], [[[2.0]]]]> : tensor<2x1x1x1xf32>
// One output channel of two lanes, one tap row of two: the second lane is zero.
// CHECK: @partial {{.*}} value dense<[1.000000e+00, 0.000000e+00, 2.000000e+00, 0.000000e+00]>
plan.buffer weights @partial bytes 16 pack {kind = "conv", shape = array<i64: 1, 1, 1, 2>, groups = array<i64: 1>, merged = array<i64: 1>, block = array<i64: 2>, in = array<i64: 1, 1>, tile = array<i64: 1>} value dense<[[[[1.0, 2.0]]]]> : tensor<1x1x1x2xf32>
// One kernel, lanes of one: U = G g G^T row by row. g = [1 2 3; 4 5 6; 7 8 9].
// G g = [1 2 3; 6 7.5 9; 2 2.5 3; 7 8 9], and each row times G^T.
// CHECK: @winograd {{.*}} value dense<[1.000000e+00, 3.000000e+00, 1.000000e+00, 3.000000e+00, 6.000000e+00, 1.125000e+01, 3.750000e+00, 9.000000e+00, 2.000000e+00, 3.750000e+00, 1.250000e+00, 3.000000e+00, 7.000000e+00, 1.200000e+01, 4.000000e+00, 9.000000e+00]>
plan.buffer weights @winograd bytes 64 pack {kind = "winograd", output_tile = array<i64: 2>, stride = array<i64: 1>, shape = array<i64: 1, 1, 3, 3>, block = array<i64: 1>, in = array<i64: 1, 1>, tile = array<i64: 1>} value dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]> : tensor<1x1x3x3xf32>
// The same with tiles of 4x4: the first column of G, [15 5 -5 -16 1 0] / 15, times its transpose.
// CHECK: @winograd4 {{.*}} value dense<[2.250000e+02, 7.500000e+01, -7.500000e+01, -2.400000e+02, 1.500000e+01, 0.000000e+00, 7.500000e+01, 2.500000e+01, -2.500000e+01, -8.000000e+01, 5.000000e+00, 0.000000e+00, -7.500000e+01, -2.500000e+01, 2.500000e+01, 8.000000e+01, -5.000000e+00, 0.000000e+00, -2.400000e+02, -8.000000e+01, 8.000000e+01, 2.560000e+02, -1.600000e+01, 0.000000e+00, 1.500000e+01, 5.000000e+00, -5.000000e+00, -1.600000e+01, 1.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00, 0.000000e+00]>
plan.buffer weights @winograd4 bytes 144 pack {kind = "winograd", output_tile = array<i64: 4>, stride = array<i64: 1>, shape = array<i64: 1, 1, 3, 3>, block = array<i64: 1>, in = array<i64: 1, 1>, tile = array<i64: 1>} value dense<[[[[225.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]]> : tensor<1x1x3x3xf32>
// With stride 2 outer taps and middle ones part: rows of G [1 0 0; 1 0 1; 0 0 1; 0 1 0; 0 1 0], g as above.
// CHECK: @winograd2 {{.*}} value dense<[1.000000e+00, 4.000000e+00, 3.000000e+00, 2.000000e+00, 2.000000e+00, 8.000000e+00, 2.000000e+01, 1.200000e+01, 1.000000e+01, 1.000000e+01, 7.000000e+00, 1.600000e+01, 9.000000e+00, 8.000000e+00, 8.000000e+00, 4.000000e+00, 1.000000e+01, 6.000000e+00, 5.000000e+00, 5.000000e+00, 4.000000e+00, 1.000000e+01, 6.000000e+00, 5.000000e+00, 5.000000e+00]>
plan.buffer weights @winograd2 bytes 100 pack {kind = "winograd", output_tile = array<i64: 2>, stride = array<i64: 2>, shape = array<i64: 1, 1, 3, 3>, block = array<i64: 1>, in = array<i64: 1, 1>, tile = array<i64: 1>} value dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]> : tensor<1x1x3x3xf32>
// Inner products: four channels in two blocks of two, so channels 0 and 2 are a pair, 1 and 3 another. With pixels of 8 the outputs
// get scales of 8, 2 and 4. [output block][lane][channel of the pair][lane of output]; the odd block of a tile has its lanes
// backwards: channels 1 and 3 come first. There is no output 3.
// CHECK: @inner_weights {{.*}} value dense<[8.000000e+00, 8.000000e+00, -8.000000e+00, 8.000000e+00, 8.000000e+00, 8.000000e+00, 8.000000e+00, 8.000000e+00, 8.000000e+00, 0.000000e+00, 4.000000e+00, 0.000000e+00, 8.000000e+00, 0.000000e+00, -4.000000e+00, 0.000000e+00]>
plan.buffer weights @inner_weights bytes 64 pack {kind = "inner_weights", mean = 0.0 : f64, rms = 8.0 : f64, shape = array<i64: 3, 4>, block = array<i64: 2>, in = array<i64: 2, 2>, tile = array<i64: 2>} value dense<[[1.0, 1.0, -1.0, 1.0], [4.0, 4.0, 4.0, 4.0], [2.0, 2.0, -1.0, 1.0]]> : tensor<3x4xf32>
// Where blocks share their scalars, lanes stand in one order: channels 0 and 2 come first in both.
// CHECK: @inner_shared {{.*}} value dense<[8.000000e+00, 8.000000e+00, -8.000000e+00, 8.000000e+00, 8.000000e+00, 8.000000e+00, 8.000000e+00, 8.000000e+00, 8.000000e+00, 0.000000e+00, -4.000000e+00, 0.000000e+00, 8.000000e+00, 0.000000e+00, 4.000000e+00, 0.000000e+00]>
plan.buffer weights @inner_shared bytes 64 pack {kind = "inner_weights", scalars = "shared", mean = 0.0 : f64, rms = 8.0 : f64, shape = array<i64: 3, 4>, block = array<i64: 2>, in = array<i64: 2, 2>, tile = array<i64: 2>} value dense<[[1.0, 1.0, -1.0, 1.0], [4.0, 4.0, 4.0, 4.0], [2.0, 2.0, -1.0, 1.0]]> : tensor<3x4xf32>
// Sums of scale^2 w0 w1, 4 * 32 for the second; 1 / scale.
// CHECK: @inner_factors {{.*}} value dense<[0.000000e+00, 1.280000e+02, 1.250000e-01, 5.000000e-01, 0.000000e+00, 0.000000e+00, 2.500000e-01, 0.000000e+00]>
plan.buffer weights @inner_factors bytes 32 pack {kind = "inner_factors", mean = 0.0 : f64, rms = 8.0 : f64, shape = array<i64: 3, 4>, block = array<i64: 2>, in = array<i64: 2, 2>, tile = array<i64: 2>} value dense<[[1.0, 1.0, -1.0, 1.0], [4.0, 4.0, 4.0, 4.0], [2.0, 2.0, -1.0, 1.0]]> : tensor<3x4xf32>
// A mean that is not zero makes them larger (16 -> 32); weights that are all zero get the largest, 2^60.
// CHECK: @inner_mean {{.*}} value dense<[0.000000e+00, 0.000000e+00, 3.125000e-02, 8.67361737E-19]>
plan.buffer weights @inner_mean bytes 16 pack {kind = "inner_factors", mean = 84.4 : f64, rms = 84.4 : f64, shape = array<i64: 2, 4>, block = array<i64: 2>, in = array<i64: 2, 2>, tile = array<i64: 1>} value dense<[[4.0, 4.0, -4.0, 4.0], [0.0, 0.0, 0.0, 0.0]]> : tensor<2x4xf32>
// The transform at position 0 of F(2x2) is the corner of the kernel: 16 positions of [input lane][2][lane], here of the first.
// CHECK: @inner_winograd {{.*}} value dense<[8.000000e+00, -8.000000e+00, 
plan.buffer weights @inner_winograd bytes 128 pack {kind = "inner_weights", output_tile = array<i64: 2>, stride = array<i64: 1>, mean = 0.0 : f64, rms = 4.0 : f64, shape = array<i64: 1, 2>, block = array<i64: 1>, in = array<i64: 1, 2>, tile = array<i64: 1>} value dense<[[[[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[-1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]]> : tensor<1x2x3x3xf32>
// 1 + 2^-9 + 2^-17 is 0x3f80 (the upper half of a float) + 0x3b00 + 0x3700; a third is a little less than 0x3eab, so its second part is negative:
// 0x3eab3f80, 0xba2b3b00, 0x35ac3700. The channel of the second block is in the high half; there are no others.
// CHECK: @split {{.*}} value dense<[1051410304, -1171571968, 900478720]> : tensor<3xi32>
plan.buffer weights @split bytes 12 pack {kind = "split_weights", shape = array<i64: 1, 2, 1, 1>, block = array<i64: 1>, pairs = array<i64: 1>, tile = array<i64: 1>} value dense<[[[[1.00196075]], [[0.333333343]]]]> : tensor<1x2x1x1xf32>
// Two blocks of outputs together, two taps: [part][tap][block]; the second input channel is not there.
// CHECK: @split_taps {{.*}} value dense<[16256, 16384, 16448, 16512, 0, 0, 0, 0, 0, 0, 0, 0]> : tensor<12xi32>
plan.buffer weights @split_taps bytes 48 pack {kind = "split_weights", shape = array<i64: 2, 1, 1, 2>, block = array<i64: 1>, pairs = array<i64: 1>, tile = array<i64: 2>} value dense<[[[[1.0, 3.0]]], [[[2.0, 4.0]]]]> : tensor<2x1x1x2xf32>
// CHECK: @bias {{.*}} value dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 0.000000e+00]>
plan.buffer weights @bias bytes 16 pack {kind = "vector", size = array<i64: 4>} value dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
// Three channels of two pixels in blocks of two; the lane past the last channel is one.
// CHECK: @image {{.*}} value dense<[1.000000e+00, 3.000000e+00, 2.000000e+00, 4.000000e+00, 5.000000e+00, 1.000000e+00, 6.000000e+00, 1.000000e+00]>
plan.buffer weights @image bytes 32 pack {kind = "image", shape = array<i64: 1, 3, 1, 2>, block = array<i64: 2>} value dense<[[[1.0, 2.0]], [[3.0, 4.0]], [[5.0, 6.0]]]> : tensor<3x1x2xf32>
