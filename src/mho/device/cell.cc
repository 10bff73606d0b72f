#include "mho/device/cell.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "mho/core/parallel.h"
#include "mho/device/cell_models.h"
#include "mho/device/life.h"

namespace mho::device {

double total_wait_s(std::span<const Event> events) {
  double sum = 0;
  for (const auto& event : events) sum += event.wait_s;
  return sum;
}

double total_dose_krad(std::span<const Event> events) {
  double sum = 0;
  for (const auto& event : events) sum += event.dose_krad;
  return sum;
}

double CellModels::total_wait_s() const { return device::total_wait_s(past) + device::total_wait_s(history); }
double CellModels::total_dose_krad() const {
  return device::total_dose_krad(past) + device::total_dose_krad(history);
}

Cell::Cell() : models_(std::make_shared<const CellModels>()) {}
Cell::Cell(std::shared_ptr<const CellModels> models) : models_(std::move(models)) {}

std::string Cell::name() const { return models_->name; }
double Cell::g_on_s() const { return models_->g_on_s; }
double Cell::on_off_ratio() const { return models_->on_off_ratio; }
double Cell::g_off() const { return models_->g_off(); }
int Cell::cell_bits() const { return models_->cell_bits; }
double Cell::read_voltage_v() const { return models_->read_voltage_v; }
const CellModels& Cell::models() const { return *models_; }

bool Cell::is_random() const {
  const auto& m = *models_;
  const bool waits = m.drift && m.total_wait_s() > 0;
  if (m.programming_error && !m.programming.vanishes()) return true;
  if (m.stuck_on > 0 || m.stuck_off > 0) return true;
  if (m.read_noise && m.reading.held && !m.reading.spread.vanishes()) return true;
  if (m.radiation.model == Radiation::Model::threshold && m.total_dose_krad() > 0 && m.radiation.spread_v > 0)
    return true;
  return waits && (m.retention.model == Retention::Model::table || !m.retention.nu_spread.vanishes());
}

bool Cell::has_read_noise() const {
  return models_->read_noise && !models_->reading.held && !models_->reading.spread.vanishes();
}

bool Cell::is_nonlinear() const { return !models_->current_voltage.linear(); }

void Cell::program(std::span<float> g, const core::Stream& stream, std::uint64_t first) const {
  constexpr std::size_t kGrain = 1 << 14;
  const Life life(*models_, stream);
  if (g.size() <= kGrain) return life.run(g, first);
  core::parallel_for(g.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    life.run(g.subspan(begin, end - begin), first + begin);
  });
}

Cell Cell::with_past(std::vector<Event> past) const {
  auto models = std::make_shared<CellModels>(*models_);
  models->past = std::move(past);
  return Cell(std::move(models));
}

std::vector<Event> Cell::lived() const {
  std::vector<Event> all = models_->past;
  for (Event event : models_->history) {
    if (!models_->drift) event.wait_s = 0;
    if (event != Event{}) all.push_back(event);
  }
  return all;
}

std::string Cell::why_too_old() const {
  const auto& m = *models_;
  const double time = m.drift ? m.total_wait_s() : 0, dose = m.total_dose_krad();
  if (ages() && time > m.retention.until_s)
    return fmt::format(
        "its cells would be {:g} days old, and the retention model of \"{}\" holds for {:g} days at most",
        time / 86400, m.name, m.retention.until_s / 86400);
  if (ages() && dose > m.radiation.until_krad)
    return fmt::format(
        "its cells would have {:g} krad(Si), and the radiation model of \"{}\" holds to {:g} krad(Si)", dose,
        m.name, m.radiation.until_krad);
  return "";
}

bool Cell::ages() const {
  const auto& m = *models_;
  return (m.drift && total_wait_s(m.history) > 0) || total_dose_krad(m.history) > 0;
}

bool Cell::ages_randomly() const {
  const auto& m = *models_;
  const bool waits = m.drift && total_wait_s(m.history) > 0;
  const bool spreads = m.radiation.model == Radiation::Model::threshold && m.radiation.spread_v > 0;
  return (waits && m.retention.model == Retention::Model::table) ||
         (total_dose_krad(m.history) > 0 && spreads);
}

void Cell::age(std::span<float> g, std::span<const float> targets, std::span<const Fault> faults,
               const core::Stream& made, const core::Stream& now) const {
  assert(targets.size() == g.size() && (faults.empty() || faults.size() == g.size()));
  if (!ages()) return;
  constexpr std::size_t kGrain = 1 << 14;
  const Life life(*models_, made, now);
  core::parallel_for(g.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    const std::size_t n = end - begin;
    life.go_on(g.subspan(begin, n), targets.subspan(begin, n),
               faults.empty() ? faults : faults.subspan(begin, n), begin);
  });
}

void Cell::round_to_levels(std::span<float> targets) const {
  if (models_->cell_bits > 0) to_levels(targets, models_->g_off(), models_->cell_bits);
}

void Cell::faults(std::span<Fault> faults, const core::Stream& stream, std::uint64_t first) const {
  Life(*models_, stream).faults(faults, first);
}

void Cell::read_noise(std::span<const float> g, std::span<float> sigma) const {
  assert(g.size() == sigma.size());
  if (has_read_noise()) {
    read_noise_sigma(*models_, g, sigma);
  } else {
    std::fill(sigma.begin(), sigma.end(), 0.0f);
  }
}

void Cell::nonlinearity(std::span<const float> g, std::span<float> second, std::span<float> third) const {
  assert(g.size() == second.size() && g.size() == third.size());
  const auto& iv = models_->current_voltage;
  const double g_on = models_->g_on_s, v = models_->read_voltage_v;
  for (std::size_t i = 0; i < g.size(); ++i) {
    const double siemens = g[i] * g_on;
    if (iv.proportional) {
      second[i] = static_cast<float>(iv.quadratic(siemens) * g[i] * v);
      third[i] = static_cast<float>(iv.cubic(siemens) * g[i] * v * v);
    } else if (siemens < 1e-9) {  // below one nanosiemens the fit in log10(G) means nothing
      second[i] = third[i] = 0;
    } else {
      const double decades = std::log10(siemens);
      second[i] = static_cast<float>(iv.quadratic(decades) * v / g_on);
      third[i] = static_cast<float>(iv.cubic(decades) * v * v / g_on);
    }
  }
}

bool Cell::compensates_drift() const { return models_->drift && models_->retention.global_compensation; }

double Cell::drift_compensation(std::span<const float> targets, std::span<const float> programmed) const {
  assert(targets.size() == programmed.size());
  if (!compensates_drift()) return 1;
  double before = 0, now = 0;
  for (const float g : targets) before += g;
  for (const float g : programmed) now += g;
  return now > 0 ? before / now : 1;
}

}  // namespace mho::device
