#include "mho/device/card.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "mho/core/sha256.h"
#include "mho/device/keys.h"

namespace mho::device {
namespace {

using core::ConfigTable;

constexpr double kSecondsPerDay = 86400;
constexpr const char* kKinds[] = {"measured", "published", "fitted", "assumed", "definition"};

/// How many of the block's units are one G_on: `unit`, or `unit_s`, a conductance in siemens.
double units_in_g_on(const ConfigTable& block, const CellModels& m) {
  if (block.has("unit_s")) {
    if (block.has("unit")) block.complain("unit", "give unit or unit_s, not both");
    return m.g_on_s / block.number("unit_s", 1, core::above(0));
  }
  const std::string unit = block.word("unit", "G_on", {"G_on", "S", "uS", "nA"});
  if (unit == "S") return m.g_on_s;
  if (unit == "uS") return m.g_on_s * 1e6;
  if (unit == "nA") return m.g_on_s * m.read_voltage_v * 1e9;
  return 1;
}

void read_origin(const ConfigTable& block) {
  block.word("kind", "", {kKinds[0], kKinds[1], kKinds[2], kKinds[3], kKinds[4], ""});
  block.text("source", "");
  block.text("note", "");
}

/// `valid_g_s` of a block (or the whole card): the conductances that its data cover.
void check_valid(const ConfigTable& block, const CellModels& m) {
  const auto valid = block.numbers("valid_g_s", {0, INFINITY}, core::at_least(0));
  if (valid.size() != 2) {
    block.complain("valid_g_s", "must be two numbers, the lowest and the highest conductance");
  } else if (m.g_on_s > valid[1] * (1 + 1e-9)) {
    block.complain("valid_g_s", fmt::format("the data end there, and g_on_s is {:g} S", m.g_on_s));
  } else if (m.g_on_s * m.g_off() < valid[0] * (1 - 1e-9)) {
    block.complain("valid_g_s", fmt::format("the data start there, and G_off, g_on_s/on_off_ratio, is {:g} S",
                                            m.g_on_s * m.g_off()));
  }
}

/// `sigma` (normal) or `width` (uniform), times `scale`.
std::optional<Spread> read_spread(const ConfigTable& block, double units) {
  const auto sigma = read_curve(block, "sigma");
  const auto width = read_curve(block, "width");
  if (sigma && width) block.complain("width", "give sigma (normal) or width (uniform), not both");
  if (!sigma && !width) return std::nullopt;
  return Spread{(sigma ? *sigma : *width).in_units(units, 1 / units), !sigma};
}

Spread scaled(Spread spread, double scale) {
  spread.size = spread.size.in_units(1, scale);
  return spread;
}

void read_programming(const ConfigTable& block, CellModels& m) {
  const double scale = block.number("scale", 1, core::at_least(0));
  const auto spread = read_spread(block, units_in_g_on(block, m));
  if (spread) m.programming = scaled(*spread, scale);
  read_origin(block);
}

void read_reading(const ConfigTable& block, CellModels& m) {
  auto& noise = m.reading;
  noise.one_over_f = block.word("model", "white", {"white", "one-over-f"}) == "one-over-f";
  noise.held = block.flag("held", false);
  const double scale = block.number("scale", 1, core::at_least(0));
  const double units = units_in_g_on(block, m);
  if (noise.one_over_f) {
    noise.read_time_s = block.number("read_time_s", 250e-9, core::above(0));
    if (const auto q = read_curve(block, "q")) noise.spread = scaled({q->in_units(units, 1)}, scale);
  } else if (const auto spread = read_spread(block, units)) {
    noise.spread = scaled(*spread, scale);
  }
  if (noise.spread.uniform) block.complain("width", "read noise must be normal: give sigma");
  read_origin(block);
}

/// Seconds, from `time_s` or `time_days`.
double read_time(const ConfigTable& row) {
  if (row.has("time_days")) return kSecondsPerDay * row.number("time_days", 0, core::above(0));
  return row.number("time_s", 0, core::above(0));
}

bool same_shape(const Curve& a, const Curve& b) {
  if (!between(a, b, 0.5)) return false;
  if (a.form == Curve::Form::points) {
    for (std::size_t k = 0; k < a.p.size(); k += 2) {
      if (a.p[k] != b.p[k]) return false;
    }
  }
  return true;
}

/// What changes nothing, in the form of `like`.
Curve unchanged(const Curve& like, bool is_shift) {
  if (like.form != Curve::Form::points)
    return polynomial(is_shift ? std::vector{0.0} : std::vector{0.0, 1.0});
  Curve out = like;
  for (std::size_t k = 0; k < out.p.size(); k += 2) out.p[k + 1] = is_shift ? 0 : out.p[k];
  return out;
}

void read_table(const ConfigTable& block, CellModels& m) {
  auto& r = m.retention;
  const double units = units_in_g_on(block, m);
  r.logarithmic = block.word("interpolate", "linear", {"linear", "logarithmic"}) == "logarithmic";
  r.reference_time_s = block.number("reference_time_s", 1, core::above(0));
  const double scale = block.number("scale", 1, core::at_least(0));
  const auto rows = block.tables("at");
  r.rows.push_back({.time_s = 0, .spread = m.programming});
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const auto& row = rows[k];
    Retention::Row out;
    out.time_s = read_time(row);
    if (out.time_s <= r.rows.back().time_s)
      row.complain(row.has("time_days") ? "time_days" : "time_s",
                   "times must be above 0 and rise from row to row");
    const auto shift = read_curve(row, "shift"), map = read_curve(row, "map");
    if (shift && map) row.complain("map", "give shift (added) or map (the mean itself), not both");
    const bool is_shift = shift.has_value();
    if (shift || map) out.mean = (shift ? *shift : *map).in_units(units, 1 / units);
    if (k == 0) {
      r.mean_is_shift = is_shift;
      r.rows[0].mean = unchanged(out.mean, is_shift);
    }
    const auto spread = read_spread(row, units);
    if (spread) out.spread = scaled(*spread, scale);
    if (is_shift != r.mean_is_shift || !same_shape(r.rows.back().mean, out.mean) ||
        (spread && (spread->uniform != m.programming.uniform ||
                    !same_shape(r.rows.back().spread.size, out.spread.size))))
      row.complain("time_s",
                   "every row, and the programming error, must have curves of the same form "
                   "(points: at the same x) so that they can be interpolated");
    r.rows.push_back(out);
  }
  if (rows.empty()) block.complain("at", "a table needs at least one row [[retention.at]]");
  // A spread that the rows don't give stays as programmed.
  for (std::size_t k = 1; k < r.rows.size(); ++k) {
    if (!rows[k - 1].has("sigma") && !rows[k - 1].has("width")) r.rows[k].spread = r.rows[k - 1].spread;
  }
  if (m.total_wait_s() > 0) {
    check_valid(block, m);
  } else {
    block.ignore("valid_g_s");
  }
  r.until_s =
      block.number("until_days", r.rows.back().time_s / kSecondsPerDay, core::at_least(0)) * kSecondsPerDay;
}

void read_power_law(const ConfigTable& block, CellModels& m) {
  auto& r = m.retention;
  const double units = units_in_g_on(block, m);
  r.reference_time_s = block.number("reference_time_s", 1, core::above(0));
  if (const auto nu = read_curve(block, "nu")) {
    r.nu = nu->in_units(units, 1);
  } else {
    block.complain("nu", "a power law needs the curve of its exponent");
  }
  if (const auto spread = read_curve(block, "nu_sigma")) r.nu_spread = spread->in_units(units, 1);
  r.global_compensation = block.word("compensation", "none", {"none", "global"}) == "global";
}

void read_retention(const ConfigTable& block, CellModels& m) {
  using Model = Retention::Model;
  m.retention.model = block.choice<Model>("model", Model::none,
                                          {{"none", Model::none},
                                           {"stable", Model::stable},
                                           {"table", Model::table},
                                           {"power-law", Model::power_law}});
  if (m.retention.model == Model::table) read_table(block, m);
  if (m.retention.model == Model::power_law) read_power_law(block, m);
  if (m.retention.model == Model::stable)
    m.retention.until_s = kSecondsPerDay * block.number("until_days", INFINITY, core::above(0));
  read_origin(block);
}

void read_radiation(const ConfigTable& block, CellModels& m) {
  using Model = Radiation::Model;
  auto& r = m.radiation;
  r.model = block.choice<Model>(
      "model", Model::none,
      {{"none", Model::none}, {"tolerant", Model::tolerant}, {"threshold-voltage", Model::threshold}});
  if (r.model != Model::none) r.until_krad = block.number("until_krad", INFINITY, core::above(0));
  if (r.model == Model::threshold) {
    const double units = m.g_on_s * m.read_voltage_v;
    r.specific_current = block.number("specific_current_a", units, core::above(0)) / units;
    r.slope_v = 2 * block.number("thermal_slope_v", 0.045, core::above(0));
    r.neutral_u = block.number("neutral_overdrive_v", 0) / r.slope_v;
    r.decay_krad = block.number("decay_krad", 8000, core::above(0));
    r.spread_v = block.number("spread_v", 0, core::at_least(0));
    r.spread_krad = block.number("spread_krad", 100, core::above(0));
  }
  read_origin(block);
}

void read_current_voltage(const ConfigTable& block, CellModels& m) {
  auto& iv = m.current_voltage;
  iv.proportional = block.word("per", "log10-siemens", {"log10-siemens", "conductance"}) == "conductance";
  if (const auto c = read_curve(block, "quadratic")) iv.quadratic = *c;
  if (const auto c = read_curve(block, "cubic")) iv.cubic = *c;
  const double limit = block.number("max_voltage_v", INFINITY, core::above(0));
  if (m.read_voltage_v > limit)
    block.complain("max_voltage_v", fmt::format("the read voltage of {:g} V is above it", m.read_voltage_v));
  read_origin(block);
}

void read_history(const ConfigTable& root, CellModels& m) {
  const double time = root.number(keys::time_s);
  const double dose = root.number(keys::dose_krad);
  const auto events = root.tables(keys::history);
  for (const auto& event : events) {
    m.history.push_back(
        {event.number("wait_s", 0, core::at_least(0)), event.number("dose_krad", 0, core::at_least(0))});
  }
  if (!events.empty() && (time > 0 || dose > 0)) {
    root.complain(time > 0 ? "time_s" : "dose_krad",
                  "give either a history or time_s and dose_krad, not both");
  } else if (time > 0 || dose > 0) {
    m.history.push_back({time, dose});
  }
}

void check_history(const ConfigTable& root, const CellModels& m) {
  const char* time_key = root.has("history") ? "history" : "time_s";
  const char* dose_key = root.has("history") ? "history" : "dose_krad";
  const double time = m.drift ? m.total_wait_s() : 0, dose = m.total_dose_krad();
  if (time > 0 && m.retention.model == Retention::Model::none)
    root.complain(time_key, fmt::format("the card \"{}\" has no retention model, so that nobody knows what "
                                        "waiting does; 0, or drift = false, leaves it out",
                                        m.name));
  else if (time > m.retention.until_s)
    root.complain(time_key,
                  fmt::format("the retention model of \"{}\" holds for {:g} days at most ({:g} s asked "
                              "for); retention.until_days extends it at your own risk",
                              m.name, m.retention.until_s / kSecondsPerDay, time));
  if (dose > 0 && m.radiation.model == Radiation::Model::none)
    root.complain(dose_key,
                  fmt::format("the card \"{}\" has no radiation model: nothing that it cites says what "
                              "ionizing dose does to this device",
                              m.name));
  else if (dose > m.radiation.until_krad)
    root.complain(dose_key,
                  fmt::format("the radiation model of \"{}\" holds to {:g} krad(Si) ({:g} asked for)", m.name,
                              m.radiation.until_krad, dose));
}

void read_range(const ConfigTable& root, CellModels& m) {
  if (!root.has("name")) root.complain("name", "a device card has a name; this file is none, or is empty");
  m.name = root.text("name", "unnamed");
  m.summary = root.text(keys::summary);
  if (root.keys().empty()) root.complain("g_on_s", "the card is empty: it must say at least this [S]");
  m.g_on_s = root.number(keys::g_on_s);
  m.on_off_ratio = root.number(keys::on_off_ratio);
  m.read_voltage_v = root.number(keys::read_voltage_v);
  m.cell_bits = static_cast<int>(root.integer(keys::cell_bits));
  m.clip_to_range = root.choice(keys::clip) == keys::Clip::range;
  check_valid(root, m);
}

/// `read` without the keys of tables in it that `given` has not.
nlohmann::json common_keys(const nlohmann::json& read, const nlohmann::json& given) {
  if (!read.is_object() || !given.is_object()) return read;
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [key, value] : given.items()) {
    if (read.contains(key)) out[key] = common_keys(read[key], value);
  }
  return out;
}

}  // namespace

