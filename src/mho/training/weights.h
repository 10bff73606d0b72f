#pragma once
// A weight matrix that training reads forward and backward and updates, whatever it is stored in.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mho/array/learning/learning_array.h"
#include "mho/core/matrix.h"

namespace mho::training {

/// What a forward pass reads.
class ReadableWeights {
 public:
  virtual ~ReadableWeights() = default;
  virtual void forward(std::span<const float> x, std::span<float> y, std::uint64_t draw) const = 0;
};

class Weights : public ReadableWeights {
 public:
  virtual std::size_t inputs() const = 0;
  virtual std::size_t outputs() const = 0;
  virtual void write(core::MatrixView<const float> weights) = 0;  ///< (outputs, inputs)
  virtual core::Matrix<float> read() const = 0;                   ///< perfect read
  virtual void backward(std::span<const float> d, std::span<float> e, std::uint64_t draw) const = 0;
  /// W += rate·d·xᵀ, or what the cells make of it.
  virtual void update(std::span<const float> x, std::span<const float> d, double rate,
                      std::uint64_t draw) = 0;
  /// So many reads follow before the next update (LearningArray::expect_reads).
  virtual void expect_reads(std::size_t) const {}
  /// The cells that forward reads hold these conductances from now on (LearningArray::take_over).
  virtual void take_over(const array::ProgrammedMatrix&) {}
  /// The cells as they are now, as forward reads them; null where weights lie on none.
  virtual std::shared_ptr<const array::ProgrammedMatrix> programmed() const { return nullptr; }
  virtual array::LearningCount count() const { return {}; }
  virtual std::vector<float> conductances_s() const { return {}; }
  virtual double bytes_per_weight() const = 0;
  virtual std::vector<std::uint8_t> state() const = 0;
  virtual void restore(std::span<const std::uint8_t> state) = 0;
};

/// Where weights lie: names the random numbers.
struct Place {
  std::uint64_t seed = 1;
  std::uint32_t trial = 0;
  std::string layer;
};

/// Plain float32: the baseline of every study.
std::unique_ptr<Weights> numeric_weights(std::size_t inputs, std::size_t outputs);

/// Cells that learn no more, about `reads` times.
std::unique_ptr<ReadableWeights> read_cells(std::shared_ptr<const array::ProgrammedMatrix> cells,
                                            std::size_t reads);

/// How cells are read and written.
struct CellSettings {
  array::Settings reading = array::learning_defaults();
  array::LearningSettings learning;
};

/// One learning array.
std::unique_ptr<Weights> array_weights(std::size_t inputs, std::size_t outputs, const CellSettings& settings,
                                       std::shared_ptr<const device::Updater> updater, const Place& place);

/// Periodic carry (Agarwal et al., VLSI 2017, doi 10.23919/VLSIT.2017.7998164): several arrays of rising
/// significance, w = Σ_k w_k/base^k. Updates go to the last; now and then what has grown beyond the
/// threshold there is carried to the one before and taken away.
struct Carry {
  int arrays = 1;
  double base = 5;
  std::vector<std::int64_t> every;  ///< updates between carries out of the last array, the one before, …
  double threshold = 0.5;           ///< of the weight limit of an array
};
std::unique_ptr<Weights> carried_weights(std::size_t inputs, std::size_t outputs,
                                         const CellSettings& settings,
                                         const std::shared_ptr<const device::Updater>& updater,
                                         const Carry& carry, const Place& place);

/// Which learning rate of a transfer goes with that of the network, through its decay.
enum class FollowsRate {
  fast,  ///< that of A: A += rate·fast_rate·d·xᵀ, H += buffer_rate·read(A)
  buffer,  ///< that of H: A += fast_rate·d·xᵀ, H += rate·buffer_rate·read(A), so that A is always well used
};

/// Transfer learning (Tiki-Taka 2: Gokmen 2021, doi 10.3389/frai.2021.699148; chopped: Rasch et al. 2024,
/// doi 10.1038/s41467-024-51221-z): gradients go to a fast array A; a digital buffer H collects its
/// columns, read one after the other; what passes the threshold becomes pulses on the array C that the
/// network sees.
///
/// Update number u (from 1), a rank-1 update A += d·(s∘x)ᵀ with the choppers' signs s. Where `every` divides
/// u, column i = (u/every - 1) mod inputs of A is read through its converters, with its read noise, by a
/// one-hot vector of full scale, and for every output j
///     H_ji += t_j·s_i·buffer_rate·read_j/g,   g the change of a weight of C by one average pulse,
///     n = clip(trunc(H_ji/threshold), ±most_pulses), then C_ji gets n pulses and, where n is not 0,
///     H_ji *= momentum (`forget`), or H_ji -= (1 - momentum)·n·threshold.
/// After its read the sign of column i flips with probability chop_probability, and after the last column
/// that of every output with probability chop_outputs: the gradients that follow go to A with the new sign.
/// A is not reset then; what it holds of the old sign is counted against the new one until it has decayed or
/// been overwritten, as published. A and C are arrays of the same device; A starts at its middle, H at zero.
///
/// Where the publications leave it open: one rank-1 update of a mini-batch counts as one update; the read of
/// A and its choppers come after the update with the same number; a column of C whose n are all 0 is not
/// touched. Gains that follow the sizes of gradients (AIHWKIT's auto_scale) are for the study to choose.
struct Transfer {
  bool chopped = false;    ///< signs of A's gradients flip at random, so that offsets of A cancel
  std::int64_t every = 1;  ///< updates between reads of one column of A
  double fast_rate = 1;    ///< learning rate of A, over that of the network where it follows
  double buffer_rate = 1;  ///< of H += rate·read(A)
  FollowsRate follows = FollowsRate::fast;
  double threshold = 1;            ///< of H, in average pulses of C
  int most_pulses = 1;             ///< of one transfer to a cell of C
  bool forget = true;              ///< a transfer leaves momentum·H; else it takes away what it transferred
  double momentum = 0.1;           ///< what stays in H after a transfer
  double chop_probability = 0.01;  ///< of a column's sign after its read
  double chop_outputs = 0;         ///< of an output's sign after all columns were read
};
std::unique_ptr<Weights> transferred_weights(std::size_t inputs, std::size_t outputs,
                                             const CellSettings& settings,
                                             const std::shared_ptr<const device::Updater>& updater,
                                             const Transfer& transfer, const Place& place);

}  // namespace mho::training
