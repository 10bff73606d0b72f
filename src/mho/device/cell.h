#pragma once
// One memory cell: what a device card and the study's [device] section say of it, and what programming,
// waiting and reading do to its conductance. Conductances are normalized, g = G/G_on, unless named _s.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mho/core/config.h"
#include "mho/core/random.h"
#include "mho/device/history.h"

namespace mho::device {

struct CellModels;  // programming error, drift, read noise, faults, current-voltage … (cell_models.h)

/// A kind of cell in a given history. Immutable once read; cheap to copy.
class Cell {
 public:
  Cell();  ///< ideal: no error of any kind, on/off ratio 10, G_on 100 µS

  std::string name() const;     ///< of the card
  double g_on_s() const;        ///< [S]
  double on_off_ratio() const;  ///< may be infinite
  double g_off() const;         ///< 1/on_off_ratio, 0 where that is infinite
  int cell_bits() const;        ///< levels are 2^cell_bits; 0: continuous
  double read_voltage_v() const;

  /// False where programming every target gives exactly the target: then all trials are the same chip.
  bool is_random() const;
  bool has_read_noise() const;
  /// I(V) is not a straight line, so that the array's answer is not a product.
  bool is_nonlinear() const;

  /// Programs cells `first`, `first`+1, … of an array whose targets are `g` in [g_off, 1], in place:
  /// levels, then programming error (or, where the history asks for time, the total drift model), then
  /// radiation and faults, then clipping. Target i's draws depend on the stream and on first+i alone.
  void program(std::span<float> g, const core::Stream& stream, std::uint64_t first) const;

  /// Moves targets to the levels of cell_bits, as program() does first of all.
  void round_to_levels(std::span<float> targets) const;
  /// Which of these cells program() breaks, by the same draws. Cells that it does not are Fault::none.
  void faults(std::span<Fault> faults, const core::Stream& stream, std::uint64_t first) const;

  /// The kind of cell that has been through `past` since it was programmed; its history comes after that.
  Cell with_past(std::vector<Event> past) const;
  /// Past and history together: what cells have been through after all.
  std::vector<Event> lived() const;
  /// In words, where that is longer, or a larger dose, than the card's models hold for; "" where it isn't.
  std::string why_too_old() const;
  /// The history changes cells that exist.
  bool ages() const;
  /// And each time otherwise: two chips that were alike no longer are.
  bool ages_randomly() const;
  /// Cells 0, 1, … of an array that exist, at `g`, go through the history, in place. `targets`: what they
  /// were programmed to; where that is not known, what they hold. Waiting moves a cell by what the retention
  /// model says of its target between then and now, and adds the spread that grew meanwhile: the variance now
  /// less that then; after a dose, which leaves cells far from their targets, it moves them in proportion.
  /// Stuck cells stay (`faults` may be empty). `made` is the stream that the cells were programmed with,
  /// which names what a cell keeps for life (the exponent of a power law); `now` names the draws of this
  /// history.
  void age(std::span<float> g, std::span<const float> targets, std::span<const Fault> faults,
           const core::Stream& made, const core::Stream& now) const;

  /// Standard deviation of one read of cells at `g`, in units of G_on. [sigma.size() == g.size()]
  void read_noise(std::span<const float> g, std::span<float> sigma) const;

  /// Where is_nonlinear: the current of a cell at `g` driven by v (V_read = 1) is
  /// g·v + second·v² + third·v³, in units of V_read·G_on.
  void nonlinearity(std::span<const float> g, std::span<float> second, std::span<float> third) const;

  /// True where digital logic undoes the mean drift of an array (card key retention.compensation).
  bool compensates_drift() const;
  /// The factor on an array's answers that does so: sum of the targets over sum of the cells as
  /// programmed, over all cells of the array; 1 where compensates_drift is false.
  double drift_compensation(std::span<const float> targets, std::span<const float> programmed) const;

  const CellModels& models() const;

  // Made by read_cell.
  explicit Cell(std::shared_ptr<const CellModels> models);

 private:
  std::shared_ptr<const CellModels> models_;
};

/// Reads [device] of a study: the card that it names, with the section's own keys laid over the card's.
/// Complaints go to `study`.
Cell read_cell(core::Config& study);

}  // namespace mho::device