CellModels read_models(core::Config& card) {
  CellModels m;
  const auto root = card.root();
  read_range(root, m);
  read_origin(root.table(keys::range));
  read_history(root, m);
  read_programming(root.table(keys::programming), m);
  read_reading(root.table(keys::reading), m);
  read_retention(root.table(keys::retention), m);
  read_radiation(root.table(keys::radiation), m);
  read_current_voltage(root.table(keys::current_voltage), m);
  m.programming_error = root.flag(keys::programming_error);
  m.read_noise = root.flag(keys::read_noise);
  m.drift = root.flag(keys::drift);
  const auto faults = root.table(keys::faults);
  m.stuck_on = faults.number(keys::stuck_on);
  m.stuck_off = faults.number(keys::stuck_off);
  read_origin(faults);
  if (m.stuck_on + m.stuck_off > 1)
    faults.complain("stuck_on", "stuck_on and stuck_off are probabilities: their sum is at most 1");
  check_history(root, m);
  root.ignore("update");
  return m;
}

core::Digest contents_of(const core::Config& card) {
  const auto update = card.without({}).root().table("update");  // of a copy: nothing counts as read
  return core::Sha256().add(card.text()).add("\n" + update.any("members", nullptr).dump()).digest();
}

void note_given(const core::ConfigTable& device, const core::Config& card) {
  const nlohmann::json read = card.resolved();
  if (!device.has("card")) device.leave_out("card");  // nobody named a device
  for (const auto& key : device.keys()) {
    if (read.contains(key)) device.note(key, common_keys(read[key], device.any(key, nullptr)));
  }
}

std::vector<Provenance> read_provenance(core::Config& card) {
  std::vector<Provenance> out;
  const auto root = card.root();
  for (const char* block :
       {"range", "programming", "reading", "retention", "radiation", "current_voltage", "faults", "update"}) {
    if (!root.has(block)) continue;
    const auto table = root.table(block);
    out.push_back({block, table.text("kind", ""), table.text("source", "")});
  }
  return out;
}

}  // namespace mho::device
