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

#include "mho/array/wires/wires.h"
#include "mho/core/matrix.h"
#include "mho/core/random.h"
#include "mho/device/update.h"

namespace mho::array {

/// How a signed weight lies on cells. x = (w/w_max)·(half of the used range).
enum class Pairs {
  two_sided,  ///< G± = middle ± x, both updated, in opposite directions
  one_sided,  ///< G± = low end + 2·max(±x, 0): each cell only ever gets pulses up, pairs are refreshed
  offset,     ///< one cell, middle + x, against a fixed reference
};

/// How rows and columns encode the outer product.
enum class UpdateCode {
  exact,   ///< every cell is asked for exactly η·d_j·x_i
  codes,   ///< rows code their value as pulse lengths, columns as pulse heights, with few bits each
  pulses,  ///< stochastic pulse trains: coincidences count (Gokmen & Vlasov 2016,
           ///< doi 10.3389/fnins.2016.00333)
};

/// One converter of a learning array: `bits` with sign, 0 = ideal.
struct LearningConverter {
  int bits = 0;
  double range = 0;  ///< full scale; 0: the largest magnitude of each vector (automatic gain)
};

struct LearningSettings {
  Pairs pairs = Pairs::two_sided;
  UpdateCode code = UpdateCode::exact;
  double weight_limit = 1;  ///< w_max: the weight at the end of the used range
  LearningConverter forward_in{}, forward_out{}, backward_in{}, backward_out{};
  double read_noise = 0;  ///< of a cell at every read, in units of its used range
  double lifetime = 0;    ///< updates after which a state decays to 1/e of its way from rest; 0: never
  Segments wires{};       ///< in units of 1/g_on_s; every read is then an exact solution of the circuit
  double g_on_s = 1e-4;   ///< conductance that `wires` is relative to [S]
  LearningConverter row_code{7, 0}, column_code{5, 0};  ///< of `codes`: bits with sign
  bool stochastic_rounding = false;                     ///< of `codes`
  int pulse_length = 31;                                ///< of `pulses`: longest train, at most 31
  bool update_management =
      true;               ///< of `pulses`: balance rows and columns, shorten trains where little is asked
  int refresh_every = 1;  ///< of one-sided pairs: updates between refreshes
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
  /// `inputs` rows, `outputs` columns. `name` tells apart the random numbers of several arrays.
  LearningArray(std::size_t inputs, std::size_t outputs, const LearningSettings& settings,
                std::shared_ptr<const device::Updater> updater, std::uint64_t seed, std::uint32_t trial,
                std::string_view name);
  ~LearningArray();
  LearningArray(LearningArray&&) noexcept;

  std::size_t inputs() const;
  std::size_t outputs() const;
  const LearningSettings& settings() const;

  /// Writes weights (outputs, inputs) exactly, clipped to what the used range holds.
  void write(core::MatrixView<const float> weights);
  /// What a perfect read would give. (outputs, inputs)
  core::Matrix<float> weights() const;

  /// y[outputs] = W·x[inputs] through the converters, with read noise. `draw` numbers the reads.
  void forward(std::span<const float> x, std::span<float> y, std::uint64_t draw) const;
  /// e[inputs] = Wᵀ·d[outputs].
  void backward(std::span<const float> d, std::span<float> e, std::uint64_t draw) const;
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
  /// Conductances of all cells [S], plus cells first.
  std::vector<float> conductances_s() const;
  std::size_t bytes_per_cell() const;

  /// Everything that training changes, as bytes: restoring them goes on to the same bits.
  std::vector<std::uint8_t> state() const;
  void restore(std::span<const std::uint8_t> state);

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace mho::array
