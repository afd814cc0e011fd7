// Every pass: flag, summary, what becomes what. A pass is one file of the same name; its test is tests/passes/<flag>.mlir.
#ifndef RESNETC_PASSES
#define RESNETC_PASSES

include "mlir/Pass/PassBase.td"

// ---- rn -> rn: folds and fusions on the graph, in the order of Pipeline.cpp. All run on one function.
class GraphPass<string flag> : Pass<flag, "::mlir::func::FuncOp"> {
  let dependentDialects = ["::resnetc::rn::RnDialect"];
}

def ReadImage : GraphPass<"read-image"> {
  let summary = "Make an input an image as programs have it";
  let description = [{
    ```mlir
    func.func @main(%x : tensor<1x3x224x224xf32>)
    // becomes
    func.func @main(%pixels : tensor<1x224x224x3xui8>)
      %x = rn.image %pixels {mean = array<f64: 123.0, 117.0, 104.0>, std = array<f64: 58.0, 57.0, 57.0>, nhwc} : ...
    ```
  }];
  let options = [Option<"input", "input", "std::string", "", "its name; empty: the only one">,
                 Option<"bytes", "bytes", "bool", "false", "uint8 instead of float32">,
                 Option<"nhwc", "nhwc", "bool", "false", "channels last">,
                 Option<"bgr", "bgr", "bool", "false", "channels in the opposite order">,
                 ListOption<"mean", "mean", "double", "subtracted from each channel of the network's order">,
                 ListOption<"deviation", "std", "double", "what each channel is divided by">];
}

def AppendHead : GraphPass<"append-head"> {
  let summary = "Append softmax and the choice of the best classes to the last output";
  let options = [Option<"softmax", "softmax", "bool", "false", "softmax along the classes">,
                 Option<"topK", "top-k", "int64_t", "0", "return indices and scores of that many classes; 0: all scores">];
}

def FoldConstants : GraphPass<"fold-constants"> {
  let summary = "Evaluate what depends on constants only";
  let description = [{
    Computed in float64 and rounded once per operation. Broadcasts of tensors and results that would make the program much
    larger are left.
    ```mlir
    %0 = rn.constant dense<[1.0, 2.0]> : tensor<2xf32>
    %1 = rn.add %0, %0 : ...
    // becomes
    %1 = rn.constant dense<[2.0, 4.0]> : tensor<2xf32>
    ```
  }];
  let statistics = [Statistic<"numFolded", "folded", "operations replaced by constants">];
}

def FoldTransposes : GraphPass<"fold-transposes"> {
  let summary = "NHWC graphs become NCHW with no transpose left inside";
  let description = [{
    Moves transposes down through whatever can name its dimensions anew, until they meet others and cancel; constants are
    transposed on the way. At most those at the graph's inputs and outputs are left.
    ```mlir
    %1 = rn.transpose %0 {perm = array<i64: 0, 2, 3, 1>} : ...
    %2 = rn.activation %1 {act = #rn.act<relu>} : ...
    %3 = rn.transpose %2 {perm = array<i64: 0, 3, 1, 2>} : ...
    // becomes
    %3 = rn.activation %0 {act = #rn.act<relu>} : ...
    ```
  }];
  let statistics = [Statistic<"numMoved", "moved", "operations that a transpose moved through, and transposes merged">];
}

def SimplifyShapes : GraphPass<"simplify-shapes"> {
  let summary = "One form for data movement and pooling that can be written in several ways";
  let description = [{
    Removes what changes nothing, merges chains (slice, reduce, reshape), and chooses forms that later passes look for:
    ```mlir
    %1 = rn.avg_pool %0 {kernel = array<i64: 7, 7>} : tensor<1x8x7x7xf32> -> tensor<1x8x1x1xf32>
    %2 = rn.reduce "sum" %3 {axes = array<i64: 2, 3>} : tensor<1x8x7x7xf32> -> tensor<1x8xf32>
    // becomes
    %1 = rn.reduce "mean" %0 {axes = array<i64: 2, 3>, keepdims} : tensor<1x8x7x7xf32> -> tensor<1x8x1x1xf32>
    %4 = rn.reduce "sum" %3 {axes = array<i64: 2, 3>, keepdims} : tensor<1x8x7x7xf32> -> tensor<1x8x1x1xf32>
    %2 = rn.reshape %4 : tensor<1x8x1x1xf32> -> tensor<1x8xf32>
    ```
    The mean of x * x becomes one reduction, "mean_square".
  }];
  let statistics = [Statistic<"numSimplified", "simplified", "operations removed, merged or rewritten">];
}

