// The command line of resnetc: what may be asked for, checked, as plain values.
#pragma once
#include "compiler/driver/Compile.h"

namespace resnetc {

enum class OutputKind { Text, Object, Archive, SharedLibrary }; // Text: whatever the stage gives, as it is

struct CommandLine {
  std::string model;  // "-": standard input
  std::string output; // "-": standard output; empty with checkOnly
  std::string header; // empty: none
  std::string depfile; // empty: none
  std::string report;  // empty: none; "-": standard output
  OutputKind kind = OutputKind::Object;
  bool checkOnly = false, quiet = false, verbose = false, showProgress = false, jsonDiagnostics = false;
  bool chosenCpu = false; // the CPU is this machine's, and nobody asked for it
  Options options;
};

// Reads the command line into `to`. Has printed and set `status` when it returns false: --help and such, or an error.
bool parseCommandLine(int argc, char **argv, CommandLine &to, int &status);

// Prints messages in the form that the command line chose.
void printDiagnostics(const Diagnostics &diagnostics, const std::string &file, bool asJson, bool quiet);

} // namespace resnetc
