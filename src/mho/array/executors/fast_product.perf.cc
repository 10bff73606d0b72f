// Products through arrays, each with its goal and its roof: the multiply-add rate of this machine, measured
// here in a loop of registers only, in the same run.

#include "mho/array/executors/fast_product.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>
#include <string>

#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/core/parallel.h"
#include "mho/core/random.h"

namespace mho::array {
namespace {

enum class Unit { f32, int16, int8 };

#if defined(__x86_64__)
enum Loop { f32_zmm, int16_zmm, int8_zmm, f32_ymm, int16_ymm };

/// Seconds of a turn with 12 independent accumulators, so that latency hides.
template <Loop loop>
double seconds_a_turn() {
  constexpr long kTurns = 400'000;
  double best = 1;
  for (int repeat = 0; repeat < 5; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    long turns = kTurns;
    asm volatile(
        "1:\n"
        ".irp r,0,1,2,3,4,5,6,7,8,9,10,11\n"
        ".if %c1 == 0\n vfmadd231ps %%zmm13, %%zmm12, %%zmm\\r\n .endif\n"
        ".if %c1 == 1\n vpdpwssd %%zmm13, %%zmm12, %%zmm\\r\n .endif\n"
        ".if %c1 == 2\n vpdpbusd %%zmm13, %%zmm12, %%zmm\\r\n .endif\n"
        ".if %c1 == 3\n vfmadd231ps %%ymm13, %%ymm12, %%ymm\\r\n .endif\n"
        ".if %c1 == 4\n vpmaddwd %%ymm13, %%ymm12, %%ymm14\n vpaddd %%ymm14, %%ymm\\r, %%ymm\\r\n .endif\n"
        ".endr\n"
        "dec %0\n jnz 1b\n"
        : "+r"(turns)
        : "i"(loop)
        : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
          "xmm12", "xmm13", "xmm14");
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count() / kTurns);
  }
  return best;
}
#endif

/// Operations (2 a multiply-add) a second of one core that does nothing else; 0 where that isn't known. What
/// is exact in 8 bits is multiplied in 16 where a machine has no more.
double peak(Unit unit) {
#if defined(__x86_64__)
  const core::Isa isa = core::current_isa();
  if (isa == core::Isa::avx2) {
    return unit == Unit::f32 ? 2 * 12 * 8 / seconds_a_turn<f32_ymm>()
                             : 2 * 12 * 16 / seconds_a_turn<int16_ymm>();
  }
  if (isa == core::Isa::avx512 && unit == Unit::f32) return 2 * 12 * 16 / seconds_a_turn<f32_zmm>();
  if (core::has_vnni()) {
    return unit == Unit::int16 ? 2 * 12 * 32 / seconds_a_turn<int16_zmm>()
                               : 2 * 12 * 64 / seconds_a_turn<int8_zmm>();
  }
#endif
  (void)unit;
  return 0;
}

core::Matrix<float> random_matrix(std::size_t rows, std::size_t cols, std::string_view purpose, float low) {
  core::Matrix<float> m(rows, cols);
  core::fill_uniform(core::random_key({.purpose = purpose}), 0, 0, m.elements);
  for (float& x : m.elements) x = low + (1 - low) * x;
  return m;
}

/// Cells off by 2% of G_on, and with read noise of 2% where asked.
std::shared_ptr<const ProgrammedMatrix> disturbed(const ProgrammedMatrix& ideal, bool noise) {
  auto m = std::make_shared<ProgrammedMatrix>(ideal);
  for (Block& b : m->blocks) {
    for (CellArray* cells : {&b.plus, &b.minus}) {
      core::Matrix<float> error(cells->g.rows, cells->g.cols);
      core::fill_normal(core::random_key({.purpose = "error", .array = cells->number}), 0, 0, error.elements);
      for (std::size_t i = 0; i < error.elements.size(); ++i)
        cells->g.elements[i] += 0.02f * error.elements[i];
      if (noise) cells->sigma = core::Matrix<float>(cells->g.rows, cells->g.cols, 0.02f);
    }
  }
  return m;
}

struct Load {
  std::size_t in = 1, out = 1, vectors = 1;
  std::function<void(Settings&)> change = [](Settings&) {};
  bool error = true;
  bool noise = false;
  bool transposed = false;
};

double now(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Says the best repetition: operations (2 a multiply-add of an input digit and a slice) a second, the share
/// of the roof, microseconds a vector and core, each with its goal. One core: processor time, so that other
/// work on the machine counts little; more: wall time.
void run(benchmark::State& state, const Load& load, Unit unit, double goal_of_peak, double goal_us = 0) {
  const int threads = static_cast<int>(state.range(0));
  core::set_thread_count(threads);
  Settings s;
  s.array.rows = s.array.cols = 1152;
  load.change(s);
  const Ranges ranges{.input = 1, .input_signed = false, .adc = {{-20.013, 20.013}}};
  const auto w = random_matrix(load.out, load.in, "weights", -1);
  auto matrix = program(w.view(), s, ranges, {});
  if (load.error) matrix = disturbed(*matrix, load.noise);
  const auto product = make_fast_product(
      matrix, {}, load.transposed ? Direction::transposed : Direction::forward, ranges, core::current_isa());
  const auto x = random_matrix(load.vectors, load.transposed ? load.out : load.in, "inputs", 0);
  core::Matrix<float> y(load.vectors, load.transposed ? load.in : load.out);
  const clockid_t clock = threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
  double best = 1e30;
  Tally tally;
  for ([[maybe_unused]] auto _ : state) {
    const double start = now(clock);
    vmm(*product, x.view(), y.view(), &tally);
    best = std::min(best, now(clock) - start);
  }
  core::set_thread_count(0);
  const int slices =
      s.input.slice_bits > 0 ? (s.input.bits + s.input.slice_bits - 1) / s.input.slice_bits : 1;
  const double rate = 2.0 * double(load.in * load.out * load.vectors) * s.mapping.slices * slices / best;
  std::string label = fmt::format("{:.1f} Gop/s", rate * 1e-9);
  if (const double roof = peak(unit) * threads; roof > 0) {
    label += fmt::format(" = {:.0f}% of peak", 100 * rate / roof);
    if (goal_of_peak > 0) label += fmt::format(" (goal {:.0f}%)", 100 * goal_of_peak);
  }
  label += fmt::format(", {:.2f} us a vector and core", 1e6 * best * threads / double(load.vectors));
  if (goal_us > 0) label += fmt::format(" (goal {:.0f} us)", goal_us);
  state.SetLabel(label);
}

/// A 3×3 convolution of one image, as a network calls it: levels once, then windows.
void run_convolution(benchmark::State& state, std::size_t side, std::size_t channels, bool error) {
  Settings s;
  s.array.rows = 0;
  const Ranges ranges{.input = 1, .input_signed = false, .adc = {{-20.013, 20.013}}};
  const auto w = random_matrix(channels, channels * 9, "weights", -1);
  auto matrix = program(w.view(), s, ranges, {});
  if (error) matrix = disturbed(*matrix, false);
  const std::size_t padded = side + 2;
  std::vector<std::int64_t> offsets, origins;
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t i = 0; i < 9; ++i) {
      offsets.push_back(static_cast<std::int64_t>((i / 3 * padded + i % 3) * channels + c));
    }
  }
  for (std::size_t i = 0; i < side * side; ++i) {
    origins.push_back(static_cast<std::int64_t>((i / side * padded + i % side) * channels));
  }
  const auto product = make_fast_product(matrix, offsets, Direction::forward, ranges, core::current_isa());
  const auto image = random_matrix(padded * padded, channels, "inputs", 0);
  core::Matrix<float> y(origins.size(), channels);
  const auto workspace = make_workspace();
  double best = 1e30;
  Tally tally;
  for ([[maybe_unused]] auto _ : state) {
    const double start = now(CLOCK_PROCESS_CPUTIME_ID);
    product->quantize(image.elements, *workspace);
    product->vmm(origins, y.view(), 0, *workspace, &tally);
    best = std::min(best, now(CLOCK_PROCESS_CPUTIME_ID) - start);
  }
  const double rate = 2.0 * double(origins.size() * channels * channels * 9) / best;
  const double roof = peak(error ? Unit::f32 : Unit::int8);
  std::string label = fmt::format("{:.1f} Gop/s", rate * 1e-9);
  if (roof > 0) label += fmt::format(" = {:.0f}% of peak", 100 * rate / roof);
  state.SetLabel(label + fmt::format(", {:.1f} us an image", best * 1e6));
}

