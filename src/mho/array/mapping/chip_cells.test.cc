// Cells that are kept and read again are the same cells, in the same and in other arrays; what a file says of
// them acts as it says.

#include "mho/array/mapping/chip_cells.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/core/error.h"
#include "oracles/random_study.h"
#include "random_matrix.h"
#include "temporary_folder.h"

namespace mho::array {
namespace {

using testing::HasSubstr;
using tests::random_matrix;

Settings settings_of(const std::string& toml) {
  auto study = core::Config::from_text(toml, "study.toml");
  Settings s = read_settings(study);
  study.finish();
  return s;
}

constexpr RandomSource kSource{.seed = 9, .trial = 2, .layer = "layer"};

/// The chip of one matrix, through a file.
std::shared_ptr<const Chip> kept(const ProgrammedMatrix& matrix) {
  const tests::TemporaryFolder folder;
  Chip chip;
  chip.origin = chip_origin(matrix);
  chip.matrices["layer"] = chip_matrix(matrix);
  write_chip(folder.file("c.npz"), chip);
  return std::make_shared<const Chip>(read_chip(folder.file("c.npz")));
}

core::Matrix<float> answers(const std::shared_ptr<const ProgrammedMatrix>& m, const core::Matrix<float>& x) {
  core::Matrix<float> y(x.rows, m->out);
  vmm(*make_product(m), x.view(), y.view());
  return y;
}

void expect_same_cells(const ProgrammedMatrix& a, const ProgrammedMatrix& b) {
  ASSERT_EQ(a.blocks.size(), b.blocks.size());
  for (std::size_t i = 0; i < a.blocks.size(); ++i) {
    EXPECT_EQ(a.blocks[i].plus.g.elements, b.blocks[i].plus.g.elements);
    EXPECT_EQ(a.blocks[i].minus.g.elements, b.blocks[i].minus.g.elements);
    EXPECT_EQ(a.blocks[i].plus.number, b.blocks[i].plus.number);
    EXPECT_EQ(a.blocks[i].compensation, b.blocks[i].compensation);
  }
}

// Whatever the study, the file gives the same cells and the same answers to the last bit.
TEST(ChipCells, EveryBitComesBackInRandomStudies) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto study = oracles::random_study(seed);
    Settings s = settings_of(study.toml);
    const auto w = random_matrix(study.out, study.in, "weights"), x = random_matrix(3, study.in, "inputs");
    const std::vector<Interval> adc(s.adc.range == Adc::Range::calibrated ? 1 : 0, {-3, 3});
    const Ranges ranges{.input = 2, .input_signed = true, .adc = adc};
    const auto made = program(w.view(), s, ranges, kSource, 1, Keep::life);
    s.chip = kept(*made);
    const auto read = program(w.view(), s, ranges, kSource);
    SCOPED_TRACE(fmt::format("{}\n{}", seed, study.toml));
    expect_same_cells(*made, *read);
    EXPECT_EQ(read->code.slice_scale, made->code.slice_scale);
    EXPECT_EQ(read->code.sum_scale, made->code.sum_scale);
    EXPECT_EQ(read->column_scale, made->column_scale);
    EXPECT_EQ(answers(made, x).elements, answers(read, x).elements);
    EXPECT_TRUE(chip_matrix(*program(w.view(), s, ranges, kSource, 1, Keep::life)) ==
                s.chip->matrix("layer"));
    if (HasFailure()) break;
  }
}

// How a matrix is cut changes no shape, and what is read of it only where converters do.
TEST(ChipCells, OtherArraysHoldTheSameCells) {
  const std::string device = "[device]\ncard = \"state-independent\"\n[adc]\nkind = \"ideal\"\n";
  const auto w = random_matrix(20, 30, "weights"), x = random_matrix(3, 30, "inputs");
  const Ranges ranges{.input = 3, .input_signed = true, .adc = {}};
  const auto whole = program(w.view(), settings_of(device), ranges, kSource, 1, Keep::life);
  for (const char* array : {"[array]\nrows = 7\ncols = 6\n", "[array]\nrows = 11\npartition = \"fill\"\n",
                            "[mapping]\ninterleaved = true\n"}) {
    Settings s = settings_of(device + array);
    s.chip = kept(*whole);
    const auto cut = program(w.view(), s, ranges, kSource, 1, Keep::life);
    const auto y = answers(whole, x), z = answers(cut, x);
    for (std::size_t i = 0; i < y.elements.size(); ++i) EXPECT_NEAR(y.elements[i], z.elements[i], 1e-5);
    EXPECT_TRUE(chip_matrix(*cut).positive == s.chip->matrix("layer").positive);
  }
}

