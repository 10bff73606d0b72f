// Every executor gives the same answers as the plain one, over random studies of the whole space of settings.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "mho/array/calibration/calibration.h"
#include "mho/array/executors/live_product.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/array/reading/reading.h"
#include "mho/core/isa.h"
#include "mho/core/parallel.h"
#include "mho/core/random.h"
#include "oracles/random_study.h"

namespace mho::array {
namespace {

core::Matrix<float> random_matrix(std::size_t rows, std::size_t cols, std::uint64_t seed,
                                  std::string_view what, float low) {
  core::Matrix<float> m(rows, cols);
  core::fill_uniform(core::random_key({.seed = seed, .purpose = what}), 0, 0, m.elements);
  for (float& x : m.elements) x = low + (1 - low) * x;
  return m;
}

/// How far an answer moves when one conversion rounds the other way: the next code, or with spread of the
/// capacitors a few codes on.
double one_code(const ProgrammedMatrix& m, const Reading& reading) {
  double most = 0, full = 1;
  if (reading.automatic_adc) {  // no current is larger than if all lines were driven at full scale
    for (const Part& part : reading.driven) full = std::max(full, 1.1 * static_cast<double>(part.size));
  }
  for (std::size_t b = 0; b < m.blocks.size(); ++b) {
    const double steps = reading.plus[b].steps;
    if (steps == 0) return 0;
    const double scale = std::abs(reading.slice_scale[m.blocks[b].slice] * m.blocks[b].compensation);
    most = std::max(most, scale * full / steps);
  }
  const Adc& adc = m.settings.adc;
  const bool spread = adc.kind != AdcKind::uniform && adc.kind != AdcKind::sign_magnitude;
  const double slice = adc.per_input_slice ? reading.input.slice_weight(reading.input.slices - 1) : 1;
  return most * slice * reading.out_scale * (spread ? 16 : 1);
}

struct Outcome {
  std::size_t answers = 0, moved = 0;
};

void compare(std::uint64_t seed, Outcome& outcome) {
  const oracles::RandomStudy study = oracles::random_study(seed);
  SCOPED_TRACE("random study " + std::to_string(seed) + ":\n" + study.toml);
  auto config = core::Config::from_text(study.toml, "random study " + std::to_string(seed));
  const Settings settings = read_settings(config);
  ASSERT_NO_THROW(config.finish());
  const auto w = random_matrix(study.out, study.in, seed, "weights", -1);
  const Direction direction = study.transposed ? Direction::transposed : Direction::forward;
  const std::size_t driven = study.transposed ? study.out : study.in;
  const std::size_t read = study.transposed ? study.in : study.out;
  const auto x = random_matrix(study.batch, driven, seed, "inputs", study.negative_inputs ? -1 : 0);

  core::use_isa(core::Isa::reference);
  Ranges ranges = input_ranges(settings.input, x.view(), 99.98);
  const auto matrix = program(w.view(), settings, ranges, {.seed = seed});
  ranges = with_adc_calibrated(matrix, x.view(), ranges, direction, 99.98);
  for (Interval& range : ranges.adc) range = {1.0371 * range.lo, 1.0371 * range.hi};  // so that ties are rare
  core::Matrix<float> wanted(study.batch, read);
  Tally wanted_tally;
  vmm(*make_product(matrix, {}, direction, ranges), x.view(), wanted.view(), &wanted_tally);
  double largest = 0;
  for (const float y : wanted.elements) largest = std::max(largest, std::abs(double{y}));

  const Reading how = reading(*matrix, direction, ranges);
  // float32: sums of up to 40 terms in each of up to 9·5·2 conversions, whose parts may cancel.
  const double full = how.out_scale * driven;
  const double close =
      3e-6 * std::max(largest, full / 4) * *std::max_element(how.slice_scale.begin(), how.slice_scale.end());
  // Sums of ideal levels fall exactly between two codes often, and either is right then: every conversion of
  // an answer may go the other way.
  const double ties = 2.0 * static_cast<double>(how.driven.size()) * matrix->code.slices * how.input.slices;
  const bool levels = matrix->code.level_steps > 0 && settings.cell.name() == "ideal";
  std::vector<std::pair<std::string, std::unique_ptr<Product>>> products;
  for (const core::Isa isa : core::available_isas()) {
    if (isa == core::Isa::reference) continue;
    core::use_isa(isa);
    products.emplace_back(core::name(isa), make_product(matrix, {}, direction, ranges));
  }
  const bool alone = matrix->column_scale.empty();  // else there is a step behind the executor
  if (auto live = alone ? make_live_product(matrix, {}, direction, ranges) : nullptr)
    products.emplace_back("live", std::move(live));
  for (const auto& [name, product] : products) {
    core::Matrix<float> y(study.batch, read);
    Tally tally;
    vmm(*product, x.view(), y.view(), &tally);
    EXPECT_EQ(tally.conversions, wanted_tally.conversions) << name;
    std::size_t moved = 0;
    for (std::size_t i = 0; i < y.elements.size(); ++i) {
      const double apart = std::abs(double{y.elements[i]} - wanted.elements[i]);
      if (apart <= close) continue;
      ++moved;
      double gain = ranges.gain.empty() ? 1 : ranges.gain[i % read];
      if (how.unit_column_subtracts) gain = std::min(gain, 1.0);  // its own conversion may have moved
      EXPECT_LE(apart, (levels ? ties : 2) * one_code(*matrix, how) / gain + close)
          << name << ", answer " << i << ": " << y.elements[i] << ", plain " << wanted.elements[i];
    }
    if (levels) continue;
    EXPECT_LE(moved, 2 + y.elements.size() / 20) << name;
    outcome.answers += y.elements.size();
    outcome.moved += moved;
  }
}

class KeepsIsa {
 public:
  ~KeepsIsa() { core::use_isa(before_); }

