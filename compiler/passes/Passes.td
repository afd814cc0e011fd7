// Every pass: flag, summary, what becomes what. A pass is one file of the same name; its test is tests/passes/<flag>.mlir.
#ifndef RESNETC_PASSES
#define RESNETC_PASSES

include "mlir/Pass/PassBase.td"

// ---- rn -> rn: folds and fusions on the graph, in the order of Pipeline.cpp. All run on one function.
class GraphPass<string flag> : Pass<flag, "::mlir::func::FuncOp"> {
  let dependentDialects = ["::resnetc::rn::RnDialect"];
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
    One that has no such layer in front becomes a batch_norm with mean 0, variance 1 and epsilon 0: a multiply-add.
  }];
  let statistics = [Statistic<"numFolded", "folded", "per-channel maps folded into weights">,
                    Statistic<"numMerged", "merged", "per-channel maps merged into one batch_norm">];
}

// ---- Numeric halves of the pass tests.
def RecordReference : GraphPass<"record-reference"> {
  let summary = "Evaluate the function on seeded inputs and keep the results as an attribute";
  let description = "Put it before the passes under test and check-reference behind them.";
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
  let options = [Option<"block", "block", "int64_t", "8", "channels in a block">];
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
                 Option<"cpu", "cpu", "std::string", "\"baseline\"", "CPU level">];
  let dependentDialects = ["::resnetc::plan::PlanDialect"];
}

def PackWeights : Pass<"pack-weights", "::mlir::ModuleOp"> {
  let summary = "Bring weights into the order in which kernels read them";
  let statistics = [Statistic<"numPacked", "packed", "buffers packed">];
}

def PlanMemory : Pass<"plan-memory", "::mlir::ModuleOp"> {
  let summary = "Give every arena buffer an offset; buffers that are not alive together share memory";
  let statistics = [Statistic<"numInPlace", "in-place", "buffers that took the memory of a dying one">];
}

#endif
