// A tile costs what the published tile table says, for reasons that physics gives, and away from the
// table it behaves as physics says.

#include "mho/hardware/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "mho/core/error.h"

namespace mho::hardware {
namespace {

constexpr Precision eight{};

double per_mac(const Design& design, Kernel kernel) {
  return kernel_cost(design, kernel).energy_j / static_cast<double>(design.rows * design.cols);
}

struct Row {
  const char* tile;
  double vmm_fj, mvm_fj, opu_fj, vmm_us, mvm_us, opu_us;
};

// Tile table of Marinella et al., Sandia 2021: 8 bits, 1024×1024, 14 nm. Energy a multiply-accumulate.
constexpr Row table[] = {{"ecram", 11.9, 11.9, 0.2, 0.39, 0.39, 1.9},
                         {"reram", 12.2, 12.2, 2.1, 0.38, 0.38, 0.51},
                         {"sonos", 13.7, 13.7, 68.2, 0.40, 0.40, 20},
                         {"sram", 2718, 4630, 4102, 4, 32, 8}};

TEST(TileTable, AllTwentyFourNumbersWithinFivePercent) {
  for (const Row& row : table) {
    SCOPED_TRACE(row.tile);
    const Design design = load_design(row.tile, 1024, 1024, eight);
    EXPECT_NEAR(per_mac(design, Kernel::vmm) * 1e15 / row.vmm_fj, 1, 0.05);
    EXPECT_NEAR(per_mac(design, Kernel::mvm) * 1e15 / row.mvm_fj, 1, 0.05);
    EXPECT_NEAR(per_mac(design, Kernel::opu) * 1e15 / row.opu_fj, 1, 0.05);
    EXPECT_NEAR(kernel_cost(design, Kernel::vmm).latency_s * 1e6 / row.vmm_us, 1, 0.05);
    EXPECT_NEAR(kernel_cost(design, Kernel::mvm).latency_s * 1e6 / row.mvm_us, 1, 0.05);
    EXPECT_NEAR(kernel_cost(design, Kernel::opu).latency_s * 1e6 / row.opu_us, 1, 0.05);
  }
}

// These follow from bits, rows and a 1 ns step (a 4 ns memory row) alone, with no fitted constant.
TEST(TileTable, PredictionsWithoutFit) {
  const Design reram = load_design("reram", 1024, 1024, eight);
  EXPECT_NEAR(kernel_cost(reram, Kernel::vmm).latency_s, 384e-9, 1e-15);  // 2^7 + 2^8 steps
  EXPECT_NEAR(kernel_cost(reram, Kernel::opu).latency_s, 512e-9, 1e-15);  // 4 phases of 2^7 steps
  const Design sram = load_design("sram", 1024, 1024, eight);
  const double vmm = kernel_cost(sram, Kernel::vmm).latency_s;
  EXPECT_DOUBLE_EQ(kernel_cost(sram, Kernel::mvm).latency_s / vmm, 8);
  EXPECT_DOUBLE_EQ(kernel_cost(sram, Kernel::opu).latency_s / vmm, 2);
}

struct Totals {
  double energy_j = 0, latency_s = 0;
};

Totals all_three(const char* tile) {
  const Design design = load_design(tile, 1024, 1024, eight);
  Totals totals;
  for (const Kernel kernel : {Kernel::vmm, Kernel::mvm, Kernel::opu}) {
    const Cost cost = kernel_cost(design, kernel);
    totals.energy_j += cost.energy_j;
    totals.latency_s += cost.latency_s;
  }
  return totals;
}

// Sums over the three kernels, against the digital cores: 432 and 34.6 (ReRAM), 120 and 2.1 (SONOS) from
// the tile table; 270 and 540 over digital ReRAM from the abstract of arXiv:1707.09952.
TEST(TileTable, TotalsAgainstDigitalCores) {
  const Totals sram = all_three("sram"), reram = all_three("reram"), sonos = all_three("sonos"),
               digital = all_three("digital-reram");
  EXPECT_NEAR(sram.energy_j / reram.energy_j / 432, 1, 0.05);
  EXPECT_NEAR(sram.latency_s / reram.latency_s / 34.6, 1, 0.05);
  EXPECT_NEAR(sram.energy_j / sonos.energy_j / 120, 1, 0.05);
  EXPECT_NEAR(sram.latency_s / sonos.latency_s / 2.1, 1, 0.05);
  EXPECT_NEAR(digital.energy_j / reram.energy_j / 270, 1, 0.05);
  EXPECT_NEAR(digital.latency_s / reram.latency_s / 540, 1, 0.05);
}

// A fifth of the area of the SRAM core: abstract of Agarwal et al., arXiv:1901.10570.
TEST(TileTable, SonosTakesAFifthOfTheAreaOfSram) {
  const auto area = [](const char* tile) {
    return kernel_cost(load_design(tile, 1024, 1024, eight), Kernel::vmm).area_m2;
  };
  EXPECT_NEAR(area("sram") / area("sonos"), 5, 0.25);
}

Design reram(int bits, std::size_t rows = 1024, std::size_t cols = 1024) {
  return load_design("reram", rows, cols, {.input_bits = bits, .output_bits = bits});
}

// Pulse widths and ramps count levels: a further bit doubles both.
TEST(Trends, ReadTimeDoublesWithEveryBit) {
  for (int bits = 2; bits < 12; ++bits) {
    EXPECT_DOUBLE_EQ(kernel_cost(reram(bits + 1), Kernel::vmm).latency_s,
                     2 * kernel_cost(reram(bits), Kernel::vmm).latency_s);
  }
  EXPECT_NEAR(kernel_cost(reram(4), Kernel::vmm).latency_s, 24e-9, 1e-15);
  EXPECT_NEAR(kernel_cost(reram(2), Kernel::vmm).latency_s, 6e-9, 1e-15);
}

// Cores of 4 and 2 bits in and out, 8-bit weights: ramps and pulses shrink with the levels, so an analog read
// falls by more than ten and by thirty; a digital core still reads 8-bit weights and saves only arithmetic.
TEST(Trends, NarrowCoresSaveInAnalogOnly) {
  const auto at = [](const char* tile, int bits) {
    return per_mac(load_design(tile, 1024, 1024, {.input_bits = bits, .output_bits = bits}), Kernel::vmm);
  };
  EXPECT_GT(at("reram", 8) / at("reram", 4), 10);
  EXPECT_GT(at("reram", 8) / at("reram", 2), 30);
  EXPECT_LT(at("sram", 8) / at("sram", 2), 1.05);
}

// Every cell hangs on a row line and a column line: charging an array takes rows × columns.
TEST(Trends, ArrayEnergyGrowsWithTheSquareOfTheSize) {
  for (std::size_t n = 64; n < 4096; n *= 2) {
    for (const char* part : {"lines", "cells"}) {
      const Cost small = kernel_cost(reram(8, n, n), Kernel::vmm),
                 large = kernel_cost(reram(8, 2 * n, 2 * n), Kernel::vmm);
      EXPECT_NEAR(find_part(large, part)->energy_j / find_part(small, part)->energy_j, 4, 1e-9)
          << part << " " << n;
    }
    const Cost small = kernel_cost(reram(8, n, n), Kernel::opu),
               large = kernel_cost(reram(8, 2 * n, 2 * n), Kernel::opu);
    EXPECT_NEAR(find_part(large, "lines")->energy_j / find_part(small, "lines")->energy_j, 4, 1e-9);
  }
}

// One conversion serves a whole column: its energy per multiply-accumulate falls with the rows.
TEST(Trends, ConverterEnergyPerOperationFallsWithTheRows) {
  for (std::size_t rows = 64; rows < 4096; rows *= 2) {
    const auto per_operation = [](std::size_t r) {
      return find_part(kernel_cost(reram(8, r, 1024), Kernel::vmm), "converters")->energy_j /
             static_cast<double>(r * 1024);
    };
    EXPECT_NEAR(per_operation(2 * rows) / per_operation(rows), 0.5, 1e-12);
  }
}

// More bits, more cells, more volts: never cheaper. Every kernel of every tile.
TEST(Trends, EnergyIsMonotonic) {
  for (const char* tile : {"ecram", "reram", "sonos", "sram", "digital-reram"}) {
    SCOPED_TRACE(tile);
    for (const Kernel kernel : {Kernel::vmm, Kernel::mvm, Kernel::opu}) {
      for (int bits = 2; bits < 12; ++bits) {
        const auto energy = [&](int b) {
          return kernel_cost(load_design(tile, 1024, 1024, {.input_bits = b, .output_bits = b}), kernel)
              .energy_j;
        };
        EXPECT_GE(energy(bits + 1), energy(bits)) << name(kernel) << " " << bits;
      }
      for (std::size_t n = 64; n < 4096; n *= 2) {
        const auto energy = [&](std::size_t rows, std::size_t cols) {
          return kernel_cost(load_design(tile, rows, cols, eight), kernel).energy_j;
        };
        EXPECT_GT(energy(2 * n, n), energy(n, n));
        EXPECT_GT(energy(n, 2 * n), energy(n, n));
      }
    }
  }
  Design design = reram(8);
  double last_read = 0, last_update = 0;
  for (double volts = 0.2; volts < 3; volts += 0.2) {
    design.tile.analog.read.line_voltage.value = volts;
    design.tile.analog.cell.read_voltage.value = volts;
    design.tile.analog.update.voltage.value = volts;
    const double read = kernel_cost(design, Kernel::vmm).energy_j,
                 update = kernel_cost(design, Kernel::opu).energy_j;
    EXPECT_GT(read, last_read);
    EXPECT_GT(update, last_update);
    last_read = read;
    last_update = update;
  }
}

// Unused columns convert nothing, unused rows are not driven, but the wires keep their length: a part of an
// array costs less than the whole and more than a small array of its own size.
TEST(Trends, PartOfAnArray) {
  const Design design = reram(8);
  const double whole = kernel_cost(design, Kernel::vmm).energy_j;
  const double part = kernel_cost(design, Kernel::vmm, {1024, 1024}, {256, 128}, {}).energy_j;
  EXPECT_LT(part, whole);
  EXPECT_GT(part, kernel_cost(reram(8, 256, 128), Kernel::vmm).energy_j);
  EXPECT_GT(part / (256 * 128), whole / (1024 * 1024));  // fewer rows share each conversion
}

// Charge through a cell follows its conductance and the time that it is driven.
TEST(Trends, EnergyFollowsTheData) {
  const Design design = load_design("sonos", 1024, 1024, eight);
  const Region all{1024, 1024};
  const auto cells = [&](double x, double g) {
    return find_part(kernel_cost(design, Kernel::vmm, all, all, {.mean_input = x, .mean_conductance = g}),
                     "cells")
        ->energy_j;
  };
  EXPECT_NEAR(cells(0.5, 0.2) / cells(0.25, 0.2), 2, 1e-12);
  EXPECT_NEAR(cells(0.5, 0.2) / cells(0.5, 0.1), 2, 1e-12);
  EXPECT_EQ(cells(0, 0.5), 0);
}

TEST(Kernels, TotalsAreTheSumsOfTheLeaves) {
  for (const char* tile : {"ecram", "reram", "sonos", "sram", "digital-reram", "sonos-40nm", "neurram",
                           "hermes", "jia-65nm", "sinangil-7nm"}) {
    const int bits = std::string(tile) == "sinangil-7nm" ? 4 : 8;
    const Design design =
        load_design(tile, 256, 512, {.input_bits = bits, .output_bits = bits, .weight_bits = 4});
    for (const Kernel kernel : {Kernel::vmm, Kernel::mvm}) {
      const Cost cost = kernel_cost(design, kernel);
      for (double Cost::*number : {&Cost::energy_j, &Cost::latency_s, &Cost::area_m2, &Cost::leakage_w})
        EXPECT_NEAR(leaf_sum(cost, number), cost.*number, 1e-12 * cost.*number) << tile;
      for (const Cost& part : cost.parts)
        EXPECT_TRUE(part.source && !part.source->empty()) << tile << part.name;
    }
  }
}

TEST(Design, RefusesWhatCantBeBuilt) {
  EXPECT_THROW(load_design("reram", 0, 1024, eight), core::InvalidInput);
  EXPECT_THROW(load_design("reram", 1024, 1024, {.output_bits = 13}), core::InvalidInput);
  EXPECT_THROW(load_design("sonos-40nm", 1024, 1024, {.input_bits = 9}), core::InvalidInput);
  EXPECT_THROW(load_design("no-such-tile", 1024, 1024, eight), core::InvalidInput);
  EXPECT_THROW(kernel_cost(load_design("sonos-40nm", 1152, 256, eight), Kernel::opu), core::InvalidInput);
}

}  // namespace
}  // namespace mho::hardware
