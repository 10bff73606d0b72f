// What differs from cell to cell, drawn once for every array.

#include <algorithm>
#include <cmath>

#include "mho/device/update.h"

namespace mho::device {

std::size_t CellPopulation::bytes_per_cell() const {
  const auto floats = {!step_up.empty(),  !step_down.empty(),  !bound_max.empty(), !bound_min.empty(),
                       !gamma_up.empty(), !gamma_down.empty(), !persistent.empty()};
  return member.empty() * 0 + !member.empty() +
         4 * static_cast<std::size_t>(std::count(floats.begin(), floats.end(), true));
}

CellPopulation populate(const UpdateModel& model, std::size_t cells, const core::Stream& stream) {
  CellPopulation population;
  const auto key = core::random_key(stream);
  if (model.tables.size() > 1) {
    std::vector<std::uint32_t> bits(cells);
    core::fill_bits(key, 0, 0, bits);
    population.member.resize(cells);
    for (std::size_t i = 0; i < cells; ++i) {
      population.member[i] = static_cast<std::uint8_t>(std::uint64_t{bits[i]} * model.tables.size() >> 32);
    }
  }
  const auto& p = model.step;
  const bool steps = model.kind >= UpdateKind::constant;
  if (!steps) return population;
  std::vector<float> normal(cells);
  std::uint64_t draw = 1;
  const auto fresh = [&] { core::fill_normal(key, draw++, 0, normal); };
  if (p.step_d2d > 0 || p.up_down_d2d > 0) {
    // AIHWKIT's population: one gain for both directions, an imbalance of mean up_down between them.
    std::vector<float> gain(cells, 1.0f);
    fresh();
    for (std::size_t i = 0; i < cells; ++i) {
      const double spread = p.step_d2d * normal[i];
      gain[i] = static_cast<float>(p.step_d2d_lognormal ? std::exp(spread) : 1 + spread);
    }
    fresh();
    const double up_bias = std::min(p.up_down, 0.0), down_bias = -std::max(p.up_down, 0.0);
    for (std::size_t i = 0; i < cells; ++i) {
      const double imbalance = p.up_down_d2d * normal[i];
      population.step_up.push_back(static_cast<float>(std::fabs(up_bias + gain[i] + imbalance) * p.step));
      population.step_down.push_back(static_cast<float>(std::fabs(down_bias + gain[i] - imbalance) * p.step));
    }
  }
  const auto spread_of = [&](std::vector<float>& out, double mean, double d2d, double least) {
    if (d2d <= 0) return;
    fresh();
    for (std::size_t i = 0; i < cells; ++i) {
      const double value = mean * (1 + d2d * normal[i]);
      out.push_back(static_cast<float>(mean >= 0 ? std::max(value, least) : std::min(value, -least)));
    }
  };
  spread_of(population.bound_max, p.bound_max, p.bound_max_d2d, 0);
  spread_of(population.bound_min, p.bound_min, p.bound_min_d2d, 0);
  if (model.kind == UpdateKind::linear || model.kind == UpdateKind::power) {
    spread_of(population.gamma_up, p.gamma_up, p.gamma_d2d, 0);
    spread_of(population.gamma_down, p.gamma_down, p.gamma_d2d, 0);
  }
  return population;
}

}  // namespace mho::device