def FoldPad : GraphPass<"fold-pad"> {
  let summary = "Padding of its own into the convolution or pool that reads it";
  let description = [{
    Exact or not at all: zeros into convolutions and averages; -infinity into maxima, zeros too when no element is
    negative and every window has one.
    ```mlir
    %1 = rn.pad %0 {low = array<i64: 0, 0, 3, 3>, high = array<i64: 0, 0, 3, 3>, value = 0.0 : f64} : ...
    %2 = rn.conv2d(%1, %w) {strides = array<i64: 2, 2>} : ...
    // becomes
    %2 = rn.conv2d(%0, %w) {pads = array<i64: 3, 3, 3, 3>, strides = array<i64: 2, 2>} : ...
    ```
  }];
  let statistics = [Statistic<"numFolded", "folded", "readers that took the padding">];
}

def FoldBatchNorm : GraphPass<"fold-batch-norm"> {
  let summary = "Fold batch normalisation and per-channel constants into the weights in front of them";
  let description = [{
    Whatever maps each channel c to s[c] x + t[c] with constants (batch_norm; mul, div, add, sub by one value per
    channel) goes into the convolution or dense layer in front of it, computed in double:
    ```mlir
    %1 = rn.conv2d(%0, %w, bias %b) : ...
    %2 = rn.batch_norm(%1, %gamma, %beta, %mean, %variance) {epsilon = 1.0e-5 : f64} : ...
    // becomes
    %2 = rn.conv2d(%0, %w2, bias %b2) : ...   // w2 = w * s, b2 = b * s + t
    ```
    Behind a product with one value a channel (group normalisation) it scales that value, and both become one mul_add.
    One that has nothing in front becomes a batch_norm with mean 0, variance 1 and epsilon 0: a multiply-add.
  }];
  let statistics = [Statistic<"numFolded", "folded", "per-channel maps folded into weights">,
                    Statistic<"numMerged", "merged", "per-channel maps merged into one batch_norm">];
}

def FuseActivation : GraphPass<"fuse-activation"> {
  let summary = "Activations into the epilogue of what computes their input";
  let description = [{
    ```mlir
    %1 = rn.add %a, %b : ...
    %2 = rn.activation %1 {act = #rn.act<relu>} : ...
    // becomes
    %2 = rn.add %a, %b {act = #rn.act<relu>} : ...
    ```
    Also recognises activations that were exported in pieces: x * sigmoid(x), max(x, 0), min(relu(x), 6).
  }];
  let statistics = [Statistic<"numFused", "fused", "activations fused">];
}

def FoldShortcut : GraphPass<"fold-shortcut"> {
  let summary = "Residual additions into the convolution that ends the block";
  let description = [{
    ```mlir
    %1 = rn.conv2d(%0, %w) : ...
    %2 = rn.add %1, %x {act = #rn.act<relu>} : ...
    // becomes
    %2 = rn.conv2d(%0, %w residual %x) {act = #rn.act<relu>} : ...
    ```
    Of two convolutions the main branch takes the residual. A residual that was padded with channels of zeros is read
    without them. The end of a block with squeeze and excitation becomes one mul_add. A slice that keeps every s-th pixel in front of a 1x1
    convolution becomes the convolution's stride.
  }];
  let statistics = [Statistic<"numFolded", "folded", "additions folded">,
                    Statistic<"numSubsampled", "subsampled", "slices folded into strides">];
}

def FusePreactivation : GraphPass<"fuse-preactivation"> {
  let summary = "Batch normalisation of what the shortcut reads too: a second result of the kernel that computes it";
  let description = [{
    In a pre-activation (v2) network a sum is the shortcut of the next block and, normalised, the input of its first
    convolution. The kernel that computes the sum writes both; a sum that nobody else reads is not written at all.
    ```mlir
    %1 = rn.conv2d(%0, %w residual %x) : ...
    %2 = rn.batch_norm(%1, %s, %t, %zero, %one) {epsilon = 0.0, act = #rn.act<relu>} : ...
    // becomes
    %1, %2 = rn.conv2d(%0, %w residual %x) preact(%s, %t) {preact_act = #rn.act<relu>} : ...
    ```
  }];
  let statistics = [Statistic<"numFused", "fused", "multiply-adds that became second results">];
}

