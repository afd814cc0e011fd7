// The levels that this processor runs, and the 16-lane schedules with AVX2 instructions.
#pragma once
#include "schedules/Machine.h"
#include <cctype>
#include <gtest/gtest.h>

namespace resnetc {

struct Level {
  std::string name;
  Machine machine;
};

inline std::vector<Level> runnableLevels() {
  std::vector<Level> levels;
  const auto native = machineFor("", "native");
  for (const std::string &name : machineLevels(""))
    if (const Machine machine = *machineFor("", name); canRunHere(machine))
      levels.push_back({name, machine});
  if (native->level != "x86-64-v2" && native->triple.rfind("x86_64", 0) == 0) {
    Machine wide = *machineFor("", "x86-64-v4");
    const Machine narrow = *machineFor("", "x86-64-v3");
    wide.halideTarget = narrow.halideTarget, wide.llvmCpu = narrow.llvmCpu, wide.llvmFeatures = narrow.llvmFeatures;
    levels.push_back({"16 lanes on AVX2", wide});
  }
  return levels;
}

inline std::string levelName(const testing::TestParamInfo<Level> &info) {
  std::string name = info.param.name;
  for (char &c : name)
    c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}

} // namespace resnetc
