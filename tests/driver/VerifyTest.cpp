// verifyObject on objects that compute something else than what they are compared with.
#include "compiler/driver/Verify.h"
#include "compiler/emit/Emit.h"
#include "compiler/ir/Plan.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

using namespace resnetc;

namespace {

// Two layers; %0 stands for the bias of the second one.
const char *const kNetwork = R"(
func.func @main(%x: tensor<1x4xf32> {rn.name = "x"}) -> (tensor<1x3xf32> {rn.name = "y"}) {
  %w1 = rn.constant dense<0.5> : tensor<4x4xf32>
  %w2 = rn.constant dense<0.25> : tensor<3x4xf32>
  %b = rn.constant dense<BIAS> : tensor<3xf32>
  %1 = rn.dense(%x, %w1) : tensor<1x4xf32>, tensor<4x4xf32> -> tensor<1x4xf32> loc("first")
  %2 = rn.dense(%1, %w2, bias %b) : tensor<1x4xf32>, tensor<3x4xf32>, bias tensor<3xf32> -> tensor<1x3xf32> loc("second")
  return %2 : tensor<1x3xf32>
})";

struct VerifyTest : testing::Test {
  VerifyTest() {
    context.loadDialect<mlir::func::FuncDialect, rn::RnDialect, plan::PlanDialect>();
    context.allowUnregisteredDialects();
    options.name = "net";
    options.verifyInputs = 2;
  }

  mlir::OwningOpRef<mlir::ModuleOp> parse(const std::string &bias) {
    std::string text = kNetwork;
    text.replace(text.find("BIAS"), 4, bias);
    return mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  }

  std::string build(mlir::ModuleOp graph) { return build(machine, graph); }

  // One object of a graph for each machine.
  std::string build(llvm::ArrayRef<Machine> machines, llvm::ArrayRef<mlir::ModuleOp> graphs) {
    EmitOptions emitOptions;
    emitOptions.name = "net";
    Emitter emitter(emitOptions, diagnostics);
    std::vector<mlir::OwningOpRef<mlir::ModuleOp>> plans;
    for (const auto &[machine, graph] : llvm::zip_equal(machines, graphs)) {
      plans.push_back(mlir::OwningOpRef<mlir::ModuleOp>(mlir::ModuleOp(graph).clone()));
      mlir::PassManager pm(&context);
      buildPlanPipeline(pm, machine, false);
      if (mlir::failed(pm.run(*plans.back())) || !emitter.add(*plans.back(), machine))
        return "";
    }
    Emitted emitted;
    return emitter.finish(emitted) ? emitted.code : "";
  }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  Options options;
  Diagnostics diagnostics{"test"};
  const Machine machine = *machineFor("", "native");
};

// The driver writes nothing when emit fails.
TEST_F(VerifyTest, NoHeaderForAnObjectThatWasRefused) {
  mlir::OwningOpRef<mlir::ModuleOp> plan = parse("1.0");
  mlir::PassManager pm(&context);
  buildPlanPipeline(pm, machine, false);
  ASSERT_TRUE(mlir::succeeded(pm.run(*plan)));
  EmitOptions emitOptions;
  emitOptions.name = "net";
  for (const bool accept : {false, true}) {
    emitOptions.verify = [&](llvm::StringRef object, std::string &verified) {
      verified = "by a test, " + std::to_string(object.size() > 1000);
      return accept;
    };
    Emitted emitted;
    EXPECT_EQ(emit(*plan, machine, emitOptions, emitted, diagnostics), accept);
    EXPECT_EQ(emitted.header.find(" * verified: by a test, 1\n") != std::string::npos, accept);
  }
}

TEST_F(VerifyTest, AcceptsWhatItMeans) {
  auto graph = parse("1.0");
  EXPECT_TRUE(verifyObject(build(*graph), Meaning{0, *graph, *graph}, machine, options, diagnostics));
  ASSERT_EQ(diagnostics.all().size(), 1u);
  EXPECT_EQ(diagnostics.all()[0].code, "N302");
}

// A bias that is off by eight units in the last place is seen.
TEST_F(VerifyTest, NamesAFoldThatIsWrong) {
  auto meant = parse("1.0"), made = parse("1.000002");
  EXPECT_FALSE(verifyObject(build(*made), Meaning{0, *meant, *made}, machine, options, diagnostics));
  EXPECT_EQ(diagnostics.exitStatus(), 4);
  EXPECT_EQ(diagnostics.all()[0].code, "V001");
  EXPECT_NE(diagnostics.all()[0].text.find("output 'y' is off by"), std::string::npos) << diagnostics.format();
  EXPECT_NE(diagnostics.all()[0].note.find("a fold of the graph is wrong"), std::string::npos) << diagnostics.format();
}

TEST_F(VerifyTest, NamesTheLayerThatAFoldChanged) {
  auto meant = parse("1.0"), made = parse("1.5");
  EXPECT_FALSE(verifyObject(build(*made), Meaning{0, *meant, *made}, machine, options, diagnostics));
  EXPECT_EQ(diagnostics.all()[0].node, "second") << diagnostics.format();
  EXPECT_NE(diagnostics.all()[0].note.find("the 1 before it agree"), std::string::npos) << diagnostics.format();
}

#if defined(__x86_64__)
// Each level of an object is verified that can run here, whichever of them the object would choose.
TEST_F(VerifyTest, LooksAtEveryLevel) {
  auto meant = parse("1.0"), made = parse("1.5");
  const Machine machines[] = {*machineFor("", "x86-64-v2"), *machineFor("", "x86-64-v3")};
  const mlir::ModuleOp graphs[] = {*meant, *made, *meant};
  EXPECT_TRUE(
      verifyObject(build(machines, {*meant, *meant}), Meaning{0, *meant, *meant}, machines, options, diagnostics));
  for (int wrong : {0, 1}) {
    Diagnostics said("test");
    EXPECT_FALSE(verifyObject(build(machines, llvm::ArrayRef(graphs).slice(1 - wrong, 2)), Meaning{0, *meant, *made},
                              machines, options, said));
    EXPECT_EQ(said.all()[0].text.find("verification failed for " + machines[wrong].level + ": output 'y'"), 0u)
        << said.format();
    EXPECT_EQ(said.all()[0].node, "second") << said.format();
  }
}

TEST_F(VerifyTest, NamesLevelsThatCannotRun) {
  auto graph = parse("1.0");
  Machine ours = *machineFor("", "x86-64-v2"), other = *machineFor("", "x86-64-v3");
  other.cpuFeatures |= 1u << 30; // of no processor
  const Machine machines[] = {ours, other};
  const auto verified =
      verifyObject(build(machines, {*graph, *graph}), Meaning{0, *graph, *graph}, machines, options, diagnostics);
  ASSERT_TRUE(verified);
  EXPECT_NE(verified->find("; not x86-64-v3, which cannot run on this machine"), std::string::npos) << *verified;
  EXPECT_FALSE(verifyObject(build(other, *graph), Meaning{0, *graph, *graph}, other, options, diagnostics));
  EXPECT_EQ(diagnostics.all().back().code, "U013");
}
#endif

} // namespace
