#include "mho/array/mapping/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "mho/array/mapping/read_chip.h"

namespace mho::array {

using nlohmann::json;

namespace {

constexpr std::pair<const char*, Scheme> kSchemes[] = {
    {"differential", Scheme::differential},
    {"differential-two-sided", Scheme::differential_two_sided},
    {"offset", Scheme::offset},
    {"offset-unit-column", Scheme::offset_unit_column}};

}  // namespace

std::string_view word_of(Scheme scheme) {
  const auto* const found = std::find_if(std::begin(kSchemes), std::end(kSchemes),
                                         [scheme](const auto& s) { return s.second == scheme; });
  return found->first;
}

std::optional<Scheme> scheme_of(std::string_view word) {
  for (const auto& [name, scheme] : kSchemes) {
    if (word == name) return scheme;
  }
  return std::nullopt;
}

bool is_differential(Scheme scheme) {
  return scheme == Scheme::differential || scheme == Scheme::differential_two_sided;
}

bool subtracts_in_wires(const Mapping& mapping) {
  return is_differential(mapping.scheme) && (mapping.subtract == Subtract::analog || mapping.interleaved);
}

bool has_resistance(const Wires& w) {
  return w.row_ohm > 0 || w.col_ohm > 0 || w.row_terminal_ohm > 0 || w.col_terminal_ohm > 0;
}

namespace {

constexpr std::int64_t kMaxLines = 1 << 20;
constexpr int kMaxBits = 16;

ArraySize read_array(const core::ConfigTable& table) {
  ArraySize a;
  a.rows = table.integer("rows", static_cast<std::int64_t>(a.rows), 0, kMaxLines);
  a.cols = table.integer("cols", static_cast<std::int64_t>(a.cols), 0, kMaxLines);
  a.partition =
      table.choice("partition", a.partition, {{"even", Partition::even}, {"fill", Partition::fill}});
  a.column_current_limit = table.number("column_current_limit", 0, core::at_least(0));
  a.precision =
      table.choice("precision", a.precision, {{"f32", Precision::f32}, {"int16", Precision::int16}});
  return a;
}

/// "max", "99%" or a number.
WeightRange read_weight_range(const core::ConfigTable& table) {
  const json given = table.any("weight_range", "max");
  if (given.is_number() && given.get<double>() > 0) {
    return {.kind = WeightRange::Kind::value, .value = given.get<double>()};
  }
  if (given.is_string()) {
    const auto text = given.get<std::string>();
    if (text == "max") return {};
    char* end = nullptr;
    const double percent = std::strtod(text.c_str(), &end);
    if (end != text.c_str() && std::string(end) == "%" && percent > 50 && percent <= 100) {
      return {.kind = WeightRange::Kind::quantile, .value = percent / 100};
    }
  }
  table.complain("weight_range",
                 "must be \"max\", a percentage above 50 such as \"99%\", or a number above 0");
  return {};
}

/// `m`: what holds where the study does not say. `learned`: slices may hold continuous weights.
Mapping read_mapping(const core::ConfigTable& table, Mapping m, bool learned) {
  m.scheme = table.choice("scheme", m.scheme,
                          {{"differential", Scheme::differential},
                           {"differential-two-sided", Scheme::differential_two_sided},
                           {"offset", Scheme::offset},
                           {"offset-unit-column", Scheme::offset_unit_column}});
  m.weight_bits = static_cast<int>(table.integer("weight_bits", m.weight_bits, 0, kMaxBits));
  m.slices = static_cast<int>(table.integer("slices", m.slices, 1, kMaxBits));
  m.weight_range = read_weight_range(table);
  m.range_per_column = table.choice("weight_range_per", false, {{"matrix", false}, {"column", true}});
  if (m.range_per_column && m.weight_range.kind == WeightRange::Kind::value) {
    table.complain("weight_range_per",
                   "must be \"matrix\" where weight_range is a number: all columns have it");
    m.range_per_column = false;
  }
  m.subtract =
      table.choice("subtract", m.subtract, {{"analog", Subtract::analog}, {"digital", Subtract::digital}});
  m.interleaved = table.flag("interleaved", m.interleaved);

  if (m.weight_bits == 1) {
    table.complain("weight_bits", "must be 0 (continuous) or at least 2: a sign and one bit of magnitude");
    m.weight_bits = 2;
  }
  if (m.weight_bits == 0 && m.slices > 1 && !learned) {
    table.complain("slices", "must be 1 where weight_bits = 0: a continuous weight has no bits to slice");
    m.slices = 1;
  }
  if (m.interleaved && !is_differential(m.scheme)) {
    table.complain("interleaved", "needs a differential scheme: an offset weight is one cell, not a pair");
    m.interleaved = false;
  }
  if (m.interleaved && m.subtract == Subtract::digital) {
    table.complain("interleaved",
                   "can't go with subtract = \"digital\": the two cells of a pair share one column, so their "
                   "currents are subtracted there");
    m.interleaved = false;
  }
  return m;
}

Input::Signed read_signed(const core::ConfigTable& table) {
  const json given = table.any("signed", "auto");
  if (given.is_boolean()) return given.get<bool>() ? Input::Signed::yes : Input::Signed::no;
  if (given != "auto") table.complain("signed", "must be true, false or \"auto\"");
  return Input::Signed::automatic;
}

Input read_input(const core::ConfigTable& table, Input::Range fallback) {
  Input in;
  in.bits = static_cast<int>(table.integer("bits", in.bits, 0, kMaxBits));
  in.slice_bits = static_cast<int>(table.integer("slice_bits", in.slice_bits, 0, kMaxBits));
  in.signs = read_signed(table);
  const json range = table.any("range", fallback == Input::Range::automatic ? "auto" : "calibrated");
  if (range.is_number() && range.get<double>() > 0) {
    in.range = Input::Range::given;
    in.given = range.get<double>();
  } else if (range == "auto") {
    in.range = Input::Range::automatic;
  } else if (range != "calibrated") {
    table.complain("range", "must be \"calibrated\", \"auto\" or a number above 0");
  }
  if (in.bits == 0 && in.slice_bits > 0) {
    table.complain("slice_bits", "must be 0 where bits = 0: a continuous input has no bits to slice");
    in.slice_bits = 0;
  }
  if (in.bits == 1 && in.signs == Input::Signed::yes) {
    table.complain("bits", "must be 0 (continuous) or at least 2 for signed inputs: the sign takes one");
    in.bits = 2;
  }
  return in;
}

bool is_interval(const json& v) {
  return v.is_array() && v.size() == 2 && v[0].is_number() && v[1].is_number() &&
         v[0].get<double>() < v[1].get<double>();
}

void read_adc_range(const core::ConfigTable& table, const Mapping& mapping, Adc::Range fallback, Adc& adc) {
  const json range = table.any("range", fallback == Adc::Range::automatic ? "auto" : "calibrated");
  if (range == "calibrated") return;
  if (range == "auto") {
    adc.range = Adc::Range::automatic;
    return;
  }
  if (range == "max" || range == "granular") {
    adc.range = range == "max" ? Adc::Range::max : Adc::Range::granular;
    return;
  }
  const json intervals = is_interval(range) ? json::array({range}) : range;
  const bool right = intervals.is_array() && !intervals.empty() &&
                     std::all_of(intervals.begin(), intervals.end(), is_interval);
  if (!right) {
    table.complain(
        "range",
        "must be \"calibrated\", \"auto\", \"max\", \"granular\", [lo, hi] with lo < hi, or a list of such "
        "pairs, one a weight slice");
    return;
  }
  if (intervals.size() != 1 && intervals.size() != static_cast<std::size_t>(mapping.slices)) {
    table.complain("range", fmt::format("must be one pair or one for each of the {} weight slices, least "
                                        "significant first; {} are given",
                                        mapping.slices, intervals.size()));
    return;
  }
  adc.range = Adc::Range::given;
  for (const auto& v : intervals) adc.given.push_back({v[0].get<double>(), v[1].get<double>()});
}

Adc read_adc(const core::ConfigTable& table, const Mapping& mapping, int cell_bits, Adc::Range fallback) {
  Adc adc;
  adc.kind = table.choice("kind", adc.kind,
                          {{"ideal", AdcKind::ideal},
                           {"uniform", AdcKind::uniform},
                           {"sign-magnitude", AdcKind::sign_magnitude},
                           {"ramp", AdcKind::ramp},
                           {"sar", AdcKind::sar},
                           {"pipeline", AdcKind::pipeline},
                           {"cyclic", AdcKind::cyclic}});
  adc.bits = static_cast<int>(table.integer("bits", adc.bits, 1, kMaxBits));
  read_adc_range(table, mapping, fallback, adc);
  adc.range_per_column = table.choice("range_per", false, {{"matrix", false}, {"column", true}});
  if (adc.range_per_column && adc.range != Adc::Range::calibrated) {
    table.complain("range_per",
                   "must be \"matrix\" unless range = \"calibrated\": other ranges are all columns'");
    adc.range_per_column = false;
  }
  adc.per_input_slice = table.flag("per_input_slice", adc.per_input_slice);
  adc.gain_db = table.number("gain_db", adc.gain_db, core::at_least(0));
  adc.sigma_capacitor = table.number("sigma_capacitor", 0, core::between(0, 0.3));
  adc.sigma_comparator = table.number("sigma_comparator", 0, core::between(0, 1));
  adc.group_columns = static_cast<int>(table.integer("group_columns", adc.group_columns, 1, kMaxLines));
  adc.noise_lsb = table.number("noise_lsb", 0, core::at_least(0));

  const bool sign_magnitude = adc.kind == AdcKind::sign_magnitude;
  if (sign_magnitude && adc.bits == 1) {
    table.complain("bits", "must be at least 2 for a sign-magnitude converter: the sign takes one");
    adc.bits = 2;
  }
  if (sign_magnitude &&
      std::any_of(adc.given.begin(), adc.given.end(), [](Interval v) { return v.lo != -v.hi; })) {
    table.complain("range", "must be symmetric, [-hi, hi], for a sign-magnitude converter");
  }
  if (adc.kind != AdcKind::ideal && adc.range == Adc::Range::granular) {
    if (mapping.weight_bits == 0 && cell_bits == 0) {
      table.complain("range",
                     "can't be \"granular\" where cells are continuous (device.cell_bits = 0 and "
                     "mapping.weight_bits = 0): there is no smallest step of the current");
    } else if (adc.bits == 1) {
      table.complain("bits", "must be at least 2 for range = \"granular\": 2^(bits-1)-1 steps a side");
      adc.bits = 2;
    }
  }
  return adc;
}

Wires read_wires(const core::ConfigTable& table) {
  Wires w;
  w.row_ohm = table.number("row_ohm", 0, core::at_least(0));
  w.col_ohm = table.number("col_ohm", 0, core::at_least(0));
  w.row_terminal_ohm = table.number("row_terminal_ohm", 0, core::at_least(0));
  w.col_terminal_ohm = table.number("col_terminal_ohm", 0, core::at_least(0));
  w.gated = table.flag("gated", w.gated);
  w.unused_rows =
      table.choice("unused_rows", w.unused_rows,
                   {{"output-end", UnusedRows::output_end}, {"supply-end", UnusedRows::supply_end}});
  return w;
}

/// What no single section can see.
void complain_across_sections(const core::ConfigTable& root, const Settings& s) {
  if (s.mapping.scheme == Scheme::offset_unit_column && s.array.cols == 1) {
    root.table("array").complain("cols",
                                 "must be 0 or at least 2 for scheme = \"offset-unit-column\", which "
                                 "keeps one column of every array for itself");
  }
  if (!is_differential(s.mapping.scheme) && s.mapping.weight_bits == 0 && s.cell.cell_bits() == 1) {
    root.table("device").complain(
        "cell_bits",
        "must be 0 or at least 2 for continuous offset weights: the lowest "
        "level is left out so that zero lies on a level, and of two levels one remains");
  }
  const bool binary_digits =
      s.input.slice_bits == 1 ||
      (s.input.slice_bits == 0 &&
       (s.input.bits == 1 || (s.input.bits == 2 && s.input.signs == Input::Signed::yes)));
  if (s.wires.gated && !binary_digits) {
    root.table("wires").complain("gated",
                                 "needs input.slice_bits = 1: a gate only connects its cell or not, so "
                                 "inputs must come bit by bit");
  }
}

}  // namespace

Settings read_settings(core::Config& study, const Settings& defaults) {
  const auto root = study.root();
  Settings s;
  s.cell = device::read_cell(study);
  s.array = read_array(root.table("array"));
  s.chip = read_chip_key(study, s.cell);
  s.mapping =
      read_mapping(root.table("mapping"), s.chip ? mapping_of(*s.chip, defaults.mapping) : defaults.mapping,
                   /*learned=*/s.chip != nullptr);
  s.input = read_input(root.table("input"), defaults.input.range);
  s.adc = read_adc(root.table("adc"), s.mapping, s.cell.cell_bits(), defaults.adc.range);
  s.wires = read_wires(root.table("wires"));
  complain_across_sections(root, s);
  return s;
}

}  // namespace mho::array
