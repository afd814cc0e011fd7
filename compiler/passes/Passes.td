// Every pass: flag, summary, what becomes what. A pass is one file of the same name; its test is tests/passes/<flag>.mlir.
#ifndef RESNETC_PASSES
#define RESNETC_PASSES

include "mlir/Pass/PassBase.td"

#endif
