// P(ΔG|G) from pulse trains: weighted quantiles of the steps measured near each conductance.

#include <algorithm>
#include <cmath>

#include "mho/device/fit.h"

namespace mho::device {
namespace {

struct Step {
  double from, change;
};

std::vector<Step> steps_of(const PulseTrains& trains) {
  std::vector<Step> steps;
  for (const auto& ramp : trains.ramps) {
    for (std::size_t k = 1; k < ramp.size(); ++k) steps.push_back({ramp[k - 1], ramp[k] - ramp[k - 1]});
  }
  std::sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.change < b.change; });
  return steps;
}

/// Weights exp(-(G-g)²/2h²); h grows until they are worth `enough` measurements.
std::vector<double> weights_at(const std::vector<Step>& steps, double g, double width, double enough) {
  std::vector<double> weights(steps.size());
  for (int attempt = 0; attempt < 40; ++attempt, width *= 1.25) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const double t = (steps[i].from - g) / width;
      weights[i] = std::exp(-0.5 * t * t);
      sum += weights[i];
      squares += weights[i] * weights[i];
    }
    if (squares > 0 && sum * sum / squares >= enough) break;
  }
  return weights;
}

/// Quantile u of steps sorted by change, linear between the middles of their weights.
double quantile(const std::vector<Step>& steps, const std::vector<double>& weights, double total, double u) {
  double below = 0, last_middle = 0, last = steps.front().change;
  bool first = true;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (weights[i] < 1e-9) continue;
    const double middle = (below + 0.5 * weights[i]) / total;
    if (u <= middle) {
      if (first) return steps[i].change;
      return last + (steps[i].change - last) * (u - last_middle) / (middle - last_middle);
    }
    below += weights[i];
    last_middle = middle;
    last = steps[i].change;
    first = false;
  }
  return last;
}

void fill(const std::vector<Step>& steps, const std::vector<double>& conductance,
          const std::vector<double>& cdf, PulseResponse& response) {
  const double spacing = conductance[1] - conductance[0];
  const double enough = std::min(60.0, 0.2 * static_cast<double>(steps.size()));
  response.step = core::Matrix<double>(cdf.size(), conductance.size());
  for (std::size_t c = 0; c < conductance.size(); ++c) {
    const auto weights = weights_at(steps, conductance[c], spacing, enough);
    double total = 0, mean = 0, square = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      total += weights[i];
      mean += weights[i] * steps[i].change;
      square += weights[i] * steps[i].change * steps[i].change;
    }
    mean /= total;
    for (std::size_t k = 0; k < cdf.size(); ++k)
      response.step(k, c) = quantile(steps, weights, total, cdf[k]);
    response.mean.push_back(mean);
    response.sd.push_back(std::sqrt(std::max(0.0, square / total - mean * mean)));
  }
}

}  // namespace

UpdateTable tabulate(const PulseTrains& set, const PulseTrains& reset, double low, double high,
                     std::size_t conductances) {
  UpdateTable table;
  for (std::size_t c = 0; c < conductances; ++c)
    table.conductance.push_back(low + (high - low) * static_cast<double>(c) /
                                          static_cast<double>(conductances - 1));
  for (std::size_t k = 0; k <= 50; ++k) table.cdf.push_back(static_cast<double>(k) / 50);
  fill(steps_of(set), table.conductance, table.cdf, table.increasing);
  fill(steps_of(reset), table.conductance, table.cdf, table.decreasing);
  return table;
}

}  // namespace mho::device
