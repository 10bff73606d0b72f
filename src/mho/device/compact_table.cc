#include "mho/device/compact_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "mho/core/error.h"

namespace mho::device {
namespace {

constexpr std::size_t kPoints = std::size(kCompactCdf);

double at_node(std::size_t i, std::size_t n) { return static_cast<double>(i) / static_cast<double>(n - 1); }

CompactResponse compact(const UpdateTable& table, const PulseResponse& response, std::size_t nodes,
                        std::size_t columns) {
  const double range = table.g_max() - table.g_min();
  CompactResponse out;
  for (std::size_t i = 0; i < nodes; ++i) {
    const double g = table.g_min() + at_node(i, nodes) * range;
    out.mean.push_back(interpolated(table, response.mean, g) / range);
    out.sd.push_back(interpolated(table, response.sd, g) / range);
  }
  for (std::size_t c = 0; c < columns; ++c) {
    const double g = table.g_min() + at_node(c, columns) * range;
    const double mean = interpolated(table, response.mean, g), sd = interpolated(table, response.sd, g);
    for (const double u : kCompactCdf)
      out.shape.push_back(sd > 0 ? (interpolated_step(table, response, g, u) - mean) / sd : 0);
  }
  return out;
}

PulseResponse expanded(const CompactResponse& compact, double range) {
  const std::size_t nodes = compact.mean.size(), columns = compact.shape.size() / kPoints;
  PulseResponse out;
  out.step = core::Matrix<double>(kPoints, nodes);
  for (std::size_t i = 0; i < nodes; ++i) {
    const double along = at_node(i, nodes) * static_cast<double>(columns - 1);
    const std::size_t c = std::min<std::size_t>(static_cast<std::size_t>(along), columns - 2);
    const double f = along - static_cast<double>(c);
    for (std::size_t k = 0; k < kPoints; ++k) {
      const double shape =
          (1 - f) * compact.shape[c * kPoints + k] + f * compact.shape[(c + 1) * kPoints + k];
      out.step(k, i) = range * (compact.mean[i] + compact.sd[i] * shape);
    }
    out.mean.push_back(range * compact.mean[i]);
    out.sd.push_back(range * compact.sd[i]);
  }
  return out;
}

CompactResponse read_response(const core::ConfigTable& table) {
  CompactResponse out;
  out.mean = table.numbers("mean", {});
  out.sd = table.numbers("sd", {}, core::at_least(0));
  out.shape = table.numbers("shape", {});
  if (out.mean.size() < 2 || out.sd.size() != out.mean.size()) {
    table.complain("mean", "mean and sd must be two or more numbers, as many of each");
    return {};
  }
  if (out.shape.size() < 2 * kPoints || out.shape.size() % kPoints != 0) {
    table.complain("shape", fmt::format("must be {} numbers for each of two or more conductances", kPoints));
    return {};
  }
  return out;
}

std::string list_of(const std::vector<double>& values, int digits) {
  std::string out = "[";
  for (std::size_t i = 0; i < values.size(); ++i)
    out += fmt::format("{}{:.{}g}", i ? ", " : "", values[i], digits);
  return out + "]";
}

}  // namespace

CompactTable compact(const UpdateTable& table, const std::string& name, std::size_t nodes,
                     std::size_t columns) {
  nodes = std::min(nodes, table.conductance.size());  // no finer than what was measured
  columns = std::min(columns, nodes);
  return {name, table.g_min(), table.g_max(), compact(table, table.increasing, nodes, columns),
          compact(table, table.decreasing, nodes, columns)};
}

UpdateTable expanded(const CompactTable& compact) {
  UpdateTable out;
  const std::size_t nodes = compact.increasing.mean.size();
  const double range = compact.g_max_s - compact.g_min_s;
  for (std::size_t i = 0; i < nodes; ++i)
    out.conductance.push_back(compact.g_min_s + at_node(i, nodes) * range);
  out.cdf.assign(std::begin(kCompactCdf), std::end(kCompactCdf));
  out.increasing = expanded(compact.increasing, range);
  out.decreasing = expanded(compact.decreasing, range);
  return out;
}

CompactTables read_compact_tables(const std::string& path, const std::shared_ptr<core::Library>& library) {
  auto file = core::Config::from_file(path, library);
  const auto root = file.root();
  root.text("source", "");
  CompactTables out;
  const auto devices = root.tables("device");
  if (devices.empty()) root.complain("device", "a file of tables needs at least one [[device]]");
  for (const auto& device : devices) {
    CompactTable table;
    table.name = device.text("name", "");
    const auto range = device.numbers("g_s", {0, 1}, core::at_least(0));
    if (range.size() != 2 || range[0] >= range[1]) {
      device.complain("g_s", "must be the lowest and the highest conductance, in siemens");
      continue;
    }
    table.g_min_s = range[0];
    table.g_max_s = range[1];
    table.increasing = read_response(device.table("increasing"));
    table.decreasing = read_response(device.table("decreasing"));
    if (table.increasing.mean.empty() || table.decreasing.mean.empty()) continue;
    if (table.increasing.mean.size() != table.decreasing.mean.size()) {
      device.complain("increasing", "both directions must have the same number of conductances");
      continue;
    }
    out.devices.emplace_back(table.name, std::make_shared<const UpdateTable>(expanded(table)));
  }
  const auto sets = root.table("sets");
  for (const auto& name : sets.keys()) out.sets[name] = sets.texts(name, {});
  file.finish();
  return out;
}

namespace {

/// The names that `members` stands for; complains where it is neither.
std::vector<std::string> names_of_members(const core::ConfigTable& update, const CompactTables& all) {
  const auto members = update.any("members", "all");
  std::vector<std::string> names;
  if (members.is_array()) {
    for (const auto& m : members) names.push_back(m.is_string() ? m.get<std::string>() : m.dump());
    if (names.empty()) update.complain("members", "must name at least one device");
    return names;
  }
  const auto set = members.is_string() ? all.sets.find(members.get<std::string>()) : all.sets.end();
  if (set != all.sets.end()) return set->second;
  if (members == "all") {
    for (const auto& [name, table] : all.devices) names.push_back(name);
    return names;
  }
  std::string known = "\"all\"";
  for (const auto& [name, list] : all.sets) known += fmt::format(", \"{}\"", name);
  update.complain("members", fmt::format("must be a list of devices, as in [3, 11], or one of {}", known));
  return names;
}

}  // namespace

std::vector<std::shared_ptr<const UpdateTable>> read_members(const core::ConfigTable& update,
                                                             const std::shared_ptr<core::Library>& library) {
  std::vector<std::shared_ptr<const UpdateTable>> tables;
  try {
    const std::string file = library->locate(update.text("tables", ""), update.file_of("tables"));
    const CompactTables all = read_compact_tables(file, library);
    update.holds("tables", library->digest(file));
    for (const auto& name : names_of_members(update, all)) {
      const auto found = std::find_if(all.devices.begin(), all.devices.end(),
                                      [&](const auto& device) { return device.first == name; });
      if (found == all.devices.end()) {
        update.complain("members", fmt::format("there is no device {} in {}", name, file));
      } else {
        tables.push_back(found->second);
      }
    }
  } catch (const core::InvalidInput& error) {
    update.complain("tables", error.what());
    update.ignore("members");
  }
  return tables;
}

std::string toml_of(const CompactTable& table) {
  std::string out = fmt::format("[[device]]\nname = \"{}\"\ng_s = [{:.6g}, {:.6g}]\n", table.name,
                                table.g_min_s, table.g_max_s);
  for (const auto& [key, response] :
       {std::pair{"increasing", &table.increasing}, std::pair{"decreasing", &table.decreasing}}) {
    out += fmt::format("[device.{}]\nmean = {}\nsd = {}\nshape = {}\n", key, list_of(response->mean, 4),
                       list_of(response->sd, 4), list_of(response->shape, 3));
  }
  return out;
}

}  // namespace mho::device
