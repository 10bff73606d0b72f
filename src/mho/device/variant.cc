// Cards of many devices: "taox-3" is device 3 of the card "taox", "taox-medium" its set "medium".

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "mho/core/error.h"
#include "mho/device/card.h"
#include "mho/device/compact_table.h"

namespace mho::device {
namespace {

/// The file of tables that a card's update.tables names; "" where it names none.
std::string tables_of(const core::Config& card) {
  const std::string tables = card.root().table("update").text("tables", "");
  return tables.empty() ? "" : card.library()->locate(tables, card.name());
}

core::Config card_at(const std::string& name, const std::string& beside,
                     const std::shared_ptr<core::Library>& library) {
  return core::Config::from_file(library->locate_card(kCards, name, beside), library);
}

bool same_word(const std::string& a, const std::string& b) {
  const auto lower = [](unsigned char c) { return std::tolower(c); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::vector<std::string> card_names() { return core::cards_in(kCards, core::search_path()); }

std::vector<std::string> card_variants(const std::string& name,
                                       const std::shared_ptr<core::Library>& library) {
  std::vector<std::string> names;
  const std::string tables = tables_of(card_at(name, "", library));
  if (tables.empty()) return names;
  const CompactTables all = read_compact_tables(tables, library);
  for (const auto& [set, devices] : all.sets) names.push_back(name + "-" + set);
  if (all.devices.size() > 1) {
    for (const auto& [device, table] : all.devices) names.push_back(name + "-" + device);
  }
  return names;
}

core::Config load_card(const std::string& name_or_path, const std::string& beside,
                       const std::shared_ptr<core::Library>& library) {
  const auto names = library->cards_in(kCards);
  if (std::find(names.begin(), names.end(), name_or_path) == names.end()) {
    for (const auto& base : names) {
      if (!name_or_path.starts_with(base + "-")) continue;
      for (const auto& variant : card_variants(base, library)) {
        if (!same_word(variant, name_or_path)) continue;
        const std::string member = variant.substr(base.size() + 1);
        const core::Config card = card_at(base, "", library);
        const bool set = read_compact_tables(tables_of(card), library).sets.contains(member);
        return card.with("name", '"' + variant + '"')
            .with("update.members", set ? '"' + member + '"' : "[\"" + member + "\"]");
      }
    }
  }
  return card_at(name_or_path, beside, library);
}

}  // namespace mho::device
