// The compiler as a library call: never exits, never prints, touches no file but external data beneath the given
// directory.
#pragma once
#include "compiler/import/Importer.h"
#include "compiler/ir/Diagnostics.h"
#include "compiler/passes/Passes.h"
#include <functional>
#include <string>

namespace resnetc {

enum class Stage { Import, Graph, Plan, Llvm, Assembly, Object };

struct Options {
  std::string name;      // symbol prefix, a C identifier
  std::string modelFile; // for the header's first line; base name only
  ImportOptions import;
  std::vector<int64_t> batches; // ascending multiples of the first; empty: the model's, else 1. Not import.batch
  int32_t batchBound = 0;       // largest batch at run time; 0: no bound
  EdgeOptions edges;            // images in, classes out
  std::string target;           // LLVM triple; empty: this host
  std::vector<std::string> cpus{"native"}; // several, the lowest first: the object chooses by what the processor has
  bool strictMath = false; // no Winograd
  bool flushDenormals = true;
  Stage stage = Stage::Object;
  bool report = false;
  int verifyInputs = 0; // random inputs on which the object is compared with float64
  std::string flags;    // command line as the header states it
  unsigned jobs = 1;    // threads that build kernels; does not change the output
  // Called from one thread at a time with what is being done: done of total, a label.
  std::function<void(int done, int total, const std::string &label)> progress;
  // Called when a stage begins: "import", "graph", "plan", "emit", "object", "verify".
  std::function<void(const char *stage)> enterStage;
};

struct Artifacts {
  std::string main;                      // the object, or the text of the stage
  std::string header;                    // NAME.h; empty before Stage::Assembly
  std::string report;                    // where it was asked for
  std::vector<std::string> dependencies; // external data files that were read, below import.dataDirectory
};

// False when diagnostics has errors.
bool compile(llvm::StringRef onnx, const Options &options, Artifacts &artifacts, Diagnostics &diagnostics);

} // namespace resnetc
