// Programming one million cells, one core. The roof of an error is the generator (0.54 ns a Gaussian on
// AVX-512) and the curve; the goal is 10 ns a cell for every model, 2 ns for a polynomial error.

#include "mho/device/cell.h"

#include <benchmark/benchmark.h>

#include <cmath>

#include "mho/core/parallel.h"

namespace mho::device {
namespace {

void program(benchmark::State& state, const char* section) {
  core::set_thread_count(1);
  auto study = core::Config::from_text(std::string("[device]\n") + section, "benchmark");
  const Cell cell = read_cell(study);
  study.finish();
  constexpr std::size_t kCells = 1 << 20;
  std::vector<float> targets(kCells), g(kCells);
  for (std::size_t i = 0; i < kCells; ++i)
    targets[i] = static_cast<float>(cell.g_off() + (1 - cell.g_off()) * static_cast<double>(i % 1009) / 1008);
  std::uint32_t trial = 0;
  for (auto _ : state) {
    g = targets;
    cell.program(g, {.trial = trial++, .purpose = "programming"}, 0);
    benchmark::DoNotOptimize(g.data());
  }
  state.counters["ns/cell"] = benchmark::Counter(
      1e-9 * kCells, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

BENCHMARK_CAPTURE(program, ideal, "card = \"ideal\"");
BENCHMARK_CAPTURE(program, polynomial_goal_2ns, "card = \"taox\"");
BENCHMARK_CAPTURE(program, saturating_goal_2ns, "card = \"sonos-40nm\"");
BENCHMARK_CAPTURE(program, sonos_5_days_goal_10ns, "card = \"sonos-40nm\"\ntime_s = 432000");
BENCHMARK_CAPTURE(program, sonos_iedm_5_days_goal_10ns, "card = \"sonos-40nm-iedm22\"\ntime_s = 432000");
BENCHMARK_CAPTURE(program, sonos_100_krad, "card = \"sonos-40nm\"\ndose_krad = 100");
BENCHMARK_CAPTURE(program, pcm_one_day_goal_10ns, "card = \"pcm-joshi\"\ntime_s = 86400");
BENCHMARK_CAPTURE(program, levels, "card = \"taox\"\ncell_bits = 4");

}  // namespace
}  // namespace mho::device