// ---- Numeric halves of the pass tests.
def RecordReference : GraphPass<"record-reference"> {
  let summary = "Evaluate the function on seeded inputs and keep the results as an attribute";
  let description = "Put it before the passes under test and check-reference behind them.";
  let options = [Option<"layers", "layers", "bool", "false",
                        "keep every value, so that check-reference can name the first layer that differs">];
}
def CheckReference : GraphPass<"check-reference"> {
  let summary = "Evaluate the function again and fail when its results differ from the recorded ones";
  let description = [{
    The error of a result is max|now - before| / max|before|; NaN equals NaN. The recorded attribute is removed.
  }];
  let options = [Option<"tolerance", "tolerance", "double", "1e-5",
                        "largest error allowed; 0 for passes that only move data">];
}

// ---- rn -> plan: layout, kernels, weights, memory.

// ---- rn -> plan (PlanPipeline.cpp)

def EstimateMoments : Pass<"estimate-moments", "::mlir::func::FuncOp"> {
  let summary = "Estimate how large the pixels are that each convolution reads";
  let description = [{
    ```mlir
    rn.conv2d(%x, %w) : ...
    // becomes
    rn.conv2d(%x, %w) {input_moments = array<f64: 0.40, 0.71>} : ...   // mean, root mean square
    ```
    For machines whose kernels compute inner products; these want weights and pixels to be of one size.
  }];
  let dependentDialects = ["::resnetc::rn::RnDialect"];
}

def AssignLayout : Pass<"assign-layout", "::mlir::func::FuncOp"> {
  let summary = "Decide how each value lies in memory; make every change of layout an rn.relayout";
  let description = [{
    Convolutions, pools and element-wise operations on images work on channel blocks with a physical border of zeros
    for the padding of the convolutions that read the value; everything else is dense.
    ```
    conv2d(%x : tensor<1x64x56x56xf32>) {pads = [1, 1, 1, 1]}
    relayout %x -> tensor<1x64x56x56xf32, #rn.layout<8, [1, 1, 1, 1]>>, then conv2d of that
    ```
  }];
  let options = [Option<"block", "block", "int64_t", "8", "channels in a block">,
                 Option<"winograd", "winograd", "bool", "false", "compute 3x3 convolutions by Winograd's F(2x2, 3x3) or F(4x4, 3x3) where it pays">];
  let statistics = [Statistic<"numRelayouts", "relayouts", "copies between layouts">];
  let dependentDialects = ["::resnetc::rn::RnDialect"];
}

def SelectKernels : Pass<"select-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn values into buffers and operations into steps that call kernels";
  let description = [{
    Needs layouts (assign-layout). Chooses register tiles, bands of rows and the order of the grid by the figures of
    the machine, never by timing. @main stays as a declaration that names inputs and outputs.
  }];
  let options = [Option<"triple", "triple", "std::string", "\"\"", "LLVM target triple; empty: this host">,
                 Option<"cpu", "cpu", "std::string", "\"baseline\"", "CPU level">,
                 Option<"winograd", "winograd", "bool", "false", "compute 3x3 convolutions by Winograd's F(2x2, 3x3) or F(4x4, 3x3) where it pays">];
  let dependentDialects = ["::resnetc::plan::PlanDialect"];
}

def PackWeights : Pass<"pack-weights", "::mlir::ModuleOp"> {
  let summary = "Bring weights into the order in which kernels read them";
  let statistics = [Statistic<"numPacked", "packed", "buffers packed">];
}

def GroupImages : Pass<"group-images", "::mlir::ModuleOp"> {
  let summary = "Let steps that follow each other go through a few images of a batch at a time";
  let statistics = [Statistic<"numGrouped", "grouped", "buffers that hold a few images only">];
}

def PlanMemory : Pass<"plan-memory", "::mlir::ModuleOp"> {
  let summary = "Give every arena buffer an offset; buffers that are not alive together share memory";
  let statistics = [Statistic<"numInPlace", "in-place", "buffers that took the memory of a dying one">];
}

#endif
