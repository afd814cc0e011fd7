// The part of onnx.proto that paths in messages need: which fields of which message are messages themselves.
#pragma once
#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace resnetc::wire {

enum class Message : uint8_t {
  None, Model, Graph, Node, Attribute, Tensor, SparseTensor, ValueInfo, Type, TypeTensor, TypeNested, TypeMap, Shape,
  Dimension, Function, OperatorSet, StringPair, Training, Annotation
};

struct Field {
  Message in;
  uint32_t number;
  const char *name;
  int wireType;     // as protoc writes it; 0 varint, 2 length
  Message type;     // None: no message
  bool repeated;
};

// Null for a field that is not listed: it is skipped, whatever it holds.
const Field *findField(Message in, uint32_t number);

} // namespace resnetc::wire
