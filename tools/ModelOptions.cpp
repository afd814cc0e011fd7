#include "tools/ModelOptions.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/bit.h"
#include <cmath>

using namespace llvm;

namespace resnetc {

void addFlag(Options &options, const std::string &flag) { options.flags += (options.flags.empty() ? "" : " ") + flag; }

bool readPositive(StringRef text, int64_t &number) {
  return !text.empty() && all_of(text, isDigit) && !text.getAsInteger(10, number) && number >= 1;
}

namespace {

class Reader {
public:
  Reader(const ModelFlags &flags, Options &options, Diagnostics &diagnostics)
      : flags(flags), options(options), diagnostics(diagnostics) {}

  void read() {
    readShapes();
    readOutputs();
    readEdges();
  }

private:
  void error(const char *code, const std::string &text, const std::string &fix = "") {
    diagnostics.error(code, text, {}, {}, fix);
  }
  void addFlag(const std::string &flag) { resnetc::addFlag(options, flag); }

  void readShapes() {
    ImportOptions &import = options.import;
    for (StringRef option : flags.shapes) {
      const auto [name, extents] = option.rsplit('=');
      SmallVector<StringRef> parts;
      extents.split(parts, 'x');
      std::vector<int64_t> shape(parts.size());
      bool good = !name.empty() && name.size() < option.size();
      for (size_t i = 0; i < parts.size(); ++i)
        good = good && readPositive(parts[i], shape[i]);
      if (!good)
        error("U014", "--shape=" + option.str() + " is not INPUT=NxNx...", "--shape=input=1x3x224x224");
      import.shapes[name.str()] = shape;
      addFlag("--shape=" + option.str());
    }
    for (StringRef option : flags.dims) {
      const auto [name, extent] = option.rsplit('=');
      if (name.empty() || name.size() == option.size() || !readPositive(extent, import.dims[name.str()]))
        error("U014", "--dim=" + option.str() + " is not NAME=NUMBER", "--dim=batch=1");
      addFlag("--dim=" + option.str());
    }
    if (flags.batch.getNumOccurrences())
      readBatches(flags.batch.getValue());
  }

  void readOutputs() {
    options.import.outputs = {flags.outputs.begin(), flags.outputs.end()};
    options.import.allEndpoints = flags.allEndpoints;
    for (const std::string &name : flags.outputs)
      addFlag("--output=" + name);
    if (flags.allEndpoints)
      addFlag("--all-endpoints");
  }

  std::vector<double> readNumbers(const cl::opt<std::string> &option, bool zeroAllowed) {
    std::vector<double> numbers;
    if (!option.getNumOccurrences())
      return numbers;
    SmallVector<StringRef> parts;
    StringRef(option).split(parts, ',');
    for (StringRef part : parts) {
      double number = 0;
      if (part.getAsDouble(number) || !std::isfinite(number) || (number == 0 && !zeroAllowed))
        error("U014",
              "--" + option.ArgStr.str() + "=" + option.getValue() + " is not a list of numbers" +
                  (zeroAllowed ? "" : " other than 0"),
              "--" + option.ArgStr.str() + "=58.4,57.1,57.4");
      numbers.push_back(number);
    }
    addFlag("--" + option.ArgStr.str() + "=" + option.getValue());
    return numbers;
  }

  void readFormat(StringRef option, ImageFormat &image) {
    const auto [name, words] = option.contains('=') ? option.rsplit('=') : std::pair<StringRef, StringRef>("", option);
    image.input = name.str();
    SmallVector<StringRef> parts;
    words.split(parts, ',');
    for (StringRef word : parts) {
      if (!is_contained({"u8", "f32", "nhwc", "nchw", "rgb", "bgr"}, word))
        return error("U014",
                     "--input-format=" + option.str() + ": '" + word.str() + "' is none of u8 f32 nhwc nchw rgb bgr",
                     "--input-format=input=u8,nhwc,rgb");
      image.bytes |= word == "u8";
      image.nhwc |= word == "nhwc";
      image.bgr |= word == "bgr";
    }
    addFlag("--input-format=" + option.str());
  }

  void readEdges() {
    EdgeOptions &edges = options.edges;
    const std::vector<double> mean = readNumbers(flags.mean, true), deviation = readNumbers(flags.deviation, false);
    for (StringRef option : flags.formats)
      readFormat(option, edges.images.emplace_back());
    if (edges.images.empty() && (!mean.empty() || !deviation.empty()))
      edges.images.emplace_back();
    for (ImageFormat &image : edges.images) {
      image.mean = mean;
      image.deviation = deviation;
    }
    edges.softmax = flags.softmax;
    if (flags.softmax)
      addFlag("--softmax");
    if (flags.topK.getNumOccurrences() && !readPositive(flags.topK, edges.topK))
      error("U014", "--top-k=" + flags.topK.getValue() + " is not a positive number", "--top-k=5");
    else if (edges.topK)
      addFlag("--top-k=" + flags.topK.getValue());
  }

  // What a range is computed with: one image, and as many as fit of those that a power of two up to this takes
  // together.
  static constexpr int64_t kTogether = 8;

  void readBatches(StringRef text) {
    std::vector<int64_t> &batches = options.batches;
    addFlag("--batch=" + text.str());
    int64_t first = 0, last = 0;
    if (const auto [low, high] = text.split(".."); !high.empty()) {
      if (!readPositive(low, first) || first != 1 || !readPositive(high, last) || last > INT32_MAX)
        return error("U014", "--batch=" + text.str() + " is no range from 1", "--batch=1..32");
      options.batchBound = static_cast<int32_t>(last);
      batches = {1};
      if (const auto together = static_cast<int64_t>(llvm::bit_floor(static_cast<uint64_t>(std::min(last, kTogether))));
          together > 1)
        batches.push_back(together);
      return;
    }
    SmallVector<StringRef> parts;
    text.split(parts, ',');
    for (StringRef part : parts) {
      if (!readPositive(part, first) || first > INT32_MAX)
        return error("U014", "--batch=" + text.str() + " is not a positive number, a list of them or a range",
                     "--batch=1,4,8 or --batch=1..32");
      batches.push_back(first);
    }
    llvm::sort(batches);
    batches.erase(llvm::unique(batches), batches.end());
    for (int64_t batch : batches)
      if (batch % batches.front() != 0)
        return error("U014", "--batch=" + text.str() + ": " + std::to_string(batch) + " is no multiple of " +
                                 std::to_string(batches.front()) + ", the smallest");
  }

  const ModelFlags &flags;
  Options &options;
  Diagnostics &diagnostics;
};

} // namespace

void readModelOptions(const ModelFlags &flags, Options &options, Diagnostics &diagnostics) {
  Reader(flags, options, diagnostics).read();
}

} // namespace resnetc
