// What a kernel ends with: v = act(value + residual) is the result; preact_act(scale * v + shift), one scale and shift per
// channel, may be a second one (or the only one). The keys and operands, in this order behind the kernel's own:
//   res_strides     operand residual, read like the output; with res_blocks=[first,count] it has those blocks of the call only
//   preact_strides  operands scale and shift, [blocks of the call][b]
//   out_strides     output: v
//   preact_strides  output: the second one
// words act, preact_act with floats alpha, beta, preact_alpha, preact_beta: see Activation.h
#pragma once
#include "schedules/Kind.h"

namespace resnetc {

// Defines k.out at `at` = (lane, x, y, perhaps block) over `extents`. The strides in the spec are those of x, y, ...
void finish(Computation &k, const KernelSpec &spec, Halide::Expr value, const std::vector<Halide::Var> &at,
            const std::vector<int> &extents);

// The same for a value at `at` that the result has at `where`, which walks through the pixels by reduction domains; without residual
// and second result.
void finishAt(Computation &k, const KernelSpec &spec, Halide::Expr value, const std::vector<Halide::Var> &at,
              const std::vector<Halide::Expr> &where, const std::vector<int> &extents);

// Images that the epilogue touches for each value: for cost models.
int epilogueImages(const KernelSpec &spec);

}  // namespace resnetc
