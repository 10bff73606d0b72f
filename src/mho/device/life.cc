#include "mho/device/life.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "mho/device/curve_kernels.h"

namespace mho::device {
namespace {

constexpr std::size_t kBlock = 1024;

// Draw numbers within a cell's stream: what each random number of a cell is for.
enum Draw : std::uint64_t { kProgramming = 0, kExponent = 1, kHeldNoise = 2, kFault = 3, kLater = 16 };

void not_below_zero(std::span<float> g) {
  for (float& v : g) v = v > 0 ? v : 0;
}

}  // namespace

void to_levels(std::span<float> g, double g_off, int bits) {
  const double top = std::ldexp(1.0, bits) - 1, range = 1 - g_off;
  constexpr double kRounder = 0x1.8p52;  // adding and subtracting it rounds halves to even
  for (float& v : g) {
    const double level = ((static_cast<double>(v) - g_off) * top / range + kRounder) - kRounder;
    v = static_cast<float>(g_off + level * range / top);
  }
}

Retention::Row retention_row(const Retention& retention, double time_s) {
  const auto& rows = retention.rows;
  if (rows.empty()) return {};
  std::size_t k = 0;
  while (k + 2 < rows.size() && time_s > rows[k + 1].time_s) ++k;
  if (rows.size() == 1 || time_s <= rows[0].time_s) return rows[0];
  const auto along = [&](double t) {
    return retention.logarithmic ? std::log(retention.reference_time_s + t) : t;
  };
  const double w =
      (along(time_s) - along(rows[k].time_s)) / (along(rows[k + 1].time_s) - along(rows[k].time_s));
  Retention::Row out = rows[k];
  out.time_s = time_s;
  out.mean = *between(rows[k].mean, rows[k + 1].mean, w);
  out.spread.size = *between(rows[k].spread.size, rows[k + 1].spread.size, w);
  return out;
}

void read_noise_sigma(const CellModels& models, std::span<const float> g, std::span<float> sigma) {
  const auto& noise = models.reading;
  noise.spread.size.evaluate(g, sigma);
  if (!noise.one_over_f) return;
  const double since = models.retention.reference_time_s + (models.drift ? models.total_wait_s() : 0);
  const auto growth =
      static_cast<float>(std::sqrt(std::log((since + noise.read_time_s) / (2 * noise.read_time_s))));
  for (std::size_t i = 0; i < g.size(); ++i) sigma[i] *= g[i] * growth;
}

Life::Life(const CellModels& models, const core::Stream& stream)
    : models_(models), key_(core::random_key(stream)), event_key_(key_) {
  plan_steps(0);
  if (steps_.empty()) steps_.push_back({});
}

Life::Life(const CellModels& models, const core::Stream& made, const core::Stream& now)
    : models_(models),
      key_(core::random_key(made)),
      event_key_(core::random_key(now)),
      before_(models.past.size()),
      was_dosed_(total_dose_krad(models.past) > 0) {
  plan_steps(models.drift ? total_wait_s(models.past) : 0);
}

void Life::plan_steps(double since_s) {
  double now = since_s;
  for (const auto& event : models_.history) {
    const double wait = models_.drift ? event.wait_s : 0;
    if (!steps_.empty() && steps_.back().dose_krad == 0) {
      steps_.back().wait_s += wait;
      steps_.back().dose_krad = event.dose_krad;
    } else {
      steps_.push_back({.wait_s = wait, .dose_krad = event.dose_krad});
    }
    now += wait;
    steps_.back().end_s = now;
  }
  if (models_.retention.model != Retention::Model::table) return;
  for (auto& s : steps_) {
    s.at_begin = retention_row(models_.retention, s.end_s - s.wait_s);
    s.at_end = retention_row(models_.retention, s.end_s);
  }
}

void Life::run(std::span<float> g, std::uint64_t first) const {
  for (std::size_t begin = 0; begin < g.size(); begin += kBlock)
    run_block(g.subspan(begin, std::min(kBlock, g.size() - begin)), first + begin);
}

void Life::run_block(std::span<float> g, std::uint64_t first) const {
  if (models_.cell_bits > 0) to_levels(g, models_.g_off(), models_.cell_bits);
  float target_memory[kBlock];
  std::copy(g.begin(), g.end(), target_memory);
  const std::span<const float> target(target_memory, g.size());

  first_wait(g, target, first);
  for (std::size_t k = 0; k < steps_.size(); ++k) {
    if (k > 0 && steps_[k].wait_s > 0) later_wait(g, target, k, first);
    if (steps_[k].dose_krad > 0) irradiate(g, steps_[k].dose_krad, k, first);
  }
  if (models_.read_noise && models_.reading.held && !models_.reading.spread.vanishes()) {
    float sigma[kBlock], noise[kBlock];
    read_noise_sigma(models_, g, {sigma, g.size()});
    core::fill_normal(key_, kHeldNoise, first, {noise, g.size()});
    for (std::size_t i = 0; i < g.size(); ++i) g[i] += sigma[i] * noise[i];
  }
  if (models_.stuck_on > 0 || models_.stuck_off > 0) break_some(g, first);
  clip(g);
}

void Life::clip(std::span<float> g) const {
  if (!models_.clip_to_range) return not_below_zero(g);
  const auto low = static_cast<float>(models_.g_off());
  for (float& v : g) v = std::clamp(v, low, 1.0f);
}

void Life::go_on(std::span<float> g, std::span<const float> target, std::span<const Fault> faults,
                 std::uint64_t first) const {
  float before[kBlock];
  for (std::size_t begin = 0; begin < g.size(); begin += kBlock) {
    const std::size_t n = std::min(kBlock, g.size() - begin);
    const auto now = g.subspan(begin, n);
    std::copy(now.begin(), now.end(), before);
    for (std::size_t k = 0; k < steps_.size(); ++k) {
      if (steps_[k].wait_s > 0) later_wait(now, target.subspan(begin, n), k, first + begin);
      if (steps_[k].dose_krad > 0) irradiate(now, steps_[k].dose_krad, k, first + begin);
    }
    clip(now);
    if (faults.empty()) continue;
    for (std::size_t i = 0; i < n; ++i) now[i] = faults[begin + i] == Fault::none ? now[i] : before[i];
  }
}

/// Programming, and the time until the first dose. A table is total: it replaces the programming error.
void Life::first_wait(std::span<float> g, std::span<const float> target, std::uint64_t first) const {
  const Step& step = steps_[0];
  if (step.wait_s > 0 && models_.retention.model == Retention::Model::table) {
    float mean[kBlock];
    step.at_end.mean.evaluate(target, {mean, g.size()});
    for (std::size_t i = 0; i < g.size(); ++i) {
      const float m = models_.retention.mean_is_shift ? target[i] + mean[i] : mean[i];
      g[i] = mean[i] = m > 0 ? m : 0;
    }
    const std::span<const float> at(mean, g.size());
    if (models_.programming_error) {
      add(step.at_end.spread, at, g, kProgramming, first);
    } else {  // what time adds to the programming error alone
      float now[kBlock], before[kBlock], noise[kBlock];
      step.at_end.spread.size.evaluate(at, {now, g.size()});
      models_.retention.rows[0].spread.size.evaluate(target, {before, g.size()});
      core::fill_normal(key_, kProgramming, first, {noise, g.size()});
      for (std::size_t i = 0; i < g.size(); ++i)
        g[i] += std::sqrt(std::max(0.0f, now[i] * now[i] - before[i] * before[i])) * noise[i];
    }
    return;
  }
  if (models_.programming_error) add(models_.programming, target, g, kProgramming, first);
  if (step.wait_s > 0 && models_.retention.model == Retention::Model::power_law) {
    not_below_zero(g);
    decay(g, target, std::log1p(step.wait_s / models_.retention.reference_time_s), first);
  }
}

/// Time of cells that exist. The table's mean moves the cell, in proportion where it was irradiated and so is
/// no longer near its target; its variance grows by the difference.
void Life::later_wait(std::span<float> g, std::span<const float> target, std::size_t k,
                      std::uint64_t first) const {
  const Step& step = steps_[k];
  not_below_zero(g);
  if (models_.retention.model == Retention::Model::power_law) {
    const double t0 = models_.retention.reference_time_s;
    decay(g, target, std::log((t0 + step.end_s) / (t0 + step.end_s - step.wait_s)), first);
  } else if (models_.retention.model == Retention::Model::table) {
    float from[kBlock], to[kBlock], sigma_from[kBlock], sigma_to[kBlock], noise[kBlock];
    const std::size_t n = g.size();
    step.at_begin.mean.evaluate(target, {from, n});
    step.at_end.mean.evaluate(target, {to, n});
    for (std::size_t i = 0; i < n && models_.retention.mean_is_shift; ++i) {
      from[i] += target[i];
      to[i] += target[i];
    }
    not_below_zero({from, n});
    not_below_zero({to, n});
    step.at_begin.spread.size.evaluate({from, n}, {sigma_from, n});
    step.at_end.spread.size.evaluate({to, n}, {sigma_to, n});
    core::fill_normal(event_key_, kLater + 2 * (before_ + k), first, {noise, n});
    const bool in_proportion =
        was_dosed_ || std::any_of(steps_.begin(), steps_.begin() + static_cast<std::ptrdiff_t>(k),
                                  [](const Step& s) { return s.dose_krad > 0; });
    // A width is that of a uniform distribution, whose standard deviation it is times sqrt(12).
    const float per_size = step.at_end.spread.uniform ? std::sqrt(1 / 12.0f) : 1.0f;
    for (std::size_t i = 0; i < n; ++i) {
      const float grown = std::max(0.0f, sigma_to[i] * sigma_to[i] - sigma_from[i] * sigma_from[i]);
      const bool scales = in_proportion && from[i] > 0;
      const float moved = scales ? g[i] * to[i] / from[i] : g[i] + (to[i] - (in_proportion ? 0 : from[i]));
      g[i] = moved + per_size * std::sqrt(grown) * noise[i];
    }
  }
}

/// G ← G·exp(-nu·log_ratio), nu = |mean + spread·N| of the target; a cell keeps its nu for life.
void Life::decay(std::span<float> g, std::span<const float> target, double log_ratio,
                 std::uint64_t first) const {
  float nu[kBlock], spread[kBlock], noise[kBlock];
  const std::size_t n = g.size();
  models_.retention.nu.evaluate(target, {nu, n});
  models_.retention.nu_spread.evaluate(target, {spread, n});
  core::fill_normal(key_, kExponent, first, {noise, n});
  decay_by_power(g.data(), nu, spread, noise, static_cast<float>(log_ratio), n);
}

/// u = (V_g - V_T)/slope of I = I_s·ln²(1 + e^u) relaxes towards the neutral u, with a spread in V_T.
void Life::irradiate(std::span<float> g, double dose_krad, std::size_t k, std::uint64_t first) const {
  const auto& r = models_.radiation;
  if (r.model != Radiation::Model::threshold) return;
  float noise[kBlock];
  core::fill_normal(event_key_, kLater + 2 * (before_ + k) + 1, first, {noise, g.size()});
  const double keep = std::exp(-dose_krad / r.decay_krad);
  const double spread = r.spread_v * std::sqrt(dose_krad / r.spread_krad) / r.slope_v;
  relax_threshold(g.data(), noise, static_cast<float>(r.specific_current), static_cast<float>(r.neutral_u),
                  static_cast<float>(keep), static_cast<float>(spread), g.size());
}

void Life::add(const Spread& spread, std::span<const float> at, std::span<float> g, std::uint64_t draw,
               std::uint64_t first) const {
  if (spread.vanishes()) return;
  float sigma[kBlock], noise[kBlock];
  const std::size_t n = g.size();
  spread.size.evaluate(at, {sigma, n});
  if (spread.uniform) {
    core::fill_uniform(key_, draw, first, {noise, n});
    for (std::size_t i = 0; i < n; ++i) g[i] += sigma[i] * (noise[i] - 0.5f);
  } else {
    core::fill_normal(key_, draw, first, {noise, n});
    for (std::size_t i = 0; i < n; ++i) g[i] += sigma[i] * noise[i];
  }
}

void Life::faults(std::span<Fault> faults, std::uint64_t first) const {
  float u[kBlock];
  const auto on = static_cast<float>(models_.stuck_on);
  const auto either = static_cast<float>(models_.stuck_on + models_.stuck_off);
  for (std::size_t begin = 0; begin < faults.size(); begin += kBlock) {
    const std::size_t n = std::min(kBlock, faults.size() - begin);
    core::fill_uniform(key_, kFault, first + begin, {u, n});
    for (std::size_t i = 0; i < n; ++i) {
      faults[begin + i] = u[i] < on ? Fault::stuck_on : (u[i] < either ? Fault::stuck_off : Fault::none);
    }
  }
}

void Life::break_some(std::span<float> g, std::uint64_t first) const {
  float u[kBlock];
  core::fill_uniform(key_, kFault, first, {u, g.size()});
  const auto on = static_cast<float>(models_.stuck_on);
  const auto either = static_cast<float>(models_.stuck_on + models_.stuck_off);
  const auto off = static_cast<float>(models_.g_off());
  for (std::size_t i = 0; i < g.size(); ++i) g[i] = u[i] < on ? 1.0f : (u[i] < either ? off : g[i]);
}

}  // namespace mho::device
