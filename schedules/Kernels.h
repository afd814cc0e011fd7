// From a KernelSpec to LLVM bitcode by Halide. Halide's headers stay behind this file: they do not mix with MLIR's.
#pragma once
#include "schedules/KernelSpec.h"
#include "schedules/Machine.h"
#include <string>
#include <vector>

namespace resnetc {

// Bitcode of one module that defines `int32_t <spec.name()>(void *context, halide_buffer_t *operand0, ...)`, operands in the
// order of the kind's documentation, the output last. The function reads nothing of a halide_buffer_t but `host` (offset 16)
// and calls nothing but compiler-made functions such as memset. Thread-safe. On failure returns empty and sets `error`.
std::string buildKernel(const KernelSpec &spec, const Machine &machine, std::string &error);

// Kinds that buildKernel knows, sorted.
std::vector<std::string> kernelKinds();

// Floating-point operations of one call (a multiply-add counts as two), bytes of its operands: for reports and cost models.
struct KernelWork { double flops = 0, bytes = 0; };
KernelWork kernelWork(const KernelSpec &spec);

// How a convolution row of `width` pixels and `blocks` channel blocks is cut for the registers of a machine.
struct ConvTiling {
  int64_t blocks = 1;              // channel blocks computed together (divides the number of blocks)
  std::vector<int64_t> widths;     // pixel tiles from left to right; their sum is the width. At most three distinct values
  double efficiency = 0;           // modelled share of the FMA peak
};
// Cycles of arithmetic whose weights arrive meanwhile in `stream` cycles: a good half of the shorter hides behind the longer.
double overlapped(double arithmetic, double stream);
// `reduction` (input channels x taps) and `rows` of a call, where known, price the weights: each run of equal tiles reads them
// once from beyond L2, or all runs together when those of a call stay there.
ConvTiling tileConv(int64_t width, int64_t blocks, const Machine &machine, int64_t reduction = 0, int64_t rows = 1);
// The same for exactly `blocks` channel blocks together; no widths where they do not fit the registers.
ConvTiling tileRow(int64_t width, int64_t blocks, const Machine &machine, int64_t reduction = 0, int64_t rows = 1);
// The same for `inner_product` kernels; no widths where the machine does not add in pipes of their own.
ConvTiling tileInner(int64_t width, int64_t blocks, const Machine &machine, int64_t reduction = 0, int64_t rows = 1);
// How many of the sums that are formed together are inner products: as many as keep both kinds of pipes busy.
int64_t innerSums(int64_t sums);
// Whether scalars of such kernels are loaded once for all blocks, into registers: where as operands of the instructions that take
// them they are more than the machine loads.
bool sharesScalars(const Machine &machine);

}  // namespace resnetc
