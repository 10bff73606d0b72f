#include "mho/array/mapping/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "mho/array/mapping/keys.h"
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

std::string must_be(const core::AnyKey& key) { return fmt::format("must be {}", key.allowed); }

ArraySize read_array(const core::ConfigTable& table) {
  ArraySize a;
  a.rows = static_cast<std::size_t>(table.integer(keys::rows));
  a.cols = static_cast<std::size_t>(table.integer(keys::cols));
  a.partition = table.choice(keys::partition);
  a.column_current_limit = table.number(keys::column_current_limit);
  a.precision = table.choice(keys::precision);
  return a;
}

/// "max", "99%" or a number.
WeightRange read_weight_range(const core::ConfigTable& table) {
  const json given = table.any(keys::weight_range);
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
  table.complain("weight_range", must_be(keys::weight_range));
  return {};
}

/// `m`: what holds where the study does not say. `learned`: slices may hold continuous weights.
Mapping read_mapping(const core::ConfigTable& table, Mapping m, bool learned) {
  m.scheme = table.choice(with_fallback(keys::scheme, m.scheme));
  m.weight_bits = static_cast<int>(table.integer(with_fallback(keys::weight_bits, m.weight_bits)));
  m.slices = static_cast<int>(table.integer(with_fallback(keys::slices, m.slices)));
  m.weight_range = read_weight_range(table);
  m.range_per_column = table.choice(with_fallback(keys::weight_range_per, m.range_per_column));
  if (m.range_per_column && m.weight_range.kind == WeightRange::Kind::value) {
    table.complain("weight_range_per",
                   "must be \"matrix\" where weight_range is a number: all columns have it");
    m.range_per_column = false;
  }
  m.subtract = table.choice(with_fallback(keys::subtract, m.subtract));
  m.interleaved = table.flag(with_fallback(keys::interleaved, m.interleaved));

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
  const json given = table.any(keys::input_signed);
  if (given.is_boolean()) return given.get<bool>() ? Input::Signed::yes : Input::Signed::no;
  if (given != "auto") table.complain("signed", must_be(keys::input_signed));
  return Input::Signed::automatic;
}

Input read_input(const core::ConfigTable& table, Input::Range fallback) {
  Input in;
  in.bits = static_cast<int>(table.integer(keys::input_bits));
  in.slice_bits = static_cast<int>(table.integer(keys::slice_bits));
  in.signs = read_signed(table);
  const json range = table.any(with_fallback(
      keys::input_range, fallback == Input::Range::automatic ? "\"auto\"" : keys::input_range.fallback));
  if (range.is_number() && range.get<double>() > 0) {
    in.range = Input::Range::given;
    in.given = range.get<double>();
  } else if (range == "auto") {
    in.range = Input::Range::automatic;
  } else if (range != "calibrated") {
    table.complain("range", must_be(keys::input_range));
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
  const json range = table.any(with_fallback(
      keys::adc_range, fallback == Adc::Range::automatic ? "\"auto\"" : keys::adc_range.fallback));
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
    table.complain("range", must_be(keys::adc_range));
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
  adc.kind = table.choice(keys::adc_kind);
  adc.bits = static_cast<int>(table.integer(keys::adc_bits));
  read_adc_range(table, mapping, fallback, adc);
  adc.range_per_column = table.choice(keys::adc_range_per);
  if (adc.range_per_column && adc.range != Adc::Range::calibrated) {
    table.complain("range_per",
                   "must be \"matrix\" unless range = \"calibrated\": other ranges are all columns'");
    adc.range_per_column = false;
  }
  adc.per_input_slice = table.flag(keys::per_input_slice);
  adc.gain_db = table.number(keys::gain_db);
  adc.sigma_capacitor = table.number(keys::sigma_capacitor);
  adc.sigma_comparator = table.number(keys::sigma_comparator);
  adc.group_columns = static_cast<int>(table.integer(keys::group_columns));
  adc.noise_lsb = table.number(keys::noise_lsb);

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
  w.row_ohm = table.number(keys::row_ohm);
  w.col_ohm = table.number(keys::col_ohm);
  w.row_terminal_ohm = table.number(keys::row_terminal_ohm);
  w.col_terminal_ohm = table.number(keys::col_terminal_ohm);
  w.gated = table.flag(keys::gated);
  w.unused_rows = table.choice(keys::unused_rows);
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
