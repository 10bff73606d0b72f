// Models made ready for their kernels: tables resampled on even grids, constants worked out.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mho/device/update_prepared.h"

namespace mho::device {
namespace {

MeanSteps mean_steps_of(const UpdateModel& model, const UpdateTable& table) {
  return mean_steps(table, model.used_lo, model.used_hi);
}

/// Spread of one direction at conductance g in `bins` equal parts of u: zero mean, the table's own sd.
std::vector<double> spread_at(const UpdateTable& table, const PulseResponse& response, double g,
                              std::size_t bins) {
  constexpr std::size_t kPoints = 32;  // of a bin; the average over a bin is that of its midpoints
  std::vector<double> e(bins);
  for (std::size_t k = 0; k < bins; ++k) {
    for (std::size_t p = 0; p < kPoints; ++p) {
      const double u =
          (static_cast<double>(k) + (static_cast<double>(p) + 0.5) / kPoints) / static_cast<double>(bins);
      e[k] += interpolated_step(table, response, g, u) / kPoints;
    }
  }
  const double mean = std::accumulate(e.begin(), e.end(), 0.0) / static_cast<double>(bins);
  double variance = 0;
  for (double& v : e) {
    v -= mean;
    variance += v * v / static_cast<double>(bins);
  }
  const double sd = interpolated(table, response.sd, g);
  const double stretch = variance > 0 ? sd / std::sqrt(variance) : 0;
  for (double& v : e) v *= stretch;
  return e;
}

}  // namespace

Updater::Updater(const UpdateModel& model) : prepared_(std::make_unique<Prepared>()) {
  auto& out = *prepared_;
  out.model = model;
  out.mean_step = {model.step.step * (1 + std::min(model.step.up_down, 0.0)),
                   -model.step.step * (1 - std::max(model.step.up_down, 0.0))};
  if (model.kind <= UpdateKind::symmetric && model.kind != UpdateKind::table)
    out.analytic = AnalyticKernel(model);
  if (model.kind != UpdateKind::table) return;
  if (model.rule == TableRule::crosssim_2_0) {
    for (const auto& table : model.tables) out.crosssim.push_back(crosssim_table(*table, model));
    out.mean_step = out.crosssim.front().mean_step;
    return;
  }
  // One table stays in the first-level cache at full resolution; sets share the second level.
  const bool set = model.tables.size() > 1;
  const std::size_t nodes = set ? 32 : 128, bins = set ? 32 : 64;
  std::vector<double> mean, spread;
  MeanSteps sum;
  for (const auto& table : model.tables) {
    const double range = table->g_max() - table->g_min();
    const MeanSteps a = mean_steps_of(model, *table);
    sum.up += a.up / range / static_cast<double>(model.tables.size());
    sum.down += a.down / range / static_cast<double>(model.tables.size());
    for (const bool up : {true, false}) {
      const PulseResponse& response = up ? table->increasing : table->decreasing;
      const double step = std::fabs(up ? a.up : a.down);
      const double sign = up ? 1 : -1;
      for (std::size_t i = 0; i < nodes; ++i) {
        const double g = table->g_min() + range * static_cast<double>(i) / static_cast<double>(nodes - 1);
        const double mean_here = interpolated(*table, response.mean, g);
        // Pulses a unit of request: 1/a± on average, or 1/m±(g) where every cell knows its own state.
        const double per_request =
            !model.nonlinearity && mean_here * sign > 0 ? 1 / std::fabs(mean_here) : 1 / step;
        mean.push_back(model.nonlinearity ? mean_here / step : sign);
        for (const double e : spread_at(*table, response, g, bins)) {
          spread.push_back(model.noise ? e * std::sqrt(per_request / range)
                                       : 0);  // request and state relative to the range
        }
      }
    }
  }
  out.mean_step = sum;
  const auto fixed_point = [](const std::vector<double>& values, std::vector<std::int16_t>& fixed) {
    double largest = 0;
    for (const double v : values) largest = std::max(largest, std::fabs(v));
    const double unit = largest > 0 ? largest / 32767 : 1;
    for (const double v : values) fixed.push_back(static_cast<std::int16_t>(std::lround(v / unit)));
    return static_cast<float>(unit);
  };
  std::vector<std::int16_t> fixed_mean;
  out.table.mean_unit = fixed_point(mean, fixed_mean);
  for (std::size_t i = 0; i < fixed_mean.size(); ++i) {
    const std::int16_t next = fixed_mean[std::min(i + 1, fixed_mean.size() - 1)];
    out.mean.push_back(
        static_cast<std::int32_t>(static_cast<std::uint16_t>(fixed_mean[i]) |
                                  static_cast<std::uint32_t>(static_cast<std::uint16_t>(next)) << 16));
  }
  out.table.spread_unit = fixed_point(spread, out.spread);
  out.spread.resize(out.spread.size() + 2);  // the kernel reads 32 bits at the last one
  out.table.mean = out.mean.data();
  out.table.spread = out.spread.data();
  out.table.nodes = static_cast<std::int32_t>(nodes);
  out.table.bins = static_cast<std::int32_t>(bins);
}

Updater::~Updater() = default;
Updater::Updater(Updater&&) noexcept = default;
Updater& Updater::operator=(Updater&&) noexcept = default;

}  // namespace mho::device
