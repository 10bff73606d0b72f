// Updates of 1024×1024 cells at once, one core. Goals: lookup table 1.5 ns a cell, analytic with Gaussian
// write noise 1 ns (the roof is the generator: 0.17 ns for 16 random bits, 0.48 ns for a Gaussian of them).

#include "mho/device/update.h"

#include <benchmark/benchmark.h>

#include <cmath>

namespace mho::device {
namespace {

std::shared_ptr<const UpdateTable> table(double tilt) {
  auto t = std::make_shared<UpdateTable>();
  for (int c = 0; c <= 50; ++c) t->conductance.push_back(1e-5 + 2e-6 * c);
  for (int k = 0; k <= 50; ++k) t->cdf.push_back(k / 50.0);
  t->increasing.step = t->decreasing.step = core::Matrix<double>(51, 51);
  for (int c = 0; c <= 50; ++c) {
    for (int k = 0; k <= 50; ++k) {
      t->increasing.step(k, c) = 1e-6 * (1.2 - tilt * c / 50.0) + 6e-7 * (k / 50.0 - 0.5);
      t->decreasing.step(k, c) = -1e-6 * (0.2 + tilt * c / 50.0) + 4e-7 * (k / 50.0 - 0.5);
    }
  }
  compute_moments(t->cdf, t->increasing);
  compute_moments(t->cdf, t->decreasing);
  return t;
}

void run(benchmark::State& state, const UpdateModel& model) {
  constexpr std::size_t kRows = 1024, kCols = 1024;
  const Updater updater(model);
  const auto middle = static_cast<float>((model.lo + model.hi) / 2);
  std::vector<float> plus(kRows * kCols, middle), minus(kRows * kCols, middle), row(kRows), column(kCols);
  CellPopulation a = populate(model, plus.size(), {.seed = 1, .array = 0}),
                 b = populate(model, plus.size(), {.seed = 1, .array = 1});
  for (std::size_t i = 0; i < kRows; ++i)
    row[i] = std::sin(0.1f * static_cast<float>(i)),
    column[i] = 1e-3f * std::cos(0.3f * static_cast<float>(i));
  const auto key = core::random_key({.seed = 1, .purpose = "update"});
  std::uint64_t draw = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kRows; ++i) {
      updater.update_pairs(std::span(plus).subspan(i * kCols, kCols),
                           std::span(minus).subspan(i * kCols, kCols), a, b, i * kCols, row[i], column, key,
                           draw);
    }
    ++draw;
  }
  state.counters["ns/cell"] = benchmark::Counter(
      2e-9 * kRows * kCols, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void lookup_table_goal_1_5ns(benchmark::State& state) {
  UpdateModel model;
  model.kind = UpdateKind::table;
  model.tables = {table(1)};
  model.used_lo = 0.1, model.used_hi = 0.9;
  run(state, model);
}
BENCHMARK(lookup_table_goal_1_5ns);

void set_of_41_tables(benchmark::State& state) {
  UpdateModel model;
  model.kind = UpdateKind::table;
  for (int i = 0; i < 41; ++i) model.tables.push_back(table(0.5 + 0.02 * i));
  model.used_lo = 0.1, model.used_hi = 0.9;
  run(state, model);
}
BENCHMARK(set_of_41_tables);

void asymmetric_with_noise_goal_1ns(benchmark::State& state) {
  UpdateModel model;
  model.kind = UpdateKind::asymmetric;
  model.alpha = 2;
  model.write_noise = 0.01;
  run(state, model);
}
BENCHMARK(asymmetric_with_noise_goal_1ns);

void soft_bounds_with_spread(benchmark::State& state) {
  UpdateModel model;
  model.kind = UpdateKind::soft_bounds;
  model.lo = -1;
  model.step = {.step = 0.002, .step_d2d = 0.3, .step_c2c = 0.3, .bound_max_d2d = 0.3, .bound_min_d2d = 0.3};
  run(state, model);
}
BENCHMARK(soft_bounds_with_spread);

}  // namespace
}  // namespace mho::device
