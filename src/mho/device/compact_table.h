#pragma once
// Lookup tables small enough to ship: the mean and the spread of ΔG at many conductances, and the shape of
// the distribution at a few. Made from complete tables by compact(); files of them are TOML.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mho/core/config.h"
#include "mho/core/library.h"
#include "mho/device/update_table.h"

namespace mho::device {

/// One direction. The conductances are evenly spaced over the device's range; ΔG in units of the range.
struct CompactResponse {
  std::vector<double> mean;   ///< at evenly spaced conductances
  std::vector<double> sd;     ///< at the same
  std::vector<double> shape;  ///< (ΔG - mean)/sd at `columns` conductances × kCompactCdf, row by row
};

/// Cumulative probabilities at which the shape is kept.
inline constexpr double kCompactCdf[] = {0, 0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975, 1};

struct CompactTable {
  std::string name;
  double g_min_s = 0, g_max_s = 1;
  CompactResponse increasing, decreasing;
};

/// A table of `nodes` means and spreads and `columns` shapes a direction.
CompactTable compact(const UpdateTable& table, const std::string& name, std::size_t nodes = 51,
                     std::size_t columns = 16);
/// The table on its nodes, every column with the mean and spread that were kept.
UpdateTable expanded(const CompactTable& compact);

/// A file of tables.
struct CompactTables {
  std::vector<std::pair<std::string, std::shared_ptr<const UpdateTable>>> devices;  ///< by name, in order
  std::map<std::string, std::vector<std::string>> sets;                             ///< names of devices
};
/// Throws core::InvalidInput with file, line and key where anything is wrong.
CompactTables read_compact_tables(const std::string& path, const std::shared_ptr<core::Library>& library);

/// The tables that a card's [update] block names: `tables`, the name of such a file, and `members`: numbers
/// or names of devices, the name of a set, or "all". Complaints go to `update`.
std::vector<std::shared_ptr<const UpdateTable>> read_members(const core::ConfigTable& update,
                                                             const std::shared_ptr<core::Library>& library);

/// As TOML: [[device]] entries, four significant digits.
std::string toml_of(const CompactTable& table);

}  // namespace mho::device
