#include "mho/report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace mho::report {
namespace {

bool is_fraction(const std::string& metric) { return metric.starts_with("top"); }

/// Columns that a terminal shows: UTF-8 continuation bytes take none.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string repeated(std::string_view what, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += what;
  return out;
}

std::string below_float(const ResultRow& row, const std::string& metric, double value) {
  if (!is_fraction(metric) || !row.plain.contains(metric)) return "";
  const double loss = 100 * (row.plain.at(metric) - value);
  return fmt::format("{:.2f}", std::abs(loss) < 0.005 ? 0.0 : loss);
}

}  // namespace

std::string percent(double fraction) { return fmt::format("{:.2f}", 100 * fraction); }

std::string with_thousands(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), 1, ',');
  return digits;
}

std::string quantity_text(double value, std::string_view unit) {
  if (value == 0) return fmt::format("0 {}", unit);
  static constexpr const char* kPrefixes[] = {"f", "p", "n", "µ", "m", "", "k", "M", "G", "T"};
  const int thousands = std::clamp(static_cast<int>(std::floor(std::log10(std::abs(value)) / 3)), -5, 4);
  return fmt::format("{:.3g} {}{}", value / std::pow(1000, thousands), kPrefixes[thousands + 5], unit);
}

std::string seconds_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.{}f} s", seconds, seconds < 10 ? 2 : 1);
  if (seconds < 3600)
    return fmt::format("{:.0f} min {:.0f} s", std::floor(seconds / 60), std::fmod(seconds, 60));
  return fmt::format("{:.0f} h {:.0f} min", std::floor(seconds / 3600), std::fmod(seconds, 3600) / 60);
}

std::string metric_text(const std::string& metric, double value) {
  return is_fraction(metric) ? percent(value) : fmt::format("{:.4g}", value);
}

std::string metric_text(const std::string& metric, const Metric& value) {
  const std::string mean = metric_text(metric, value.mean);
  if (!value.lo || !value.hi) return mean;
  return fmt::format("{} ± {}", mean, metric_text(metric, (*value.hi - *value.lo) / 2));
}

std::string aligned(const std::vector<std::vector<std::string>>& table, std::string_view indent) {
  std::size_t count = 0;
  for (const auto& row : table) count = std::max(count, row.size());
  // A cell is what stands before the ± and the rest of it, so that figures stand under figures.
  std::vector<std::size_t> head(count), tail(count);
  const auto split = [](const std::string& cell) { return std::min(cell.find(" ±"), cell.size()); };
  for (std::size_t r = 0; r < table.size(); ++r) {
    for (std::size_t c = 0; c < table[r].size(); ++c) {
      const auto at = split(table[r][c]);
      if (r > 0) head[c] = std::max(head[c], columns(table[r][c].substr(0, at)));
      if (r > 0) tail[c] = std::max(tail[c], columns(table[r][c].substr(at)));
    }
  }
  for (std::size_t c = 0; c < count && !table.empty(); ++c) {
    const std::size_t title = c < table[0].size() ? columns(table[0][c]) : 0;
    if (title > head[c] + tail[c]) head[c] = title - tail[c];
  }
  std::string out;
  for (std::size_t r = 0; r < table.size(); ++r) {
    std::string line;
    for (std::size_t c = 0; c < count; ++c) {
      const std::string cell = c < table[r].size() ? table[r][c] : "";
      const std::size_t width = head[c] + tail[c];
      if (c == 0) {
        line += cell + repeated(" ", width - std::min(width, columns(cell)));
        continue;
      }
      line += "   ";
      if (r == 0) {
        line += repeated(" ", width - columns(cell)) + cell;
        continue;
      }
      const auto at = split(cell);
      line += repeated(" ", head[c] - columns(cell.substr(0, at))) + cell;
      line += repeated(" ", tail[c] - columns(cell.substr(at)));
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += fmt::format("{}{}\n", indent, line);
    if (r == 0) {
      std::size_t width = 3 * (count - 1);
      for (std::size_t c = 0; c < count; ++c) width += head[c] + tail[c];
      out += fmt::format("{}{}\n", indent, repeated("─", width));
    }
  }
  return out;
}

std::string comparison_text(const std::vector<ResultRow>& rows) {
  if (rows.empty()) return "";
  const auto& first = rows.front();
  const std::string main = main_metric(first);
  std::vector<std::string> metrics{main};
  if (main == "top1") metrics.emplace_back("top5");
  std::vector<std::vector<std::string>> table{{""}};
  for (const auto& metric : metrics) {
    table[0].push_back(is_fraction(metric) ? fmt::format("top-{}, %", metric.substr(3))
                                           : metric_title(metric));
  }
  if (main == "top1") table[0].insert(table[0].end(), {"std", "below float"});
  table[0].emplace_back("chips");
  const auto plain_row = [&](const std::string& name, const std::map<std::string, double>& values) {
    std::vector<std::string> cells{name};
    for (const auto& metric : metrics) cells.push_back(metric_text(metric, values.at(metric)));
    if (main == "top1")
      cells.insert(cells.end(), {"", name == "float" ? "" : below_float(first, main, values.at(main))});
    table.push_back(std::move(cells));
  };
  if (first.plain.contains(main)) plain_row("float", first.plain);
  std::vector<double> digital;
  for (const auto& row : rows) {
    if (!row.digital.contains(main)) continue;
    const double value = row.digital.at(main);
    if (std::find(digital.begin(), digital.end(), value) != digital.end()) continue;
    digital.push_back(value);
    plain_row(digital.size() == 1 ? "digital" : "digital, " + row.label, row.digital);
  }
  for (const auto& row : rows) {
    if (!row.analog.contains(main)) continue;
    const auto& value = row.analog.at(main);
    std::vector<std::string> cells{row.label};
    for (const auto& metric : metrics) {
      cells.push_back(row.analog.contains(metric) ? metric_text(metric, row.analog.at(metric)) : "");
    }
    if (main == "top1") {
      cells.push_back(value.std ? percent(*value.std) : "");
      cells.push_back(below_float(row, main, value.mean));
    }
    cells.push_back(with_thousands(row.trials));
    table.push_back(std::move(cells));
  }
  return aligned(table);
}

std::string layers_text(const ResultRow& row) {
  std::vector<std::vector<std::string>> table{
      {"layer", "kind", "weights", "arrays", "utilization, %", "signal/error, dB", "clipped, %"}};
  for (const auto& layer : row.layers) {
    table.push_back({layer.name, layer.kind, with_thousands(layer.weights), with_thousands(layer.arrays),
                     fmt::format("{:.1f}", 100 * layer.utilization),
                     layer.snr_db ? fmt::format("{:.1f}", *layer.snr_db) : "",
                     layer.clipped ? fmt::format("{:.3f}", 100 * *layer.clipped) : ""});
  }
  return aligned(table);
}

}  // namespace mho::report
