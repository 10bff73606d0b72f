#include "mho/hardware/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace mho::hardware {
namespace {

struct Symbol {
  std::string_view name;
  double si;
  std::array<int, 4> dimension;  // m kg s A
};

constexpr std::array<Symbol, 15> symbols{{{"m", 1, {1, 0, 0, 0}},
                                          {"s", 1, {0, 0, 1, 0}},
                                          {"A", 1, {0, 0, 0, 1}},
                                          {"V", 1, {2, 1, -3, -1}},
                                          {"W", 1, {2, 1, -3, 0}},
                                          {"J", 1, {2, 1, -2, 0}},
                                          {"C", 1, {0, 0, 1, 1}},
                                          {"F", 1, {-2, -1, 4, 2}},
                                          {"S", 1, {-2, -1, 3, 2}},
                                          {"ohm", 1, {2, 1, -3, -2}},
                                          {"Hz", 1, {0, 0, -1, 0}},
                                          {"bit", 1, {}},
                                          {"B", 8, {}},
                                          {"ops", 1, {}},
                                          {"1", 1, {}}}};

constexpr std::array<std::pair<char, double>, 9> prefixes{{{'a', 1e-18},
                                                           {'f', 1e-15},
                                                           {'p', 1e-12},
                                                           {'n', 1e-9},
                                                           {'u', 1e-6},
                                                           {'m', 1e-3},
                                                           {'k', 1e3},
                                                           {'M', 1e6},
                                                           {'G', 1e9}}};

const Symbol* find_symbol(std::string_view name) {
  for (const auto& symbol : symbols) {
    if (symbol.name == name) return &symbol;
  }
  return nullptr;
}

/// One factor: a symbol with an optional prefix and an optional power ("um2").
std::optional<Unit> parse_factor(std::string_view text) {
  int power = 1;
  if (text.size() > 1 && (text.back() == '2' || text.back() == '3')) {
    power = text.back() - '0';
    text.remove_suffix(1);
  }
  double prefix = 1;
  const Symbol* symbol = find_symbol(text);
  if (!symbol && text.size() > 1) {
    for (const auto& [letter, factor] : prefixes) {
      if (text.front() == letter) prefix = factor;
    }
    if (text.front() == 'T') prefix = 1e12;
    if (prefix != 1) symbol = find_symbol(text.substr(1));
  }
  if (!symbol) return std::nullopt;
  Unit unit{std::pow(prefix * symbol->si, power), symbol->dimension};
  for (int& exponent : unit.dimension) exponent *= power;
  return unit;
}

}  // namespace

std::optional<Unit> parse_unit(std::string_view text) {
  Unit unit;
  int sign = 1;
  while (true) {
    const std::size_t end = text.find_first_of("*/");
    const auto factor = parse_factor(text.substr(0, end));
    if (!factor) return std::nullopt;
    unit.si *= sign > 0 ? factor->si : 1 / factor->si;
    for (std::size_t i = 0; i < unit.dimension.size(); ++i) unit.dimension[i] += sign * factor->dimension[i];
    if (end == std::string_view::npos) return unit;
    sign = text[end] == '/' ? -1 : 1;
    text.remove_prefix(end + 1);
  }
}

std::string engineering(double value, std::string_view unit, int digits) {
  static constexpr std::array<std::string_view, 11> names{"a", "f", "p", "n", "µ", "m",
                                                          "",  "k", "M", "G", "T"};
  if (value == 0 || !std::isfinite(value)) return fmt::format("{:g} {}", value, unit);
  int step = static_cast<int>(std::floor(std::log10(std::abs(value)) / 3 + 1e-12)) + 6;
  step = std::min(std::max(step, 0), static_cast<int>(names.size()) - 1);
  return fmt::format("{:.{}g} {}{}", value / std::pow(1000.0, step - 6), digits,
                     names[static_cast<std::size_t>(step)], unit);
}

std::string readable_area(double area_m2) {
  return area_m2 >= 1e-8 ? fmt::format("{:.4g} mm²", area_m2 * 1e6)
                         : fmt::format("{:.4g} µm²", area_m2 * 1e12);
}

std::string few_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 3;
  std::string out;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i) out += (i > 0 ? ", " : "") + names[i];
  return names.size() > most ? out + fmt::format(" and {} more", names.size() - most) : out;
}

}  // namespace mho::hardware
