// How the processor takes denormal numbers while a step runs: as zeros, where they come in and where they would come out.
// The mode belongs to a thread, so each part of a step sets it and gives the caller's back: neither the program around
// run nor its own parallel_for ever sees ours.
#include "compiler/emit/Parts.h"
#include "llvm/IR/IntrinsicsAArch64.h"
#include "llvm/IR/IntrinsicsX86.h"

using namespace llvm;

namespace resnetc {

static constexpr uint32_t kMxcsrFlush = 0x8040; // FTZ and DAZ
static constexpr uint64_t kFpcrFlush = 1 << 24; // FZ

static bool isX86(const IRBuilder<> &ir) { return ir.GetInsertBlock()->getModule()->getTargetTriple().isX86(); }

Value *emitFlushMode(IRBuilder<> &ir) {
  if (!isX86(ir)) {
    Value *before = ir.CreateIntrinsic(Intrinsic::aarch64_get_fpcr, ArrayRef<Value *>());
    ir.CreateIntrinsic(Intrinsic::aarch64_set_fpcr, ArrayRef<Value *>(ir.CreateOr(before, ir.getInt64(kFpcrFlush))));
    return before;
  }
  Value *before = ir.CreateAlloca(ir.getInt32Ty()), *flush = ir.CreateAlloca(ir.getInt32Ty());
  ir.CreateIntrinsic(Intrinsic::x86_sse_stmxcsr, ArrayRef(before));
  ir.CreateStore(ir.CreateOr(ir.CreateLoad(ir.getInt32Ty(), before), ir.getInt32(kMxcsrFlush)), flush);
  ir.CreateIntrinsic(Intrinsic::x86_sse_ldmxcsr, ArrayRef(flush));
  return before;
}

void emitCallersMode(IRBuilder<> &ir, Value *before) {
  const Intrinsic::ID set = isX86(ir) ? Intrinsic::ID(Intrinsic::x86_sse_ldmxcsr) : Intrinsic::ID(Intrinsic::aarch64_set_fpcr);
  ir.CreateIntrinsic(set, ArrayRef(before));
}

} // namespace resnetc