// The unit column is one of cells, kept and read with the others.
TEST(ChipCells, TheUnitColumnIsKept) {
  const Settings s = settings_of(
      "[device]\ncard = \"state-independent\"\n[mapping]\nscheme = \"offset-unit-column\"\n[array]\ncols = "
      "5\n");
  const auto w = random_matrix(9, 4, "weights");
  const auto chip = kept(*program(w.view(), s, {.input = 1, .adc = {{-1, 1}}}, kSource));
  EXPECT_EQ(chip->matrix("layer").unit.shape(), "(1, 4, 3)");
  EXPECT_EQ(chip->matrix("layer").cell.shape(), "(1, 4, 9)");
}

/// Σ x·(g⁺ - g⁻)/r·W_max with the faults that are given, in plain loops.
core::Matrix<float> plain(const ChipMatrix& m, const Settings& s, double largest,
                          const core::Matrix<float>& x) {
  core::Matrix<float> y(x.rows, m.positive.columns);
  const auto value = [&](const ChipCells& cells, std::size_t at) {
    if (!cells.faults.empty() && cells.faults[at] == device::Fault::stuck_on) return 1.0;
    if (!cells.faults.empty() && cells.faults[at] == device::Fault::stuck_off) return s.cell.g_off();
    return cells.conductance_s[at] / s.cell.g_on_s();
  };
  for (std::size_t v = 0; v < x.rows; ++v) {
    for (std::size_t j = 0; j < y.cols; ++j) {
      double sum = 0;
      for (std::size_t i = 0; i < x.cols; ++i) {
        const std::size_t at = i * y.cols + j;
        sum += x(v, i) * (value(m.positive, at) - value(m.negative, at));
      }
      y(v, j) = static_cast<float>(sum / (1 - s.cell.g_off()) * largest);
    }
  }
  return y;
}

// A measured map with faults: the largest weight is the model's, and every kind of fault conducts as it says.
TEST(ChipCells, FaultsOfAMapActAsInPlainLoops) {
  Settings s = settings_of(
      "[device]\ncard = \"ideal\"\n[input]\nbits = 0\n[adc]\nkind = \"ideal\"\n[mapping]\nweight_bits = 0\n");
  const auto w = random_matrix(12, 40, "weights"), x = random_matrix(5, 40, "inputs");
  const Ranges ranges{.input = 10, .input_signed = true, .adc = {}};
  const auto made = program(w.view(), s, ranges, kSource);
  auto chip = std::make_shared<Chip>();
  ChipMatrix& m = chip->matrices["layer"] = chip_matrix(*made);
  m.meaning.reset();
  const auto clean = plain(m, s, made->code.weight_max, x);
  m.positive.faults.assign(m.positive.size(), device::Fault::none);
  for (std::size_t k = 0; k < 5; ++k) m.positive.faults[97 * k] = static_cast<device::Fault>(1 + k % 3);
  s.chip = chip;
  const auto y = answers(program(w.view(), s, ranges, kSource), x);
  const auto expected = plain(m, s, made->code.weight_max, x);
  EXPECT_NE(expected.elements, clean.elements);
  for (std::size_t i = 0; i < y.elements.size(); ++i)
    EXPECT_NEAR(y.elements[i], expected.elements[i], 1e-5) << i;
}

double mean(const ProgrammedMatrix& m) {
  double sum = 0, n = 0;
  for (const Block& block : m.blocks) {
    for (const float g : block.plus.g.elements) sum += g;
    n += static_cast<double>(block.plus.g.elements.size());
  }
  return sum / n;
}

