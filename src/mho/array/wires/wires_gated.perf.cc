// A gated bit-serial vector: seven bits through both arrays of a pair of arrays.

#include "mho/array/wires/wires_gated.h"

#include <benchmark/benchmark.h>

#include <random>

#include "mho/core/matrix.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

/// Arguments: n, wire·1e6, goal in µs.
void gated(benchmark::State& state) {
  core::set_thread_count(1);
  const std::size_t n = state.range(0);
  const double r = 1e-6 * static_cast<double>(state.range(1));
  std::mt19937 engine(1);
  std::uniform_real_distribution<double> draw(0.01, 1);
  core::Matrix<double> g(n, n);
  for (auto& x : g.elements) x = draw(engine);
  core::Matrix<double> digits(14, n);  // 7 bits, plus and minus array
  for (auto& x : digits.elements) x = static_cast<double>(engine() % 2);
  core::Matrix<double> currents(14, n);
  const GatedArray array(g.view(), {.row = r, .col = r, .row_terminal = 0, .col_terminal = 0}, {});
  Accuracy accuracy;
  for (auto _ : state) accuracy = array.solve(digits.view(), currents.view());
  state.counters["goal_ms"] = static_cast<double>(state.range(2)) * 1e-3;
  state.counters["residual"] = accuracy.residual;
  core::set_thread_count(0);
}
BENCHMARK(gated)
    ->ArgNames({"n", "wire_1e-6", "goal_us"})
    ->Args({128, 100, 1000})
    ->Args({256, 100, 4000})
    ->Args({1024, 100, 64'000})
    ->Args({1024, 10'000, 640'000})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace mho::array
