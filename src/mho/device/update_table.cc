#include "mho/device/update_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>

#include "mho/core/compressed.h"
#include "mho/core/error.h"

namespace mho::device {
namespace {

using core::InvalidInput;

/// The text of a file, unpacked where it is compressed. Tables are small; anything larger is not one.
std::string read_text(const std::string& path, core::Library& library) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 27;
  const auto packed = library.text(path);
  const auto bytes = core::decompressed(std::as_bytes(std::span(*packed)), path, kMost);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct NumberedLine {
  std::size_t number;
  std::string text;
};

std::vector<NumberedLine> lines_of(const std::string& text) {
  std::vector<NumberedLine> lines;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    ++number;
    at = end + 1;
    if (line.find_first_not_of(" \t") != std::string::npos && line.front() != '#')
      lines.push_back({number, line});
  }
  return lines;
}

std::vector<double> numbers_of(const NumberedLine& line, const std::string& path) {
  std::vector<double> values;
  const char* at = line.text.c_str();
  while (*at != '\0') {
    while (*at == ',' || *at == ' ' || *at == '\t') ++at;
    if (*at == '\0') break;
    char* end = nullptr;
    const double value = std::strtod(at, &end);
    if (end == at || !std::isfinite(value)) {
      throw InvalidInput(fmt::format("{}:{}: value {} is no finite number: {}", path, line.number,
                                     values.size() + 1, std::string(at).substr(0, 20)));
    }
    values.push_back(value);
    at = end;
  }
  return values;
}

void require_ascending(std::span<const double> values, const std::string& path, std::size_t line,
                       const char* what) {
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] > values[i - 1]) continue;
    throw InvalidInput(fmt::format("{}:{}: {} must ascend: value {} is {}, after {}", path, line, what, i + 1,
                                   values[i], values[i - 1]));
  }
}

struct OneFile {
  std::vector<double> conductance, cdf;
  core::Matrix<double> step;
};

OneFile read_direction(const std::string& path, core::Library& library) {
  const auto lines = lines_of(read_text(path, library));
  if (lines.size() < 3)
    throw InvalidInput(
        fmt::format("{}: a lookup table has a line of conductances and at least two CDF points", path));
  const bool ours = lines.front().text.front() == ',';
  OneFile out;
  std::size_t first = 0;
  if (ours) {
    out.conductance = numbers_of(lines[0], path);
    first = 1;
  } else {
    out.conductance = numbers_of(lines[1], path);
    out.cdf = numbers_of(lines[2], path);
    first = 3;
  }
  const std::size_t rows = lines.size() - first;
  if (out.conductance.size() < 2)
    throw InvalidInput(
        fmt::format("{}:{}: at least two conductances are needed", path, lines[ours ? 0 : 1].number));
  out.step = core::Matrix<double>(rows, out.conductance.size());
  for (std::size_t r = 0; r < rows; ++r) {
    auto values = numbers_of(lines[first + r], path);
    if (ours && !values.empty()) {
      out.cdf.push_back(values.front());
      values.erase(values.begin());
    }
    if (values.size() != out.conductance.size()) {
      throw InvalidInput(fmt::format("{}:{}: {} values of ΔG for {} conductances", path,
                                     lines[first + r].number, values.size(), out.conductance.size()));
    }
    std::copy(values.begin(), values.end(), out.step.row(r).begin());
  }
  if (out.cdf.size() != rows)
    throw InvalidInput(fmt::format("{}: {} CDF points but {} lines of ΔG", path, out.cdf.size(), rows));
  require_ascending(out.conductance, path, lines[ours ? 0 : 1].number, "conductances");
  require_ascending(out.cdf, path, lines[first].number, "CDF points");
  if (out.cdf.front() < 0 || out.cdf.back() > 1 || rows < 2) {
    throw InvalidInput(fmt::format("{}: CDF points must be at least two in [0, 1], got {} to {}", path,
                                   out.cdf.front(), out.cdf.back()));
  }
  return out;
}

/// Index of the interval of `grid` that holds x, and how far into it, both ends held.
std::pair<std::size_t, double> locate(std::span<const double> grid, double x) {
  const auto above = std::upper_bound(grid.begin(), grid.end(), x);
  if (above == grid.begin()) return {0, 0.0};
  const std::size_t i = std::min<std::size_t>(above - grid.begin() - 1, grid.size() - 2);
  return {i, std::clamp((x - grid[i]) / (grid[i + 1] - grid[i]), 0.0, 1.0)};
}

}  // namespace

