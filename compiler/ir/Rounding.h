// How far a float32 evaluation of `rn` may be from the float64 one. Beside each value goes the variance of the rounding
// errors that have reached it: every rounding is taken as an independent error of mean zero and at most u = 2^-24 of
// its result, and sums are formed in the order of channels (Higham and Mary 2019, "A new approach to probabilistic
// rounding error analysis"). Then an error beyond kSigmas standard deviations has a probability below 2 exp(-kSigmas^2
// / 2) = 3e-14. Nothing here is fitted.
#pragma once
#include "compiler/ir/Reference.h"

namespace resnetc {

inline constexpr double kSigmas = 8;

struct Uncertain {
  Tensor value;
  std::vector<double> variance; // of each element; empty: exact
};

// What kernels may do beside multiplying and adding in order.
struct Shortcuts {
  bool winograd = false;      // 3x3 convolutions by Winograd's algorithms
  bool innerProducts = false; // 1x1 convolutions, and the products of the former, by inner products
};

// The first result of one operation.
mlir::FailureOr<Uncertain> evaluateRounded(mlir::Operation *op, llvm::ArrayRef<Uncertain> operands, Shortcuts shortcuts);

// A whole function of operations with one result, as all of an imported model are.
mlir::FailureOr<std::vector<Uncertain>> evaluateRounded(mlir::func::FuncOp function, std::vector<Tensor> arguments,
                                                        Shortcuts shortcuts);

} // namespace resnetc
