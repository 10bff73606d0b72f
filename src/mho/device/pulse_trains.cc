#include "mho/device/pulse_trains.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <string_view>

#include "mho/core/error.h"
#include "mho/core/files.h"

namespace mho::device {
namespace {

constexpr std::size_t kMostComplaints = 20;

std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;;) {
    const std::size_t end = line.find(separator, at);
    parts.push_back(line.substr(at, end - at));
    if (end == std::string_view::npos) return parts;
    at = end + 1;
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

bool parse(std::string_view text, double& value) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// Columns of "2" or "1-10,12", from 0; empty: all.
std::vector<std::size_t> columns_of(const std::string& spec, const std::string& list) {
  std::vector<std::size_t> out;
  if (list.empty()) return out;
  for (const auto part : split(list, ',')) {
    const auto ends = split(part, '-');
    double first = 0, last = 0;
    if (ends.size() > 2 || !parse(ends.front(), first) || !parse(ends.back(), last) || first < 1 ||
        last < first || last > 1e6)
      throw core::InvalidInput(fmt::format("{}: columns after the colon must be as in 2 or 1-10,12", spec));
    for (auto c = static_cast<std::size_t>(first); c <= static_cast<std::size_t>(last); ++c)
      out.push_back(c - 1);
  }
  return out;
}

struct Reader {
  const std::string& path;
  TrainUnit unit;
  double per_unit;
  std::vector<std::string> complaints;
  std::vector<std::vector<double>> ramps;
  std::vector<std::size_t> ended_at;  // line of the first empty field of a ramp, 0 where none

  void complain(std::size_t line, std::size_t column, const std::string& what) {
    if (complaints.size() <= kMostComplaints)
      complaints.push_back(fmt::format("{}:{}: column {}: {}", path, line, column + 1, what));
  }

  void take(std::size_t line, std::size_t column, std::string_view field, std::size_t ramp) {
    if (field.empty()) {
      if (ended_at[ramp] == 0) ended_at[ramp] = line;
      return;
    }
    double value = 0;
    if (!parse(field, value)) {
      complain(line, column, fmt::format("\"{}\" is no number", field));
    } else if (!std::isfinite(value)) {
      complain(line, column, fmt::format("{} is not finite", field));
    } else if (unit != TrainUnit::normalized && value <= 0) {
      complain(line, column, fmt::format("{} must be above 0 (a current or a conductance)", field));
    } else if (ended_at[ramp] != 0) {
      complain(line, column, fmt::format("the ramp has a gap from line {} on", ended_at[ramp]));
    } else {
      ramps[ramp].push_back(value * per_unit);
    }
  }
};

}  // namespace

std::size_t PulseTrains::values() const {
  std::size_t n = 0;
  for (const auto& ramp : ramps) n += ramp.size();
  return n;
}

PulseTrains read_pulse_trains(const std::string& spec, TrainUnit unit, double read_voltage_v) {
  std::string path = spec, list;
  if (const auto colon = spec.rfind(':'); colon != std::string::npos && !std::filesystem::exists(spec)) {
    path = spec.substr(0, colon);
    list = spec.substr(colon + 1);
  }
  const auto columns = columns_of(spec, list);
  const auto bytes = core::read_file(path, std::uint64_t{1} << 30);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Reader reader{path, unit, unit == TrainUnit::ampere ? 1 / read_voltage_v : 1, {}, {}, {}};
  std::size_t number = 0, width = 0;
  std::vector<std::size_t> wanted = columns;
  for (const auto raw : split(text, '\n')) {
    ++number;
    const auto line = trimmed(raw);
    if (line.empty() || line.front() == '#') continue;
    auto fields = split(line, ',');
    for (auto& field : fields) field = trimmed(field);
    if (width == 0) {
      width = fields.size();
      for (std::size_t c = 0; columns.empty() && c < width; ++c) wanted.push_back(c);
      for (const auto c : wanted) {
        if (c >= width)
          throw core::InvalidInput(
              fmt::format("{}: there is no column {} in {} (it has {})", spec, c + 1, path, width));
      }
      reader.ramps.resize(wanted.size());
      reader.ended_at.assign(wanted.size(), 0);
      double value = 0;  // a line without any number names the columns
      if (std::none_of(fields.begin(), fields.end(), [&](auto f) { return parse(f, value); })) continue;
    }
    if (fields.size() != width) {
      reader.complain(number, 0, fmt::format("{} fields where the first line has {}", fields.size(), width));
      continue;
    }
    for (std::size_t k = 0; k < wanted.size(); ++k) reader.take(number, wanted[k], fields[wanted[k]], k);
  }
  if (!reader.complaints.empty()) {
    std::string message;
    for (std::size_t k = 0; k < std::min(kMostComplaints, reader.complaints.size()); ++k)
      message += (k ? "\n" : "") + reader.complaints[k];
    if (reader.complaints.size() > kMostComplaints) message += "\n… and more";
    throw core::InvalidInput(message);
  }
  PulseTrains out{path, {}};
  for (auto& ramp : reader.ramps) {
    if (ramp.size() >= 2) out.ramps.push_back(std::move(ramp));
  }
  if (out.values() < 20)
    throw core::InvalidInput(
        fmt::format("{}: only {} values in ramps of two or more pulses; a fit needs 20", path, out.values()));
  return out;
}

}  // namespace mho::device
