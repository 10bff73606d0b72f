#pragma once
// A weight matrix on cells that learn: the three kernels of training on the same conductances.
//   forward   y = W·x    rows driven, columns read (VMM)
//   backward  e = Wᵀ·d   columns driven, rows read (MVM): the same cells, so exactly the transpose
//   update    W += η·d·xᵀ  all cells at once, rows and columns pulsed together (OPU)
// (Agarwal et al., IJCNN 2016, doi 10.1109/IJCNN.2016.7727298)

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/mapping/settings.h"
#include "mho/array/reading/product.h"
#include "mho/core/matrix.h"
#include "mho/core/random.h"
#include "mho/device/update.h"

namespace mho::array {

/// How rows and columns encode the outer product.
enum class UpdateCode {
  exact,   ///< every cell is asked for exactly η·d_j·x_i
  codes,   ///< rows code their value as pulse lengths, columns as pulse heights, with few bits each
  pulses,  ///< stochastic pulse trains: coincidences count (Gokmen & Vlasov 2016,
           ///< doi 10.3389/fnins.2016.00333)
};

/// How one line of `codes` is coded: `bits` with sign.
struct LineCode {
  int bits = 0;      ///< 0: exactly
  double range = 0;  ///< full scale; 0: the largest magnitude of each vector
};

/// How cells are written. How they are read is array::Settings, as everywhere; its mapping.scheme says how a
/// signed weight lies on cells, x = (w/w_max)·(half of the used range):
///   differential_two_sided  G± = middle ± x, both updated, in opposite directions
///   differential            G± = low end + 2·max(±x, 0): cells only ever get pulses up, pairs are refreshed
///   offset                  one cell, middle + x, against a fixed reference
struct LearningSettings {
  UpdateCode code = UpdateCode::exact;
  double weight_limit = 1;  ///< w_max: the weight at the end of the used range
  double lifetime = 0;      ///< updates after which a state decays to 1/e of its way from rest; 0: never
  LineCode row_code{7, 0}, column_code{5, 0};  ///< of `codes`
  bool stochastic_rounding = false;            ///< of `codes`
  int pulse_length = 31;                       ///< of `pulses`: longest train, at most 31
  bool update_management =
      true;               ///< of `pulses`: balance rows and columns, shorten trains where little is asked
  int refresh_every = 1;  ///< of one-sided pairs: updates between refreshes
};

/// What of array::Settings is different where cells learn and a study does not say: pairs of which both cells
/// move, continuous weights, and ranges that follow each vector, since nobody knows before what will flow.
Settings learning_defaults();

/// Where an array lies: names its random numbers.
struct LearningPlace {
  std::uint64_t seed = 1;
  std::uint32_t trial = 0;
  std::string_view name = "";         ///< of its cells and updates
  std::string_view layer = "";        ///< of its matrix where that is read; "": as name
  std::size_t slice = 0, slices = 1;  ///< of that matrix
};

/// What the cells went through.
struct LearningCount {
  std::uint64_t updates = 0;         ///< outer products applied
  double updates_per_cell_mean = 0;  ///< that asked a cell for something
  double updates_per_cell_max = 0;
  double pulses_per_cell_mean = 0;  ///< in units of the device's average pulse
  double mean_input = 0;  ///< mean |x| over full scale of the row converters, a mean over updates; in [0, 1]
  std::uint64_t refreshes = 0;
};

class LearningArray {
 public:
  /// `inputs` rows, `outputs` columns. Throws InvalidInput for settings that cells which learn can't have.
  LearningArray(std::size_t inputs, std::size_t outputs, const Settings& reading,
                const LearningSettings& settings, std::shared_ptr<const device::Updater> updater,
                const LearningPlace& place);
  ~LearningArray();
  LearningArray(LearningArray&&) noexcept;

  std::size_t inputs() const;
  std::size_t outputs() const;
  const LearningSettings& settings() const;

  /// Programs weights (outputs, inputs), clipped to what the used range holds: exactly, but for what the
  /// device's programming does to them (Cell::program).
  void write(core::MatrixView<const float> weights);
  /// What a perfect read would give. (outputs, inputs)
  core::Matrix<float> weights() const;

  /// y[outputs] = W·x[inputs] as a Product of programmed() answers: through converters, partitions, wires,
  /// with noise. `draw` numbers the vectors.
  void forward(std::span<const float> x, std::span<float> y, std::uint64_t draw) const;
  /// e[inputs] = Wᵀ·d[outputs].
  void backward(std::span<const float> d, std::span<float> e, std::uint64_t draw) const;
  /// About so many reads follow before the next update: wires are solved once for all of them where that is
  /// less work than once each. The answers are the same but for rounding.
  void expect_reads(std::size_t reads) const;
  /// W += rate·d·xᵀ as the cells answer to it. `draw` numbers the updates.
  void update(std::span<const float> x, std::span<const float> d, double rate, std::uint64_t draw);

  /// Serial write: asks every cell for the change dw(j, i) (outputs, inputs) where that is not zero.
  void add(core::MatrixView<const float> dw, std::uint64_t draw);
  /// The same for the weights dw[outputs] of one input.
  void add_input(std::size_t input, std::span<const float> dw, std::uint64_t draw);
  /// Sets the weights with mask(j, i) != 0 to zero, exactly.
  void zero(core::MatrixView<const std::uint8_t> mask);
  /// The change of a weight by one average pulse.
  double weight_per_pulse() const;

  LearningCount count() const;
  /// The cells as they are now, to be read as any matrix that was programmed.
  std::shared_ptr<const ProgrammedMatrix> programmed() const;
  /// The other way: the cells hold these conductances from now on, and those are stuck that are there (the
  /// faults that `cells` keeps). The weights are then those of `cells` if
  /// weight_limit is weight_limit_of(cells, …). Throws InvalidInput where sizes or schemes differ.
  void take_over(const ProgrammedMatrix& cells);
  /// Conductances of all cells [S], plus cells first.
  std::vector<float> conductances_s() const;
  std::size_t bytes_per_cell() const;
  std::size_t cells_per_weight() const;

  /// Everything that training changes, as bytes: restoring them goes on to the same bits.
  std::vector<std::uint8_t> state() const;
  void restore(std::span<const std::uint8_t> state);

 private:
  struct Data;
  void read_as_programmed(Direction direction, std::span<const float> in, std::span<float> out,
                          std::uint64_t draw) const;
  std::unique_ptr<Data> data_;
};

/// The weight at the end of the range that an update model uses, where the conductances of `cells` mean what
/// they mean there.
double weight_limit_of(const ProgrammedMatrix& cells, const device::UpdateModel& model);

}  // namespace mho::array
