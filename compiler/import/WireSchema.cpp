#include "compiler/import/WireSchema.h"
#include <iterator>

namespace resnetc::wire {

using M = Message;

static const Field fields[] = {
    {M::Model, 1, "ir_version", 0, M::None, false},       {M::Model, 2, "producer_name", 2, M::None, false},
    {M::Model, 3, "producer_version", 2, M::None, false}, {M::Model, 4, "domain", 2, M::None, false},
    {M::Model, 5, "model_version", 0, M::None, false},    {M::Model, 6, "doc_string", 2, M::None, false},
    {M::Model, 7, "graph", 2, M::Graph, false},           {M::Model, 8, "opset_import", 2, M::OperatorSet, true},
    {M::Model, 14, "metadata_props", 2, M::StringPair, true},
    {M::Model, 20, "training_info", 2, M::Training, true},
    {M::Model, 25, "functions", 2, M::Function, true},    {M::Model, 26, "configuration", 2, M::None, true},
    {M::Training, 1, "initialization", 2, M::Graph, false}, {M::Training, 2, "algorithm", 2, M::Graph, false},
    {M::Graph, 1, "node", 2, M::Node, true},              {M::Graph, 2, "name", 2, M::None, false},
    {M::Graph, 5, "initializer", 2, M::Tensor, true},     {M::Graph, 10, "doc_string", 2, M::None, false},
    {M::Graph, 11, "input", 2, M::ValueInfo, true},       {M::Graph, 12, "output", 2, M::ValueInfo, true},
    {M::Graph, 13, "value_info", 2, M::ValueInfo, true},
    {M::Graph, 14, "quantization_annotation", 2, M::Annotation, true},
    {M::Graph, 15, "sparse_initializer", 2, M::SparseTensor, true},
    {M::Graph, 16, "metadata_props", 2, M::StringPair, true},
    {M::Annotation, 2, "quant_parameter_tensor_names", 2, M::StringPair, true},
    {M::Node, 1, "input", 2, M::None, true},              {M::Node, 2, "output", 2, M::None, true},
    {M::Node, 3, "name", 2, M::None, false},              {M::Node, 4, "op_type", 2, M::None, false},
    {M::Node, 5, "attribute", 2, M::Attribute, true},     {M::Node, 6, "doc_string", 2, M::None, false},
    {M::Node, 7, "domain", 2, M::None, false},            {M::Node, 9, "metadata_props", 2, M::StringPair, true},
    {M::Attribute, 1, "name", 2, M::None, false},         {M::Attribute, 4, "s", 2, M::None, false},
    {M::Attribute, 5, "t", 2, M::Tensor, false},          {M::Attribute, 6, "g", 2, M::Graph, false},
    {M::Attribute, 7, "floats", 2, M::None, true},        {M::Attribute, 8, "ints", 2, M::None, true},
    {M::Attribute, 10, "tensors", 2, M::Tensor, true},    {M::Attribute, 11, "graphs", 2, M::Graph, true},
    {M::Attribute, 14, "tp", 2, M::Type, false},          {M::Attribute, 15, "type_protos", 2, M::Type, true},
    {M::Attribute, 22, "sparse_tensor", 2, M::SparseTensor, false},
    {M::Attribute, 23, "sparse_tensors", 2, M::SparseTensor, true},
    {M::Tensor, 1, "dims", 2, M::None, true},             {M::Tensor, 4, "float_data", 2, M::None, true},
    {M::Tensor, 5, "int32_data", 2, M::None, true},       {M::Tensor, 6, "string_data", 2, M::None, true},
    {M::Tensor, 7, "int64_data", 2, M::None, true},       {M::Tensor, 8, "name", 2, M::None, false},
    {M::Tensor, 9, "raw_data", 2, M::None, false},        {M::Tensor, 10, "double_data", 2, M::None, true},
    {M::Tensor, 11, "uint64_data", 2, M::None, true},     {M::Tensor, 12, "doc_string", 2, M::None, false},
    {M::Tensor, 13, "external_data", 2, M::StringPair, true}, {M::Tensor, 16, "metadata_props", 2, M::StringPair, true},
    {M::SparseTensor, 1, "values", 2, M::Tensor, false},  {M::SparseTensor, 2, "indices", 2, M::Tensor, false},
    {M::ValueInfo, 1, "name", 2, M::None, false},         {M::ValueInfo, 2, "type", 2, M::Type, false},
    {M::ValueInfo, 3, "doc_string", 2, M::None, false},   {M::ValueInfo, 4, "metadata_props", 2, M::StringPair, true},
    {M::Type, 1, "tensor_type", 2, M::TypeTensor, false}, {M::Type, 4, "sequence_type", 2, M::TypeNested, false},
    {M::Type, 5, "map_type", 2, M::TypeMap, false},       {M::Type, 8, "sparse_tensor_type", 2, M::TypeTensor, false},
    {M::Type, 9, "optional_type", 2, M::TypeNested, false}, {M::TypeTensor, 2, "shape", 2, M::Shape, false},
    {M::TypeNested, 1, "elem_type", 2, M::Type, false},   {M::TypeMap, 2, "value_type", 2, M::Type, false},
    {M::Shape, 1, "dim", 2, M::Dimension, true},          {M::Dimension, 2, "dim_param", 2, M::None, false},
    {M::Dimension, 3, "denotation", 2, M::None, false},
    {M::Function, 1, "name", 2, M::None, false},          {M::Function, 4, "input", 2, M::None, true},
    {M::Function, 5, "output", 2, M::None, true},         {M::Function, 6, "attribute", 2, M::None, true},
    {M::Function, 7, "node", 2, M::Node, true},           {M::Function, 8, "doc_string", 2, M::None, false},
    {M::Function, 9, "opset_import", 2, M::OperatorSet, true}, {M::Function, 10, "domain", 2, M::None, false},
    {M::Function, 11, "attribute_proto", 2, M::Attribute, true}, {M::Function, 12, "value_info", 2, M::ValueInfo, true},
    {M::Function, 14, "metadata_props", 2, M::StringPair, true},
};

const Field *findField(Message in, uint32_t number) {
  for (const Field &field : fields)
    if (field.in == in && field.number == number)
      return &field;
  return nullptr;
}

} // namespace resnetc::wire
