#include "mho/hardware/converter_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mho/hardware/units.h"

namespace mho::hardware {

std::vector<ConverterRow> converters_at(int bits, const Technology& technology) {
  std::vector<ConverterRow> rows;
  for (const auto& name : cards_in("converters")) {
    const Converter converter = load_converter(name);
    if (bits < converter.min_bits || bits > converter.max_bits) continue;
    const Conversion conversion{.bits = bits, .drive_s = std::exp2(bits - 1) * technology.analog.lsb};
    rows.push_back({name, convert(converter, technology, conversion), converter.source});
  }
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.each.energy_j < b.each.energy_j; });
  return rows;
}

std::string text_of(const std::vector<ConverterRow>& rows, int bits, const std::string& technology) {
  std::string out =
      fmt::format("a {}-bit conversion (where a card leaves it open: {})\n{:<20} {:>10} {:>10} {:>12}  {}\n",
                  bits, technology, "converter", "energy", "time", "area", "source");
  for (const auto& row : rows) {
    out += fmt::format("{:<20} {:>10} {:>10} {:>12}  {}\n", row.name, engineering(row.each.energy_j, "J", 3),
                       engineering(row.each.latency_s, "s", 3), readable_area(row.each.area_m2), *row.source);
  }
  if (rows.size() > 1) {
    out += fmt::format("the dearest takes {:.0f} times the energy of the cheapest\n",
                       rows.back().each.energy_j / rows.front().each.energy_j);
  }
  return out;
}

}  // namespace mho::hardware
