// Cost of a layer on a chip: arithmetic on a few dozen numbers. Goal: 1e5 layers a second and core, where
// other tools reach 0.07 to 83 (DNN+NeuroSim, CiMLoop).

#include <benchmark/benchmark.h>

#include "mho/hardware/chip.h"
#include "mho/hardware/network_card.h"

namespace mho::hardware {
namespace {

void chip_of_resnet50(benchmark::State& state) {
  const Design design = load_design("reram", 1024, 1024, {});
  const auto network = load_network_card("resnet50");
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(chip_cost(design, network.layers).image.energy_j);
  state.counters["layers/s"] = benchmark::Counter(static_cast<double>(network.layers.size()),
                                                  benchmark::Counter::kIsIterationInvariantRate);
  state.counters["goal layers/s"] = 1e5;
}
BENCHMARK(chip_of_resnet50);

void one_kernel(benchmark::State& state) {
  const Design design = load_design("reram", 1024, 1024, {});
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(kernel_cost(design, Kernel::vmm).energy_j);
}
BENCHMARK(one_kernel);

}  // namespace
}  // namespace mho::hardware
