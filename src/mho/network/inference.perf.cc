// Whole networks, per image: float, and one analog chip with 8-bit converters and programming errors.
// Roof: the multiply-adds at this machine's float rate (CNN6 1.2 M, ResNet-20 41 M a picture). The comparison
// with ONNX Runtime is bench/onnxruntime_inference.py.
// Few images a run, so that the best of many runs is one that nothing disturbed.

#include "mho/network/inference.h"

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "mho/core/config.h"
#include "mho/network/dataset.h"

namespace mho::network {
namespace {

struct Job {
  const char* model;
  const char* images;
  std::size_t count;
  const char* scheme;
};

std::string study_of(const Job& job) {
  return fmt::format(R"(
[network]
model = "models/{}.onnx"
[data]
images = "{}"
[data.preprocess]
scale = 0.00392156862745098
[device]
card = "taox"
[mapping]
scheme = "{}"
)",
                     job.model, job.images, job.scheme);
}

enum class How { float32, digital, analog };

void infer(benchmark::State& state, const Job& job, How how) {
  if (std::getenv("MHO_DATA") == nullptr) {
    state.SkipWithError("MHO_DATA is not set");
    return;
  }
  auto study = core::Config::from_text(study_of(job), "perf.toml");
  Inference inference(study);
  const Dataset images(study);
  study.finish();
  inference.calibrate(images);
  const auto chip = inference.program(1, 0);
  const EvaluationOptions options{.count = std::min(job.count, images.size())};
  double best = 1e30;
  for ([[maybe_unused]] auto _ : state) {
    const Evaluation result = how == How::analog    ? inference.evaluate(*chip, images, options)
                              : how == How::float32 ? inference.evaluate(Mode::float32, images, options)
                                                    : inference.evaluate(Mode::digital, images, options);
    state.SetIterationTime(result.seconds);
    best = std::min(best, result.seconds / static_cast<double>(result.images));
  }
  state.counters["best_us_per_image"] = 1e6 * best;
}

const Job cnn6{"mnist/mnist_CNN6", "mnist/test", 256, "differential"};
const Job resnet20{"cifar10/resnet20_akamaster", "cifar10/test2000_jpeg_q75_LOSSY", 20, "differential"};
const Job resnet56{"cifar10/resnet56_crosssim", "cifar10/test2000_jpeg_q75_LOSSY", 8, "differential"};

const bool registered = [] {
  for (const auto& [how, name] :
       {std::pair{How::float32, "float"}, {How::digital, "digital"}, {How::analog, "analog"}}) {
    for (const auto& [job, net] :
         {std::pair{&cnn6, "cnn6"}, {&resnet20, "resnet20"}, {&resnet56, "resnet56"}}) {
      benchmark::RegisterBenchmark(
          fmt::format("infer/{}/{}", net, name).c_str(),
          [job = job, how = how](benchmark::State& state) { infer(state, *job, how); })
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace mho::network