void compute_moments(const std::vector<double>& cdf, PulseResponse& response) {
  const std::size_t columns = response.step.cols;
  response.mean.assign(columns, 0);
  response.sd.assign(columns, 0);
  for (std::size_t c = 0; c < columns; ++c) {
    double mean = 0;
    for (std::size_t k = 0; k + 1 < cdf.size(); ++k) {
      mean += (cdf[k + 1] - cdf[k]) * (response.step(k, c) + response.step(k + 1, c)) / 2;
    }
    mean += cdf.front() * response.step(0, c) +
            (1 - cdf.back()) * response.step(cdf.size() - 1, c);  // ends are held
    double variance = 0;
    const auto square = [&](std::size_t k) { return std::pow(response.step(k, c) - mean, 2); };
    for (std::size_t k = 0; k + 1 < cdf.size(); ++k) {
      const double a = response.step(k, c) - mean, b = response.step(k + 1, c) - mean;
      variance += (cdf[k + 1] - cdf[k]) * (a * a + a * b + b * b) / 3;
    }
    variance += cdf.front() * square(0) + (1 - cdf.back()) * square(cdf.size() - 1);
    response.mean[c] = mean;
    response.sd[c] = std::sqrt(variance);
  }
}

MeanSteps mean_steps(const UpdateTable& table, double lo, double hi) {
  const double range = table.g_max() - table.g_min();
  // The nearest columns to the ends of the used range count as inside.
  const double from = table.g_min() + lo * range, to = table.g_min() + hi * range;
  const double half = 0.5 * range / static_cast<double>(table.conductance.size() - 1);
  MeanSteps sum;
  std::size_t n = 0;
  for (std::size_t c = 0; c < table.conductance.size(); ++c) {
    if (table.conductance[c] < from - half * 0.999 || table.conductance[c] > to + half * 0.999) continue;
    sum.up += table.increasing.mean[c];
    sum.down += table.decreasing.mean[c];
    ++n;
  }
  return {sum.up / static_cast<double>(n), sum.down / static_cast<double>(n)};
}

UpdateTable read_update_table(const std::string& increasing_file, const std::string& decreasing_file,
                              core::Library& library) {
  OneFile up = read_direction(increasing_file, library);
  OneFile down = read_direction(decreasing_file, library);
  if (up.conductance != down.conductance || up.cdf != down.cdf) {
    throw InvalidInput(
        fmt::format("{} and {}: both directions must have the same conductances and CDF points",
                    increasing_file, decreasing_file));
  }
  UpdateTable table;
  table.conductance = std::move(up.conductance);
  table.cdf = std::move(up.cdf);
  table.increasing.step = std::move(up.step);
  table.decreasing.step = std::move(down.step);
  compute_moments(table.cdf, table.increasing);
  compute_moments(table.cdf, table.decreasing);
  return table;
}

double interpolated(const UpdateTable& table, std::span<const double> values, double g) {
  const auto [i, f] = locate(table.conductance, g);
  return values[i] + f * (values[i + 1] - values[i]);
}

double interpolated_step(const UpdateTable& table, const PulseResponse& response, double g, double u) {
  const auto [c, fc] = locate(table.conductance, g);
  const auto [r, fr] = locate(table.cdf, u);
  const auto& s = response.step;
  const double below = s(r, c) + fc * (s(r, c + 1) - s(r, c));
  const double over = s(r + 1, c) + fc * (s(r + 1, c + 1) - s(r + 1, c));
  return below + fr * (over - below);
}

UpdateTable compacted(const UpdateTable& table, std::size_t conductances, const std::vector<double>& cdf) {
  UpdateTable out;
  out.cdf = cdf;
  for (std::size_t c = 0; c < conductances; ++c) {
    const double t = static_cast<double>(c) / static_cast<double>(conductances - 1);
    out.conductance.push_back(table.g_min() + t * (table.g_max() - table.g_min()));
  }
  for (const auto& [from, to] :
       {std::pair{&table.increasing, &out.increasing}, std::pair{&table.decreasing, &out.decreasing}}) {
    to->step = core::Matrix<double>(cdf.size(), conductances);
    for (std::size_t c = 0; c < conductances; ++c) {
      for (std::size_t r = 0; r < cdf.size(); ++r)
        to->step(r, c) = interpolated_step(table, *from, out.conductance[c], cdf[r]);
      to->mean.push_back(interpolated(table, from->mean, out.conductance[c]));
      to->sd.push_back(interpolated(table, from->sd, out.conductance[c]));
    }
  }
  return out;
}

}  // namespace mho::device
