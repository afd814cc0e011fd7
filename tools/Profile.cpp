#include "tools/Profile.h"
#include "schedules/bench/PeakRate.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <chrono>
#include <map>

using namespace llvm;
using Clock = std::chrono::steady_clock;

namespace resnetc {
namespace {

double msBetween(Clock::time_point a, Clock::time_point b) {
  return std::chrono::duration<double, std::milli>(b - a).count();
}

/// Milliseconds of each step, of all the times that a batch needs it, and whether it does.
struct StepClock {
  explicit StepClock(uint32_t steps) : ms(steps), isUsed(steps) {}
  Clock::time_point last;
  std::vector<double> ms;
  std::vector<bool> isUsed;

  static void stepDone(void *self, uint32_t step) {
    auto &clock = *static_cast<StepClock *>(self);
    const auto now = Clock::now();
    clock.ms[step] += msBetween(clock.last, now);
    clock.last = now;
    clock.isUsed[step] = true;
  }
};

constexpr size_t noLayer = SIZE_MAX; // of a step that this batch does not need

/// How often each step counts: a batch takes the code for most images first, as often as that fits.
std::vector<int32_t> timesOf(ArrayRef<resnetc_step_info> steps, const std::vector<bool> &isUsed, int32_t batch) {
  std::map<int32_t, int32_t, std::greater<>> times; // by the images that the code is for
  for (size_t i = 0; i < steps.size(); ++i)
    if (isUsed[i])
      times[steps[i].batch] = 0;
  for (auto &[images, count] : times) {
    count = batch / images;
    batch -= count * images;
  }
  std::vector<int32_t> list;
  for (size_t i = 0; i < steps.size(); ++i)
    list.push_back(isUsed[i] ? times.at(steps[i].batch) : 0);
  return list;
}

/// The layer of each step.
std::vector<size_t> groupSteps(ArrayRef<resnetc_step_info> steps, ArrayRef<int32_t> counts, std::vector<LayerTime> &layers) {
  std::vector<size_t> layerOf;
  for (const auto &[step, times] : zip(steps, counts)) {
    if (times == 0) {
      layerOf.push_back(noLayer);
      continue;
    }
    if (layers.empty() || layers.back().name != step.name)
      layers.push_back({step.name, "", 0, 0, 0});
    LayerTime &layer = layers.back();
    layer.kernels += (layer.kernels.empty() ? "" : ", ") + std::string(step.kernel);
    layer.flops += step.flops * times;
    layerOf.push_back(layers.size() - 1);
  }
  return layerOf;
}

} // namespace

double median(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const size_t half = times.size() / 2;
  return times.size() % 2 ? times[half] : (times[half - 1] + times[half]) / 2;
}

resnetc_status profile(ModelRunner &runner, const resnetc_model &model, int32_t threads, int32_t repeat,
                       Profile &result) {
  const std::string level = StringRef(model.target).rsplit(' ').second.str();
  StepClock clock(model.num_steps);
  runner.watchSteps(StepClock::stepDone, &clock);
  if (const resnetc_status status = runner.run()) // tells which steps there are
    return status;
  const ArrayRef<resnetc_step_info> steps(model.steps, model.num_steps);
  const std::vector<size_t> layerOf = groupSteps(steps, timesOf(steps, clock.isUsed, runner.images()), result.layers);
  std::vector<std::vector<double>> times(result.layers.size());
  for (int32_t i = 0; i < repeat; ++i) {
    result.peakGflops = std::max(result.peakGflops, threads * measurePeakGflops(level));
    clock.ms.assign(model.num_steps, 0);
    clock.last = Clock::now();
    if (const resnetc_status status = runner.run())
      return status;
    std::vector<double> ms(result.layers.size());
    for (size_t step = 0; step < layerOf.size(); ++step)
      if (layerOf[step] != noLayer)
        ms[layerOf[step]] += clock.ms[step];
    for (size_t layer = 0; layer < ms.size(); ++layer)
      times[layer].push_back(ms[layer]);
  }
  runner.watchSteps(nullptr, nullptr);
  for (size_t layer = 0; layer < times.size(); ++layer) {
    result.layers[layer].minMs = *std::min_element(times[layer].begin(), times[layer].end());
    result.layers[layer].medianMs = median(times[layer]);
  }
  return RESNETC_OK;
}

void print(const Profile &profile, raw_ostream &os) {
  double ms = 0, flops = 0;
  for (const LayerTime &layer : profile.layers)
    ms += layer.medianMs, flops += layer.flops;
  os << formatv("{0,9} {1,9} {2,6} {3,9} {4,7}  {5}\n", "min_ms", "median_ms", "time", "GFLOP/s", "of peak", "layer: kernels");
  auto row = [&](double minMs, const LayerTime &layer) {
    const double rate = profile.gflops(layer);
    os << formatv("{0,9:f3} {1,9:f3} {2,5:f1}% ", minMs, layer.medianMs, 100 * layer.medianMs / ms);
    if (layer.flops > 0 && profile.peakGflops > 0)
      os << formatv("{0,9:f1} {1,6:f1}%", rate, 100 * rate / profile.peakGflops);
    else
      os << formatv("{0,17}", "");
    os << "  " << layer.name << (layer.kernels.empty() ? "" : ": ") << layer.kernels << "\n";
  };
  double minMs = 0;
  for (const LayerTime &layer : profile.layers) {
    row(layer.minMs, layer);
    minMs += layer.minMs;
  }
  row(minMs, {"all", "", flops, minMs, ms});
  os << formatv("peak {0:f1} GFLOP/s; a layer counts the arithmetic that the ONNX file states, so that algorithms which "
                "save some exceed 100%\n", profile.peakGflops);
}

json::Object describe(const Profile &profile) {
  json::Array layers;
  for (const LayerTime &layer : profile.layers)
    layers.push_back(json::Object{{"name", layer.name},
                                  {"kernels", layer.kernels},
                                  {"min_ms", layer.minMs},
                                  {"median_ms", layer.medianMs},
                                  {"flops", layer.flops}});
  return json::Object{{"peak_gflops", profile.peakGflops}, {"layers", std::move(layers)}};
}

} // namespace resnetc
