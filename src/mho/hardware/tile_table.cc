#include "mho/hardware/tile_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "mho/hardware/units.h"

namespace mho::hardware {

std::vector<TileRow> tiles_at(const std::vector<std::string>& tiles, std::size_t rows, std::size_t cols,
                              const std::vector<int>& bits) {
  std::vector<TileRow> out;
  for (const int b : bits) {
    for (const auto& tile : tiles) {
      const Design design = load_design(tile, rows, cols, {.input_bits = b, .output_bits = b});
      TileRow row{.tile = tile, .bits = b};
      row.has_update = design.tile.digital || design.tile.analog.update.possible;
      for (const Kernel kernel : {Kernel::vmm, Kernel::mvm, Kernel::opu}) {
        if (kernel == Kernel::opu && !row.has_update) continue;
        const Cost cost = kernel_cost(design, kernel);
        const auto k = static_cast<std::size_t>(kernel);
        row.per_mac_j[k] = cost.energy_j / static_cast<double>(rows * cols);
        row.latency_s[k] = cost.latency_s;
        if (kernel == Kernel::vmm) row.area_m2 = cost.area_m2;
      }
      out.push_back(std::move(row));
    }
  }
  return out;
}

std::string text_of(const std::vector<TileRow>& rows) {
  std::string out = fmt::format(
      "{:<14} {:>4} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>12}  against sram: energy, time\n", "tile",
      "bits", "VMM", "MVM", "OPU", "t VMM", "t MVM", "t OPU", "area");
  for (const auto& row : rows) {
    out += fmt::format("{:<14} {:>4}", row.tile, row.bits);
    for (const double energy : row.per_mac_j) out += fmt::format(" {:>10}", engineering(energy, "J"));
    for (const double time : row.latency_s) out += fmt::format(" {:>10}", engineering(time, "s", 3));
    out += fmt::format(" {:>13}", readable_area(row.area_m2));
    const auto sram = std::find_if(rows.begin(), rows.end(), [&](const TileRow& other) {
      return other.tile == "sram" && other.bits == row.bits;
    });
    if (sram != rows.end() && row.has_update && row.tile != "sram")
      out += fmt::format("  1/{:.1f}, 1/{:.4g}", sram->total_j() / row.total_j(),
                         sram->total_s() / row.total_s());
    out += "\n";
  }
  return out;
}

}  // namespace mho::hardware
