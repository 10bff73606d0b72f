// The three kernels act on the same cells; with ideal cells they are linear algebra.

#include "mho/array/learning/learning_array.h"

#include <gtest/gtest.h>

#include <cmath>

#include "mho/array/executors/reference.h"
#include "mho/core/error.h"
#include "mho/core/isa.h"
#include "mho/core/parallel.h"
#include "mho/device/cell_models.h"

namespace mho::array {
namespace {

std::shared_ptr<const device::Updater> ideal() {
  device::UpdateModel model;
  model.lo = 0.1;
  model.used_lo = 0.1;
  model.siemens_at_lo = 1e-5;  // of G_on = 100 µS
  return std::make_shared<device::Updater>(model);
}

std::shared_ptr<const device::Updater> steps(double c2c) {
  device::UpdateModel model;
  model.kind = device::UpdateKind::constant;
  model.lo = model.used_lo = -1;
  model.step = {.step = 0.001, .step_c2c = c2c};
  return std::make_shared<device::Updater>(model);
}

core::Matrix<float> random_matrix(std::size_t rows, std::size_t cols, std::uint32_t trial) {
  core::Matrix<float> m(rows, cols);
  core::fill_normal(core::random_key({.trial = trial, .purpose = "test-matrix"}), 0, 0, m.elements);
  for (float& v : m.elements) v = std::clamp(0.3f * v, -0.9f, 0.9f);
  return m;
}

/// Through converters that convert nothing.
Settings ideal_reading(Scheme scheme = Scheme::differential_two_sided) {
  Settings s = learning_defaults();
  s.mapping.scheme = scheme;
  s.input.bits = 0;
  s.adc.kind = AdcKind::ideal;
  return s;
}

class AllPairs : public testing::TestWithParam<Scheme> {};
INSTANTIATE_TEST_SUITE_P(Schemes, AllPairs,
                         testing::Values(Scheme::differential_two_sided, Scheme::differential,
                                         Scheme::offset));

TEST_P(AllPairs, ForwardAndBackwardAreTheMatrixAndItsTranspose) {
  const auto w = random_matrix(13, 37, 1);
  const auto x = random_matrix(1, 37, 2), d = random_matrix(1, 13, 3);
  LearningArray array(37, 13, ideal_reading(GetParam()), {}, ideal(), {.name = "a"});
  array.write(w.view());
  std::vector<float> y(13), e(37);
  array.forward(x.elements, y, 0);
  array.backward(d.elements, e, 0);
  for (std::size_t j = 0; j < 13; ++j) {
    double exact = 0;
    for (std::size_t i = 0; i < 37; ++i) exact += w(j, i) * x(0, i);
    EXPECT_NEAR(y[j], exact, 5e-6);
  }
  for (std::size_t i = 0; i < 37; ++i) {
    double exact = 0;
    for (std::size_t j = 0; j < 13; ++j) exact += w(j, i) * d(0, j);
    EXPECT_NEAR(e[i], exact, 5e-6);
  }
}

TEST_P(AllPairs, AnExactUpdateOfIdealCellsIsTheOuterProduct) {
  const auto w = random_matrix(5, 9, 1);
  const auto x = random_matrix(1, 9, 2), d = random_matrix(1, 5, 3);
  LearningArray array(9, 5, ideal_reading(GetParam()), {.weight_limit = 1.5, .refresh_every = 1000}, ideal(),
                      {.name = "a"});
  array.write(w.view());
  array.update(x.elements, d.elements, 0.1, 0);
  const auto after = array.weights();
  for (std::size_t j = 0; j < 5; ++j) {
    for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(after(j, i), w(j, i) + 0.1 * d(0, j) * x(0, i), 2e-6);
  }
}

TEST_P(AllPairs, PulseTrainsMoveWeightsByTheOuterProductOnAverage) {
  constexpr int kUpdates = 4000;
  const std::vector<float> x = {0.9f, -0.4f, 0.1f, 0.0f}, d = {0.5f, -0.2f, 1.0f};
  const double rate = 2e-3;
  LearningArray array(4, 3, ideal_reading(GetParam()),
                      {.code = UpdateCode::pulses, .weight_limit = 20, .refresh_every = 100000}, steps(0.3),
                      {.name = "a"});
  array.write(core::Matrix<float>(3, 4).view());
  for (int n = 0; n < kUpdates; ++n) array.update(x, d, rate, n);
  const auto w = array.weights();
  for (std::size_t j = 0; j < 3; ++j) {
    for (std::size_t i = 0; i < 4; ++i) {
      const double expected = kUpdates * rate * x[i] * d[j];
      // Each pulse moves the weight by `pulse`; counts are binomial, so their variance is at most their mean.
      const double pulse = array.weight_per_pulse();
      const double sigma = std::sqrt(std::fabs(expected) / pulse * (1 + 0.09)) * pulse;
      EXPECT_NEAR(w(j, i), expected, 4.5 * sigma + 1e-4) << i << " " << j;
    }
  }
}

TEST(LearningArray, CodesRoundRowsAndColumnsToTheirLevels) {
  LearningArray array(
      3, 2, ideal_reading(),
      {.code = UpdateCode::codes, .weight_limit = 1, .row_code = {3, 1.0}, .column_code = {2, 1.0}}, ideal(),
      {.name = "a"});
  array.write(core::Matrix<float>(2, 3).view());
  array.update(std::vector<float>{0.5f, -0.1f, 1.0f}, std::vector<float>{0.6f, -0.4f}, 0.1, 0);
  const auto w = array.weights();  // rows in thirds: 2/3 (1.5 rounds to even), 0, 1; columns: 1, 0
  EXPECT_NEAR(w(0, 0), 0.1 * 2 / 3, 1e-6);
  EXPECT_NEAR(w(0, 1), 0, 1e-6);
  EXPECT_NEAR(w(0, 2), 0.1, 1e-6);
  EXPECT_NEAR(w(1, 2), 0, 1e-6);
}

/// Cells whose every read is off by `sigma` of G_on.
device::Cell noisy(double sigma) {
  auto models = std::make_shared<device::CellModels>();
  models->reading.spread.size = device::polynomial({sigma});
  return device::Cell(std::move(models));
}

TEST(LearningArray, ReadNoiseOfEveryCellAddsUpOnTheOutput) {
  Settings reading = ideal_reading();
  reading.cell = noisy(0.02);
  LearningArray array(50, 4, reading, {.weight_limit = 1}, ideal(), {.name = "a"});
  array.write(core::Matrix<float>(4, 50).view());
  const std::vector<float> x(50, 0.5f);
  std::vector<float> y(4);
  double sum = 0, square = 0;
  constexpr int kReads = 5000;
  for (int n = 0; n < kReads; ++n) {
    array.forward(x, y, n);
    sum += y[2];
    square += y[2] * y[2];
  }
  // Two cells a weight, each 2% of G_on; the used range, 90% of it, is two weight limits for one cell of a
  // pair.
  const double sigma = std::sqrt(2 * 50 * 0.25) * 0.02 / 0.9;
  EXPECT_NEAR(sum / kReads, 0, 4.5 * sigma / std::sqrt(kReads));
  EXPECT_NEAR(std::sqrt(square / kReads), sigma, 4.5 * sigma / std::sqrt(2.0 * kReads));
}

class AllCodes : public testing::TestWithParam<UpdateCode> {};
INSTANTIATE_TEST_SUITE_P(OfUpdates, AllCodes,
                         testing::Values(UpdateCode::exact, UpdateCode::codes, UpdateCode::pulses));

TEST_P(AllCodes, TheSameBitsOnAnyNumberOfThreadsAndEveryInstructionSet) {
  const auto w = random_matrix(300, 200, 1);
  const auto x = random_matrix(1, 200, 2), d = random_matrix(1, 300, 3);
  std::vector<float> first;
  const core::Isa before = core::current_isa();
  for (const core::Isa isa : core::available_isas()) {
    core::use_isa(isa);
    for (const int threads : {1, 2, 3}) {
      core::set_thread_count(threads);
      LearningArray array(200, 300, learning_defaults(), {.code = GetParam(), .stochastic_rounding = true},
                          steps(0.5), {.seed = 7, .trial = 1, .name = "a"});
      array.write(w.view());
      std::vector<float> y(300), e(200);
      for (int n = 0; n < 5; ++n) {
        array.forward(x.elements, y, n);
        array.backward(d.elements, e, n);
        array.update(x.elements, d.elements, 0.1, n);
      }
      auto all = array.weights().elements;
      std::vector<float> now(all.begin(), all.end());
      now.insert(now.end(), y.begin(), y.end());
      now.insert(now.end(), e.begin(), e.end());
      now.push_back(static_cast<float>(array.count().pulses_per_cell_mean));
      if (first.empty()) first = now;
      EXPECT_EQ(first, now) << core::name(isa) << " " << threads;
    }
  }
  core::use_isa(before);
  core::set_thread_count(0);
}

// With cells that move by exactly one step a pulse, what moved is what was counted.
TEST(LearningArray, PulsesAreCounted) {
  LearningArray array(70, 33, ideal_reading(), {.code = UpdateCode::pulses, .weight_limit = 20}, steps(0),
                      {.name = "a"});
  array.write(core::Matrix<float>(33, 70).view());
  const auto x = random_matrix(1, 70, 2), d = random_matrix(1, 33, 3);
  array.update(x.elements, d.elements, 3, 0);
  double moved = 0;
  for (const float w : array.weights().elements) moved += std::fabs(w) / array.weight_per_pulse();
  EXPECT_GT(moved, 100);
  EXPECT_NEAR(array.count().pulses_per_cell_mean * 70 * 33, moved, 1e-3 * moved);
}

TEST(LearningArray, ARestoredArrayGoesOnToTheSameBits) {
  const auto w = random_matrix(6, 8, 1);
  const std::vector<float> x(8, 0.3f), d(6, -0.2f);
  const LearningPlace place{.seed = 7, .trial = 1, .name = "a"};
  LearningArray array(8, 6, ideal_reading(), {}, steps(0.5), place);
  LearningArray other(8, 6, ideal_reading(), {}, steps(0.5), place);
  array.write(w.view());
  for (int n = 0; n < 5; ++n) array.update(x, d, 0.1, n);
  other.restore(array.state());
  for (int n = 5; n < 9; ++n) {
    array.update(x, d, 0.1, n);
    other.update(x, d, 0.1, n);
  }
  EXPECT_EQ(array.weights().elements, other.weights().elements);
  EXPECT_EQ(array.count().updates_per_cell_max, other.count().updates_per_cell_max);
}

TEST_P(AllPairs, WiresActTheSameWayInBothDirections) {
  const auto w = random_matrix(6, 9, 1);
  Settings reading = ideal_reading(GetParam());
  reading.wires = {.row_ohm = 1e-5, .col_ohm = 1e-5};
  LearningArray nearly_ideal(9, 6, reading, {}, ideal(), {.name = "a"});
  reading.wires = {.row_ohm = 100, .col_ohm = 200};
  LearningArray wired(9, 6, reading, {}, ideal(), {.name = "a"});
  const auto x = random_matrix(1, 9, 2);
  std::vector<float> y(6), e(9);
  nearly_ideal.write(w.view());
  nearly_ideal.forward(x.elements, y, 0);
  for (std::size_t j = 0; j < 6; ++j) {
    double exact = 0;
    for (std::size_t i = 0; i < 9; ++i) exact += w(j, i) * x(0, i);
    EXPECT_NEAR(y[j], exact, 1e-5);
  }
  // Reciprocity: unit vectors forward and backward read the same matrix.
  wired.write(w.view());
  for (std::size_t i = 0; i < 9; ++i) {
    std::vector<float> unit(9), column(6);
    unit[i] = 1;
    wired.forward(unit, column, 0);
    for (std::size_t j = 0; j < 6; ++j) {
      std::vector<float> unit_out(6);
      unit_out[j] = 1;
      wired.backward(unit_out, e, 0);
      EXPECT_NEAR(e[i], column[j], 1e-5);
    }
  }
}

/// Cells of which so many conduct G_on, and as many G_off, for ever.
device::Cell stuck(double share) {
  auto models = std::make_shared<device::CellModels>();
  models->stuck_on = models->stuck_off = share;
  return device::Cell(std::move(models));
}

/// Everything that reading can have, in several combinations.
Settings reading_of(int which, Scheme scheme) {
  Settings s = learning_defaults();
  s.mapping.scheme = scheme;
  s.adc.bits = 12;
  switch (which) {
    case 0:  // ideal
      return ideal_reading(scheme);
    case 1:  // the defaults of training, parts
      s.array.rows = 11;
      s.array.cols = 5;
      break;
    case 2:  // given ranges, digital subtraction, input slices
      s.input.range = Input::Range::given;
      s.input.given = 0.8;
      s.input.slice_bits = 3;
      s.adc.range = Adc::Range::given;
      s.adc.given = {{-8, 8}};
      s.mapping.subtract = Subtract::digital;
      break;
    case 3:  // a limit of the columns, fill
      s.array.rows = 16;
      s.array.partition = Partition::fill;
      s.array.column_current_limit = 1.5;
      s.adc.range = Adc::Range::max;
      break;
    case 4:  // noise of cells and converters
      s.cell = noisy(0.01);
      s.adc.noise_lsb = 0.5;
      s.adc.kind = AdcKind::sign_magnitude;
      break;
    case 5:  // wires
      s.wires = {.row_ohm = 5, .col_ohm = 7, .row_terminal_ohm = 50, .col_terminal_ohm = 20};
      break;
    case 6:  // structured converters that differ
      s.adc.kind = AdcKind::sar;
      s.adc.sigma_capacitor = 0.01;
      s.adc.group_columns = 2;
      break;
    case 7: {  // cells that bend, with noise
      auto models = std::make_shared<device::CellModels>();
      models->current_voltage.proportional = true;
      models->current_voltage.quadratic = device::polynomial({0.3});
      models->current_voltage.cubic = device::polynomial({2});
      models->reading.spread.size = device::polynomial({0.01});
      s.cell = device::Cell(std::move(models));
      break;
    }
    case 8:  // bits one after the other
      s.input.slice_bits = 1;
      break;
    case 9:  // the same, gathered before one conversion, on common columns
      s.input.slice_bits = 1;
      s.adc.per_input_slice = false;
      s.adc.kind = AdcKind::sign_magnitude;
      s.mapping.interleaved = is_differential(scheme);
      s.array.column_current_limit = 1;
      break;
    case 10:  // stuck cells, converted by ramps
      s.cell = stuck(0.1);
      s.adc.kind = AdcKind::ramp;
      s.adc.gain_db = 60;
      s.array.cols = 9;
      break;
    case 11:
      s.adc.kind = AdcKind::pipeline;
      s.adc.gain_db = 60;
      s.input.slice_bits = 4;
      break;
    case 12:  // two cells a column, no code of inputs
      s.adc.kind = AdcKind::cyclic;
      s.input.bits = 0;
      s.mapping.subtract = Subtract::digital;
      break;
    case 13:  // wires between bits, with stuck cells
      s.cell = stuck(0.05);
      s.input.slice_bits = 1;
      s.wires = {.row_ohm = 5, .col_ohm = 7};
      s.array.rows = 20;
      break;
  }
  return s;
}

class EveryReading : public testing::TestWithParam<std::tuple<int, Scheme>> {};
INSTANTIATE_TEST_SUITE_P(OfSchemes, EveryReading,
                         testing::Combine(testing::Range(0, 14),
                                          testing::Values(Scheme::differential_two_sided,
                                                          Scheme::differential, Scheme::offset)));

/// The plain executor draws noise cell by cell, so that with noise of cells that executor must do which draws
/// the same numbers.
std::unique_ptr<Product> oracle(const std::shared_ptr<const ProgrammedMatrix>& cells, Direction direction,
                                const Ranges& ranges) {
  if (cells->settings.cell.has_read_noise()) return make_product(cells, {}, direction, ranges);
  return make_reference_product(cells, {}, direction, ranges);
}

// A chip that learned is a chip: what the plain executor answers with its cells is what training reads, in
// both directions.
TEST_P(EveryReading, ThePlainExecutorOfTheCellsAnswersTheSame) {
  const auto [which, scheme] = GetParam();
  const Settings reading = reading_of(which, scheme);
  LearningArray array(37, 13, reading, {.weight_limit = 1.5}, steps(0.3),
                      {.seed = 3, .trial = 2, .name = "a"});
  array.write(random_matrix(13, 37, 1).view());
  for (int n = 0; n < 4; ++n)
    array.update(random_matrix(1, 37, 10 + n).elements, random_matrix(1, 13, 20 + n).elements, 0.1, n);
  const auto cells = array.programmed();
  constexpr std::size_t kVectors = 5;
  const auto x = random_matrix(kVectors, 37, 2), d = random_matrix(kVectors, 13, 3);
  core::Matrix<float> y(kVectors, 13), e(kVectors, 37);
  Ranges back = cells->ranges;
  back.input_signed = true;
  vmm(*oracle(cells, Direction::forward, cells->ranges), x.view(), y.view());
  vmm(*oracle(cells, Direction::transposed, back), d.view(), e.view());
  std::size_t moved = 0;
  const auto compare = [&](std::span<const float> here, std::span<const float> there) {
    double largest = 0;
    for (const float v : there) largest = std::max(largest, std::fabs(double{v}));
    EXPECT_GT(largest, 0.05);
    for (std::size_t j = 0; j < here.size(); ++j) {
      // float32 sums; where a conversion rounds the other way, a code of 12 bits.
      const double apart = std::fabs(double{here[j]} - there[j]);
      moved += apart > 1e-5 * largest;
      EXPECT_LE(apart, 4e-3 * std::max(largest, 1.0)) << j;
    }
  };
  std::vector<float> one(13), other(37);
  for (std::size_t v = 0; v < kVectors; ++v) {
    array.forward(x.row(v), one, v);
    compare(one, y.row(v));
    array.backward(d.row(v), other, v);
    compare(other, e.row(v));
  }
  EXPECT_LE(moved, 3u) << "of " << kVectors * 50;
}

// And the other way: cells that were taken over hold the same weights, to the rounding of a conductance.
TEST_P(AllPairs, CellsAreTakenOverAsTheyAre) {
  const auto w = random_matrix(13, 37, 1);
  Settings reading = ideal_reading(GetParam());
  reading.array.rows = 10;
  const auto model = ideal()->model();
  const auto matrix = program(w.view(), reading, {}, {});
  LearningArray array(37, 13, reading, {.weight_limit = weight_limit_of(*matrix, model)}, ideal(),
                      {.name = "a"});
  array.take_over(*matrix);
  const auto taken = array.weights();
  for (std::size_t k = 0; k < w.elements.size(); ++k)
    EXPECT_NEAR(taken.elements[k], w.elements[k], 4e-7 * array.settings().weight_limit);
  const auto back = array.programmed();
  for (std::size_t b = 0; b < back->blocks.size(); ++b) {
    for (std::size_t k = 0; k < back->blocks[b].plus.g.elements.size(); ++k)
      EXPECT_NEAR(back->blocks[b].plus.g.elements[k], matrix->blocks[b].plus.g.elements[k], 1.2e-7);
  }
  // Stuck cells are handed on with the others.
  auto broken = std::make_shared<ProgrammedMatrix>(*matrix);
  broken->blocks[1].plus.faults.assign(broken->blocks[1].plus.g.elements.size(), device::Fault::none);
  broken->blocks[1].plus.faults[5] = device::Fault::stuck;
  array.take_over(*broken);
  array.update(std::vector<float>(37, 1), std::vector<float>(13, 1), 0.2, 0);
  const auto moved = array.programmed();
  EXPECT_EQ(moved->blocks[1].plus.faults, broken->blocks[1].plus.faults);
  EXPECT_NEAR(moved->blocks[1].plus.g.elements[5], matrix->blocks[1].plus.g.elements[5], 1.2e-7);
  EXPECT_GT(std::fabs(moved->blocks[1].plus.g.elements[6] - matrix->blocks[1].plus.g.elements[6]), 1e-3);
  LearningArray smaller(36, 13, reading, {}, ideal(), {.name = "a"});
  EXPECT_THROW(smaller.take_over(*matrix), core::InvalidInput);
}

// The same cells are stuck as in inference, and never move.
TEST_P(AllPairs, StuckCellsStayWhereTheyAre) {
  Settings reading = ideal_reading(GetParam());
  auto models = std::make_shared<device::CellModels>();
  models->stuck_on = 0.2;
  models->stuck_off = 0.2;
  reading.cell = device::Cell(models);
  reading.array.cols = 9;
  const LearningPlace place{.seed = 3, .trial = 1, .name = "a"};
  LearningArray array(40, 20, reading, {}, ideal(), place);
  const auto w = random_matrix(20, 40, 1);
  array.write(w.view());
  const auto first = program(w.view(), reading, {}, {.seed = 3, .trial = 1, .layer = "a"});
  for (int n = 0; n < 20; ++n)
    array.update(random_matrix(1, 40, n).elements, random_matrix(1, 20, n).elements, 0.1, n);
  array.add(w.view(), 7);
  const auto last = array.programmed();
  std::size_t stuck = 0, cells = 0;
  for (std::size_t b = 0; b < last->blocks.size(); ++b) {
    const auto check = [&](const CellArray& before, const CellArray& after) {
      std::vector<device::Fault> faults(before.g.elements.size());
      reading.cell.faults(
          faults, {.seed = 3, .trial = 1, .purpose = "programming", .layer = "a", .array = before.number}, 0);
      for (std::size_t k = 0; k < faults.size(); ++k, ++cells) {
        if (faults[k] == device::Fault::none) continue;
        ++stuck;
        EXPECT_NEAR(before.g.elements[k], faults[k] == device::Fault::stuck_on ? 1 : 0.1, 1e-7);
        EXPECT_NEAR(after.g.elements[k], before.g.elements[k], 1e-6);
      }
    };
    check(first->blocks[b].plus, last->blocks[b].plus);
    if (last->differential()) check(first->blocks[b].minus, last->blocks[b].minus);
  }
  EXPECT_NEAR(static_cast<double>(stuck), 0.4 * static_cast<double>(cells), 4.5 * std::sqrt(0.24 * cells));
}

TEST(LearningArray, ACellIsOneFloatAndWhatDiffersFromCellToCell) {
  const auto bytes = [](std::shared_ptr<const device::Updater> cells) {
    return LearningArray(8, 6, ideal_reading(), {}, std::move(cells), {.name = "a"}).bytes_per_cell();
  };
  EXPECT_EQ(bytes(ideal()), 4u);
  device::UpdateModel model;
  model.kind = device::UpdateKind::soft_bounds;
  model.lo = model.used_lo = -1;
  model.step = {.step = 0.01, .step_d2d = 0.3, .bound_max_d2d = 0.3, .bound_min_d2d = 0.3};
  EXPECT_EQ(bytes(std::make_shared<device::Updater>(model)), 20u);
}

}  // namespace
}  // namespace mho::array
