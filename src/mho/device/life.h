#pragma once
// The life of cells from programming to reading: what Cell::program does, step by step.

#include <cstdint>
#include <span>

#include "mho/core/random.h"
#include "mho/device/cell_models.h"

namespace mho::device {

/// One history of one kind of cell, ready to be applied to any number of cells. Holds what is the same for
/// all of them; run() is free of side effects but for `g`.
class Life {
 public:
  /// From programming on.
  Life(const CellModels& models, const core::Stream& stream);
  /// Of cells that exist and have been through models.past (Cell::age).
  Life(const CellModels& models, const core::Stream& made, const core::Stream& now);

  /// Targets in, conductances out, of cells `first`, `first`+1, …, in place [G_on].
  void run(std::span<float> g, std::uint64_t first) const;
  /// Conductances before the history in, after it out.
  void go_on(std::span<float> g, std::span<const float> target, std::span<const Fault> faults,
             std::uint64_t first) const;
  /// Which cells run() breaks.
  void faults(std::span<Fault> faults, std::uint64_t first) const;

 private:
  void plan_steps(double since_s);
  void run_block(std::span<float> g, std::uint64_t first) const;
  void first_wait(std::span<float> g, std::span<const float> target, std::uint64_t first) const;
  void later_wait(std::span<float> g, std::span<const float> target, std::size_t step,
                  std::uint64_t first) const;
  void decay(std::span<float> g, std::span<const float> target, double log_ratio, std::uint64_t first) const;
  void irradiate(std::span<float> g, double dose_krad, std::size_t step, std::uint64_t first) const;
  void add(const Spread& spread, std::span<const float> at, std::span<float> g, std::uint64_t draw,
           std::uint64_t first) const;
  void break_some(std::span<float> g, std::uint64_t first) const;
  void clip(std::span<float> g) const;

  const CellModels& models_;
  core::RandomKey key_;        ///< of programming, and of what a cell keeps for life
  core::RandomKey event_key_;  ///< of what happens later
  std::size_t before_ = 0;     ///< events that the cells have been through, whose draws are used up
  bool was_dosed_ = false;     ///< in one of them
  /// Time and dose after each event, and the table's row there; waits before the first dose are one event.
  struct Step {
    double wait_s = 0, dose_krad = 0, end_s = 0;
    Retention::Row at_begin{}, at_end{};
  };
  std::vector<Step> steps_;
};

/// The nearest of 2^bits levels from g_off to 1, halves to even.
void to_levels(std::span<float> g, double g_off, int bits);

/// Standard deviation of one read of cells at `g` [G_on]; switches and `held` are not looked at.
void read_noise_sigma(const CellModels& models, std::span<const float> g, std::span<float> sigma);

}  // namespace mho::device
