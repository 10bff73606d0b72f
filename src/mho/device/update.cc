#include "mho/device/update.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "mho/device/update_prepared.h"

namespace mho::device {

double UpdateModel::siemens(double state) const {
  return siemens_at_lo + (state - lo) / (hi - lo) * (siemens_at_hi - siemens_at_lo);
}
double UpdateModel::state(double siemens) const {
  return lo + (siemens - siemens_at_lo) / (siemens_at_hi - siemens_at_lo) * (hi - lo);
}

const UpdateModel& Updater::model() const { return prepared_->model; }
MeanSteps Updater::mean_step() const { return prepared_->mean_step; }

namespace {

constexpr std::size_t kChunk = 512;  ///< cells whose random numbers are made at a time; they stay in L1

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
  for (std::size_t j = 0; j < plus.size(); j += kChunk) {
    const std::size_t n = std::min(kChunk, plus.size() - j);
    const float* request = column.data() + j;
    update_two({plus.data() + j, plus_cells, request, scale},
               {minus.data() + j, minus_cells, request, -scale}, first + j, n, key, draw);
  }
}

/// Two cells with the same number, n of each, at most a chunk: they share random words.
void Updater::update_two(const Asked& plus, const Asked& minus, std::size_t cell, std::size_t n,
                         const core::RandomKey& key, std::uint64_t draw) const {
  const UpdateModel& model = prepared_->model;
  if (model.kind == UpdateKind::table && model.rule == TableRule::crosssim_2_0) {
    update({plus.g, n}, plus.cells, cell, plus.scale, {plus.request, n}, key, 2 * draw);
    update({minus.g, n}, minus.cells, cell, minus.scale, {minus.request, n}, key, 2 * draw + 1);
    return;
  }
  if (model.kind == UpdateKind::table) {
    std::array<std::uint32_t, kChunk> bits;
    core::fill_bits(key, draw, cell, std::span(bits).first(n));
    for (const Asked* half : {&plus, &minus}) {
      update_by_table(prepared_->table, half->g, half->request, half->scale, bits.data(), half == &plus,
                      at(half->cells.member, cell), n);
    }
    return;
  }
  std::array<float, kChunk> plus_values, minus_values;
  const bool noise = noisy(model);
  const float *plus_normal = noise ? plus_values.data() : nullptr,
              *minus_normal = noise ? minus_values.data() : nullptr;
  const auto normals = [&](std::uint64_t of_draw) {
    core::fill_normal_pairs(key, of_draw, cell, std::span(plus_values).first(n),
                            std::span(minus_values).first(n));
  };
  if (model.kind <= UpdateKind::symmetric) {
    if (noise) normals(draw);
    const AnalyticKernel& kernel = prepared_->analytic;
    if (plus.request == minus.request && plus.scale == -minus.scale) {
      update_analytic_pairs(kernel, plus.g, minus.g, plus.request, plus.scale, plus_normal, minus_normal, n);
    } else {
      update_analytic(kernel, plus.g, plus.request, plus.scale, plus_normal, n);
      update_analytic(kernel, minus.g, minus.request, minus.scale, minus_normal, n);
    }
    return;
  }
  if (noise) normals(2 * draw);
  step(model, plus.cells, cell, plus.g, plus.request, plus.scale, plus_normal, n);
  step(model, minus.cells, cell, minus.g, minus.request, minus.scale, minus_normal, n);
  if (plus.cells.persistent.empty()) return;
  normals(2 * draw + 1);
  show(model, plus.cells, cell, plus.g, plus_values.data(), n);
  show(model, minus.cells, cell, minus.g, minus_values.data(), n);
}

void Updater::pulse(std::span<float> g, CellPopulation& cells, std::size_t first,
                    std::span<const std::int32_t> counts, const core::RandomKey& key,
                    std::uint64_t draw) const {
  const MeanSteps step = mean_step();
  std::array<float, kChunk> request;
  for (std::size_t j = 0; j < g.size(); j += kChunk) {
    const std::size_t n = std::min(kChunk, g.size() - j);
    requests_of_pulses(counts.data() + j, static_cast<float>(step.up), static_cast<float>(-step.down),
                       request.data(), n);
    update(g.subspan(j, n), cells, first + j, 1.0f, std::span(request).first(n), key, draw);
  }
}

void Updater::pulse_pairs(std::span<float> plus, std::span<float> minus, CellPopulation& plus_cells,
                          CellPopulation& minus_cells, std::size_t first,
                          std::span<const std::int32_t> counts, bool one_sided, const core::RandomKey& key,
                          std::uint64_t draw) const {
  const auto up = static_cast<float>(mean_step().up), down = static_cast<float>(-mean_step().down);
  const bool opposite = !one_sided && up == down;
  std::array<float, kChunk> request, other;
  for (std::size_t j = 0; j < plus.size(); j += kChunk) {
    const std::size_t n = std::min(kChunk, plus.size() - j);
    requests_of_pulses(counts.data() + j, up, one_sided ? 0 : down, request.data(), n);
    // The minus cell gets what is negated here: a positive count moves it down.
    if (!opposite) requests_of_pulses(counts.data() + j, one_sided ? 0 : down, up, other.data(), n);
    update_two({plus.data() + j, plus_cells, request.data(), 1.0f},
               {minus.data() + j, minus_cells, opposite ? request.data() : other.data(), -1.0f}, first + j, n,
               key, draw);
  }
}

}  // namespace mho::device
