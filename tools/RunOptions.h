// The command line of resnetc-run as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace resnetc {

struct RunOptions {
  std::string model;
  std::vector<std::string> inputs; // NAME=FILE.npy
  uint64_t seed;
  std::string savePath, symbol;
  int32_t threads, batch, repeat, warmup;
  bool json, describe, profile, guardEnd, verify;
};

/// Nothing if the command line is wrong; the user has been told why. Ends the program after --help and --version.
std::optional<RunOptions> parseRunOptions(int argc, char **argv);

} // namespace resnetc
