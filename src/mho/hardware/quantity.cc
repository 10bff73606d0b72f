#include "mho/hardware/quantity.h"

#include <fmt/format.h>

#include <algorithm>

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

core::Config load_card(const std::string& kind, const std::string& name_or_path, const std::string& beside,
                       const std::shared_ptr<core::Library>& library) {
  return core::Config::from_file(library->locate_card(kind, name_or_path, beside), library);
}

std::vector<std::string> cards_in(const std::string& kind) {
  return core::cards_in(kind, core::search_path());
}

}  // namespace mho::hardware