// A chip of cells that drift by exponents of their own: in other arrays and in two waits, each cell ends
// where it ends in one.
TEST(ChipCells, CellsKeepTheirExponentsThroughFilesAndOtherArrays) {
  const std::string card = "[device]\ncard = \"pcm-joshi\"\nread_noise = false\n";
  const auto w = random_matrix(30, 40, "weights");
  const Ranges ranges{.input = 1, .adc = {{-1, 1}}};
  const auto at_once =
      chip_matrix(*program(w.view(), settings_of(card + "time_s = 1000\n"), ranges, kSource));
  const auto fresh = program(w.view(), settings_of(card), ranges, kSource, 1, Keep::life);
  EXPECT_TRUE(fresh->blocks[0].plus.faults.size() == fresh->blocks[0].plus.g.elements.size());
  Settings cut = settings_of(card + "time_s = 300\n[array]\nrows = 9\ncols = 11\n");
  cut.chip = kept(*fresh);
  const auto some = program(w.view(), cut, ranges, {.seed = 1, .trial = 5, .layer = "layer"}, 1, Keep::life);
  Settings rest = settings_of(card + "time_s = 700\n");
  rest.chip = kept(*some);
  EXPECT_EQ(device::total_wait_s(rest.chip->matrix("layer").meaning->past), 300);
  const auto in_two = chip_matrix(*program(w.view(), rest, ranges, kSource, 1, Keep::life));
  EXPECT_EQ(device::total_wait_s(in_two.meaning->past), 1000);
  for (std::size_t i = 0; i < at_once.positive.size(); ++i) {
    ASSERT_NEAR(in_two.positive.conductance_s[i], at_once.positive.conductance_s[i],
                1e-5 * at_once.positive.conductance_s[i])
        << i;
  }
}

// What learned has no targets: it drifts from what it holds.
TEST(ChipCells, AMatrixAgesWhereItIs) {
  const auto w = random_matrix(30, 40, "weights");
  const Ranges ranges{.input = 1, .adc = {{-1, 1}}};
  const auto now = program(w.view(), settings_of("[device]\ncard = \"sonos-40nm\"\n"), ranges, kSource);
  ProgrammedMatrix waits = *now;
  waits.settings.cell = settings_of("[device]\ncard = \"sonos-40nm\"\ntime_s = 432000\n").cell;
  const auto later = aged(waits, {.seed = 1, .trial = 0, .layer = "layer"});
  EXPECT_NE(mean(*later), mean(*now));
  EXPECT_TRUE(later->blocks[0].plus.target.elements.empty()) << "kept only where asked";
  expect_same_cells(*aged(*now, kSource), *now);
}

TEST(ChipCells, WhatDiffersIsSaid) {
  const std::string text = "[device]\ncard = \"ideal\"\n";
  const auto w = random_matrix(6, 4, "weights");
  const auto chip = kept(*program(w.view(), settings_of(text), {.input = 1, .adc = {{-1, 1}}}, kSource));
  const auto why = [&](const std::string& more, std::size_t out = 6) {
    return why_unlike(*chip, "layer", settings_of(text + more), out, 4);
  };
  EXPECT_EQ(why(""), "");
  EXPECT_EQ(why("[array]\nrows = 2\n"), "");
  EXPECT_THAT(why("", 7), HasSubstr("its number of outputs is 6, but 7 in the study"));
  EXPECT_THAT(why("[mapping]\nscheme = \"offset\"\n"),
              HasSubstr("mapping.scheme is differential, but offset"));
  EXPECT_THAT(why("[mapping]\nweight_bits = 4\n"), HasSubstr("mapping.weight_bits is 8, but 4"));
  EXPECT_THAT(why("[mapping]\nslices = 2\n"), HasSubstr("number of slices is 1, but 2"));
  EXPECT_THAT(why("g_on_s = 2e-4\n"), HasSubstr("device.g_on_s is 0.0001, but 0.0002"));
  EXPECT_THAT(why("on_off_ratio = 3\n"), HasSubstr("device.on_off_ratio is 10, but 3"));
  EXPECT_THROW((void)why_unlike(*chip, "other", settings_of(text), 6, 4), core::InvalidInput);
}

}  // namespace
}  // namespace mho::array
