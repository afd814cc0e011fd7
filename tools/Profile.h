// Time by layer: from a clock read after each step of a model, beside what the core could do at best.
#pragma once

#include "resnetc_runtime.h"
#include "tools/ModelRunner.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace resnetc {

struct LayerTime {
  std::string name, kernels;
  double flops = 0;                 // of one run, as the ONNX file states the layer
  double minMs = 0, medianMs = 0;   // of one run
};

struct Profile {
  std::vector<LayerTime> layers;    // in order; steps of the same name that follow each other are one layer
  double peakGflops = 0;            // of all threads, measured between the runs

  double gflops(const LayerTime &layer) const { return layer.flops / (layer.medianMs * 1e6); }
};

/// Of at least one time; of an even number, the mean of the two in the middle.
double median(std::vector<double> times);

/// Runs the model `repeat` times. Stops at the first run that fails and returns its status.
resnetc_status profile(ModelRunner &runner, const resnetc_model &model, int32_t threads, int32_t repeat,
                       Profile &result);

void print(const Profile &profile, llvm::raw_ostream &os);
llvm::json::Object describe(const Profile &profile);

} // namespace resnetc
