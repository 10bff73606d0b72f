// Whole networks in runtimes: two in one process that differ in threads and instruction set answer as alone,
// a child of the process answers too, and digital layers start no threads of their own.

#include "mho/core/runtime.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <iterator>
#include <optional>
#include <thread>
#include <vector>

#include "child.h"
#include "mho/core/config.h"
#include "mho/core/npy.h"
#include "mho/network/data/dataset.h"
#include "mho/network/inference.h"
#include "network/tiny_network.h"
#include "temporary_folder.h"

#if defined(__SANITIZE_THREAD__)
// A child that starts threads is what we do, and what ThreadSanitizer refuses unless told otherwise.
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }
#endif

namespace mho::network {
namespace {

/// Threads of this process.
std::ptrdiff_t threads_there() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                       std::filesystem::directory_iterator());
}

/// Images that go through arrays of noisy cells (two convolutions, a fully connected layer) and through
/// digital layers between them (a convolution of groups, pooling).
class Answers {
 public:
  Answers() : study_(core::Config::from_text(text, folder_.file("study.toml"))) {
    const Tensor pixels = random_tensor({40, 3, 12, 12}, "images");
    core::write_npy<float>(folder_.file("x.npy"), std::vector<std::size_t>{40, 3, 12, 12}, pixels.floats());
    inference_ = Inference::read(study_, Chain({3, 12, 12})
                                             .layer("Conv", "a", {16, 3, 3, 3}, {1, 1, 1, 1})
                                             .then("Relu")
                                             .layer("Conv", "b", {16, 1, 3, 3}, {1, 1, 1, 1}, 16)
                                             .then("Relu")
                                             .layer("Conv", "c", {24, 16, 3, 3}, {1, 1, 1, 1})
                                             .then("GlobalAveragePool")
                                             .then("Flatten")
                                             .layer("MatMul", "d", {24, 10})
                                             .network());
    images_.emplace(study_);
    study_.finish();
    inference_->calibrate(*images_);
  }

  /// Of a chip that is programmed anew, then of float.
  std::vector<float> compute() const {
    const EvaluationOptions all{.keep_outputs = true};
    const auto analog = inference_->evaluate(*inference_->program(1, 2), *images_, all).outputs;
    const auto exact = inference_->evaluate(Mode::float32, *images_, all).outputs;
    std::vector<float> numbers(analog.elements.begin(), analog.elements.end());
    numbers.insert(numbers.end(), exact.elements.begin(), exact.elements.end());
    return numbers;
  }

 private:
  static constexpr const char* text = R"(
[network]
model = "tiny.onnx"
depthwise = "digital"
[data]
images = "x.npy"
[device]
card = "sonos-40nm"
[mapping]
weight_bits = 8
slices = 2
)";

  tests::TemporaryFolder folder_;
  core::Config study_;
  std::optional<Inference> inference_;
  std::optional<Dataset> images_;
};

std::vector<float> computed_in(const core::Runtime& runtime) {
  const core::Runtime::Use use(runtime);
  return Answers().compute();
}

TEST(NetworkInRuntimes, TwoAtTheSameTimeAnswerAsAlone) {
  const core::Runtime plain({.threads = 2, .isa = core::Isa::portable});
  const core::Runtime fast({.threads = 3, .isa = core::available_isas().back()});
  const std::vector<float> by_plain = computed_in(core::Runtime({.threads = 1, .isa = plain.isa()}));
  const std::vector<float> by_fast = computed_in(core::Runtime({.threads = 1, .isa = fast.isa()}));
  std::atomic<int> ready = 0;
  const auto work = [&](const core::Runtime& runtime, const std::vector<float>& alone) {
    const core::Runtime::Use use(runtime);
    const Answers answers;
    ++ready;
    while (ready < 2) std::this_thread::yield();
    for (int times = 0; times < 5; ++times) ASSERT_EQ(answers.compute(), alone);
  };
  std::thread other([&] { work(plain, by_plain); });
  work(fast, by_fast);
  other.join();
}

TEST(NetworkInRuntimes, DigitalLayersStartNoThreadsOfTheirOwn) {
  const auto before = threads_there();
  const core::Runtime::Use use(core::Runtime({.threads = 3}));
  Answers().compute();
  EXPECT_LE(threads_there(), before + 2) << "the calling thread and two others";
}

TEST(NetworkInRuntimes, AChildComputesAfterItsParentDid) {
  const core::Runtime::Use use(core::Runtime({.threads = 3}));
  const Answers answers;
  const std::vector<float> wanted = answers.compute();
  const auto child = [&] {
    if (answers.compute() != wanted) return 1;    // what the parent made
    if (Answers().compute() != wanted) return 2;  // all made anew
    return threads_there() <= 3 ? 0 : 3;
  };
  EXPECT_EQ(tests::exit_code_of_child(child), 0);
  EXPECT_EQ(answers.compute(), wanted) << "and the parent goes on";
}

}  // namespace
}  // namespace mho::network
