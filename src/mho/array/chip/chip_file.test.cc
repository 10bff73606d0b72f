// The file of a chip: every bit comes back, and what is no chip is refused with the entry that is wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "bad_input.h"
#include "mho/array/chip/chip.h"
#include "mho/core/error.h"
#include "mho/core/npy.h"
#include "mho/core/random.h"
#include "mho/core/zip.h"
#include "temporary_folder.h"

namespace mho::array {
namespace {

using testing::HasSubstr;
using tests::TemporaryFolder;

ChipCells some_cells(std::size_t slices, std::size_t rows, std::size_t columns, std::uint32_t trial) {
  ChipCells cells{.slices = slices, .rows = rows, .columns = columns};
  std::vector<float> u(cells.size());
  core::fill_uniform(core::random_key({.trial = trial, .purpose = "test"}), 0, 0, u);
  for (const float x : u) cells.conductance_s.push_back(1e-4 / 3 * x);
  return cells;
}

Chip some_chip() {
  Chip chip;
  ChipMatrix& pair = chip.matrices["fc/1#2"];
  pair.positive = some_cells(2, 3, 4, 1);
  pair.negative = some_cells(2, 3, 4, 2);
  pair.positive.faults.assign(24, device::Fault::none);
  pair.positive.faults[5] = device::Fault::stuck_off;
  pair.negative.target_s = pair.negative.conductance_s;
  pair.meaning = {.scheme = "differential",
                  .weight_bits = 8,
                  .cell_bits = 4,
                  .g_on_s = 1e-4 / 3,
                  .on_off_ratio = std::numeric_limits<double>::infinity(),
                  .zero = 1.0 / 9,
                  .span = 2.0 / 3,
                  .largest_weight = 1.0 / 7,
                  .column_scales = {0.1f, 0.2f, 0.3f, 0.7f},
                  .slice_factors = {1, 16.0 / 3},
                  .row_parts = {2, 1},
                  .column_parts = {4},
                  .past = {{.wait_s = 1.0 / 3}, {.wait_s = 0, .dose_krad = 0.1}},
                  .ranges = {{"input", 1.0 / 3}}};
  ChipMatrix& offset = chip.matrices["conv"];
  offset.cell = some_cells(1, 2, 2, 3);
  offset.unit = some_cells(1, 2, 1, 4);
  offset.meaning = {.scheme = "offset-unit-column",
                    .g_on_s = 1e-4,
                    .on_off_ratio = 10,
                    .zero = 0.1,
                    .span = 0.9,
                    .slice_factors = {1},
                    .row_parts = {2},
                    .column_parts = {2},
                    .ranges = {}};
  chip.origin = {.version = "0.1.0",
                 .identity = "abc",
                 .study = {{"adc", {{"bits", 8}}}},
                 .seed = 1ULL << 60,
                 .trial = 3};
  return chip;
}

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const core::InvalidInput& error) {
    return error.what();
  }
  return "";
}

/// A file of arrays of these shapes, all elements `value`.
std::string refusal_of(const std::map<std::string, std::vector<std::size_t>>& shapes, double value = 1e-5) {
  const TemporaryFolder folder;
  std::map<std::string, core::Bytes> files;
  for (const auto& [name, shape] : shapes) {
    std::size_t n = 1;
    for (const std::size_t d : shape) n *= d;
    const bool faults = name.ends_with("_faults");
    files[name] = faults ? core::npy_bytes<std::int8_t>(shape, std::vector<std::int8_t>(n, 4))
                         : core::npy_bytes<double>(shape, std::vector<double>(n, value));
  }
  core::write_npz(folder.file("c.npz"), files);
  return refusal([&] { read_chip(folder.file("c.npz")); });
}

TEST(ChipFile, EveryBitComesBack) {
  const TemporaryFolder folder;
  const Chip wrote = some_chip();
  write_chip(folder.file("c.npz"), wrote);
  const Chip read = read_chip(folder.file("c.npz"));
  EXPECT_TRUE(read.origin == wrote.origin);
  EXPECT_TRUE(read.matrices == wrote.matrices);
  EXPECT_EQ(read.source, folder.file("c.npz"));
  write_chip(folder.file("d.npz"), read);
  EXPECT_TRUE(core::read_file(folder.file("c.npz")) == core::read_file(folder.file("d.npz")));
}

TEST(ChipFile, AMeasuredMapNeedsConductancesAlone) {
  EXPECT_EQ(refusal_of({{"fc/positive", {1, 3, 2}}, {"fc/negative", {1, 3, 2}}}), "");
  EXPECT_EQ(refusal_of({{"cell", {1, 3, 2}}}), "") << "a matrix without a name";
}

