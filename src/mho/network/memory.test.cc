// What an evaluation keeps in memory: weights three times (the graph's, float's in oneDNN's order, those of
// the digital plan or of the chip), and the activations of a batch.

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "mho/core/config.h"
#include "mho/core/isa.h"
#include "mho/core/npy.h"
#include "mho/core/parallel.h"
#include "mho/core/sha256.h"
#include "mho/network/data/dataset.h"
#include "mho/network/inference.h"
#include "network/tiny_network.h"

namespace mho::network {
namespace {

/// Bytes in use, of this thread.
double in_use() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

class OneThreadOnly {
 public:
  OneThreadOnly() { core::set_thread_count(1); }
  ~OneThreadOnly() { core::set_thread_count(0); }
};

TEST(Memory, WeightsAreKeptThreeTimes) {
  if (in_use() == 0) GTEST_SKIP() << "the allocator does not say what is in use";
  // oneDNN's own AVX-512 layouts take more than those for AVX2; what is bounded here is what mho keeps. Set
  // before oneDNN first looks.
  setenv("ONEDNN_MAX_CPU_ISA", "AVX2", 0);
  core::sha256("");  // libcrypto keeps 0.14 MB from its first digest on
  const OneThreadOnly one_thread;
  const auto file = std::filesystem::path(testing::TempDir()) / "weights_are_kept_three_times.npy";
  const std::size_t count = 12;
  core::write_npy<float>(file.string(), std::vector<std::size_t>{count, 32, 8, 8},
                         random_tensor({count, 32, 8, 8}, "images").floats());
  const double before = in_use();
  double most = 0;
  const auto look = [&](std::size_t = 0, std::size_t = 0) { most = std::max(most, in_use() - before); };
  const double activations = 4.0 * (512 * 64 * 2 + 512 * 100);  // of one image, with a padded copy
  const double weights = 4.0 * (512 * 32 * 9 + 512 * 512 + 128 * 512 * 9 + 10 * 128 * 64);
  {
    auto study = core::Config::from_text("[network]\nmodel = \"tiny.onnx\"\n[data]\nimages = \"" +
                                             file.string() + "\"\n[device]\ncard = \"taox\"\n",
                                         "study.toml");
    auto inference = Inference::read(study, Chain({32, 8, 8})
                                                .layer("Conv", "a", {512, 32, 3, 3}, {1, 1, 1, 1})
                                                .then("Relu")
                                                .layer("Conv", "b", {512, 512, 1, 1})
                                                .then("Relu")
                                                .layer("Conv", "c", {128, 512, 3, 3}, {1, 1, 1, 1})
                                                .then("Relu")
                                                .then("Flatten")
                                                .layer("Gemm", "fc", {128 * 64, 10})
                                                .network())
                         .value();
    const Dataset images(study);
    study.finish();
    inference.calibrate(images, look);
    const double calibrating = most;
    most = 0;
    const EvaluationOptions options{.snr_images = 4, .progress = look};
    inference.evaluate(Mode::float32, images, options);
    inference.evaluate(Mode::digital, images, options);
    for (std::uint32_t trial = 0; trial < 3; ++trial) {
      inference.evaluate(*inference.program(1, trial), images, options);
      look();
    }
    // Ideal cells of calibration are packed in 2 bytes or less where there are integer products (AVX2, VNNI),
    // in 4 where there are none: half of the weights, and padding.
    const bool integers = core::current_isa() == core::Isa::avx2 || core::has_vnni();
    const double more = integers ? 0 : 0.6 * weights;
    EXPECT_LE(calibrating, 3.05 * weights + 2 * activations + 1e6 + more) << "calibrating";
  }
  std::filesystem::remove(file);
  EXPECT_LE(most, 3.05 * weights + 2 * activations + 1e6) << "of " << weights << " bytes of weights";
  EXPECT_GE(most, 2.5 * weights) << "this does not measure what it should";
}

}  // namespace
}  // namespace mho::network
