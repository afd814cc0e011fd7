// resnetc-run: runs a compiled model on given or random inputs, saves its outputs, and tells how long it took. What
// the model is called and wants, it learns from the descriptor in the object.
#include "tools/Describe.h"
#include "tools/LoadedModel.h"
#include "tools/ModelRunner.h"
#include "tools/Npy.h"
#include "tools/Profile.h"
#include "tools/RunOptions.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <chrono>

using namespace llvm;
using namespace resnetc;

static RunOptions options;

static Error usage(const char *code, const Twine &text, const Twine &fix = "") {
  return make_error<ToolError>(1, options.model, code, text.str(), fix.str());
}

// ---- The model.

static Error checkNumbers() {
  if (options.threads < 1 || options.threads > 1024)
    return usage("U024", "--threads is 1 to 1024, not " + Twine(options.threads));
  if (options.repeat < 1 || options.warmup < 0)
    return usage("U024", "--repeat is at least 1, --warmup at least 0");
  return Error::success();
}

static Expected<const resnetc_model *> openModel(const char *argv0) {
  if (!StringRef(options.model).ends_with(".onnx")) {
    if (options.verify)
      return usage("U028", "--verify needs the model: an object does not say what it should compute", "resnetc-run MODEL.onnx --verify");
    return loadModel(options.model, options.symbol);
  }
  static int anchor; // an address in this program, for the search of its path
  SmallString<256> compiler(sys::path::parent_path(sys::fs::getMainExecutable(argv0, &anchor)));
  sys::path::append(compiler, "resnetc");
  return compileAndLoad(options.model, compiler, options.verify);
}

// ---- Inputs.

/// The file that --input gives for `name`; empty if none does. Names may contain any sign, '=' too.
static StringRef fileFor(StringRef name) {
  StringRef found;
  for (StringRef option : options.inputs)
    if (option.consume_front(name) && option.consume_front("="))
      found = option;
  return found;
}

static Error checkInputNames(const resnetc_model &model) {
  std::string names;
  for (const resnetc_tensor_info &info : ArrayRef(model.inputs, model.num_inputs))
    names += (names.empty() ? "" : ", ") + std::string(info.name);
  for (StringRef option : options.inputs)
    if (none_of(ArrayRef(model.inputs, model.num_inputs),
                [&](const resnetc_tensor_info &info) { return option.starts_with(std::string(info.name) + "="); }))
      return usage("U025", "--input " + option + ": the model has no such input", "its inputs: " + names);
  return Error::success();
}

/// The files, in the order of the model's inputs; an empty array where none was given.
static Expected<std::vector<NpyArray>> readInputs(const resnetc_model &model) {
  std::vector<NpyArray> arrays;
  for (const resnetc_tensor_info &info : ArrayRef(model.inputs, model.num_inputs)) {
    const StringRef path = fileFor(info.name);
    Expected<NpyArray> array = path.empty() ? NpyArray() : readNpy(path);
    if (!array)
      return make_error<ToolError>(2, path.str(), "R010", toString(array.takeError()));
    arrays.push_back(std::move(*array));
  }
  return arrays;
}

/// The batch of --batch, else that of the first file whose other dimensions fit, else the model's smallest.
static Expected<int32_t> chooseBatch(const resnetc_model &model, ArrayRef<NpyArray> arrays) {
  int64_t batch = options.batch;
  for (uint32_t i = 0; batch == 0 && i < arrays.size(); ++i) {
    const resnetc_tensor_info &info = model.inputs[i];
    if (!arrays[i].data.empty() && info.rank != 0 && arrays[i].shape.size() == info.rank && info.dim[0] > 0)
      batch = arrays[i].shape[0] * model.batch_min / info.dim[0];
  }
  if (batch == 0)
    batch = model.batch_min;
  if (batch < model.batch_min || batch > model.batch_max || batch % model.batch_min)
    return usage("U026", "the model does not run batch " + Twine(batch),
                 "it takes multiples of " + Twine(model.batch_min) + " up to " + Twine(model.batch_max));
  return int32_t(batch);
}

static Error fillInputs(const resnetc_model &model, int32_t batch, ArrayRef<NpyArray> arrays, ModelRunner &runner) {
  for (uint32_t i = 0; i < arrays.size(); ++i) {
    const resnetc_tensor_info &info = model.inputs[i];
    if (fileFor(info.name).empty()) {
      runner.setRandomInput(i, options.seed);
      continue;
    }
    const std::vector<int64_t> want = shapeFor(info, model, batch);
    if (arrays[i].shape != want)
      return usage("U027", "input '" + Twine(info.name) + "' has the wrong shape: expected " + shapeToString(want) +
                               ", got " + shapeToString(arrays[i].shape));
    if (!runner.setInput(i, arrays[i].data))
      return usage("U027", "input '" + Twine(info.name) + "' takes whole numbers from 0 to 255");
  }
  return Error::success();
}

