// Numbers are checked end to end (tests/e2e): a plan has no evaluator but the machine.
// RUN: resnetc-opt %s --split-input-file --assign-layout=block=8 --select-kernels="triple=x86_64-unknown-linux-gnu cpu=x86-64-v3" | FileCheck %s
// RUN: resnetc-opt %s --split-input-file --assign-layout="block=8 winograd=true" --select-kernels="triple=x86_64-unknown-linux-gnu cpu=x86-64-v3 winograd=true" | FileCheck %s --check-prefix=WINOGRAD
// RUN: not resnetc-opt %s --split-input-file --assign-layout=block=8 --select-kernels="triple=x86_64-unknown-linux-gnu cpu=pentium" 2>&1 | FileCheck %s --check-prefix=MACHINE
// MACHINE: unknown machine

// A padded convolution: the image is copied into planes, the border zeroed, the pointer starts at the first tap.
// CHECK-DAG: plan.buffer input @in0 bytes 768 index 0
// CHECK-DAG: plan.buffer arena @[[PLANES:b[0-9]+]] bytes 1200
// CHECK-DAG: plan.buffer weights @[[W:w[0-9]+]] bytes 1728 pack {{{.*}}kind = "conv"{{.*}}}
// CHECK-DAG: plan.kernel @[[CONV:conv_.*_relu.*]] {act = "relu"{{.*}}kernel = array<i64: 3, 3>
// CHECK: func.func private @main(tensor<1x3x8x8xf32> {rn.name = "data"})
// CHECK: plan.step "input" grid [1, 3, 1]
// CHECK-NEXT: plan.call @pointwise_copy{{.*}} [#plan.ref<@in0 + 0 {{.*}}, #plan.ref<@[[PLANES]] + 44
// CHECK: plan.step "input" grid [1, 3]
// CHECK-NEXT: pointwise_fill
// CHECK: plan.step "stem" grid {{.*}} flops 55296
// CHECK-NEXT: plan.call @[[CONV]]{{.*}}[#plan.ref<@[[PLANES]] + 0 {{.*}}#plan.ref<@[[W]] + 0
func.func @main(%x: tensor<1x3x8x8xf32> {rn.name = "data"}) -> (tensor<1x16x8x8xf32> {rn.name = "y"}) {
  %w = rn.constant dense<0.5> : tensor<16x3x3x3xf32>
  %0 = rn.conv2d(%x, %w) {pads = array<i64: 1, 1, 1, 1>, act = #rn.act<relu>} : tensor<1x3x8x8xf32>, tensor<16x3x3x3xf32> -> tensor<1x16x8x8xf32> loc("stem")
  return %0 : tensor<1x16x8x8xf32>
}

// -----

// A larger image is copied in bands of rows, for more threads than it has channels.
// CHECK: plan.step "input" grid [1, 3, 4]
// CHECK-NEXT: plan.call @pointwise_copy_1x64x16x1x1x1_{{[0-9a-f]+}} [#plan.ref<@in0 + 0 step[49152, 16384, 4096]>
func.func @main(%x: tensor<1x3x64x64xf32> {rn.name = "data"}) -> (tensor<1x16x64x64xf32> {rn.name = "y"}) {
  %w = rn.constant dense<0.5> : tensor<16x3x3x3xf32>
  %0 = rn.conv2d(%x, %w) {pads = array<i64: 1, 1, 1, 1>} : tensor<1x3x64x64xf32>, tensor<16x3x3x3xf32> -> tensor<1x16x64x64xf32>
  return %0 : tensor<1x16x64x64xf32>
}

// -----

// The residual's memory may be taken over; a residual that is also the input may not.
// CHECK: plan.buffer arena @[[A:b[0-9]+]] bytes
// CHECK: plan.buffer arena @[[B:b[0-9]+]] bytes
// CHECK-NOT: may_alias
// CHECK: plan.kernel @conv_
// CHECK: plan.buffer arena @{{b[0-9]+}} bytes {{[0-9]+}} may_alias @[[B]]
func.func @main(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32> {
  %w = rn.constant dense<0.5> : tensor<8x8x1x1xf32>
  %0 = rn.max_pool %x {kernel = array<i64: 1, 1>} : tensor<1x8x4x4xf32> -> tensor<1x8x4x4xf32>
  %1 = rn.conv2d(%0, %w residual %0) : tensor<1x8x4x4xf32>, tensor<8x8x1x1xf32> residual tensor<1x8x4x4xf32> -> tensor<1x8x4x4xf32>
  %2 = rn.conv2d(%1, %w residual %0) : tensor<1x8x4x4xf32>, tensor<8x8x1x1xf32> residual tensor<1x8x4x4xf32> -> tensor<1x8x4x4xf32>
  return %2 : tensor<1x8x4x4xf32>
}

// -----

// 32 groups of 4 channels become 16 groups of a block; ten classes go through rows of 16.
// CHECK-DAG: pack {{{.*}}groups = array<i64: 32>{{.*}}merged = array<i64: 2>
// CHECK-DAG: pack {{{.*}}shape = array<i64: 10, 128, 1, 1>, tile
// CHECK: plan.step "grouped" grid [1, 16,
// CHECK: plan.step "logits"
// CHECK: plan.step "logits"
// CHECK-NEXT: plan.call @pointwise_copy_10x
func.func @main(%x: tensor<1x128x4x4xf32>) -> tensor<1x10xf32> {
  %w = rn.constant dense<0.5> : tensor<128x4x3x3xf32>
  %f = rn.constant dense<0.5> : tensor<10x128xf32>
  %0 = rn.conv2d(%x, %w) {groups = 32, pads = array<i64: 1, 1, 1, 1>} : tensor<1x128x4x4xf32>, tensor<128x4x3x3xf32> -> tensor<1x128x4x4xf32> loc("grouped")
  %1 = rn.reduce "mean" %0 {axes = array<i64: 2, 3>} : tensor<1x128x4x4xf32> -> tensor<1x128xf32>
  %2 = rn.dense(%1, %f) : tensor<1x128xf32>, tensor<10x128xf32> -> tensor<1x10xf32> loc("logits")
  return %2 : tensor<1x10xf32>
}

// -----

// Winograd: transforms of 8 channel blocks around 16 products; small images with strides, few channels and 1x1 stay direct.
// CHECK-NOT: winograd
// WINOGRAD-DAG: pack {block = array<i64: 8>, in = array<i64: 8, 8>, kind = "winograd", output_tile = array<i64: 2>, shape = array<i64: 64, 64, 3, 3>, stride = array<i64: 1>
// WINOGRAD: plan.step "wide" grid [1, 8, 2]
// WINOGRAD-NEXT: plan.call @winograd_in
// WINOGRAD: plan.step "wide" grid [1, 16,
// WINOGRAD-NEXT: plan.call @conv_
// WINOGRAD: plan.step "wide" grid [1, 8, 2]
// WINOGRAD-NEXT: plan.call @winograd_out
// WINOGRAD: plan.step "strided"
// WINOGRAD-NEXT: plan.call @conv_
// WINOGRAD: plan.step "thin"
// WINOGRAD-NEXT: plan.call @conv_
func.func @main(%x: tensor<1x64x8x8xf32>) -> tensor<1x8x4x4xf32> {
  %w = rn.constant dense<0.5> : tensor<64x64x3x3xf32>
  %t = rn.constant dense<0.5> : tensor<8x64x3x3xf32>
  %0 = rn.conv2d(%x, %w) {pads = array<i64: 1, 1, 1, 1>} : tensor<1x64x8x8xf32>, tensor<64x64x3x3xf32> -> tensor<1x64x8x8xf32> loc("wide")
  %1 = rn.conv2d(%0, %w) {pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : tensor<1x64x8x8xf32>, tensor<64x64x3x3xf32> -> tensor<1x64x4x4xf32> loc("strided")
  %2 = rn.conv2d(%1, %t) {pads = array<i64: 1, 1, 1, 1>} : tensor<1x64x4x4xf32>, tensor<8x64x3x3xf32> -> tensor<1x8x4x4xf32> loc("thin")
  return %2 : tensor<1x8x4x4xf32>
}

// -----

// On a larger image tiles of 4x4 pixels save more than their weights cost: 36 products over 7x7 tiles. Channel tiles of four
// blocks read their weights in two streams of two.
// WINOGRAD-DAG: pack {{{.*}}kind = "winograd", output_tile = array<i64: 4>, shape = array<i64: 64, 64, 3, 3>, stride = array<i64: 1>, tile = array<i64: 2>
// WINOGRAD: plan.step "large" grid [1, 8, 7]
// WINOGRAD-NEXT: plan.call @winograd_in
// WINOGRAD: plan.step "large" grid [1, 36,
// WINOGRAD: plan.step "large" grid [1, 8, 7]
// WINOGRAD-NEXT: plan.call @winograd_out
func.func @main(%x: tensor<1x64x28x28xf32>) -> tensor<1x64x28x28xf32> {
  %w = rn.constant dense<0.5> : tensor<64x64x3x3xf32>
  %0 = rn.conv2d(%x, %w) {pads = array<i64: 1, 1, 1, 1>} : tensor<1x64x28x28xf32>, tensor<64x64x3x3xf32> -> tensor<1x64x28x28xf32> loc("large")
  return %0 : tensor<1x64x28x28xf32>
}

// -----

// With stride 2: 81 products over 7x7 tiles, whose windows of 9x9 pixels lie 8 rows of 58 pixels apart.
// WINOGRAD-DAG: pack {{{.*}}kind = "winograd", output_tile = array<i64: 4>, shape = array<i64: 64, 64, 3, 3>, stride = array<i64: 2>, tile = array<i64: 2>
// WINOGRAD: plan.step "halved" grid [1, 8, 7]
// WINOGRAD-NEXT: plan.call @winograd_in{{.*}} [#plan.ref<@{{b[0-9]+}} + 0 step[861184, 107648, 14848]>
// WINOGRAD: plan.step "halved" grid [1, 81,
// WINOGRAD: plan.step "halved" grid [1, 8, 7]
// WINOGRAD-NEXT: plan.call @winograd_out
func.func @main(%x: tensor<1x64x56x56xf32>) -> tensor<1x64x28x28xf32> {
  %w = rn.constant dense<0.5> : tensor<64x64x3x3xf32>
  %0 = rn.conv2d(%x, %w) {pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : tensor<1x64x56x56xf32>, tensor<64x64x3x3xf32> -> tensor<1x64x28x28xf32> loc("halved")
  return %0 : tensor<1x64x28x28xf32>
}

// -----

// Two images share weights that are larger than they are: each tile of the weights meets both. Where the image is larger, or the
// arithmetic on its pixels hides most of the stream of weights, one image after the other meets all weights.
// CHECK: plan.step "deep" grid [2, 1, {{[0-9, ]+}}] flops
// CHECK: plan.step "wide" grid [2, 1, {{[0-9, ]+}}] flops
// CHECK: plan.step "few" grid [1, {{[0-9]+}}, 2, {{[0-9]+}}] flops
// WINOGRAD: plan.step "deep" grid [16, {{[0-9]+}}, 2] {
// WINOGRAD-NEXT: plan.call {{.*}}#plan.ref<@b{{[0-9]+}} + 0 step[{{[0-9]+}}, 0, {{[0-9]+}}]>, #plan.ref<@w{{[0-9]+}} + 0 step[{{[0-9]+}}, {{[0-9]+}}, 0]>
// WINOGRAD: plan.step "wide" grid [2, 1, {{[0-9, ]+}}] flops
func.func @main(%x: tensor<2x128x8x8xf32>, %y: tensor<2x16x32x32xf32>, %z: tensor<2x128x2x2xf32>) -> (tensor<2x128x8x8xf32>, tensor<2x16x32x32xf32>, tensor<2x256x2x2xf32>) {
  %w = rn.constant dense<0.5> : tensor<128x128x3x3xf32>
  %v = rn.constant dense<0.5> : tensor<16x16x1x1xf32>
  %u = rn.constant dense<0.5> : tensor<256x128x1x1xf32>
  %0 = rn.conv2d(%x, %w) {pads = array<i64: 1, 1, 1, 1>} : tensor<2x128x8x8xf32>, tensor<128x128x3x3xf32> -> tensor<2x128x8x8xf32> loc("deep")
  %1 = rn.conv2d(%y, %v) : tensor<2x16x32x32xf32>, tensor<16x16x1x1xf32> -> tensor<2x16x32x32xf32> loc("wide")
  %2 = rn.conv2d(%z, %u) : tensor<2x128x2x2xf32>, tensor<256x128x1x1xf32> -> tensor<2x256x2x2xf32> loc("few")
  return %0, %1, %2 : tensor<2x128x8x8xf32>, tensor<2x16x32x32xf32>, tensor<2x256x2x2xf32>
}

// -----

// Two results, of which the second has a border; then one that nobody reads and that gets no memory.
// CHECK: plan.kernel @[[BOTH:conv_.*]] {{{.*}}out_strides = {{.*}}preact_act = "relu"{{.*}}preact_strides = {{.*}}}
// CHECK: plan.kernel @[[SECOND:conv_.*]] {block = array<i64: 8>, dilation = {{.*}}, kernel = array<i64: 3, 3>, kind = "conv", preact_strides = {{.*}}}
// CHECK: plan.step "both" grid
// CHECK-NEXT: plan.call @[[BOTH]] [#plan.ref<@[[X:b[0-9]+]] +{{.*}}#plan.ref<@[[Y:b[0-9]+]] + 0 {{.*}}#plan.ref<@[[Z:b[0-9]+]] + {{[1-9]}}
// CHECK: plan.step "both" grid
// CHECK-NEXT: plan.call @pointwise_fill{{.*}} [#plan.ref<@[[Z]] + 0
// CHECK: plan.step "second" grid
// CHECK-NEXT: plan.call @[[SECOND]] [#plan.ref<@[[Z]] + 0 {{.*}}#plan.ref<@[[Y]] + 0
func.func @main(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32> {
  %w = rn.constant dense<0.5> : tensor<8x8x1x1xf32>
  %v = rn.constant dense<0.25> : tensor<8x8x3x3xf32>
  %s = rn.constant dense<2.0> : tensor<8xf32>
  %0, %1 = rn.conv2d(%x, %w) preact(%s, %s) {preact_act = #rn.act<relu>} : tensor<1x8x4x4xf32>, tensor<8x8x1x1xf32> preact(tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32> loc("both")
  %2, %3 = rn.conv2d(%1, %v residual %0) preact(%s, %s) {pads = array<i64: 1, 1, 1, 1>} : tensor<1x8x4x4xf32>, tensor<8x8x3x3xf32> residual tensor<1x8x4x4xf32> preact(tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x4x4xf32>, tensor<1x8x4x4xf32> loc("second")
  return %3 : tensor<1x8x4x4xf32>
}

// -----

// A gather of rows of a blocked image: a copy for each evenly spaced run, here row 1, rows 0 to 2, row 1.
// CHECK: plan.step "mirror" grid [1, 2, 1]
// CHECK-NEXT: plan.call @[[ROW:pointwise_copy.*]] [#plan.ref<@[[X:b[0-9]+]] + 96 {{.*}}, #plan.ref<@[[Y:b[0-9]+]] + 0
// CHECK: plan.step "mirror" grid [1, 2, 1]
// CHECK-NEXT: plan.call @pointwise_copy{{.*}} [#plan.ref<@[[X]] + 0 {{.*}}, #plan.ref<@[[Y]] + 96
// CHECK: plan.step "mirror" grid [1, 2, 1]
// CHECK-NEXT: plan.call @[[ROW]] [#plan.ref<@[[X]] + 96 {{.*}}, #plan.ref<@[[Y]] + 384
func.func @main(%x: tensor<1x16x3x3xf32> {rn.name = "data"}) -> (tensor<1x16x5x3xf32> {rn.name = "y"}) {
  %i = rn.constant dense<[1, 0, 1, 2, 1]> : tensor<5xi64>
  %0 = rn.max_pool %x {kernel = array<i64: 1, 1>} : tensor<1x16x3x3xf32> -> tensor<1x16x3x3xf32> loc("pool")
  %1 = rn.gather %0, %i {axis = 2} : tensor<1x16x3x3xf32>, tensor<5xi64> -> tensor<1x16x5x3xf32> loc("mirror")
  %2 = rn.activation %1 {act = #rn.act<relu>} : tensor<1x16x5x3xf32> -> tensor<1x16x5x3xf32> loc("relu")
  return %2 : tensor<1x16x5x3xf32>
}

// -----

// A shortcut of every other pixel and half of the channels: no copy, the convolution reads it where it lies.
// CHECK: plan.kernel @{{.*}}res_blocks = array<i64: 1, 2>, res_strides = array<i64: 16, 128, 512>
// CHECK: plan.step "wide"
// CHECK-NOT: pointwise_copy
// CHECK: plan.step "{{.*}}"
func.func @main(%x: tensor<1x16x8x8xf32>) -> tensor<1x32x4x4xf32> {
  %w = rn.constant dense<0.5> : tensor<32x16x3x3xf32>
  %m = rn.max_pool %x {kernel = array<i64: 3, 3>, pads = array<i64: 1, 1, 1, 1>} : tensor<1x16x8x8xf32> -> tensor<1x16x8x8xf32>
  %p = rn.avg_pool %m {kernel = array<i64: 1, 1>} : tensor<1x16x8x8xf32> -> tensor<1x16x8x8xf32> loc("before")
  %r = rn.slice %p {offsets = array<i64: 0, 0, 0, 0>, steps = array<i64: 1, 1, 2, 2>} : tensor<1x16x8x8xf32> -> tensor<1x16x4x4xf32> loc("slice")
  %0 = rn.conv2d(%m, %w residual %r) {pads = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>, residual_channel = 8 : i64} : tensor<1x16x8x8xf32>, tensor<32x16x3x3xf32> residual tensor<1x16x4x4xf32> -> tensor<1x32x4x4xf32> loc("wide")
  return %0 : tensor<1x32x4x4xf32>
}

// -----

// Zeros around the pixels in front of a pool: the pool reads the border of what is there. Not so with other values.
// CHECK: plan.step "before" grid
// CHECK-NEXT: plan.call @avg_pool{{.*}} #plan.ref<@[[B:b[0-9]+]] + 160
// CHECK-NOT: pointwise_copy
// CHECK: plan.step "zeros" grid
// CHECK-NEXT: plan.call @max_pool{{.*}} [#plan.ref<@[[B]] + 0
// CHECK: plan.step "ones" grid
// CHECK-NEXT: plan.call @pointwise_fill
func.func @main(%x: tensor<1x8x4x4xf32>) -> (tensor<1x8x2x2xf32>, tensor<1x8x6x6xf32>) {
  %0 = rn.avg_pool %x {kernel = array<i64: 1, 1>} : tensor<1x8x4x4xf32> -> tensor<1x8x4x4xf32> loc("before")
  %1 = rn.pad %0 {low = array<i64: 0, 0, 1, 0>, high = array<i64: 0, 0, 1, 1>, value = 0.0 : f64} : tensor<1x8x4x4xf32> -> tensor<1x8x6x5xf32> loc("pad")
  %2 = rn.max_pool %1 {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>} : tensor<1x8x6x5xf32> -> tensor<1x8x2x2xf32> loc("zeros")
  %3 = rn.pad %0 {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, value = 1.0 : f64} : tensor<1x8x4x4xf32> -> tensor<1x8x6x6xf32> loc("ones")
  %4 = rn.activation %3 {act = #rn.act<relu>} : tensor<1x8x6x6xf32> -> tensor<1x8x6x6xf32>
  return %2, %4 : tensor<1x8x2x2xf32>, tensor<1x8x6x6xf32>
}
