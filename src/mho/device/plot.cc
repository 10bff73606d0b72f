#include "mho/device/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mho/device/cell_models.h"
#include "mho/device/life.h"

namespace mho::device {
namespace {

using core::Chart;
using core::Series;

constexpr double kDay = 86400;
constexpr std::size_t kPoints = 120;

std::string time_label(double seconds) {
  if (seconds == 0) return "programmed";
  if (seconds < 3600) return fmt::format("after {:.3g} s", seconds);
  if (seconds < kDay) return fmt::format("after {:.3g} h", seconds / 3600);
  return fmt::format("after {:.3g} {}", seconds / kDay, seconds == kDay ? "day" : "days");
}

/// Targets from G_off to G_on, evenly spaced, at least 0.1% of G_on so that 1/G stays in the picture.
std::vector<float> targets_of(const CellModels& m) {
  std::vector<float> g(kPoints);
  const double low = std::max(m.g_off(), 1e-3);
  for (std::size_t i = 0; i < kPoints; ++i)
    g[i] = static_cast<float>(low + (1 - low) * static_cast<double>(i) / (kPoints - 1));
  return g;
}

Series error_line(const CellModels& m, const Spread& spread, const std::string& name, int colour) {
  Series line{.name = name, .colour = colour, .points = {}};
  for (const float g : targets_of(m))
    line.points.push_back(
        {g * m.g_on_s * 1e6, 100 * spread.size(g) / (spread.uniform ? std::sqrt(12.0) : 1)});
  return line;
}

void add_errors(std::vector<Chart>& charts, const CellModels& m) {
  Chart chart{.title = m.name + ": error against conductance",
              .note = m.summary,
              .x = {"target conductance [µS]"},
              .y = {"standard deviation [% of G_on]"},
              .series = {}};
  const auto next = [&] { return static_cast<int>(chart.series.size()); };
  if (!m.programming.vanishes())
    chart.series.push_back(error_line(m, m.programming, "programming error", next()));
  if (m.retention.model == Retention::Model::table) {
    for (std::size_t k = 1; k < m.retention.rows.size(); ++k) {
      const auto& row = m.retention.rows[k];
      if (k == 1 || k + 1 == m.retention.rows.size())
        chart.series.push_back(error_line(m, row.spread, time_label(row.time_s), next()));
    }
  }
  if (!m.reading.spread.vanishes()) {
    auto g = targets_of(m);
    std::vector<float> sigma(g.size());
    read_noise_sigma(m, g, sigma);
    Series line{.name = m.reading.held ? "1/f noise" : "read noise",
                .colour = next(),
                .points = {},
                .kind = Series::Kind::dashed};
    for (std::size_t i = 0; i < g.size(); ++i)
      line.points.push_back({g[i] * m.g_on_s * 1e6, 100.0 * sigma[i]});
    chart.series.push_back(line);
  }
  if (!chart.series.empty()) charts.push_back(chart);
}

/// Median and the middle 68% of 4,000 cells at each of a few targets over time.
void add_drift(std::vector<Chart>& charts, const CellModels& m) {
  const bool table = m.retention.model == Retention::Model::table;
  if (!table && m.retention.model != Retention::Model::power_law) return;
  constexpr std::size_t kCells = 4000, kTimes = 40;
  const double last = table ? m.retention.rows.back().time_s : 1e7, first = table ? last / 1000 : 1;
  Chart chart{.title = m.name + ": conductance against time",
              .note = "median, and the middle 68% of the cells",
              .x = {table ? "time since programming [days]" : "time since the first read [s]", !table},
              .y = {"conductance [% of the target]"},
              .series = {}};
  int colour = 0;
  for (const double target : {0.1, 0.3, 0.6, 1.0}) {
    if (target < m.g_off()) continue;
    Series line{.name = fmt::format("{:.3g} µS", target * m.g_on_s * 1e6), .colour = colour, .points = {}};
    Series band{.name = "", .colour = colour++, .points = {}, .kind = Series::Kind::band};
    for (std::size_t k = 0; k < kTimes; ++k) {
      const double along = static_cast<double>(k) / (kTimes - 1);
      CellModels at = m;
      const double seconds = table ? last * along : first * std::pow(last / first, along);
      at.history = {{seconds, 0}};
      at.drift = true;
      std::vector<float> g(kCells, static_cast<float>(target));
      Cell(std::make_shared<const CellModels>(at)).program(g, {.purpose = "plot"}, 0);
      std::sort(g.begin(), g.end());
      const double unit = 100 / target;
      const double time = table ? seconds / kDay : seconds;
      line.points.push_back({time, g[kCells / 2] * unit});
      band.points.push_back({time, g[kCells * 16 / 100] * unit});
      band.edge.push_back({time, g[kCells * 84 / 100] * unit});
    }
    chart.series.push_back(band);
    chart.series.push_back(line);
  }
  charts.push_back(chart);
}

void add_dose(std::vector<Chart>& charts, const CellModels& m) {
  if (m.radiation.model != Radiation::Model::threshold) return;
  Chart chart{.title = m.name + ": current against ionizing dose",
              .note = "mean change of the current at the read voltage",
              .x = {"dose [krad(Si)]", true},
              .y = {"change [% of the current]"},
              .series = {}};
  const double last = std::min(m.radiation.until_krad, 1e6);
  for (const double target : {0.03, 0.1, 0.3, 1.0}) {
    Series line{.name = fmt::format("{:.4g} nA", target * m.g_on_s * m.read_voltage_v * 1e9),
                .colour = static_cast<int>(chart.series.size()),
                .points = {}};
    for (std::size_t k = 0; k < 40; ++k) {
      CellModels at = m;
      const double dose = last * std::pow(1e-3, 1 - static_cast<double>(k) / 39);
      at.history = {{0, dose}};
      at.programming_error = at.read_noise = false;
      at.radiation.spread_v = 0;
      float g = static_cast<float>(target);
      Cell(std::make_shared<const CellModels>(at)).program({&g, 1}, {}, 0);
      line.points.push_back({dose, 100 * (g / target - 1)});
    }
    chart.series.push_back(line);
  }
  charts.push_back(chart);
}

void add_current_voltage(std::vector<Chart>& charts, const Cell& cell) {
  const auto& m = cell.models();
  if (!cell.is_nonlinear()) return;
  Chart chart{.title = m.name + ": current against voltage",
              .note = "dashed: a straight line of the same conductance",
              .x = {"voltage [V]"},
              .y = {"current [µA]"},
              .series = {}};
  int colour = 0;
  for (const double target : {m.g_off(), 0.5 * (1 + m.g_off()), 1.0}) {
    std::vector<float> g{static_cast<float>(target)}, second(1), third(1);
    cell.nonlinearity(g, second, third);
    Series curve{.name = fmt::format("{:.3g} µS", target * m.g_on_s * 1e6), .colour = colour, .points = {}};
    Series straight{.name = "", .colour = colour++, .points = {}, .kind = Series::Kind::dashed};
    const double unit = m.read_voltage_v * m.g_on_s * 1e6;
    for (int k = -40; k <= 40; ++k) {
      const double v = k / 40.0 * 0.5 / m.read_voltage_v;
      const double voltage = v * m.read_voltage_v;
      curve.points.push_back({voltage, (target * v + second[0] * v * v + third[0] * v * v * v) * unit});
      straight.points.push_back({voltage, target * v * unit});
    }
    chart.series.push_back(straight);
    chart.series.push_back(curve);
  }
  charts.push_back(chart);
}

/// Mean and spread of the change by one average pulse, from every state: up and down.
void add_update(std::vector<Chart>& charts, const std::string& name, const UpdateModel& model) {
  if (model.kind == UpdateKind::ideal) return;
  constexpr std::size_t kCells = 2000, kStates = 41;
  const Updater updater(model);
  CellPopulation cells = populate(model, kCells, {.purpose = "plot"});
  const double range = model.hi - model.lo;
  // Analytic models have no pulse of their own: one percent of the range stands for it.
  const bool pulses = model.kind == UpdateKind::table || model.kind >= UpdateKind::constant;
  const MeanSteps one = pulses ? updater.mean_step() : MeanSteps{0.01 * range, -0.01 * range};
  Chart chart{.title = name + ": change by one pulse",
              .note = "mean of 2,000 cells and one standard deviation",
              .x = {"state [% of the range]"},
              .y = {"change [% of the range]"},
              .series = {}};
  for (const bool up : {true, false}) {
    Series line{.name = up ? "up" : "down", .colour = up ? 0 : 1, .points = {}};
    Series band{.name = "", .colour = line.colour, .points = {}, .kind = Series::Kind::band};
    for (std::size_t k = 0; k < kStates; ++k) {
      const double along = static_cast<double>(k) / (kStates - 1);
      const auto before = static_cast<float>(model.lo + range * along);
      std::vector<float> state(kCells, before), request(kCells, static_cast<float>(up ? one.up : one.down));
      if (!cells.persistent.empty()) std::fill(cells.persistent.begin(), cells.persistent.end(), before);
      updater.update(state, cells, 0, 1.0f, request, core::random_key({.purpose = "plot"}), k);
      double mean = 0, square = 0;
      for (const float s : state) mean += (s - before) / kCells;
      for (const float s : state) square += std::pow(s - before - mean, 2) / kCells;
      const double percent = 100 / range, sd = std::sqrt(square);
      line.points.push_back({100 * along, percent * mean});
      band.points.push_back({100 * along, percent * (mean - sd)});
      band.edge.push_back({100 * along, percent * (mean + sd)});
    }
    chart.series.push_back(band);
    chart.series.push_back(line);
  }
  charts.push_back(chart);
}

}  // namespace

std::vector<Chart> charts_of(const std::string& name, const UpdateModel& model) {
  std::vector<Chart> charts;
  add_update(charts, name, model);
  return charts;
}

std::vector<Chart> charts_of(const Cell& cell) {
  std::vector<Chart> charts;
  const auto& m = cell.models();
  add_errors(charts, m);
  add_drift(charts, m);
  add_dose(charts, m);
  add_current_voltage(charts, cell);
  return charts;
}

}  // namespace mho::device
