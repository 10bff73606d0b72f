#include "mho/device/cell.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "mho/core/parallel.h"
#include "mho/device/cell_models.h"
#include "mho/device/life.h"

namespace mho::device {

double CellModels::total_wait_s() const {
  double sum = 0;
  for (const auto& event : history) sum += event.wait_s;
  return sum;
}

double CellModels::total_dose_krad() const {
  double sum = 0;
  for (const auto& event : history) sum += event.dose_krad;
  return sum;
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
