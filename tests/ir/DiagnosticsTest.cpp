#include "compiler/ir/Diagnostics.h"
#include <gtest/gtest.h>

using namespace resnetc;

namespace {

// A network repeats its blocks, and a warning with them.
TEST(Diagnostics, CountsWarningsThatAreAlike) {
  Diagnostics diagnostics("net.onnx");
  for (int node = 1; node <= 5; ++node)
    diagnostics.add({Severity::Warning, "W110", "odd", "node" + std::to_string(node)});
  diagnostics.add({Severity::Warning, "W203", "denormal"});
  EXPECT_EQ(diagnostics.format(), "net.onnx: warning: [W110] odd\n  node  node1\n"
                                  "net.onnx: warning: [W110] odd\n  node  node2\n"
                                  "net.onnx: warning: [W110] odd\n  node  node3\n"
                                  "net.onnx: warning: [W203] denormal\n"
                                  "net.onnx: warning: [W110] 2 more like these\n");
}

} // namespace
