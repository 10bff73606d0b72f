#pragma once
// What one programming pulse does to a measured cell: the distribution of ΔG at every conductance,
// P(ΔG | G), as its inverse cumulative distribution function on a grid.
//
// The form is that of CrossSim's lookup tables (Burr et al. measured such "jump tables" first: IEEE Trans.
// Electron Devices 62(11), 2015, doi 10.1109/TED.2015.2439635).

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "mho/core/library.h"
#include "mho/core/matrix.h"

namespace mho::device {

/// One direction: SET pulses (increasing) or RESET pulses (decreasing).
struct PulseResponse {
  /// ΔG of one pulse. (cdf points, conductances) Each column ascends. [unit of the conductances]
  core::Matrix<double> step;
  /// Mean and standard deviation of ΔG at each conductance. Exact for the piecewise linear inverse CDF
  /// where the table is complete; carried over from the complete table where this one is a compact copy.
  std::vector<double> mean;
  std::vector<double> sd;
};

struct UpdateTable {
  std::vector<double> conductance;  ///< ascending [S, or any unit where only ratios matter]
  std::vector<double> cdf;          ///< ascending, from 0 to 1
  PulseResponse increasing;
  PulseResponse decreasing;

  double g_min() const { return conductance.front(); }
  double g_max() const { return conductance.back(); }
};

/// Mean step of each direction over the part of the range that weights use: a+ > 0 and a- < 0.
struct MeanSteps {
  double up = 0;
  double down = 0;
};
/// Averages over the columns whose conductance lies in [lo, hi], both relative to the table's range.
MeanSteps mean_steps(const UpdateTable& table, double lo, double hi);

/// Means and spreads of every column, from the piecewise linear inverse CDF (trapezoids, so that a draw
/// with a uniform u has exactly this mean).
void compute_moments(const std::vector<double>& cdf, PulseResponse& response);

/// Reads a pair of files, plain or .gz, in either layout:
/// - CrossSim: a title, then the conductances, then the CDF points, then one line a CDF point;
/// - ours: comment lines with '#', a line of conductances after an empty first cell, then lines that
///   begin with the CDF point.
/// Throws core::InvalidInput naming file, line and what is wrong: not numbers, not finite, a wrong count,
/// conductances or CDF points that do not ascend, CDF points outside [0, 1], grids that differ.
UpdateTable read_update_table(const std::string& increasing_file, const std::string& decreasing_file,
                              core::Library& library);

/// A small table with the same means and spreads: `conductances` evenly spaced columns, `cdf` rows.
UpdateTable compacted(const UpdateTable& table, std::size_t conductances, const std::vector<double>& cdf);

/// ΔG of `response` at conductance `g` and uniform `u`, bilinear in both; ends are held.
double interpolated_step(const UpdateTable& table, const PulseResponse& response, double g, double u);
/// `values` over the table's conductances, linear in between; ends are held.
double interpolated(const UpdateTable& table, std::span<const double> values, double g);

}  // namespace mho::device
