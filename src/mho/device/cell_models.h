#pragma once
// What a card and a study's [device] section say of a cell, as values: everything in units of G_on.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "mho/device/curve.h"
#include "mho/device/history.h"

namespace mho::device {

/// A random deviation whose size depends on the conductance.
struct Spread {
  Curve size = polynomial({0.0});  ///< standard deviation where normal, full width where uniform [G_on]
  bool uniform = false;
  bool vanishes() const { return size.vanishes(); }
};

/// What waiting does.
struct Retention {
  enum class Model : std::uint8_t {
    none,       ///< not known: waiting is refused
    stable,     ///< no change is seen for `until_s`
    table,      ///< mean and spread measured at several times
    power_law,  ///< G(t) = G(0)·(1 + t/t0)^-nu, each cell with its own nu
  };
  Model model = Model::none;
  double until_s = std::numeric_limits<double>::infinity();  ///< longer waiting is refused

  /// stable, table: what the mean at `time_s` is of the programmed target, and the spread about it, which
  /// includes the programming error. The first row is at time 0. Rows between are interpolated.
  struct Row {
    double time_s = 0;
    Curve mean = polynomial({0.0, 1.0});  ///< of the target; added to the target where mean_is_shift
    Spread spread;                        ///< at the mean
  };
  std::vector<Row> rows;
  bool mean_is_shift = false;
  bool logarithmic = false;  ///< interpolate in ln(t0 + t)

  double reference_time_s = 1;          ///< t0: when, after the programming pulse, time 0 is
  Curve nu = polynomial({0.0});         ///< mean exponent at the target
  Curve nu_spread = polynomial({0.0});  ///< its standard deviation from cell to cell
  bool global_compensation = false;     ///< digital logic undoes the mean decay of an array
};

/// What one read adds.
struct ReadNoise {
  Spread spread;  ///< times g·sqrt(ln((t0 + t + t_read)/(2·t_read))) where one_over_f
  bool one_over_f = false;
  double read_time_s = 0;  ///< t_read
  bool held = false;       ///< one draw a chip: noise too slow to change between reads
};

/// What ionizing dose does.
struct Radiation {
  enum class Model : std::uint8_t {
    none,       ///< not known: a dose is refused
    tolerant,   ///< no change is seen up to `until_krad`
    threshold,  ///< charge of a transistor's gate leaks towards neutrality (docs/device-cards.md)
  };
  Model model = Model::none;
  double until_krad = std::numeric_limits<double>::infinity();
  double specific_current = 1;  ///< I_s of I = I_s·ln²(1 + e^u) [V_read·G_on]
  double slope_v = 0.1;         ///< 2·n·kT/q: u = (V_g - V_T)/slope_v
  double neutral_u = 0;         ///< u of a neutral gate stack
  double decay_krad = 1;        ///< V_T - V_neutral falls by 1/e over this dose
  double spread_v = 0;          ///< standard deviation of V_T after `spread_krad`; grows as sqrt(dose)
  double spread_krad = 1;
};

/// I(V) = G·V + a2(L)·V² + a3(L)·V³, L = log10(G/1 S).
struct CurrentVoltage {
  Curve quadratic = polynomial({0.0});  ///< a2 [A/V²] of L, or of G where `proportional` [1/V]
  Curve cubic = polynomial({0.0});      ///< a3 [A/V³]
  bool proportional = false;            ///< the curves are multiplied by G
  bool linear() const { return quadratic.vanishes() && cubic.vanishes(); }
};

struct CellModels {
  std::string name = "ideal";
  std::string summary;
  double g_on_s = 1e-4;
  double on_off_ratio = 10;
  double read_voltage_v = 0.1;
  int cell_bits = 0;
  bool clip_to_range = false;

  Spread programming;
  Retention retention;
  ReadNoise reading;
  Radiation radiation;
  CurrentVoltage current_voltage;
  double stuck_on = 0;   ///< probability of a cell at G_on for ever
  double stuck_off = 0;  ///< probability of a cell at G_off for ever

  bool programming_error = true;  ///< the switches of [device]
  bool read_noise = true;
  bool drift = true;
  std::vector<Event> past;     ///< what cells that exist have been through, oldest first
  std::vector<Event> history;  ///< what they go through after that

  double g_off() const { return 1 / on_off_ratio; }
  double total_wait_s() const;     ///< past and history
  double total_dose_krad() const;  ///< past and history
};

/// Mean and spread at `time_s` after programming; both rows must lie in the table (table model).
Retention::Row retention_row(const Retention& retention, double time_s);

}  // namespace mho::device
