// Circuits with wires, R in units of the cells' on-resistance. Every benchmark prints its goal [ms] beside.
// Roof of one iteration: 17 accesses to fields of rows × cols floats.

#include "mho/array/wires/wires.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>

#include "mho/core/matrix.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

core::Matrix<double> uniform(std::size_t rows, std::size_t cols, double low, double high) {
  std::mt19937 engine(1);
  std::uniform_real_distribution<double> draw(low, high);
  core::Matrix<double> m(rows, cols);
  for (auto& x : m.elements) x = draw(engine);
  return m;
}

void goal(benchmark::State& state, double ms) { state.counters["goal_ms"] = ms; }

/// One vector through a prepared array, n × n. Arguments: n, wire·1e6, goal in µs, threads.
void solve(benchmark::State& state) {
  core::set_thread_count(static_cast<int>(state.range(3)));
  const std::size_t n = state.range(0);
  const double r = 1e-6 * static_cast<double>(state.range(1));
  const auto g = uniform(n, n, 0.01, 1);
  const auto v = uniform(1, n, 0, 1);
  core::Matrix<double> currents(1, n);
  const Circuit circuit(g.view(), {.row = r, .col = r, .row_terminal = 0, .col_terminal = 0});
  Accuracy accuracy;
  for (auto _ : state) accuracy = circuit.solve(v.view(), currents.view());
  goal(state, static_cast<double>(state.range(2)) * 1e-3);
  state.counters["iterations"] = static_cast<double>(accuracy.iterations);
  state.counters["residual"] = accuracy.residual;
  core::set_thread_count(0);
}
BENCHMARK(solve)
    ->ArgNames({"n", "wire_1e-6", "goal_us", "threads"})
    ->Args({128, 100, 1000, 1})
    ->Args({256, 100, 5000, 1})
    ->Args({512, 100, 50'000, 1})
    ->Args({1024, 100, 500'000, 1})
    ->Args({1024, 100, 250'000, 2})
    ->Args({512, 1000, 100'000, 1})
    ->Args({512, 100'000, 1'000'000, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// From conductances to a circuit that can be solved.
void prepare(benchmark::State& state) {
  core::set_thread_count(1);
  const std::size_t n = state.range(0);
  const auto g = uniform(n, n, 0.01, 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        Circuit(g.view(), {.row = 1e-4, .col = 1e-4, .row_terminal = 0, .col_terminal = 0}));
  }
  core::set_thread_count(0);
}
BENCHMARK(prepare)->ArgName("n")->Arg(128)->Arg(1024)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The effective matrix: n solutions. Arguments: n, goal in ms.
void effective(benchmark::State& state) {
  const std::size_t n = state.range(0);
  const auto g = uniform(n, n, 0.01, 1);
  core::Matrix<double> out(n, n);
  const Circuit circuit(g.view(), {.row = 1e-4, .col = 1e-4, .row_terminal = 0, .col_terminal = 0});
  for (auto _ : state) circuit.effective(out.view());
  goal(state, static_cast<double>(state.range(1)));
}
BENCHMARK(effective)
    ->ArgNames({"n", "goal_ms"})
    ->Args({128, 100})
    ->Args({256, 1000})
    ->Args({512, 10'000})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace mho::array
