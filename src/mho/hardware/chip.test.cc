// A network on a chip: every weight has a place, nothing is lost between the parts and the whole, and copies,
// sizes and bits act as they must.

#include "mho/hardware/chip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <string>

#include "mho/array/reading/product.h"
#include "mho/core/error.h"
#include "mho/hardware/network_card.h"

namespace mho::hardware {
namespace {

LayerShape dense(std::size_t in, std::size_t out, std::size_t positions = 1) {
  LayerShape layer;
  layer.name = "fc";
  layer.in = in;
  layer.out = out;
  layer.positions = positions;
  return layer;
}

Design reram(std::size_t n = 1024) { return load_design("reram", n, n, {}); }

double cells_used(const Placement& place) {
  return std::accumulate(place.parts.begin(), place.parts.end(), 0.0, [](double sum, const Part& part) {
    return sum + part.count * static_cast<double>(part.used.rows) * static_cast<double>(part.used.cols);
  });
}

TEST(Mapping, EveryWeightHasOneCellWhateverTheSizes) {
  for (const bool even : {true, false}) {
    Design design = reram(100);
    design.even_parts = even;
    for (std::size_t in : {1, 99, 100, 101, 250, 1000}) {
      for (std::size_t out : {1, 100, 199, 333}) {
        const Placement placed = place(design, dense(in, out));
        EXPECT_EQ(cells_used(placed), static_cast<double>(in * out)) << in << "x" << out;
        EXPECT_EQ(placed.arrays, std::ceil(double(in) / 100) * std::ceil(double(out) / 100));
        EXPECT_NEAR(placed.utilization, double(in * out) / (placed.arrays * 1e4), 1e-12);
        for (const Part& part : placed.parts) EXPECT_TRUE(part.used.rows <= 100 && part.used.cols <= 100);
      }
    }
  }
}

// 32 groups of 9 inputs and one output: 28 of them lie on the diagonal of an array of 256 × 256.
TEST(Mapping, GroupsShareArraysAlongTheDiagonal) {
  LayerShape depthwise = dense(9, 32, 49);
  depthwise.groups = 32;
  const Placement placed = place(reram(256), depthwise);
  EXPECT_EQ(placed.arrays, 2);  // floor(256/9) = 28 a piece
  EXPECT_NEAR(placed.utilization, 9.0 * 32 / (2 * 256 * 256), 1e-12);
}

TEST(Mapping, SignsOfADifferentialPairTakeTwoArrays) {
  Design design = reram();
  design.cells.signs = 2;
  EXPECT_EQ(place(design, dense(1024, 1024)).arrays, 2);
  design.cells = {.conversions = 4};  // two slices, signs converted apart
  EXPECT_EQ(place(design, dense(1024, 1024)).arrays, 4);
}

// The cost layer counts the arrays that programming makes.
TEST(Mapping, ArraysAreThoseOfTheArrayLayer) {
  const char* mappings[] = {"",
                            "scheme = 'offset'",
                            "scheme = 'offset-unit-column'",
                            "slices = 3",
                            "subtract = 'digital'",
                            "interleaved = true",
                            "scheme = 'differential-two-sided'\nslices = 2"};
  for (const char* mapping : mappings) {
    for (const char* size :
         {"rows = 100\ncols = 60", "rows = 0\ncols = 0", "partition = 'fill'\nrows = 64\ncols = 64"}) {
      core::Config study = core::Config::from_text(
          std::string("[mapping]\n") + mapping + "\n[array]\n" + size + "\n[hardware]\ntile = 'reram'",
          "study.toml");
      const array::Settings settings = array::read_settings(study);
      const Design design = read_design(study, settings);
      study.finish();
      for (std::size_t in : {40, 100, 250}) {
        for (std::size_t out : {59, 60, 61, 500}) {
          const Placement placed = place(design, dense(in, out));
          const array::Footprint there = array::footprint(out, in, settings);
          EXPECT_EQ(placed.arrays, static_cast<double>(there.arrays))
              << mapping << " " << size << " " << in << "x" << out;
        }
      }
    }
  }
}

// The smallest possible slowest stage: one step less would need more arrays than there are.
TEST(Mapping, CopiesBalanceThePipelineExactly) {
  const std::vector<double> positions{12544, 3136, 784, 196, 49, 1}, arrays{1, 2, 4, 9, 20, 60};
  const double once = std::accumulate(arrays.begin(), arrays.end(), 0.0);
  for (const double budget : {once, once + 1, 1.5 * once, 3 * once, 20 * once}) {
    const auto copies = copies_for(positions, arrays, budget);
    double used = 0, steps = 0;
    for (std::size_t i = 0; i < copies.size(); ++i) {
      used += copies[i] * arrays[i];
      steps = std::max(steps, std::ceil(positions[i] / copies[i]));
    }
    EXPECT_LE(used, budget);
    double needed = 0;
    for (std::size_t i = 0; i < copies.size(); ++i)
      needed += arrays[i] * std::max(1.0, std::ceil(positions[i] / (steps - 1)));
    EXPECT_GT(needed, budget) << budget;
  }
}

TEST(Chip, TotalsAreTheSumsOfTheLeavesAndOfTheLayers) {
  const auto network = load_network_card("resnet50");
  const ChipCost chip = chip_cost(reram(), network.layers);
  for (double Cost::*number : {&Cost::energy_j, &Cost::area_m2})
    EXPECT_NEAR(leaf_sum(chip.image, number) / (chip.image.*number), 1, 1e-12);
  double layers = 0, macs = 0, latency = 0, slowest = 0;
  for (const auto& layer : chip.layers) {
    layers += layer.energy_j;
    macs += layer.macs;
    latency += layer.latency_s;
    slowest = std::max(slowest, layer.stage_s);
  }
  const double leakage = find_part(chip.image, "leakage")->energy_j;
  EXPECT_NEAR(layers / (chip.energy_j() - leakage), 1, 1e-12);
  EXPECT_EQ(chip.ops_per_image, 2 * macs);
  EXPECT_NEAR(chip.latency_s / latency, 1, 1e-12);
  EXPECT_EQ(chip.interval_s, slowest);
  EXPECT_NEAR(chip.losses.back().tops_per_w / chip.tops_per_w(), 1, 1e-12);
}

// Each further part of the chip costs something; nothing is free and nothing gives energy back.
TEST(Chip, EfficiencyFallsFromTheArrayToTheChip) {
  for (const char* tile : {"reram", "sonos-40nm", "ecram", "sram"}) {
    const ChipCost chip = chip_cost(load_design(tile, 1024, 1024, {}), load_network_card("resnet50").layers);
    for (std::size_t i = 1; i < chip.losses.size(); ++i)
      EXPECT_LE(chip.losses[i].tops_per_w, chip.losses[i - 1].tops_per_w)
          << tile << ": " << chip.losses[i].what;
  }
}

TEST(Chip, CopiesBuyTimeWithArea) {
  const auto network = load_network_card("vgg16");
  Design design = reram();
  design.chip.replicate = false;
  const ChipCost once = chip_cost(design, network.layers);
  design.chip.replicate = true;
  design.chip.spare = 4;
  const ChipCost more = chip_cost(design, network.layers);
  EXPECT_LT(more.interval_s, once.interval_s / 2);
  EXPECT_GT(more.area_m2(), once.area_m2());
  EXPECT_LE(more.arrays, 4 * once.arrays);
  EXPECT_NEAR(find_part(more.image, "arrays")->energy_j / find_part(once.image, "arrays")->energy_j, 1, 1e-9);
  EXPECT_NEAR(once.batch_s(1), once.latency_s, 0);
  EXPECT_NEAR((once.batch_s(1001) - once.batch_s(1)) / 1000, once.interval_s, 1e-12 * once.interval_s);
}

// Step t + 1 of a recurrent layer needs the answer of step t: copies take other images, and an image alone
// waits for all its reads, one after the other.
TEST(Chip, CopiesDoNotShortenASequence) {
  Design design = reram();
  LayerShape recurrent = dense(256, 1024, 8);
  recurrent.sequential = true;
  const double read_s = kernel_cost(design, Kernel::vmm, {1024, 1024}, {256, 1024}, {}).latency_s;
  LayerCost once;
  for (const double spare : {1.0, 2.0, 4.0, 64.0}) {
    design.chip.spare = spare;
    const ChipCost chip = chip_cost(design, {recurrent});
    const LayerCost& layer = chip.layers[0];
    EXPECT_EQ(layer.copies, std::min(spare, 8.0));
    EXPECT_EQ(layer.steps, 8);
    EXPECT_GE(layer.latency_s, 8 * read_s);
    EXPECT_LT(layer.latency_s, 8.5 * read_s) << "little beside the reads";
    if (spare == 1) once = layer;
    EXPECT_NEAR(layer.latency_s / once.latency_s, 1, 1e-12) << spare;
    EXPECT_NEAR(once.stage_s / layer.stage_s, layer.copies, 1e-9) << "images through the pipeline";
    EXPECT_NEAR(layer.energy_j / once.energy_j, 1, 1e-9);
    const double training_s = training_cost(design, {recurrent}).latency_s;
    EXPECT_GE(training_s, 16 * read_s) << "forwards and backwards";
  }
  recurrent.sequential = false;
  EXPECT_LT(chip_cost(design, {recurrent}).latency_s, 1.5 * read_s) << "eight copies, eight pixels";
}

TEST(Chip, TooFewArraysAreRefused) {
  Design design = reram();
  design.chip.arrays = 3;
  EXPECT_THROW(chip_cost(design, load_network_card("vgg16").layers), core::InvalidInput);
  EXPECT_THROW(chip_cost(reram(), {}), core::InvalidInput);
}

// 1e5 layers a second on one core, by a margin that a busy machine doesn't eat.
TEST(Chip, IsAnalytic) {
  const Design design = reram();
  const auto network = load_network_card("resnet50");
  double best = 1e9;
  for (int repeat = 0; repeat < 20; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_GT(chip_cost(design, network.layers).energy_j(), 0);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  EXPECT_GT(static_cast<double>(network.layers.size()) / best, 1e5);
}

// One dense layer that fills one array: training is product + transposed product + update of that array,
// but for the first layer, whose error goes nowhere.
TEST(Training, IsTheSumOfItsKernels) {
  const Design design = reram();
  LayerShape first = dense(1024, 1024), second = dense(1024, 1024);
  first.first = true;
  second.name = "fc2";
  const TrainingCost cost = training_cost(design, {first, second});
  EXPECT_NEAR(cost.vmm_j, 2 * kernel_cost(design, Kernel::vmm).energy_j, 1e-20);
  EXPECT_NEAR(cost.mvm_j, kernel_cost(design, Kernel::mvm).energy_j, 1e-20);
  EXPECT_NEAR(cost.opu_j, 2 * kernel_cost(design, Kernel::opu).energy_j, 1e-20);
  EXPECT_GT(cost.energy_j, cost.vmm_j + cost.mvm_j + cost.opu_j);
}

// Lines without a pulse take no part: the energy of an update follows the share of lines that are pulsed.
TEST(Training, UpdateEnergyFollowsThePulses) {
  const Design design = reram();
  const Region all{1024, 1024};
  const double full = kernel_cost(design, Kernel::opu, all, all, {}).energy_j;
  EXPECT_NEAR(kernel_cost(design, Kernel::opu, all, all, {.updated_lines = 0.25}).energy_j / full, 0.25,
              1e-12);
}

Design design_of(const char* text) {
  core::Config study = core::Config::from_text(text, "study.toml");
  const array::Settings settings = array::read_settings(study);
  Design design = read_design(study, settings);
  study.finish();
  return design;
}

// A study for accuracy may ask for bits that no tile has; only where hardware is asked for is that a mistake.
TEST(Design, OnlyRefusesWhereHardwareIsAskedFor) {
  EXPECT_FALSE(design_of("task = 'infer'\n[adc]\nbits = 16").unbuildable.empty());
  EXPECT_TRUE(design_of("task = 'infer'\n[adc]\nbits = 8").unbuildable.empty());
  EXPECT_THROW(design_of("task = 'infer'\n[adc]\nbits = 16\n[hardware]\ntile = 'reram'"), core::InvalidInput);
  EXPECT_THROW(design_of("[adc]\nbits = 16"), core::InvalidInput);
  EXPECT_NO_THROW(design_of("[mapping]\nweight_bits = 16\nslices = 2\n[hardware]\ntile = 'reram'"));
  EXPECT_THROW(design_of("[mapping]\nweight_bits = 16\n[hardware]\ntile = 'reram'"), core::InvalidInput);
}

// The current of the study's device, where it is to count: V²·G_on instead of the tile's.
TEST(Design, CellsCanBeTheStudysDevice) {
  const char* study = "[device]\ng_on_s = 1e-5\n[hardware]\ncell = 'device'";
  const Design own = design_of(study);
  EXPECT_NEAR(1 / own.tile.analog.cell.on_resistance, 1e-5, 1e-15);
  const double volts = own.tile.analog.cell.read_voltage, there = reram().tile.analog.cell.read_voltage;
  const auto cells = [](const Design& d) {
    return find_part(kernel_cost(d, Kernel::vmm), "cells")->energy_j;
  };
  EXPECT_NEAR(cells(own) / cells(reram()), 1e-5 * 100e6 * volts * volts / (there * there), 1e-6);
}

TEST(Chip, BuffersOfDramAreSmaller) {
  Design design = reram();
  const auto network = load_network_card("alexnet");
  const double sram = find_part(chip_cost(design, network.layers).image, "buffers")->area_m2;
  design.chip.edram = true;
  EXPECT_LT(find_part(chip_cost(design, network.layers).image, "buffers")->area_m2, sram);
}

// Small layers in large arrays share each conversion among few rows: less efficient, never more.
TEST(Chip, UnusedRowsCostEfficiency) {
  double last = 1e9;
  for (std::size_t rows : {1024, 512, 128, 32}) {
    const ChipCost chip = chip_cost(reram(), {dense(rows, 1024, 100)});
    EXPECT_LT(chip.losses[1].tops_per_w, last);
    last = chip.losses[1].tops_per_w;
  }
}

}  // namespace
}  // namespace mho::hardware
