#include "mho/device/update.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "mho/device/update_crosssim.h"
#include "mho/device/update_kernels.h"

namespace mho::device {

double UpdateModel::siemens(double state) const {
  return siemens_at_lo + (state - lo) / (hi - lo) * (siemens_at_hi - siemens_at_lo);
}
double UpdateModel::state(double siemens) const {
  return lo + (siemens - siemens_at_lo) / (siemens_at_hi - siemens_at_lo) * (hi - lo);
}

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

struct Updater::Prepared {
  UpdateModel model;
  std::vector<std::int32_t> mean;
  std::vector<std::int16_t> spread;
  TableKernel table;
  AnalyticKernel analytic;
  MeanSteps mean_step;
  std::vector<CrossSimTable> crosssim;  ///< of the rule crosssim_2_0
};

namespace {

constexpr std::size_t kChunk = 512;  ///< cells whose random numbers are made at a time; they stay in L1

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

const UpdateModel& Updater::model() const { return prepared_->model; }
MeanSteps Updater::mean_step() const { return prepared_->mean_step; }

namespace {

template <typename T>
const T* at(const std::vector<T>& values, std::size_t first) {
  return values.empty() ? nullptr : values.data() + first;
}

/// Whether an update draws: analytic and step models.
bool noisy(const UpdateModel& model) {
  return model.noise && (model.kind <= UpdateKind::symmetric ? model.write_noise : model.step.step_c2c) > 0;
}

/// Pulses on cells of a step model, on their persistent states where these are not what a read sees.
void step(const UpdateModel& model, CellPopulation& cells, std::size_t cell, float* state,
          const float* request, float scale, const float* normal, std::size_t n) {
  update_by_steps(model,
                  {at(cells.step_up, cell), at(cells.step_down, cell), at(cells.bound_max, cell),
                   at(cells.bound_min, cell), at(cells.gamma_up, cell), at(cells.gamma_down, cell)},
                  cells.persistent.empty() ? state : cells.persistent.data() + cell, request, scale, normal,
                  n);
}

/// What a read sees of persistent states: themselves and write noise.
void show(const UpdateModel& model, const CellPopulation& cells, std::size_t cell, float* state,
          const float* normal, std::size_t n) {
  const auto sigma = static_cast<float>(model.noise ? model.step.write_noise * model.step.step : 0);
  for (std::size_t k = 0; k < n; ++k) state[k] = cells.persistent[cell + k] + sigma * normal[k];
}

}  // namespace

void Updater::update(std::span<float> g, CellPopulation& cells, std::size_t first, float scale,
                     std::span<const float> column, const core::RandomKey& key, std::uint64_t draw) const {
  const UpdateModel& model = prepared_->model;
  std::array<std::uint32_t, kChunk> bits;
  std::array<float, kChunk> values;
  for (std::size_t j = 0; j < g.size(); j += kChunk) {
    const std::size_t n = std::min(kChunk, g.size() - j);
    const std::size_t cell = first + j;
    float* state = g.data() + j;
    const float* request = column.data() + j;
    const auto normal = [&](std::uint64_t of_draw) {
      core::fill_normal(key, of_draw, cell, std::span(values).first(n));
      return values.data();
    };
    if (model.kind == UpdateKind::table) {
      core::fill_bits(key, draw, cell, std::span(bits).first(n));
      if (model.rule == TableRule::crosssim_2_0) {
        update_by_crosssim(prepared_->crosssim, model, {state, n}, scale, {request, n},
                           std::span(bits).first(n), at(cells.member, cell));
        continue;
      }
      update_by_table(prepared_->table, state, request, scale, bits.data(), true, at(cells.member, cell), n);
    } else if (model.kind <= UpdateKind::symmetric) {
      update_analytic(prepared_->analytic, state, request, scale, noisy(model) ? normal(draw) : nullptr, n);
    } else {
      step(model, cells, cell, state, request, scale, noisy(model) ? normal(2 * draw) : nullptr, n);
      if (!cells.persistent.empty()) show(model, cells, cell, state, normal(2 * draw + 1), n);
    }
  }
}

void Updater::update_pairs(std::span<float> plus, std::span<float> minus, CellPopulation& plus_cells,
                           CellPopulation& minus_cells, std::size_t first, float scale,
                           std::span<const float> column, const core::RandomKey& key,
                           std::uint64_t draw) const {
  const UpdateModel& model = prepared_->model;
  if (model.kind == UpdateKind::table && model.rule == TableRule::crosssim_2_0) {
    update(plus, plus_cells, first, scale, column, key, 2 * draw);
    update(minus, minus_cells, first, -scale, column, key, 2 * draw + 1);
    return;
  }
  std::array<std::uint32_t, kChunk> bits;
  std::array<float, kChunk> plus_values, minus_values;
  for (std::size_t j = 0; j < plus.size(); j += kChunk) {
    const std::size_t n = std::min(kChunk, plus.size() - j);
    const std::size_t cell = first + j;
    const float* request = column.data() + j;
    float *up = plus.data() + j, *down = minus.data() + j;
    const auto normals = [&](std::uint64_t of_draw) {
      core::fill_normal_pairs(key, of_draw, cell, std::span(plus_values).first(n),
                              std::span(minus_values).first(n));
    };
    if (model.kind == UpdateKind::table) {
      core::fill_bits(key, draw, cell, std::span(bits).first(n));
      update_by_table(prepared_->table, up, request, scale, bits.data(), true, at(plus_cells.member, cell),
                      n);
      update_by_table(prepared_->table, down, request, -scale, bits.data(), false,
                      at(minus_cells.member, cell), n);
      continue;
    }
    const bool noise = noisy(model);
    const float *plus_normal = noise ? plus_values.data() : nullptr,
                *minus_normal = noise ? minus_values.data() : nullptr;
    if (model.kind <= UpdateKind::symmetric) {
      if (noise) normals(draw);
      update_analytic_pairs(prepared_->analytic, up, down, request, scale, plus_normal, minus_normal, n);
      continue;
    }
    if (noise) normals(2 * draw);
    step(model, plus_cells, cell, up, request, scale, plus_normal, n);
    step(model, minus_cells, cell, down, request, -scale, minus_normal, n);
    if (!plus_cells.persistent.empty()) {
      normals(2 * draw + 1);
      show(model, plus_cells, cell, up, plus_values.data(), n);
      show(model, minus_cells, cell, down, minus_values.data(), n);
    }
  }
}

void Updater::pulse(std::span<float> g, CellPopulation& cells, std::size_t first,
                    std::span<const std::int32_t> counts, const core::RandomKey& key,
                    std::uint64_t draw) const {
  const MeanSteps step = mean_step();
  std::array<float, kChunk> request;
  for (std::size_t j = 0; j < g.size(); j += kChunk) {
    const std::size_t n = std::min(kChunk, g.size() - j);
    for (std::size_t k = 0; k < n; ++k) {
      const auto count = static_cast<float>(counts[j + k]);
      request[k] = count * static_cast<float>(count < 0 ? -step.down : step.up);
    }
    update(g.subspan(j, n), cells, first + j, 1.0f, std::span(request).first(n), key, draw);
  }
}

}  // namespace mho::device
