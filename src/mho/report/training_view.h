#pragma once
// Results of trainings as text and pictures: learning curves, where the conductances ended, what the cells
// went through.

#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "mho/core/picture/svg.h"

namespace mho::report {

/// One training (a point of a study): how its accuracy grew, mean and spread over trials.
struct TrainingRow {
  std::string label;  ///< the card and what was swept
  struct Epoch {
    double accuracy = 0, spread = 0, loss = 0, rate = 0;  ///< fractions
    std::size_t trials = 0;
  };
  std::vector<Epoch> epochs;
  double last = 0, last_std = 0, last_half_interval = 0, best = 0;  ///< fractions; NaN where not known
  double aged = std::numeric_limits<double>::quiet_NaN();  ///< after the time and dose that the study says
  std::size_t trials = 0;
  double updates_per_cell = 0, pulses_per_cell = 0, endurance = 0;
  double seconds_per_epoch = 0;
  /// Conductances of the first layer with cells [S].
  double from_s = 0, to_s = 0;
  std::vector<double> counts;
};

/// The rows of a result of task "train"; none for other documents.
std::vector<TrainingRow> training_rows(const nlohmann::ordered_json& document);

/// The table that a training ends with.
std::string training_text(const std::vector<TrainingRow>& rows);
std::string training_table_html(const std::vector<TrainingRow>& rows);

/// Test accuracy over epochs, the spread over trials as a band.
std::optional<core::Svg> learning_chart(const std::vector<TrainingRow>& rows);
/// Histograms of the conductances at the end.
std::optional<core::Svg> conductance_chart(const std::vector<TrainingRow>& rows);

}  // namespace mho::report
