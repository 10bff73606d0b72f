// What a fit looks like: charts over the data, and the device card that it makes.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mho/core/error.h"
#include "mho/device/compact_table.h"
#include "mho/device/fit.h"

namespace mho::device {
namespace {

using core::Chart;
using core::Series;

Series series(const std::string& name, Series::Kind kind, int colour) {
  return {.name = name, .colour = colour, .points = {}, .kind = kind};
}

/// Median and middle 68% of the ramps, and the model's mean ramp from the same start.
void add_ramps(Chart& chart, const Fit& fit, const PulseTrains& trains, bool up, int colour, double scale) {
  Series band = series(up ? "SET, middle 68%" : "RESET, middle 68%", Series::Kind::band, colour);
  Series median = series(up ? "SET, median" : "RESET, median", Series::Kind::points, colour);
  for (std::size_t k = 0;; ++k) {
    std::vector<double> here;
    for (const auto& ramp : trains.ramps) {
      if (k < ramp.size()) here.push_back(ramp[k]);
    }
    if (here.empty() || 2 * here.size() < trains.ramps.size()) break;
    std::sort(here.begin(), here.end());
    const auto pulse = static_cast<double>(k + 1);
    band.points.push_back({pulse, scale * here[here.size() * 16 / 100]});
    band.edge.push_back({pulse, scale * here[here.size() * 84 / 100]});
    median.points.push_back({pulse, scale * here[here.size() / 2]});
  }
  const auto& best = fit.models.front();
  Series model = series(up ? fmt::format("{}, mean", word_of(best.kind)) : "", Series::Kind::line, colour);
  double w = 2 * (median.points.front().y / scale - fit.low) / (fit.high - fit.low) - 1;
  for (const auto& measured : median.points) {
    model.points.push_back({measured.x, scale * (fit.low + 0.5 * (w + 1) * (fit.high - fit.low))});
    w += best.mean_step(w, up);
  }
  chart.series.push_back(band);
  chart.series.push_back(median);
  chart.series.push_back(model);
}

Chart step_chart(const Fit& fit, const PulseTrains& trains, bool up, const std::string& unit, double scale) {
  const auto& response = up ? fit.table.increasing : fit.table.decreasing;
  Chart chart{.title = up ? "Step of one SET pulse" : "Step of one RESET pulse",
              .note = "points: every measured pulse; band: mean ± one standard deviation of the table",
              .x = {fmt::format("conductance before the pulse [{}]", unit)},
              .y = {fmt::format("change [{}]", unit)},
              .series = {}};
  Series steps = series("", Series::Kind::points, 7);
  const std::size_t every = std::max<std::size_t>(1, trains.values() / 3000);
  std::size_t n = 0;
  for (const auto& ramp : trains.ramps) {
    for (std::size_t k = 1; k < ramp.size(); ++k) {
      if (n++ % every != 0) continue;
      steps.points.push_back({scale * ramp[k - 1], scale * (ramp[k] - ramp[k - 1])});
    }
  }
  Series band = series("table", Series::Kind::band, 0), mean = series("table, mean", Series::Kind::line, 0);
  const auto& best = fit.models.front();
  Series model = series(fmt::format("{}, mean", word_of(best.kind)), Series::Kind::dashed, 1);
  for (std::size_t c = 0; c < fit.table.conductance.size(); ++c) {
    const double g = fit.table.conductance[c], w = 2 * (g - fit.low) / (fit.high - fit.low) - 1;
    const double x = scale * g;
    band.points.push_back({x, scale * (response.mean[c] - response.sd[c])});
    band.edge.push_back({x, scale * (response.mean[c] + response.sd[c])});
    mean.points.push_back({x, scale * response.mean[c]});
    model.points.push_back({x, scale * best.mean_step(w, up) * (fit.high - fit.low) / 2});
  }
  chart.series = {steps, band, mean, model};
  return chart;
}

std::string list_of(const std::vector<double>& values) {
  std::string out = "[";
  for (std::size_t i = 0; i < values.size(); ++i) out += fmt::format("{}{:.5g}", i ? ", " : "", values[i]);
  out += "]";
  return out;
}

/// The fitted table on 21 conductances and nine probabilities, in siemens, as [update.table].
std::string table_block(const Fit& fit, double g_min, double g_max) {
  UpdateTable table = compacted(fit.table, 21, {std::begin(kCompactCdf), std::end(kCompactCdf)});
  const double scale = (g_max - g_min) / (fit.high - fit.low);
  for (double& g : table.conductance) g = g_min + (g - fit.low) * scale;
  std::string out = fmt::format("[update.table]\nconductance = {}\ncdf = {}\n", list_of(table.conductance),
                                list_of(table.cdf));
  for (const auto& [name, response] :
       {std::pair{"increasing", &table.increasing}, std::pair{"decreasing", &table.decreasing}}) {
    for (double& v : response->step.elements) v *= scale;
    for (auto* moments : {&response->mean, &response->sd}) {
      for (double& v : *moments) v *= scale;
    }
    out += fmt::format("{} = [\n", name);
    for (std::size_t k = 0; k < table.cdf.size(); ++k) {
      const auto row = response->step.row(k);
      out += fmt::format("  {},\n", list_of({row.begin(), row.end()}));
    }
    out += fmt::format("]\n{0}_mean = {1}\n{0}_sd = {2}\n", name, list_of(response->mean),
                       list_of(response->sd));
  }
  return out;
}

std::string model_block(const FittedModel& model) {
  const auto& s = model.step;
  std::string out = fmt::format(
      "model = \"{}\"\nrange = [-1, 1]\nstep = {:.6g}\nup_down = {:.6g}\nstep_c2c = {:.6g}\nvisible_noise = "
      "{:.6g}\n",
      word_of(model.kind), s.step, s.up_down, s.step_c2c, s.write_noise);
  const bool shaped = model.kind == UpdateKind::linear || model.kind == UpdateKind::power ||
                      model.kind == UpdateKind::exponential;
  if (shaped) out += fmt::format("gamma_up = {:.6g}\ngamma_down = {:.6g}\n", s.gamma_up, s.gamma_down);
  if (model.kind == UpdateKind::exponential)
    out += fmt::format("a_up = {:.6g}\na_down = {:.6g}\na = 1\nb = 0\n", s.a_up, s.a_down);
  return out;
}

}  // namespace

std::string word_of(UpdateKind kind) {
  switch (kind) {
    case UpdateKind::ideal:
      return "ideal";
    case UpdateKind::table:
      return "table";
    case UpdateKind::asymmetric:
      return "asymmetric";
    case UpdateKind::symmetric:
      return "symmetric";
    case UpdateKind::constant:
      return "constant";
    case UpdateKind::linear:
      return "linear";
    case UpdateKind::soft_bounds:
      return "soft-bounds";
    case UpdateKind::exponential:
      return "exponential";
    case UpdateKind::power:
      return "power";
  }
  return "";
}

std::vector<Chart> charts_of(const Fit& fit, const PulseTrains& set, const PulseTrains& reset) {
  const bool siemens = fit.low > 0 && fit.high < 1;
  const double scale = siemens ? 1e6 : 1;
  const std::string unit = siemens ? "µS" : "unit of the data";
  Chart ramps{.title = "Pulse trains and the best step model",
              .note = fmt::format(
                  "{} SET ramps, {} RESET ramps; the model's mean ramp is off by {:.2g}% of the range (rms)",
                  set.ramps.size(), reset.ramps.size(), 100 * fit.models.front().rms_error),
              .x = {"pulse"},
              .y = {fmt::format("conductance [{}]", unit)},
              .series = {}};
  if (siemens) {  // the range, not zero, is the subject
    ramps.y.low = scale * (fit.low - 0.05 * (fit.high - fit.low));
    ramps.y.high = scale * (fit.high + 0.05 * (fit.high - fit.low));
  }
  add_ramps(ramps, fit, set, true, 0, scale);
  add_ramps(ramps, fit, reset, false, 1, scale);
  return {ramps, step_chart(fit, set, true, unit, scale), step_chart(fit, reset, false, unit, scale)};
}

std::string card_of(const Fit& fit, const std::string& name, const std::string& model, TrainUnit unit,
                    const std::string& source) {
  const bool normalized = unit == TrainUnit::normalized;
  const double g_min = normalized ? 1e-5 : fit.low, g_max = normalized ? 1e-4 : fit.high;
  std::string out = fmt::format(
      "name = \"{}\"\nsummary = \"Fitted to pulse trains\"\ng_on_s = {:.6g}\non_off_ratio = {:.6g}\n\n", name,
      g_max, g_max / g_min);
  out += fmt::format("[range]\nkind = \"{}\"\nsource = \"{}\"\n\n[update]\n",
                     normalized ? "assumed" : "measured",
                     normalized ? "The data are normalized; 10 to 100 µS stand for their range"
                                : "Lowest and highest value of " + source);
  if (model == "table") {
    out += "model = \"table\"\nused_range = [0.1, 0.9]\n";
  } else {
    const auto found = std::find_if(fit.models.begin(), fit.models.end(), [&](const auto& m) {
      return model == "best" || word_of(m.kind) == model;
    });
    if (found == fit.models.end())
      throw core::InvalidInput(
          fmt::format("no fitted model is named \"{}\"; there are table, best, constant, soft-bounds, "
                      "linear, power, exponential",
                      model));
    out += model_block(*found);
    for (const auto& e : found->estimates)
      out += fmt::format("# {} = {:.5g}, 95% confidence {:.5g} to {:.5g}\n", e.name, e.value, e.low, e.high);
  }
  out += fmt::format("kind = \"fitted\"\nsource = \"{}\"\n", source);
  if (model == "table") out += fmt::format("\n{}", table_block(fit, g_min, g_max));
  return out;
}

}  // namespace mho::device
