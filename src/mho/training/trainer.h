#pragma once
// Online back-propagation on learning arrays: samples in, learning curves out.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mho/core/matrix.h"
#include "mho/training/stages.h"

namespace mho::training {

/// Samples in memory. x: (count, features); labels in [0, classes).
struct Samples {
  core::Matrix<float> x;
  std::vector<int> labels;
};

/// One stage as a study names it: `36`, "dense 36", "conv 3x3x8", "pool 2".
struct StageSpec {
  enum class Kind { dense, convolution, pool } kind = Kind::dense;
  std::size_t size = 0;      ///< outputs of a dense stage, kernel of a convolution, window of a pool
  std::size_t channels = 0;  ///< of a convolution
};

enum class Loss { cross_entropy, squared };

struct TrainingOptions {
  ImageShape input;               ///< height 1 and width 1 for plain vectors
  std::vector<StageSpec> stages;  ///< the last is dense, with as many outputs as classes
  Activation hidden = Activation::sigmoid;
  Loss loss = Loss::cross_entropy;  ///< with softmax outputs; squared: with sigmoid outputs
  std::size_t epochs = 20;
  std::size_t batch = 1;  ///< 1: update after every sample; more: gradients of a batch at the same weights
  double learning_rate = 0.05;
  double decay = 0.75;
  std::size_t decay_every = 5;  ///< epochs
  Bias bias = Bias::array;
  Order order = Order::after_update;
  bool shuffle = false;
  double initial_scale = 4;  ///< weights start in U(-s, s), s = scale·sqrt(6/(inputs + outputs))
  /// Weight at the end of the used range, a stage with weights each, or one for all; empty:
  /// default_weight_limits.
  std::vector<double> weight_limits;
  bool numeric = false;  ///< plain float weights instead of cells
  CellSettings
      cells;  ///< where input.signs is automatic, an input of a stage has a sign if it can be negative
  bool negative_inputs = true;  ///< samples have some
  /// What the cells go through after the last epoch; none where the study has no history.
  std::optional<device::Cell> aged;
  std::shared_ptr<const device::Updater> updater;
  std::optional<Carry> carry;
  std::optional<Transfer> transfer;
};

struct EpochResult {
  std::size_t epoch = 0;  ///< from 1
  double learning_rate = 0;
  double train_loss = 0;
  double test_accuracy = 0;
};

struct StageReport {
  std::string name;
  bool convolution = false;
  std::size_t inputs = 0, outputs = 0;  ///< rows and columns of its matrix, the row of the bias with them
  std::size_t vectors = 1;              ///< of a sample: positions of a kernel
  std::size_t fresh_inputs = 0;         ///< of a vector that the one before did not have
  double bytes_per_weight = 0;
  array::LearningCount count;
  std::vector<float> conductances_s;
};

/// A layer with weights as a perfect read finds it.
struct LearnedLayer {
  std::string name;
  core::Matrix<float> weights;  ///< (outputs, inputs), the bias that is a row of the array as the last input
  std::vector<float> bias;      ///< digital; empty where there is none
};

/// What follows the sums of stage `k`.
Activation activation_of(const TrainingOptions& options, std::size_t k);

/// Weights start in U(-s, s); they may grow to 1.33·s in hidden stages and to 2.4·s in the last: about what
/// networks of the published studies need (64-36-10: 1.33 and 2.0; CrossSim 2.0).
std::vector<double> default_weight_limits(const TrainingOptions& options);

/// The cells of a layer with weights.
struct StageCells {
  std::string name;
  std::shared_ptr<const array::ProgrammedMatrix> matrix;  ///< its last row the bias that lies on the array
};

/// One network being trained. Everything that it draws is named by (seed, trial): the same bits on any
/// number of threads, and after being killed and resumed.
class Trainer {
 public:
  Trainer(const TrainingOptions& options, std::uint64_t seed, std::uint32_t trial);

  /// Trains until all epochs are done or `stop` says so, from wherever it stands. `tick` is called after
  /// every sample or batch with the samples done of this epoch; `on_epoch` after every epoch.
  /// Returns true when done.
  bool run(const Samples& train, const Samples& test, const std::function<bool()>& stop,
           const std::function<void(std::size_t done)>& tick,
           const std::function<void(const EpochResult&)>& on_epoch);

  /// Share of the samples that the network as it is names rightly. Reads draw the noise of vectors 0, 1, …
  /// of each array, as inference does: an array that is read there with the same settings answers the same.
  double accuracy(const Samples& samples);
  /// The same with these cells, of all layers with weights, in place of its own.
  double accuracy(const Samples& samples, std::span<const StageCells> cells);
  /// The chip as it is: empty for numeric weights.
  std::vector<StageCells> programmed();
  /// The chip after options.aged, where its targets are what the cells hold now.
  std::vector<StageCells> aged();

  const std::vector<EpochResult>& epochs() const { return epochs_; }
  std::vector<StageReport> report();
  /// Weights of the stages that have some, (outputs, inputs) each.
  std::vector<core::Matrix<float>> weights();
  /// The same with their names and digital biases.
  std::vector<LearnedLayer> learned();

  std::vector<std::uint8_t> state();
  void restore(std::span<const std::uint8_t> state);

 private:
  void forward(std::span<const float> x, std::uint64_t draw);
  double share_right(const Samples& samples);
  double learn(int label, double rate, std::uint64_t draw, bool defer);
  std::vector<std::size_t> order_of(std::size_t epoch, std::size_t count) const;

  TrainingOptions options_;
  std::uint64_t seed_;
  std::uint32_t trial_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::vector<std::vector<float>> values_;  // values_[m]: input of stage m; the last: outputs
  std::vector<std::vector<float>> deltas_;
  std::vector<EpochResult> epochs_;
  std::uint64_t next_sample_ = 0;  // of the running epoch
  double loss_sum_ = 0;
};

}  // namespace mho::training