const auto int16 = [](Settings& s) { s.array.precision = Precision::int16; };
const auto serial = [](Settings& s) {
  s.mapping.slices = 4;
  s.input.slice_bits = 1;
  s.input.bits = 7;
  s.adc.range = Adc::Range::max;
};

void register_all() {
  const auto add = [](const std::string& name, const Load& load, Unit unit, double goal_of_peak,
                      double goal_us = 0) {
    benchmark::RegisterBenchmark(
        name.c_str(), [=](benchmark::State& state) { run(state, load, unit, goal_of_peak, goal_us); })
        ->ArgName("cores")
        ->Arg(1)
        ->Arg(2)
        ->UseRealTime();
  };
  const Load layer{.in = 1152, .out = 256, .vectors = 1024};
  add("f32_1152x256", layer, Unit::f32, 0.85);
  Load other = layer;
  other.change = int16;
  add("int16_1152x256", other, Unit::int16, 0.70);
  other.change = [](Settings& s) { s.array.rows = 128; };
  add("f32_128_rows_1152x256", other, Unit::f32, 0);
  other.error = false;
  add("ideal_8bit_128_rows_1152x256", other, Unit::int8, 0.65);
  other = layer;
  other.transposed = true;
  add("f32_transposed_1152x256", other, Unit::f32, 0.85);

  Load square{.in = 1024, .out = 1024, .vectors = 256};
  add("f32_1024x1024", square, Unit::f32, 0.85);
  square.noise = true;
  add("f32_read_noise_1024x1024", square, Unit::f32, 0.85 / 2.3);
  square.noise = false;
  square.change = serial;
  add("f32_4_slices_7_bits_1024x1024", square, Unit::f32, 0, 300);
  square.change = [](Settings& s) {
    serial(s);
    int16(s);
  };
  add("int16_4_slices_7_bits_1024x1024", square, Unit::int16, 0, 180);
  square.error = false;
  add("ideal_4_slices_7_bits_1024x1024", square, Unit::int8, 0, 100);

  for (const bool error : {true, false}) {
    for (const auto& [side, channels] : {std::pair{32, 16}, {16, 32}, {8, 64}, {56, 64}}) {
      benchmark::RegisterBenchmark(
          fmt::format("{}_convolution_{}x{}x{}", error ? "f32" : "ideal", side, side, channels).c_str(),
          [side = side, channels = channels, error](benchmark::State& state) {
            run_convolution(state, side, channels, error);
          });
    }
  }
  add("f32_144x16", {.in = 144, .out = 16, .vectors = 1024}, Unit::f32, 0);
  add("f32_288x32", {.in = 288, .out = 32, .vectors = 256}, Unit::f32, 0);
  add("f32_576x64", {.in = 576, .out = 64, .vectors = 64}, Unit::f32, 0);
  add("f32_784x300_alone", {.in = 784, .out = 300, .vectors = 1}, Unit::f32, 0);
}
const bool registered = (register_all(), true);

}  // namespace
}  // namespace mho::array
