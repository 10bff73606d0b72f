#include "mho/hardware/converter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace mho::hardware {

using core::above;
using core::at_least;

Converter read_converter(core::Config& card) {
  Converter c;
  const auto root = card.root();
  c.name = root.text("name", "");
  c.model = root.choice<ConverterModel>("model", ConverterModel::ramp,
                                        {{"ramp", ConverterModel::ramp},
                                         {"sar", ConverterModel::sar},
                                         {"sar-power", ConverterModel::sar_power},
                                         {"flash", ConverterModel::flash},
                                         {"oscillator", ConverterModel::oscillator},
                                         {"stepwise", ConverterModel::stepwise},
                                         {"survey", ConverterModel::survey},
                                         {"table", ConverterModel::table}});
  c.min_bits = static_cast<int>(root.integer("min_bits", 1, 1, 20));
  c.max_bits = static_cast<int>(root.integer("max_bits", 12, 1, 20));
  const std::string source = root.text("source", "");
  if (source.empty()) root.complain("source", "must say where the model comes from");
  c.source = source_of(source);

  using enum ConverterModel;
  const auto quantity = [&](std::string_view key, std::string_view unit, bool needed) {
    if (!needed && !root.has(key)) return Quantity{.source = c.source};
    return read_quantity(root, key, unit, at_least(0));
  };
  const auto is = [&](std::initializer_list<ConverterModel> models) {
    return std::find(models.begin(), models.end(), c.model) != models.end();
  };
  c.own_constants = c.model != ramp || root.has("power");
  c.power = quantity("power", "W", (c.model == ramp && c.own_constants) || c.model == oscillator);
  c.step = quantity("step", "s", c.own_constants && !is({survey}));
  c.area = quantity("area", "m2", c.own_constants && !is({survey}));
  c.energy = quantity("energy", "J", is({flash, stepwise}));
  c.bit_capacitance = quantity("bit_capacitance", "F", is({sar}));
  c.level_capacitance = quantity("level_capacitance", "F", is({sar}));
  c.bit_power = quantity("bit_power", "W", is({sar_power}));
  c.fixed_power = quantity("fixed_power", "W", is({sar_power}));
  c.divider = quantity("divider", "V2", is({sar_power}));
  c.column_resistance = quantity("column_resistance", "ohm", is({sar_power}));
  c.rate = quantity("rate", "1/s", is({survey}));
  c.supply = quantity("supply", "V", false);
  if (c.model == survey && c.rate == 0) root.complain("rate", "must be above 0");
  if (c.model == sar_power && c.column_resistance == 0) root.complain("column_resistance", "must be above 0");
  if (c.model == table) {
    c.table_bits = root.numbers("table_bits", {}, above(0));
    c.table_energy_j = root.numbers("table_pj", {}, above(0));
    for (double& energy : c.table_energy_j) energy *= 1e-12;
    if (c.table_bits.empty() || c.table_bits.size() != c.table_energy_j.size())
      root.complain("table_pj", "must list one energy in pJ for each of table_bits");
    if (!std::is_sorted(c.table_bits.begin(), c.table_bits.end())) root.complain("table_bits", "must rise");
  }
  return c;
}

Converter load_converter(const std::string& name_or_path) {
  core::Config card = load_card("converters", name_or_path);
  Converter converter = read_converter(card);
  card.finish();
  return converter;
}

namespace {

/// Energy from the survey of published converters, at `rate` conversions a second.
/// Fit of the Accelergy ADC plug-in over Murmann's survey: FOM_S falls with ln(rate) from 213.78 dB and is
/// bounded by 128.31 + 3.2205·bits dB; then a factor of the node and of the bits. [J]
double survey_energy(double bits, double rate, double node_m) {
  const double sndr_db = 10 * std::log10(1.5) + 20 * std::log10(2.0) * bits;
  const double bound_db = 128.3068387398817 + 3.2205215111229 * bits;
  const double fom_db = std::min(213.7806687348118 - 2.8719030399529957 * std::log(rate), bound_db);
  const double nm = node_m * 1e9;
  const double factor = std::exp(26.0496215686518 + 1.8800369206815004 * std::log(nm) -
                                 2.8291256050594527 * std::log(bits) - 1.4702022133784405);
  return 0.5 * std::pow(10.0, (sndr_db - fom_db) / 10) * factor * 1e-12;
}

/// Area from the same fit. [m²]
double survey_area(double energy_j, double rate, double node_m) {
  return 1e-12 * std::exp(0.9932794744745022 * std::log(node_m * 1e9) + 0.18071538424508238 * std::log(rate) +
                          0.29912426192653485 * std::log(energy_j * 1e12) + 1.3461916439910742);
}

/// Published energies, geometric between and beyond the entries. [J]
double table_energy(const Converter& c, double bits) {
  const auto& x = c.table_bits;
  const auto& y = c.table_energy_j;
  if (x.size() == 1) return y[0] * std::exp2(bits - x[0]);  // thermal noise and levels: doubling a bit
  std::size_t i = 1;
  while (i + 1 < x.size() && bits > x[i]) ++i;
  const double t = (bits - x[i - 1]) / (x[i] - x[i - 1]);
  return y[i - 1] * std::pow(y[i] / y[i - 1], t);
}

}  // namespace

Each convert(const Converter& c, const Technology& technology, const Conversion& conversion) {
  const double bits = conversion.bits;
  assert(conversion.bits >= 1);
  const double levels = std::exp2(bits);
  const double supply = conversion.supply_v > 0 ? conversion.supply_v
                        : c.supply > 0          ? c.supply.value
                                                : technology.node.supply.value;
  const double v2 = c.supply > 0 ? supply * supply / (c.supply * c.supply) : 1;
  switch (c.model) {
    case ConverterModel::ramp: {
      const double lsb = c.own_constants ? c.step : technology.analog.lsb;
      const double power = c.own_constants ? c.power : technology.analog.comparator_power;
      const double area = c.own_constants ? c.area : technology.analog.comparator_area;
      return {.energy_j = power * levels * lsb, .latency_s = levels * lsb, .area_m2 = area};
    }
    case ConverterModel::sar:
      return {
          .energy_j = (c.bit_capacitance * bits + c.level_capacitance * levels * levels) * supply * supply,
          .latency_s = bits * c.step,
          .area_m2 = c.area * levels * std::pow(10.0, -0.0369 * bits)};
    case ConverterModel::sar_power:
      return {.energy_j = (c.bit_power * bits + c.fixed_power + c.divider / c.column_resistance) *
                          (bits + 1) * c.step * v2,
              .latency_s = (bits + 1) * c.step,
              .area_m2 = c.area};
    case ConverterModel::flash:
      return {
          .energy_j = (levels - 1) * c.energy * v2, .latency_s = c.step, .area_m2 = (levels - 1) * c.area};
    case ConverterModel::oscillator:
      return {
          .energy_j = c.power * (conversion.drive_s + c.step) * v2, .latency_s = c.step, .area_m2 = c.area};
    case ConverterModel::stepwise:
      return {.energy_j = bits * c.energy * v2, .latency_s = bits * c.step, .area_m2 = c.area};
    case ConverterModel::survey: {
      const double energy = survey_energy(bits, c.rate, technology.node.feature);
      return {.energy_j = energy,
              .latency_s = 1 / c.rate,
              .area_m2 = survey_area(energy, c.rate, technology.node.feature)};
    }
    case ConverterModel::table:
      return {.energy_j = table_energy(c, bits) * v2, .latency_s = c.step, .area_m2 = c.area};
  }
  return {};
}

}  // namespace mho::hardware
