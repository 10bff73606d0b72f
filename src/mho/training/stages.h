#pragma once
// The stages of a network that learns: dense and convolution layers on weights, pooling between them.
// All deltas point uphill, as in W += rate·delta·xᵀ (delta = target - output at the end).

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mho/training/weights.h"

namespace mho::training {

enum class Activation { linear, sigmoid, relu, tanh };

/// When a layer's delta goes back through its weights: after they were updated (as CrossSim 2.0 does, and
/// hardware that updates at once) or before.
enum class Order { after_update, before_update };

enum class Bias { array, digital, none };

class Stage {
 public:
  virtual ~Stage() = default;
  virtual std::size_t inputs() const = 0;
  virtual std::size_t outputs() const = 0;
  /// Remembers what learn needs.
  virtual void forward(std::span<const float> in, std::span<float> out, std::uint64_t draw) = 0;
  /// d_out: delta at this stage's output for the sample that forward saw last. Writes the delta at its
  /// input to d_in (empty for the first stage) and updates, or, with `defer`, keeps the update for apply.
  virtual void learn(std::span<const float> d_out, std::span<float> d_in, double rate, std::uint64_t draw,
                     Order order, bool defer) = 0;
  virtual void apply(double rate, std::uint64_t draw) = 0;
  virtual Weights* weights() { return nullptr; }
  /// Forward reads these instead of its own weights; null: its own again.
  virtual void read_instead(const ReadableWeights*) {}
  virtual std::span<float> digital_bias() { return {}; }
  virtual std::string name() const = 0;
  /// Multiply-accumulates of one sample.
  virtual std::size_t macs() const { return 0; }
  /// Products of one sample: vectors that pass the array.
  virtual std::size_t vectors() const { return 1; }
};

std::unique_ptr<Stage> dense_stage(std::string name, std::size_t inputs, std::size_t outputs,
                                   Activation activation, Bias bias, std::unique_ptr<Weights> weights);

struct ImageShape {
  std::size_t height = 1, width = 1, channels = 1;  ///< (height, width, channels), channels innermost
  std::size_t size() const { return height * width * channels; }
};
/// Kernel positions share one array; the update of a sample is the sum of their outer products, applied
/// one after the other. Stride 1, no padding.
std::unique_ptr<Stage> convolution_stage(std::string name, ImageShape in, std::size_t kernel,
                                         std::size_t channels, Activation activation, Bias bias,
                                         std::unique_ptr<Weights> weights);
std::unique_ptr<Stage> max_pool_stage(std::string name, ImageShape in, std::size_t size);

}  // namespace mho::training
