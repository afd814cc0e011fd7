#include "schedules/Prefetch.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

using namespace llvm;

namespace resnetc {

static void lower(CallInst &call) {
  IRBuilder<> ir(&call);
  Value *address = ir.CreateGEP(ir.getInt8Ty(), call.getArgOperand(0), call.getArgOperand(1));
  constexpr int read = 0, keepInL2 = 2, data = 1;
  ir.CreateIntrinsic(Intrinsic::prefetch, {address->getType()}, {address, ir.getInt32(read), ir.getInt32(keepInL2), ir.getInt32(data)});
  call.replaceAllUsesWith(ir.getInt32(0));
  call.eraseFromParent();
}

void lowerPrefetches(Module &module) {
  Function *function = module.getFunction("resnetc_prefetch");
  if (!function)
    return;
  for (User *user : make_early_inc_range(function->users()))
    lower(cast<CallInst>(*user));
  function->eraseFromParent();
}

} // namespace resnetc
