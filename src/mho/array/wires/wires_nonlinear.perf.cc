// What changes from read to read takes a solution a vector: nonlinear cells (Newton's method), and fresh
// conductances (read noise), which are prepared and solved once each.

#include "mho/array/wires/wires_nonlinear.h"

#include <benchmark/benchmark.h>

#include <array>
#include <random>
#include <vector>

#include "mho/core/matrix.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

core::Matrix<double> uniform(std::size_t n, double low, double high) {
  std::mt19937 engine(1);
  std::uniform_real_distribution<double> draw(low, high);
  core::Matrix<double> m(n, n);
  for (auto& x : m.elements) x = draw(engine);
  return m;
}

/// I = g·(V - V³/4), full inputs, wires of 1e-4 of the on-resistance. Arguments: n, goal in µs.
void nonlinear(benchmark::State& state) {
  core::set_thread_count(1);
  const std::size_t n = state.range(0);
  const auto g = uniform(n, 0.01, 1);
  const core::Matrix<double> none(n, n);
  auto cube = g;
  for (auto& x : cube.elements) x *= -0.25;
  const std::array cells{CubicCells{g.view(), none.view(), std::as_const(cube).view()}};
  const std::vector<double> v(n, 1.0);
  std::vector<double> currents(n);
  Accuracy accuracy;
  for (auto _ : state) accuracy = solve_nonlinear(cells, {1e-4, 1e-4, 0, 0}, v, currents);
  state.counters["goal_ms"] = static_cast<double>(state.range(1)) * 1e-3;
  state.counters["steps"] = static_cast<double>(accuracy.iterations);
  state.counters["residual"] = accuracy.residual;
  core::set_thread_count(0);
}
BENCHMARK(nonlinear)
    ->ArgNames({"n", "goal_us"})
    ->Args({128, 5000})
    ->Args({256, 25'000})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// Fresh conductances for every vector. Arguments: n, goal in µs.
void fresh_conductances(benchmark::State& state) {
  core::set_thread_count(1);
  const std::size_t n = state.range(0);
  const auto g = uniform(n, 0.01, 1);
  const core::Matrix<double> v(1, n, 1.0);
  core::Matrix<double> currents(1, n);
  for (auto _ : state) Circuit(g.view(), {1e-4, 1e-4, 0, 0}).solve(v.view(), currents.view());
  state.counters["goal_ms"] = static_cast<double>(state.range(1)) * 1e-3;
  core::set_thread_count(0);
}
BENCHMARK(fresh_conductances)
    ->ArgNames({"n", "goal_us"})
    ->Args({128, 1500})
    ->Args({256, 7500})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace mho::array
