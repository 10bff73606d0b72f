#pragma once
// Results as text: numbers as people write them, and the table that a run ends with.

#include <string>
#include <string_view>
#include <vector>

#include "mho/report/result_view.h"

namespace mho::report {

std::string percent(double fraction);                            ///< 0.97492 is "97.49"
std::string with_thousands(double number);                       ///< 61622 is "61,622"
std::string quantity_text(double value, std::string_view unit);  ///< 4.2e-12, "J" is "4.20 pJ"
std::string seconds_text(double seconds);                        ///< "0.42 s", "3 min 20 s"
/// A fraction with half its 95% interval, "97.31 ± 0.21"; other metrics with four digits.
std::string metric_text(const std::string& metric, const Metric& value);
std::string metric_text(const std::string& metric, double value);

/// Columns padded to their widest cell: the first left-aligned, the others right-aligned at their "±".
std::string aligned(const std::vector<std::vector<std::string>>& table, std::string_view indent = "  ");

/// The table of a comparison: float, digital, then every row with spread and loss.
std::string comparison_text(const std::vector<ResultRow>& rows);
/// The layers of one row.
std::string layers_text(const ResultRow& row);

}  // namespace mho::report
