// Outer-product updates of 1024×1024 weights through a learning array, two cells each, as training does them.
// Goals a cell and core: what the cells alone take (device/update.perf.cc) plus a tenth; pulse trains 2 ns.

#include "mho/array/learning/learning_array.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <string>

#include "mho/core/parallel.h"

namespace mho::array {
namespace {

constexpr std::size_t kSide = 1024;

device::UpdateModel analytic() {
  device::UpdateModel model;
  model.kind = device::UpdateKind::asymmetric;
  model.alpha = 2;
  model.write_noise = 0.01;
  model.step.step = 1e-3;
  return model;
}

/// A made-up measured device: the step falls with the state, its spread does not.
device::UpdateModel table() {
  auto t = std::make_shared<device::UpdateTable>();
  for (int c = 0; c <= 50; ++c) t->conductance.push_back(1e-5 + 2e-6 * c);
  for (int k = 0; k <= 50; ++k) t->cdf.push_back(k / 50.0);
  t->increasing.step = t->decreasing.step = core::Matrix<double>(51, 51);
  for (int c = 0; c <= 50; ++c) {
    for (int k = 0; k <= 50; ++k) {
      t->increasing.step(k, c) = 1e-7 * (1.2 - c / 50.0) + 6e-8 * (k / 50.0 - 0.5);
      t->decreasing.step(k, c) = -1e-7 * (0.2 + c / 50.0) + 4e-8 * (k / 50.0 - 0.5);
    }
  }
  device::compute_moments(t->cdf, t->increasing);
  device::compute_moments(t->cdf, t->decreasing);
  device::UpdateModel model;
  model.kind = device::UpdateKind::table;
  model.tables = {t};
  model.used_lo = 0.1, model.used_hi = 0.9;
  return model;
}

device::UpdateModel constant_step() {
  device::UpdateModel model;
  model.kind = device::UpdateKind::constant;
  model.lo = model.used_lo = -1;
  model.step = {.step = 0.001, .step_d2d = 0.3, .step_c2c = 0.3, .bound_max_d2d = 0.3, .bound_min_d2d = 0.3};
  return model;
}

device::UpdateModel soft_bounds() {
  device::UpdateModel model;
  model.kind = device::UpdateKind::soft_bounds;
  model.lo = model.used_lo = -1;
  model.step = {.step = 0.001, .step_d2d = 0.3, .step_c2c = 0.3, .bound_max_d2d = 0.3, .bound_min_d2d = 0.3};
  return model;
}

/// One update a pass on as many threads as the argument says: processor time of one, wall time of several.
void run(benchmark::State& state, const device::UpdateModel& model, const Settings& reading,
         const LearningSettings& settings) {
  core::set_thread_count(static_cast<int>(state.range(0)));
  LearningArray array(kSide, kSide, reading, settings, std::make_shared<device::Updater>(model),
                      {.name = "bench"});
  array.write(core::Matrix<float>(kSide, kSide).view());
  std::vector<float> x(kSide), d(kSide);
  for (std::size_t i = 0; i < kSide; ++i) {
    const auto at = static_cast<float>(i);
    x[i] = std::sin(0.1f * at);
    d[i] = std::cos(0.3f * at);
  }
  double rate = 1e-3;
  // Lines pulse with the probabilities |x| and |d|: 31·(2/π)² = 12.6 coincidences a cell.
  if (settings.code == UpdateCode::pulses) rate = settings.pulse_length * array.weight_per_pulse();
  std::uint64_t draw = 0;
  for (auto _ : state) array.update(x, d, draw % 2 == 0 ? rate : -rate, draw), ++draw;
  state.counters["time/cell"] =
      benchmark::Counter(array.cells_per_weight() * kSide * kSide,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["pulses"] = array.count().pulses_per_cell_mean / static_cast<double>(draw);
  core::set_thread_count(0);
}

void register_all() {
  Settings pairs = learning_defaults();
  pairs.input.bits = 0;
  pairs.adc.kind = AdcKind::ideal;
  const auto add = [&pairs](const std::string& name, const device::UpdateModel& model,
                            const LearningSettings& settings) {
    const auto body = [=](benchmark::State& state) { run(state, model, pairs, settings); };
    benchmark::RegisterBenchmark(("learning/" + name).c_str(), body)->Arg(1);
    benchmark::RegisterBenchmark(("learning/" + name).c_str(), body)->Arg(2)->UseRealTime();
  };
  const LearningSettings exact, codes{.code = UpdateCode::codes, .stochastic_rounding = true},
      pulses{.code = UpdateCode::pulses, .update_management = false};
  add("table_exact_goal_1.5ns", table(), exact);
  add("table_codes_goal_1.5ns", table(), codes);
  add("table_pulses_31_goal_2ns", table(), pulses);
  add("analytic_exact_goal_1ns", analytic(), exact);
  add("analytic_pulses_31_goal_2ns", analytic(), pulses);
  add("soft_bounds_exact", soft_bounds(), exact);
  add("soft_bounds_pulses_31_goal_2ns", soft_bounds(), pulses);
  pairs.mapping.scheme = Scheme::offset;  // one device a weight
  add("soft_bounds_offset_pulses_31", soft_bounds(), pulses);
  add("constant_step_offset_pulses_31", constant_step(), pulses);
}
[[maybe_unused]] const bool registered = (register_all(), true);

}  // namespace
}  // namespace mho::array
