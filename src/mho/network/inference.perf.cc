// Whole networks, per image: float, and one analog chip with 8-bit converters and programming errors.
// Roof: the multiply-adds at this machine's float rate (CNN6 0.24 M, ResNet-20 41 M, SqueezeNet 0.86 G a
// picture). The comparison with ONNX Runtime is bench/onnxruntime_inference.py. MHO_BENCH_STUDY names the
// study file, without a device, of one network more. Few images a run, so that the best of many runs is one
// that nothing disturbed.

#include "mho/network/inference.h"

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "mho/core/config.h"
#include "mho/core/files.h"
#include "mho/network/data/dataset.h"

namespace mho::network {
namespace {

struct Job {
  std::string name;
  std::string study;  ///< model, images and preprocessing
  std::size_t count;  ///< images
};

/// One chip: conductances of all layers drawn and packed. Counts what a chip keeps, too.
void program(benchmark::State& state, const Job& job, bool analog_depthwise) {
  if (std::getenv("MHO_DATA") == nullptr) {
    state.SkipWithError("MHO_DATA is not set");
    return;
  }
  std::string text = job.study + "[device]\ncard = \"taox\"\n[array]\nprecision = \"int16\"\n";
  const std::string table = "[network]\n";
  if (!analog_depthwise) text.insert(text.find(table) + table.size(), "depthwise = \"digital\"\n");
  auto study = core::Config::from_text(text, "perf.toml");
  auto inference = Inference::read(study).value();
  const Dataset images(study);
  study.finish();
  inference.calibrate(images);
  std::uint32_t trial = 0;
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(inference.program(1, trial++));
}

enum class How { float32, digital, analog, analog_int16 };

void infer(benchmark::State& state, const Job& job, How how) {
  if (std::getenv("MHO_DATA") == nullptr) {
    state.SkipWithError("MHO_DATA is not set");
    return;
  }
  const std::string array = how == How::analog_int16 ? "[array]\nprecision = \"int16\"\n" : "";
  auto study = core::Config::from_text(job.study + "[device]\ncard = \"taox\"\n" + array, "perf.toml");
  auto inference = Inference::read(study).value();
  const Dataset images(study);
  study.finish();
  inference.calibrate(images);
  const auto chip = inference.program(1, 0);
  const EvaluationOptions options{.count = std::min(job.count, images.size())};
  double best = 1e30;
  for ([[maybe_unused]] auto _ : state) {
    const Evaluation result = how == How::float32   ? inference.evaluate(Mode::float32, images, options)
                              : how == How::digital ? inference.evaluate(Mode::digital, images, options)
                                                    : inference.evaluate(*chip, images, options);
    state.SetIterationTime(result.seconds);
    best = std::min(best, result.seconds / static_cast<double>(result.images));
  }
  state.counters["best_us_per_image"] = 1e6 * best;
}

std::string study_of(const char* model, const char* images, const char* preprocess) {
  return fmt::format(
      "[network]\nmodel = \"models/{}.onnx\"\n[data]\nimages = \"{}\"\n[calibration]\ncount = 20\n"
      "[data.preprocess]\n{}\n",
      model, images, preprocess);
}

std::vector<Job> jobs() {
  const char* unit = "scale = 0.00392156862745098";
  const char* cifar = "cifar10/test2000_jpeg_q75_LOSSY";
  std::vector<Job> all{
      {"cnn6", study_of("mnist/mnist_CNN6", "mnist/test", unit), 2048},
      {"resnet20", study_of("cifar10/resnet20_akamaster", cifar, unit), 512},
      {"resnet56", study_of("cifar10/resnet56_crosssim", cifar, unit), 256},
      {"squeezenet",
       study_of("imagenet/squeezenet_v1.0_deepcompression", "imagenet/val1300_227",
                "order = \"bgr\"\nmean = [104, 117, 123]"),
       8},
      {"mobilenet-v2",
       study_of("imagenet/mobilenet_v2_1.0_224_quant_dequant", "imagenet/val1300_227",
                "crop = 224\nscale = 0.00784313725490196\nmean = [1]"),
       8},
  };
  if (const char* file = std::getenv("MHO_BENCH_STUDY")) {
    const core::Bytes bytes = core::read_file(file);
    all.push_back(
        {std::filesystem::path(file).stem(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, 4});
  }
  return all;
}

const bool registered = [] {
  for (const auto& [how, name] : {std::pair{How::float32, "float"},
                                  {How::digital, "digital"},
                                  {How::analog, "analog"},
                                  {How::analog_int16, "analog-int16"}}) {
    for (const Job& job : jobs()) {
      benchmark::RegisterBenchmark(fmt::format("infer/{}/{}", job.name, name).c_str(),
                                   [job, how = how](benchmark::State& state) { infer(state, job, how); })
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
  for (const Job& job : jobs()) {
    for (const bool depthwise : {true, false}) {
      if (!depthwise && job.name != "mobilenet-v2") continue;
      benchmark::RegisterBenchmark(
          fmt::format("program/{}{}", job.name, depthwise ? "" : "/digital-depthwise").c_str(),
          [job, depthwise](benchmark::State& state) { program(state, job, depthwise); })
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace mho::network
