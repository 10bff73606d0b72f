#include "mho/hardware/quantity.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "mho/core/error.h"
#include "mho/hardware/units.h"

namespace mho::hardware {

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::measured:
      return "measured";
    case Kind::published:
      return "published";
    case Kind::derived:
      return "derived";
    case Kind::fitted:
      return "fitted";
    case Kind::assumed:
      return "assumed";
  }
  return "";
}

Source source_of(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

Quantity read_quantity(const core::ConfigTable& table, std::string_view key, std::string_view si_unit,
                       core::Limits limits, std::optional<double> fallback) {
  Quantity quantity;
  if (!table.has(key)) {
    if (!fallback) {
      table.complain(
          key, fmt::format("is missing; give {{ value = …, unit = \"{}\", kind = …, source = … }}", si_unit));
    }
    quantity.value = fallback.value_or(limits.above_min ? limits.min + 1 : std::max(limits.min, 0.0));
    quantity.source = source_of("assumed: the card gives none");
    return quantity;
  }
  const core::ConfigTable entry = table.table(key);
  const std::string unit_text = entry.text("unit", "");
  const auto unit = parse_unit(unit_text);
  const auto wanted = parse_unit(si_unit);
  double scale = 1;
  if (!unit || unit->dimension != wanted->dimension) {
    entry.complain("unit", fmt::format("must be a unit of the kind of \"{}\"", si_unit));
  } else {
    scale = unit->si;
  }
  core::Limits scaled = limits;
  scaled.min /= scale;
  scaled.max /= scale;
  if (!entry.has("value")) entry.complain("value", "is missing");
  quantity.value =
      entry.number("value", scaled.above_min ? scaled.min + 1 : std::max(scaled.min, 0.0), scaled);
  quantity.value *= scale;
  quantity.kind = entry.choice<Kind>("kind", Kind::assumed,
                                     {{"measured", Kind::measured},
                                      {"published", Kind::published},
                                      {"derived", Kind::derived},
                                      {"fitted", Kind::fitted},
                                      {"assumed", Kind::assumed}});
  const std::string source = entry.text("source", "");
  if (source.empty()) entry.complain("source", "must say where the value comes from");
  quantity.source = source_of(fmt::format("{}: {}", name(quantity.kind), source));
  return quantity;
}

namespace {

std::vector<std::filesystem::path> card_folders(const std::string& folder) {
  std::vector<std::filesystem::path> places;
  if (const char* given = std::getenv("MHO_CARDS"))  // NOLINT(concurrency-mt-unsafe): nobody sets it
    places.push_back(std::filesystem::path(given) / folder);
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (!failed) places.push_back(program.parent_path().parent_path() / "share" / "mho" / "cards" / folder);
  places.push_back(std::filesystem::path(MHO_INSTALLED_CARDS) / folder);
  places.push_back(std::filesystem::path(MHO_SOURCE_CARDS) / folder);
  return places;
}

}  // namespace

std::vector<std::string> cards_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& place : card_folders(folder)) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(place, none)) {
      if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string find_card(const std::string& folder, const std::string& name_or_path) {
  if (std::filesystem::is_regular_file(name_or_path)) return name_or_path;
  for (const auto& place : card_folders(folder)) {
    const auto path = place / (name_or_path + ".toml");
    if (std::filesystem::is_regular_file(path)) return path.string();
  }
  const auto names = cards_in(folder);
  std::string message =
      fmt::format("no card \"{}\" in cards/{}, nor a file of that name", name_or_path, folder);
  if (const auto near = core::nearest_word(name_or_path, names)) {
    message += fmt::format("; did you mean \"{}\"?", *near);
  } else if (!names.empty()) {
    message += fmt::format("; there are {}", fmt::join(names, ", "));
  }
  throw core::InvalidInput(message);
}

}  // namespace mho::hardware
