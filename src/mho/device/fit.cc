#include "mho/device/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "mho/core/error.h"
#include "mho/device/minimize.h"

namespace mho::device {
namespace {

struct Motion {
  double step = 0;   ///< signed mean step
  double slope = 0;  ///< its derivative by w
};

/// One direction of a model in w. `up` is +1 or -1: a step model is the same in v = up·w but for its sign.
struct Direction {
  UpdateKind kind;
  double size = 0, gamma = 0, a = 0;

  Motion at(double w, double up) const {
    const double v = up * w;
    double y = 1, dy = 0;
    switch (kind) {
      case UpdateKind::soft_bounds:
        y = 1 - v;
        dy = -1;
        break;
      case UpdateKind::linear:
        y = 1 - gamma * v;
        dy = -gamma;
        break;
      case UpdateKind::exponential: {
        const double e = a * std::exp(gamma * v);
        y = std::max(0.0, 1 - e);
        dy = y > 0 ? -gamma * e : 0;
        break;
      }
      case UpdateKind::power: {
        const double room = std::max((1 - v) / 2, 1e-6);
        y = std::pow(room, gamma);
        dy = -0.5 * gamma * y / room;
        break;
      }
      default:
        break;
    }
    return {up * size * y, size * dy};
  }
};

/// The parameters of both directions as the minimizer sees them: sizes and noises as logarithms.
struct Parameters {
  Direction up, down;
  double c2c = 0, read = 0;
};

std::size_t shapes_of(UpdateKind kind) {
  if (kind == UpdateKind::exponential) return 2;
  return kind == UpdateKind::linear || kind == UpdateKind::power ? 1 : 0;
}

Parameters unpacked(UpdateKind kind, const std::vector<double>& x) {
  Parameters p{{kind, std::exp(x[0])}, {kind, std::exp(x[1])}, std::exp(x[2]), std::exp(x[3])};
  const std::size_t shapes = shapes_of(kind);
  if (shapes >= 1) {
    p.up.gamma = x[4];
    p.down.gamma = x[5];
  }
  if (shapes == 2) {
    // step = c·(1 + slope·(e^(gamma·v) - 1)/gamma) = s·(1 - A·e^(gamma·v)): c, slope and gamma are what data
    // pin down; s and A run away together where the curve is nearly straight.
    const auto bend = [](Direction& d, double slope) {
      if (std::fabs(d.gamma) < 1e-3) d.gamma = d.gamma < 0 ? -1e-3 : 1e-3;
      const double rho = slope / d.gamma;
      d.size *= 1 - rho;
      d.a = -rho / (1 - rho);
    };
    bend(p.up, x[6]);
    bend(p.down, x[7]);
  }
  return p;
}

using Ramps = std::vector<std::vector<double>>;  // in w

/// Minus the log-likelihood of ramps: prediction errors of the extended Kalman filter.
double surprise(const Ramps& ramps, const Direction& direction, double up, double c2c, double read) {
  const double r = read * read;
  double sum = 0, product = 1;
  for (const auto& ramp : ramps) {
    double x = ramp[0], variance = r;
    for (std::size_t k = 1; k < ramp.size(); ++k) {
      const Motion m = direction.at(x, up);
      const double predicted = x + m.step;
      const double stretch = 1 + m.slope;
      const double process = c2c * m.step;
      const double before = stretch * stretch * variance + process * process;
      const double spread = before + r;
      const double error = ramp[k] - predicted;
      sum += 0.5 * error * error / spread;
      product *= 2 * std::numbers::pi * spread;
      if (product < 1e-200 || product > 1e200) {
        sum += 0.5 * std::log(product);
        product = 1;
      }
      const double gain = before / spread;
      x = predicted + gain * error;
      variance = (1 - gain) * before;
    }
  }
  return sum + 0.5 * std::log(product);
}

Ramps in_w(const PulseTrains& trains, double low, double high) {
  Ramps out = trains.ramps;
  for (auto& ramp : out) {
    for (double& v : ramp) v = 2 * (v - low) / (high - low) - 1;
  }
  return out;
}

/// Median over the ramps that last that long, pulse by pulse.
std::vector<double> medians(const Ramps& ramps) {
  std::vector<double> out;
  for (std::size_t k = 0;; ++k) {
    std::vector<double> here;
    for (const auto& ramp : ramps) {
      if (k < ramp.size()) here.push_back(ramp[k]);
    }
    if (2 * here.size() < ramps.size() || here.empty()) return out;  // most of the ramps have ended
    std::nth_element(here.begin(), here.begin() + static_cast<std::ptrdiff_t>(here.size() / 2), here.end());
    out.push_back(here[here.size() / 2]);
  }
}

/// Mean size of a step: the slope of the median ramp.
double mean_size(const Ramps& ramps) {
  const auto m = medians(ramps);
  return std::max(1e-6, std::fabs(m.back() - m.front()) / static_cast<double>(m.size() - 1));
}

/// Read noise from second differences, in which a smooth ramp is gone: their variance is 6 r².
double rough_read_noise(const Ramps& ramps) {
  double sum = 0, n = 0;
  for (const auto& ramp : ramps) {
    for (std::size_t k = 2; k < ramp.size(); ++k) {
      sum += std::pow(ramp[k] - 2 * ramp[k - 1] + ramp[k - 2], 2);
      ++n;
    }
  }
  return std::max(1e-6, std::sqrt(sum / std::max(1.0, n) / 6));
}

StepParameters step_parameters(const Parameters& p) {
  StepParameters s;
  s.step = std::max(p.up.size, p.down.size);
  s.up_down = p.up.size >= p.down.size ? 1 - p.down.size / p.up.size : p.up.size / p.down.size - 1;
  s.step_c2c = p.c2c;
  s.gamma_up = p.up.gamma;
  s.gamma_down = p.down.gamma;
  s.a_up = p.up.a;
  s.a_down = p.down.a;
  s.a = p.up.kind == UpdateKind::exponential ? 1 : 0;
  s.write_noise = p.read / s.step;
  return s;
}

std::vector<Estimate> estimates_of(const Parameters& p, const std::vector<double>& x,
                                   const std::vector<double>& errors) {
  constexpr double k95 = 1.959964;
  std::vector<Estimate> out;
  const auto add = [&](const char* name, std::size_t i, bool logarithmic) {
    const double low = x[i] - k95 * errors[i], high = x[i] + k95 * errors[i];
    if (logarithmic && errors[i] > 5) {  // the data don't bound it from below
      out.push_back({name, std::exp(x[i]), 0, std::numeric_limits<double>::infinity()});
    } else if (logarithmic) {
      out.push_back({name, std::exp(x[i]), std::exp(low), std::exp(high)});
    } else {
      out.push_back({name, x[i], low, high});
    }
  };
  add("step_up", 0, true);
  add("step_down", 1, true);
  add("step_c2c", 2, true);
  add("read_noise", 3, true);
  if (shapes_of(p.up.kind) >= 1) {
    add("gamma_up", 4, false);
    add("gamma_down", 5, false);
  }
  if (shapes_of(p.up.kind) == 2) {
    add("slope_up", 6, false);
    add("slope_down", 7, false);
  }
  return out;
}

double trajectory_error(const Direction& direction, double up, const std::vector<double>& median) {
  double w = median[0], sum = 0;
  for (const double measured : median) {
    sum += (w - measured) * (w - measured);
    w += direction.at(w, up).step;
  }
  return sum;
}

FittedModel fit_model(UpdateKind kind, const Ramps& set, const Ramps& reset,
                      const std::vector<double>* linear) {
  const auto cost = [&](const std::vector<double>& x) {
    const Parameters p = unpacked(kind, x);
    // A negative size is no step that the model knows; noise beyond any reason ends in overflow.
    if (p.up.size <= 0 || p.down.size <= 0 || x[2] > 10 || x[3] > 10)
      return std::numeric_limits<double>::infinity();
    return surprise(set, p.up, 1, p.c2c, p.read) + surprise(reset, p.down, -1, p.c2c, p.read);
  };
  std::vector<double> start{std::log(mean_size(set)), std::log(mean_size(reset)), std::log(0.5),
                            std::log(rough_read_noise(set))};
  if (kind == UpdateKind::linear) start.insert(start.end(), {0.5, 0.5});
  if (kind == UpdateKind::power) {
    for (int k = 0; k < 2; ++k) start[k] += std::log(2.0);
    start.insert(start.end(), {1, 1});
  }
  if (kind == UpdateKind::exponential && linear) {
    start = *linear;
    for (const double slope : {(*linear)[4], (*linear)[5]}) start.push_back(-slope);
    for (std::size_t k = 4; k < 6; ++k)
      start[k] = start[k] > 0 ? -1 : 1.5 * std::fabs(start[k]) + 0.5;  // rho < 1
  }
  const auto x = minimum(cost, start);
  const Parameters p = unpacked(kind, x);
  FittedModel model;
  model.kind = kind;
  model.log_likelihood = -cost(x);
  model.aic = 2 * static_cast<double>(x.size()) - 2 * model.log_likelihood;
  model.estimates = estimates_of(p, x, standard_errors(cost, x));
  model.step = step_parameters(p);
  const auto up = medians(set), down = medians(reset);
  model.rms_error = 0.5 * std::sqrt((trajectory_error(p.up, 1, up) + trajectory_error(p.down, -1, down)) /
                                    static_cast<double>(up.size() + down.size()));
  return model;
}

void require_direction(const PulseTrains& trains, bool up) {
  double moved = 0;
  for (const auto& ramp : trains.ramps) moved += ramp.back() - ramp.front();
  if (up ? moved > 0 : moved < 0) return;
  throw core::InvalidInput(fmt::format("{}: these ramps go {} on the whole; are SET and RESET exchanged?",
                                       trains.file, up ? "down" : "up"));
}

}  // namespace

double FittedModel::mean_step(double w, bool up) const {
  const double size = step.step * (up ? 1 + std::min(step.up_down, 0.0) : 1 - std::max(step.up_down, 0.0));
  return Direction{kind, size, up ? step.gamma_up : step.gamma_down, up ? step.a_up : step.a_down}
      .at(w, up ? 1 : -1)
      .step;
}

Fit fit_pulse_trains(const PulseTrains& set, const PulseTrains& reset) {
  require_direction(set, true);
  require_direction(reset, false);
  Fit fit;
  fit.low = std::numeric_limits<double>::infinity();
  fit.high = -fit.low;
  for (const auto* trains : {&set, &reset}) {
    for (const auto& ramp : trains->ramps) {
      const auto [low, high] = std::minmax_element(ramp.begin(), ramp.end());
      fit.low = std::min(fit.low, *low);
      fit.high = std::max(fit.high, *high);
    }
  }
  fit.table = tabulate(set, reset, fit.low, fit.high);
  const Ramps up = in_w(set, fit.low, fit.high), down = in_w(reset, fit.low, fit.high);
  std::vector<double> linear;
  for (const auto kind :
       {UpdateKind::constant, UpdateKind::linear, UpdateKind::power, UpdateKind::exponential}) {
    fit.models.push_back(fit_model(kind, up, down, &linear));
    if (kind == UpdateKind::linear) {
      const auto& e = fit.models.back().estimates;
      linear = {std::log(e[0].value), std::log(e[1].value), std::log(e[2].value),
                std::log(e[3].value), e[4].value,           e[5].value};
    }
  }
  std::sort(fit.models.begin(), fit.models.end(), [](const auto& a, const auto& b) { return a.aic < b.aic; });
  return fit;
}

}  // namespace mho::device
