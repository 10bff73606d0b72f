// Cards of many devices: "taox-3" is device 3 of the card "taox", "taox-medium" its set "medium".

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "mho/core/error.h"
#include "mho/device/card.h"
#include "mho/device/cell.h"
#include "mho/device/compact_table.h"

namespace mho::device {
namespace {

/// The file of tables that a card's update.tables names; "" where it names none.
std::string tables_of(const std::string& card_file) {
  const auto card = core::Config::from_file(card_file);
  const std::string tables = card.root().table("update").text("tables", "");
  return tables.empty() ? "" : (std::filesystem::path(card_file).parent_path() / tables).string();
}

bool same_word(const std::string& a, const std::string& b) {
  const auto lower = [](unsigned char c) { return std::tolower(c); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::vector<std::string> card_variants(const std::string& name) {
  std::vector<std::string> names;
  const std::string tables = tables_of(find_card(name));
  if (tables.empty()) return names;
  const CompactTables all = read_compact_tables(tables);
  for (const auto& [set, devices] : all.sets) names.push_back(name + "-" + set);
  if (all.devices.size() > 1) {
    for (const auto& [device, table] : all.devices) names.push_back(name + "-" + device);
  }
  return names;
}

core::Config load_card(const std::string& name_or_path) {
  const auto names = card_names();
  if (std::find(names.begin(), names.end(), name_or_path) == names.end()) {
    for (const auto& base : names) {
      if (!name_or_path.starts_with(base + "-")) continue;
      for (const auto& variant : card_variants(base)) {
        if (!same_word(variant, name_or_path)) continue;
        const std::string member = variant.substr(base.size() + 1);
        const bool set = read_compact_tables(tables_of(find_card(base))).sets.contains(member);
        return core::Config::from_file(find_card(base))
            .with("name", '"' + variant + '"')
            .with("update.members", set ? '"' + member + '"' : "[\"" + member + "\"]");
      }
    }
  }
  return core::Config::from_file(find_card(name_or_path));
}

}  // namespace mho::device