 private:
  core::Isa before_ = core::current_isa();
};

TEST(Executors, AgreeOnRandomStudies) {
  const KeepsIsa keeps;
  core::set_thread_count(1);  // the matrices are smaller than what a thread is worth
  Outcome outcome;
  const char* few = std::getenv("MHO_RANDOM_STUDIES");
  const std::uint64_t studies = few ? std::stoul(few) : 4000;
  for (std::uint64_t seed = 1; seed <= studies && !HasFailure(); ++seed) compare(seed, outcome);
  // float32 and float64 differ by 1e-6 of a current; of conversions with 10 bits, one in a thousand lies that
  // near to a step.
  core::set_thread_count(0);
  EXPECT_LT(outcome.moved, outcome.answers / 200) << outcome.moved << " of " << outcome.answers;
}

// Where what the cells of a column give cancels, its current is that of no input at all: exactly 0, which is
// a tie of most converters. In what order the cells are summed must not decide it.
TEST(Executors, CurrentsThatCancelConvertAsThoseOfNoInput) {
  const KeepsIsa keeps;
  constexpr std::size_t in = 24, out = 6;
  const auto half = random_matrix(out, in / 2, 3, "weights", -1);
  const auto order = random_matrix(out, in, 3, "order", 0);
  core::Matrix<float> w(out, in);  // every weight and its negative, shuffled
  for (std::size_t o = 0; o < out; ++o) {
    std::vector<std::size_t> places(in);
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::sort(places.begin(), places.end(), [&](auto a, auto b) { return order(o, a) < order(o, b); });
    for (std::size_t i = 0; i < in; ++i) w(o, places[i]) = i % 2 == 0 ? half(o, i / 2) : -half(o, i / 2);
  }
  constexpr std::size_t batch = 32;
  core::Matrix<float> x(batch, in), nothing(batch, in);
  for (std::size_t v = 0; v < batch; ++v)
    for (float& input : x.row(v)) input = 0.8f * static_cast<float>(v) / (batch - 1);
  const std::string study = R"(
[device]
card = "ideal"
on_off_ratio = 20.0
[mapping]
scheme = "differential"
weight_bits = 6
slices = 3
weight_range = 1.0
[input]
bits = 5
slice_bits = 2
signed = false
range = 0.8
[adc]
bits = 6
per_input_slice = true
range = [-6.0, 6.0]
)";
  for (const char* converter : {R"(kind = "uniform")", R"(kind = "sign-magnitude")", R"(kind = "ramp")",
                                R"(kind = "sar")", R"(kind = "pipeline")", R"(kind = "cyclic")",
                                "kind = 'ramp'\ngain_db = inf", "kind = 'sar'\ngain_db = inf",
                                "kind = 'pipeline'\ngain_db = inf", "kind = 'cyclic'\ngain_db = inf"}) {
    SCOPED_TRACE(converter);
    auto config = core::Config::from_text(study + converter + "\n", "ties");
    const Settings settings = read_settings(config);
    config.finish();
    const Ranges ranges = input_ranges(settings.input, x.view(), 99.98);
    const auto matrix = program(w.view(), settings, ranges, {.seed = 1});
    for (const core::Isa isa : core::available_isas()) {
      core::use_isa(isa);
      const auto product = make_product(matrix, {}, Direction::forward, ranges);
      core::Matrix<float> cancelled(batch, out), none(batch, out);
      vmm(*product, x.view(), cancelled.view());
      vmm(*product, nothing.view(), none.view());
      EXPECT_EQ(cancelled.elements, none.elements) << core::name(isa);
    }
  }
}

}  // namespace
}  // namespace mho::array
