// TensorProto -> constant attribute. Every size is checked before a byte is read; floats of any width become f32.
#pragma once
#include "compiler/import/ExternalData.h"
#include "compiler/ir/Diagnostics.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace onnx {
class TensorProto;
}

namespace resnetc {

// The element type in `rn` of an ONNX type, null if there is none; its name for messages ("float16", "type 77").
mlir::Type elementTypeOf(mlir::MLIRContext *context, int onnxType);
std::string typeName(int onnxType);

class TensorReader {
public:
  TensorReader(mlir::MLIRContext *context, Diagnostics &diagnostics, ExternalData &external)
      : context(context), diagnostics(diagnostics), external(external) {}

  // Null after an error, which names `node` when given.
  mlir::ElementsAttr read(const onnx::TensorProto &tensor, const std::string &node = {});
  // Everything that read() refuses except faults of external files.
  bool check(const onnx::TensorProto &tensor, const std::string &node = {});
  // What was odd in the numbers of all tensors together: warnings, or R058 where non-finite ones are refused.
  void reportNumbers(bool rejectNonFinite, bool flushesDenormals);

private:
  struct Odd { // numbers of one kind
    int64_t count = 0;
    std::string firstTensor;
  };
  void countOdd(llvm::ArrayRef<float> numbers, const std::string &tensor);

  mlir::MLIRContext *context;
  Diagnostics &diagnostics;
  ExternalData &external;
  Odd nonFinite, denormal;
};

} // namespace resnetc
