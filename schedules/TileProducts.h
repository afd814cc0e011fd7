// The kernel `split_product` (schedules/algorithms/SplitProduct.cpp), in LLVM's intrinsics of Intel's AMX. Halide makes only the end of it, as a
// function for one tile of the result; addTileProducts writes the kernel around it.
#pragma once
#include "schedules/KernelSpec.h"

namespace llvm {
class Module;
}

namespace resnetc {

// What Halide's function is called beside the kernel. Its operands are the sums of a tile, [nb][rows][px][16] with rows as far apart as tileRowPixels
// says, and those of the epilogue, each at the first pixel and block of the tile.
inline constexpr const char *TileFunctionSuffix = "_tile";
inline int64_t tileRowPixels(const KernelSpec &spec) { return spec.at("tile", 1) > 1 ? spec.at("in_strides", 1) / spec.at("in_strides") : spec.at("tile"); }

// Adds the kernel to a module that has its end; does nothing for kernels of other kinds.
void addTileProducts(llvm::Module &module, const KernelSpec &spec);

}  // namespace resnetc
