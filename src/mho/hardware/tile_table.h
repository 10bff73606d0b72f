#pragma once
// Tiles side by side: the three kernels of each at several input and output widths, and their totals against
// the SRAM core.

#include <string>
#include <vector>

#include "mho/hardware/kernels.h"

namespace mho::hardware {

struct TileRow {
  std::string tile;
  int bits = 8;  ///< of inputs and outputs; weights have 8
  bool has_update = true;
  double per_mac_j[3] = {};  ///< VMM, MVM, OPU
  double latency_s[3] = {};
  double area_m2 = 0;  ///< with the periphery of a product
  double total_j() const { return per_mac_j[0] + per_mac_j[1] + per_mac_j[2]; }
  double total_s() const { return latency_s[0] + latency_s[1] + latency_s[2]; }
};

std::vector<TileRow> tiles_at(const std::vector<std::string>& tiles, std::size_t rows, std::size_t cols,
                              const std::vector<int>& bits);
std::string text_of(const std::vector<TileRow>& rows);

}  // namespace mho::hardware