// ---- Running.

static Error checkStatus(resnetc_status status) {
  if (status == RESNETC_E_CPU)
    return usage("U013", resnetc_strerror(status), "compile it on this machine, or for it with --cpu");
  if (status != RESNETC_OK)
    return make_error<ToolError>(70, options.model, "I002",
                                 std::string("the model failed: ") + resnetc_strerror(status));
  return Error::success();
}

static Error runOnce(ModelRunner &runner, double *milliseconds) {
  const auto begin = std::chrono::steady_clock::now();
  const resnetc_status status = runner.run();
  *milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  return checkStatus(status);
}

/// Milliseconds of each timed run.
static Expected<std::vector<double>> runAll(ModelRunner &runner) {
  std::vector<double> times(options.repeat);
  for (int32_t i = -options.warmup; i < options.repeat; ++i)
    if (Error error = runOnce(runner, &times[std::max(i, 0)]))
      return error;
  return times;
}

static Error save(const resnetc_model &model, int32_t batch, const ModelRunner &runner) {
  std::vector<std::vector<int64_t>> shapes;
  std::vector<NpzMember> members;
  for (const resnetc_tensor_info &info : ArrayRef(model.outputs, model.num_outputs))
    shapes.push_back(shapeFor(info, model, batch));
  for (uint32_t i = 0; i < model.num_outputs; ++i)
    members.push_back({model.outputs[i].name, shapes[i], model.outputs[i].dtype == RESNETC_I32 ? "<i4" : "<f4", runner.output(i)});
  if (Error error = writeNpz(options.savePath, members))
    return make_error<ToolError>(5, options.savePath, "O012", toString(std::move(error)));
  return Error::success();
}

/// The profile of more runs, apart from the timed ones: reading the clock takes time too.
static Expected<std::optional<Profile>> profileIfWanted(const resnetc_model &model, ModelRunner &runner) {
  if (!options.profile)
    return std::nullopt;
  Profile result;
  if (Error error = checkStatus(profile(runner, model, options.threads, options.repeat, result)))
    return error;
  return result;
}

static void report(const resnetc_model &model, int32_t batch, const std::vector<double> &times,
                   const std::optional<Profile> &profile) {
  const double fastest = *std::min_element(times.begin(), times.end());
  if (options.json) {
    json::Object object = describe(model, batch);
    object["file"] = options.model;
    object["batch"] = batch;
    object["threads"] = options.threads;
    object["min_ms"] = fastest;
    object["median_ms"] = median(times);
    object["runs_ms"] = json::Array(times);
    if (profile)
      object["profile"] = describe(*profile);
    outs() << formatv("{0:2}\n", json::Value(std::move(object)));
    return;
  }
  print(model, batch, outs());
  if (profile)
    print(*profile, outs());
  outs() << formatv("min_ms {0:f3}  median_ms {1:f3}  (batch {2}, {3} runs, {4} thread{5})\n", fastest, median(times),
                    batch, times.size(), options.threads, options.threads == 1 ? "" : "s");
}

static Error runTool(const char *argv0) {
  if (Error error = checkNumbers())
    return error;
  Expected<const resnetc_model *> opened = openModel(argv0);
  if (!opened)
    return opened.takeError();
  const resnetc_model &model = **opened;
  if (Error error = checkInputNames(model))
    return error;
  Expected<std::vector<NpyArray>> arrays = readInputs(model);
  if (!arrays)
    return arrays.takeError();
  Expected<int32_t> batch = chooseBatch(model, *arrays);
  if (!batch)
    return batch.takeError();
  if (options.describe) {
    if (options.json)
      outs() << formatv("{0:2}\n", json::Value(describe(model, *batch)));
    else
      print(model, *batch, outs());
    return Error::success();
  }
  const auto place = options.guardEnd ? GuardedBuffer::Place::AtEnd : GuardedBuffer::Place::AtStart;
  Expected<std::unique_ptr<ModelRunner>> runner = ModelRunner::create(model, *batch, options.threads, place);
  if (!runner)
    return make_error<ToolError>(5, options.model, "R065", toString(runner.takeError()));
  if (Error error = fillInputs(model, *batch, *arrays, **runner))
    return error;
  Expected<std::vector<double>> times = runAll(**runner);
  if (!times)
    return times.takeError();
  if (!options.savePath.empty())
    if (Error error = save(model, *batch, **runner))
      return error;
  Expected<std::optional<Profile>> profile = profileIfWanted(model, **runner);
  if (!profile)
    return profile.takeError();
  report(model, *batch, *times, *profile);
  return Error::success();
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  std::optional<RunOptions> parsed = parseRunOptions(argc, argv);
  if (!parsed)
    return 1;
  options = std::move(*parsed);
  int exitCode = 0;
  handleAllErrors(runTool(argv[0]), [&](const ToolError &error) {
    error.log(errs());
    exitCode = error.exitCode;
  });
  return exitCode;
}
