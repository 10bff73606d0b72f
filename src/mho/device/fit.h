#pragma once
// From measured pulse trains to models: a lookup table P(ΔG|G), and step models by maximum likelihood.
//
// A step model says how the state w, in [-1, 1] over the measured range, moves by one pulse: by
// ±step(w)·(1 + c2c·N). What is measured is w plus read noise, new at each read. The likelihood of a ramp is
// that of an extended Kalman filter (prediction errors of the linearized model; Schweppe, IEEE Trans. Inf.
// Theory 11(1), 61 (1965), doi 10.1109/TIT.1965.1053737), so that read noise is not taken for step noise:
// differences of noisy reads would be.

#include <string>
#include <vector>

#include "mho/core/picture/chart.h"
#include "mho/device/pulse_trains.h"
#include "mho/device/update.h"

namespace mho::device {

/// A parameter with its 95% confidence interval (from the curvature of the likelihood).
struct Estimate {
  std::string name;
  double value = 0, low = 0, high = 0;
};

struct FittedModel {
  /// constant, linear (of which soft bounds are a case: gamma = 1/bound), power or exponential
  UpdateKind kind = UpdateKind::constant;
  /// step_up, step_down: at w = 0 (power: at the far end); step_c2c, of one step; read_noise; gamma: as in a
  /// card (linear, power) or the bend (exponential), whose slope is that of step/step(0) at w = 0.
  std::vector<Estimate> estimates;
  double log_likelihood = 0;
  double aic = 0;        ///< Akaike's criterion: 2·parameters - 2·log-likelihood; the least is the best
  StepParameters step;   ///< in units of w, bounds ±1
  double rms_error = 0;  ///< of the mean trajectory against the median of the ramps, over the range

  /// Mean step of one pulse at w, signed.
  double mean_step(double w, bool up) const;
};

struct Fit {
  double low = 0, high = 1;         ///< range of the measured values [S, or the file's unit]
  UpdateTable table;                ///< measured P(ΔG|G), read noise included
  std::vector<FittedModel> models;  ///< best first
};

/// Fits everything to SET and RESET ramps.
Fit fit_pulse_trains(const PulseTrains& set, const PulseTrains& reset);

/// P(ΔG|G) at `conductances` evenly spaced points of [low, high]: quantiles of the steps measured nearby
/// (Gaussian weights; the width grows where there are few).
UpdateTable tabulate(const PulseTrains& set, const PulseTrains& reset, double low, double high,
                     std::size_t conductances = 51);

/// Data with the fits over them: conductance against pulses, and step against conductance, both directions.
std::vector<core::Chart> charts_of(const Fit& fit, const PulseTrains& set, const PulseTrains& reset);

/// A device card of the fit. `model` is "table" or the name of a step model; `unit` tells how the values
/// become siemens (normalized: low is 10 µS and high 100 µS, an assumption that the card states).
std::string card_of(const Fit& fit, const std::string& name, const std::string& model, TrainUnit unit,
                    const std::string& source);

/// "soft-bounds": the word of a card.
std::string word_of(UpdateKind kind);

}  // namespace mho::device