TEST(ChipFile, WhatIsNoChipIsRefused) {
  EXPECT_THAT(refusal_of({{"fc/positive", {1, 3, 2}}}), HasSubstr("\"positive\" has the shape (1, 3, 2)"));
  EXPECT_THAT(refusal_of({{"fc/positive", {1, 3, 2}}, {"fc/negative", {1, 2, 3}}}), HasSubstr("(1, 2, 3)"));
  EXPECT_THAT(refusal_of({{"fc/positive", {3, 2}}, {"fc/negative", {3, 2}}}),
              HasSubstr("must be (slices, inputs, outputs)"));
  EXPECT_THAT(refusal_of({{"fc/cell", {1, 3, 2}}, {"fc/positive", {1, 3, 2}}}), HasSubstr("or \"cell\""));
  EXPECT_THAT(refusal_of({{"fc/cell", {1, 3, 2}}, {"fc/unit", {1, 2, 1}}}), HasSubstr("must agree"));
  EXPECT_THAT(refusal_of({{"fc/cell_target", {1, 3, 2}}}), HasSubstr("conductances are missing"));
  EXPECT_THAT(refusal_of({{"fc/cell", {1, 3, 2}}, {"fc/cell_faults", {1, 2, 2}}}),
              HasSubstr("what stands beside it"));
  EXPECT_THAT(refusal_of({{"fc/cell", {1, 3, 2}}, {"fc/cell_faults", {1, 3, 2}}}),
              HasSubstr("must be 0 (sound)"));
  EXPECT_THAT(refusal_of({{"fc/weights", {1, 3, 2}}}), HasSubstr("is no entry of a chip"));
  EXPECT_THAT(refusal_of({{"fc/cell", {1, 3, 2}}}, -1e-9), HasSubstr("[0, 0, 0] is -1e-09 S"));
  EXPECT_THAT(refusal_of({{"fc/cell", {1, 3, 2}}}, std::nan("")), HasSubstr("nan S"));
  EXPECT_THAT(refusal_of({}), HasSubstr("holds no cells"));
}

TEST(ChipFile, WhatMhoSaysMustFitTheCells) {
  const TemporaryFolder folder;
  const auto refused = [&](const auto& change) {
    Chip chip = some_chip();
    change(chip);
    write_chip(folder.file("c.npz"), chip);
    return refusal([&] { read_chip(folder.file("c.npz")); });
  };
  EXPECT_EQ(refused([](Chip&) {}), "");
  EXPECT_THAT(refused([](Chip& c) { c.matrices["conv"].meaning->row_parts = {1}; }), HasSubstr("conv/"));
  EXPECT_THAT(refused([](Chip& c) {
                c.matrices["conv"].meaning->slice_factors = {1, 2};
              }),
              HasSubstr("does not fit"));
  EXPECT_THAT(refused([](Chip& c) { c.matrices["conv"].meaning->largest_weight = 0; }),
              HasSubstr("does not fit"));
  EXPECT_THAT(refused([](Chip& c) { c.matrices["conv"].meaning.reset(); }), HasSubstr("says nothing of it"));
  EXPECT_THAT(refused([](Chip& c) { c.matrices["lost"].meaning = c.matrices["conv"].meaning; }),
              HasSubstr("lost/"));
  EXPECT_THAT(refused([](Chip& c) { c.matrices["conv"].meaning->past = {{.wait_s = -1}}; }),
              HasSubstr("does not fit"));
}

TEST(ChipFile, DamagedFilesAreReadOrRefused) {
  const TemporaryFolder folder;
  write_chip(folder.file("c.npz"), some_chip());
  const auto file = core::read_file(folder.file("c.npz"));
  const auto parse = [](std::span<const std::byte> bytes) { parse_chip(bytes, "c.npz"); };
  tests::refuses_every_truncation(parse, file);
  EXPECT_GT(tests::survives_every_flip(parse, file), 1000u);
}

TEST(Chip, SaysWhichMatricesThereAre) {
  const Chip chip = some_chip();
  EXPECT_THAT(refusal([&] { (void)chip.matrix("fc9"); }), HasSubstr("it holds those of conv, fc/1#2"));
  Chip one;
  one.matrices["any"].cell = some_cells(1, 1, 1, 1);
  EXPECT_EQ(one.matrix("").cell.size(), 1u) << "the only one";
}

}  // namespace
}  // namespace mho::array
