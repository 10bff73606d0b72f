#include "mho/device/update_crosssim.h"

#include <algorithm>
#include <cmath>

namespace mho::device {
namespace {

bool evenly_spaced(const std::vector<double>& grid) {
  const double step = (grid.back() - grid.front()) / static_cast<double>(grid.size() - 1);
  for (std::size_t i = 0; i < grid.size(); ++i) {
    if (std::fabs(grid[i] - grid.front() - step * static_cast<double>(i)) > 0.01 * std::fabs(step))
      return false;
  }
  return true;
}

std::size_t nearest(const std::vector<double>& grid, double x) {
  const double position =
      (x - grid.front()) / (grid.back() - grid.front()) * static_cast<double>(grid.size() - 1);
  return static_cast<std::size_t>(
      std::clamp(std::nearbyint(position), 0.0, static_cast<double>(grid.size() - 1)));
}

std::vector<double> left_sums(const UpdateTable& table, const PulseResponse& response) {
  std::vector<double> mean(table.conductance.size());
  for (std::size_t c = 0; c < mean.size(); ++c) {
    for (std::size_t k = 0; k + 1 < table.cdf.size(); ++k)
      mean[c] += (table.cdf[k + 1] - table.cdf[k]) * response.step(k, c);
  }
  return mean;
}

}  // namespace

CrossSimTable crosssim_table(const UpdateTable& table, const UpdateModel& model) {
  CrossSimTable out;
  out.table = &table;
  out.even = evenly_spaced(table.conductance) && evenly_spaced(table.cdf);
  UpdateTable left = table;  // the same table with left sums for means
  left.increasing.mean = left_sums(table, table.increasing);
  left.decreasing.mean = left_sums(table, table.decreasing);
  out.mean_step = mean_steps(left, model.used_lo, model.used_hi);
  const double range = table.g_max() - table.g_min();
  out.mean_step.up /= range;
  out.mean_step.down /= range;
  for (const double m : left.increasing.mean) out.mean_up.push_back(m / range);
  for (const double m : left.decreasing.mean) out.mean_down.push_back(m / range);
  return out;
}

void update_by_crosssim(std::span<const CrossSimTable> tables, const UpdateModel& model, std::span<float> g,
                        float scale, std::span<const float> column, std::span<const std::uint32_t> bits,
                        const std::uint8_t* member) {
  for (std::size_t j = 0; j < g.size(); ++j) {
    const CrossSimTable& t = tables[member ? member[j] : 0];
    const UpdateTable& table = *t.table;
    const double range = table.g_max() - table.g_min();
    const double request = static_cast<double>(scale) * column[j];
    if (request == 0) continue;
    const bool up = request > 0;
    const PulseResponse& response = up ? table.increasing : table.decreasing;
    const auto& means = up ? t.mean_up : t.mean_down;
    const double u = (bits[j] + 0.5) * 0x1p-32;
    const double conductance = table.g_min() + range * g[j];
    double mean = 0, e = 0;
    if (t.even) {
      const std::size_t c = nearest(table.conductance, conductance);
      mean = means[c];
      e = response.step(nearest(table.cdf, u), c) / range - mean;
    } else {
      mean = interpolated(table, means, conductance);
      e = interpolated_step(table, response, conductance, u) / range - mean;
    }
    const double average = std::fabs(up ? t.mean_step.up : t.mean_step.down);
    double change = 0;
    if (model.nonlinearity) {
      const double s = std::fabs(request) / average;
      change = s * mean + (model.noise ? std::sqrt(s) * e : 0);
    } else {
      const double s = mean * request > 0 ? request / mean : std::fabs(request) / average;
      change = request + (model.noise ? std::sqrt(s) * e : 0);
    }
    g[j] = static_cast<float>(std::clamp(g[j] + change, 0.0, 1.0));
  }
}

}  // namespace mho::device
