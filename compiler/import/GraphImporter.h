// A parsed GraphProto -> the function @main. One pass over the nodes in file order; nothing recurses. A value that
// could not be built is "unknown": what depends on it is skipped in silence, so each fault is reported once. Nodes of branches wait
// until their If is imported.
#pragma once
#include "compiler/import/ConstantEvaluator.h"
#include "compiler/import/FunctionInliner.h"
#include "compiler/import/Importer.h"
#include "compiler/import/TensorReader.h"
#include "mlir/IR/Builders.h"
#include "onnx-ml.pb.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace resnetc {

class GraphImporter {
public:
  // `origins`: of each node of the graph.
  GraphImporter(mlir::MLIRContext *context, onnx::ModelProto &model, int64_t opset, std::vector<NodeOrigin> origins,
                const ImportOptions &options, Diagnostics &diagnostics);
  // The module; it is complete only when diagnostics has no errors.
  mlir::OwningOpRef<mlir::ModuleOp> run();
  std::vector<std::string> dataFiles() const { return external.filesRead(); }

  // ---- For NodeView
  struct Named {
    mlir::Value value;       // null: unknown
    const char *unused = ""; // not empty: an extra output of this operator, which nothing may read
  };
  // What a name stands for; initializers become constants here, at their first use. Null when there is no such value.
  const Named *find(const std::string &name);
  std::string describeNode(int index);
  std::string describeValue(mlir::Value value) const; // "f32[1, 3, 8, 8]"
  int64_t opsetOf(int index) const { return origins[index].opset; }
  // The result of a ceil_mode pool for which older versions of onnx infer one pixel more than it has.
  void expectStaleShapes(mlir::Value pool) { shorterThanInferred.insert(pool); }
  // The first dimension of the inputs, where the command line gives it; and the one that the file was made for.
  std::optional<int64_t> givenBatch() const { return options.batch; }
  int64_t exportedBatch = 1;

  mlir::OpBuilder builder;
  Diagnostics &diagnostics;
  ConstantEvaluator constants;
  TensorReader tensors;

private:
  bool checkCounts();
  // ---- Outputs.cpp
  void chooseOutputs(); // R054; which nodes and inputs are needed
  bool isNeeded(const onnx::ValueInfoProto &input) const;
  void addEndpoints(llvm::SmallVector<mlir::Value> &results, llvm::SmallVector<std::string> &names);
  bool checkNames(); // R051-R053: definitions and order
  void reportCycleOrOrder(llvm::ArrayRef<int> nodes);
  std::string cutBefore(int index) const;
  void checkOperators();
  void reportUnsupported(llvm::ArrayRef<int> nodes); // R031: all in one message
  void addInputs();
  void reportUnknownDims(); // R053
  mlir::Type inputType(const onnx::ValueInfoProto &input);
  std::optional<Shape> inputShape(const onnx::ValueInfoProto &input);
  bool readInputs(int index, llvm::SmallVectorImpl<mlir::Value> &inputs);
  void buildNode(int index, llvm::ArrayRef<mlir::Value> inputs, llvm::MutableArrayRef<mlir::Value> results);
  void importNode(int index);
  // ---- Branches.cpp
  void chooseBranch(int index);
  llvm::SmallVector<int> missingFor(llvm::ArrayRef<std::string> values);
  void finish();
  void compareDeclared(const onnx::ValueInfoProto &declared, mlir::Value value, bool isOutput);
  bool isStale(ShapeRef declared, mlir::Value value) const;

  onnx::GraphProto &graph;
  const onnx::ModelProto &model;
  const int64_t opset; // the model's
  const std::vector<NodeOrigin> origins;
  const ImportOptions &options;
  ExternalData external;
  mlir::ModuleOp module;
  mlir::func::FuncOp function;
  llvm::StringMap<Named> values;
  llvm::StringMap<int> initializers;   // name -> index in the graph
  llvm::StringMap<int> producers;      // value -> node
  llvm::SmallVector<bool> unsupported; // by node
  llvm::DenseSet<mlir::Value> shorterThanInferred;
  std::vector<std::string> outputNames;
  llvm::SmallVector<bool> needed; // by node
  llvm::StringSet<> reached;      // values that named outputs depend on
  bool dynamicBatch = true;
};

} // namespace resnetc
