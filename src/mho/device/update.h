#pragma once
// How a cell's conductance changes when it is asked to change: the models that training runs on.
//
// States here are in the model's own unit: for lookup tables the position g in the device's range, 0 at
// G_min and 1 at G_max (so that cells with different ranges mix in one array); for analytic and step
// models the position in [lo, hi] of the model. UpdateModel::siemens says what that is in siemens.
//
// A request is the change that the algorithm wants. With the mean step a± of the device (its mean over the
// used range) it is s = |request/a±| average pulses, and the cell answers
//     Δg = s·m±(g) + sqrt(s)·e±(u, g),
// m the mean step at the present state and e its spread, which grows like a random walk (Agarwal et al.,
// IJCNN 2016, doi 10.1109/IJCNN.2016.7727298; CrossSim manual 0.3, section 6.7.1).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mho/core/config.h"
#include "mho/core/matrix.h"
#include "mho/core/random.h"
#include "mho/device/update_table.h"

namespace mho::device {

enum class UpdateKind {
  ideal,        ///< Δg = request
  table,        ///< measured P(ΔG|G), one device or a set from which every cell draws its own
  asymmetric,   ///< exponential approach to the bound that the pulse drives at
  symmetric,    ///< the same curve up and down
  constant,     ///< every pulse moves by the same step
  linear,       ///< the step falls linearly with the state
  soft_bounds,  ///< the step falls to zero at the bound
  exponential,  ///< the step falls exponentially with the state
  power,        ///< the step falls as a power of the distance to the bound
};

/// How the spread of an analytic model depends on the state.
enum class WriteNoise { independent, proportional, inverse };

/// The rule of a lookup table: ours has E[e] = 0 exactly; crosssim_2_0 takes the mean as a left sum and
/// draws the nearest grid point, as that program does, and so drifts by up to half a percent of a step.
enum class TableRule { unbiased, crosssim_2_0 };

/// Parameters of the step models (one pulse), in the unit of the state. The d2d fields are relative
/// standard deviations from cell to cell, c2c that of one pulse.
struct StepParameters {
  double step = 1e-3;   ///< mean step at the centre, dw_min
  double step_d2d = 0;  ///< of the step, both directions together
  bool step_d2d_lognormal = false;
  double up_down = 0;  ///< how much smaller down (positive) or up (negative) steps are, relative
  double up_down_d2d = 0;
  double step_c2c = 0;  ///< spread of one pulse over its mean
  double bound_max = 1, bound_min = -1;
  double bound_max_d2d = 0, bound_min_d2d = 0;
  double gamma_up = 0, gamma_down = 0;  ///< slope (linear), decay (exponential), exponent (power)
  double gamma_d2d = 0;
  double a_up = 0, a_down = 0, a = 0,
         b = 0;  ///< exponential: y = max(0, 1 - A·exp(±γ·z)), z = 2·a·g/(hi-lo) + b
  double write_noise =
      0;  ///< the visible state is the persistent one plus this·step·N(0,1), new at every update
};

/// What a card's [update] section says. A value; immutable once read.
struct UpdateModel {
  UpdateKind kind = UpdateKind::ideal;
  double lo = 0, hi = 1;                           ///< range of the state
  double used_lo = 0, used_hi = 1;                 ///< part of it that weights use, in the state's unit
  double siemens_at_lo = 0, siemens_at_hi = 1e-4;  ///< of a typical cell
  bool noise = true;                               ///< false: every update takes its mean
  bool nonlinearity = true;                        ///< false: the mean of an update is the request
  // table
  std::vector<std::shared_ptr<const UpdateTable>> tables;
  TableRule rule = TableRule::unbiased;
  // asymmetric, symmetric
  double alpha = 0;        ///< nonlinearity
  double write_noise = 0;  ///< sigma = write_noise·sqrt(|Δg|·(hi-lo)), times g or 1/g
  WriteNoise write_noise_kind = WriteNoise::independent;
  // steps
  StepParameters step;

  double endurance_cycles = 0;  ///< updates that a cell survives; 0: not known

  double siemens(double state) const;
  double state(double siemens) const;
};

/// Reads the [update] block of the card that a study's [device] section names, with [device.update] laid
/// over it. Complaints go to `study`; a card without [update] is one: it can't be trained on.
UpdateModel read_update_model(core::Config& study);

/// The [update] block of a card that stands alone, for the device verbs.
UpdateModel read_update_block(core::Config& card);

/// The cells of one array: what differs from cell to cell, and nothing that does not.
struct CellPopulation {
  std::vector<std::uint8_t> member;       ///< which table, for sets
  std::vector<float> step_up, step_down;  ///< step models with spread
  std::vector<float> bound_max, bound_min;
  std::vector<float> gamma_up, gamma_down;
  std::vector<float> persistent;  ///< state without write noise, for models that have it
  std::size_t bytes_per_cell() const;
};

/// Draws the cells of an array of `cells` cells.
CellPopulation populate(const UpdateModel& model, std::size_t cells, const core::Stream& stream);

/// A model prepared for updating: tables resampled for the kernels. Shared by all arrays of a layer.
class Updater {
 public:
  explicit Updater(const UpdateModel& model);
  ~Updater();
  Updater(Updater&&) noexcept;
  Updater& operator=(Updater&&) noexcept;

  const UpdateModel& model() const;

  /// Asks cells first … first+g.size() of a population to change by scale·column[j], in place. Draw number
  /// `draw` of cell i is the same however the range is cut into calls. g.size() == column.size().
  /// Different arrays need different keys (core::Stream::array).
  void update(std::span<float> g, CellPopulation& cells, std::size_t first, float scale,
              std::span<const float> column, const core::RandomKey& key, std::uint64_t draw) const;

  /// The two cells of differential pairs: `plus` is asked for scale·column[j], `minus` for the opposite,
  /// with independent draws. Costs less than two updates: both share the 32 random bits of a cell, so that
  /// Gaussian noise is core::fill_normal_pairs, and analytic models an exponential.
  void update_pairs(std::span<float> plus, std::span<float> minus, CellPopulation& plus_cells,
                    CellPopulation& minus_cells, std::size_t first, float scale,
                    std::span<const float> column, const core::RandomKey& key, std::uint64_t draw) const;

  /// The same for pulses: cell j gets counts[j] pulses up (positive) or down.
  void pulse(std::span<float> g, CellPopulation& cells, std::size_t first,
             std::span<const std::int32_t> counts, const core::RandomKey& key, std::uint64_t draw) const;

  /// The two cells of differential pairs: `plus` gets counts[j] pulses, `minus` as many in the other
  /// direction, with independent draws. `one_sided`: cells only go up, so that plus gets the pulses of
  /// positive counts, minus those of negative ones.
  void pulse_pairs(std::span<float> plus, std::span<float> minus, CellPopulation& plus_cells,
                   CellPopulation& minus_cells, std::size_t first, std::span<const std::int32_t> counts,
                   bool one_sided, const core::RandomKey& key, std::uint64_t draw) const;

  /// The size of one average pulse: |request| that means s = 1. Up and down.
  MeanSteps mean_step() const;

 private:
  struct Prepared;
  /// Cells and what they are asked for: scale·request.
  struct Asked {
    float* g;
    CellPopulation& cells;
    const float* request;
    float scale;
  };
  void update_two(const Asked& plus, const Asked& minus, std::size_t cell, std::size_t n,
                  const core::RandomKey& key, std::uint64_t draw) const;
  std::unique_ptr<Prepared> prepared_;
};

}  // namespace mho::device
