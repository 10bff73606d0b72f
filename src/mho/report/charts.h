#pragma once
// The pictures of a report, each from the rows of results that it compares. Row i has colour i.

#include <optional>
#include <string>
#include <vector>

#include "mho/core/picture/svg.h"
#include "mho/report/result_view.h"

namespace mho::report {

/// Bars of the accuracy of float, digital and every row, and beside them how far each row lies below
/// float, with the 95% confidence interval of the mean and every chip as a faint dot. Nothing where no row
/// has an accuracy.
std::optional<core::Svg> accuracy_chart(const std::vector<ResultRow>& rows);

/// Spread of the programmed conductance over its target, and the shift of its mean where any device has
/// one, in percent of G_on. Rows with the same device and history are drawn once.
std::optional<core::Svg> error_chart(const std::vector<ResultRow>& rows);

/// Signal over error of every layer's output, in the order of the network [dB]. Nothing for more rows than
/// there are colours (8).
std::optional<core::Svg> layer_chart(const std::vector<ResultRow>& rows);

/// Accuracy over the swept number, one line for each combination of the other swept keys, with the 95%
/// confidence interval as a band. Nothing where no key was swept over at least two numbers.
std::optional<core::Svg> sweep_chart(const std::vector<ResultRow>& rows);

}  // namespace mho::report
