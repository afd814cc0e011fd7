// The part of resnetc's command line that says what of a model is compiled and what lies at its edges: shapes, batches,
// outputs, images in, classes out.
#pragma once
#include "compiler/driver/Compile.h"
#include "llvm/Support/CommandLine.h"

namespace resnetc {

struct ModelFlags {
  explicit ModelFlags(llvm::cl::OptionCategory &category) : category(category) {}
  llvm::cl::OptionCategory &category;
  llvm::cl::list<std::string> shapes{"shape", llvm::cl::value_desc("IN=1x3x224x224"), llvm::cl::cat(category),
                                     llvm::cl::desc("Fix an input shape")};
  llvm::cl::list<std::string> dims{"dim", llvm::cl::value_desc("N=1"), llvm::cl::cat(category),
                                   llvm::cl::desc("Fix a symbolic dimension")};
  llvm::cl::opt<std::string> batch{
      "batch", llvm::cl::value_desc("1,4,8|1..32"), llvm::cl::cat(category),
      llvm::cl::desc("Images computed together: one number, several, or any up to a bound (the model's, else 1)")};
  llvm::cl::list<std::string> outputs{
      "output", llvm::cl::CommaSeparated, llvm::cl::value_desc("NAME[,NAME]"), llvm::cl::cat(category),
      llvm::cl::desc("Return these values of the graph; what lies behind them is cut off")};
  llvm::cl::opt<bool> allEndpoints{"all-endpoints", llvm::cl::cat(category),
                                   llvm::cl::desc("Return every value that depends on an input, too (hinders fusion)")};
  llvm::cl::list<std::string> formats{
      "input-format", llvm::cl::value_desc("[IN=]u8,nhwc,bgr"), llvm::cl::cat(category),
      llvm::cl::desc("What an image comes as: u8 or f32, nhwc or nchw, rgb or bgr (the model's order, or reversed)")};
  llvm::cl::opt<std::string> mean{
      "mean", llvm::cl::value_desc("R,G,B"), llvm::cl::cat(category),
      llvm::cl::desc("Subtracted from the pixels of images, in their units, in the model's order of channels")};
  llvm::cl::opt<std::string> deviation{"std", llvm::cl::value_desc("R,G,B"), llvm::cl::cat(category),
                                       llvm::cl::desc("What the pixels are divided by then")};
  llvm::cl::opt<bool> softmax{"softmax", llvm::cl::cat(category),
                              llvm::cl::desc("Append a softmax to the last output")};
  llvm::cl::opt<std::string> topK{
      "top-k", llvm::cl::value_desc("K"), llvm::cl::cat(category),
      llvm::cl::desc("Return the K best classes of the last output: indices (int32) and scores")};
};

// Reads the flags into `options`; errors are U014.
void readModelOptions(const ModelFlags &flags, Options &options, Diagnostics &diagnostics);

// Adds to the command line that the header states.
void addFlag(Options &options, const std::string &flag);
// False unless `text` is a number of 1 or more.
bool readPositive(llvm::StringRef text, int64_t &number);

} // namespace resnetc
