// One-sided pairs only ever climb: those that are full are reset and rewritten.

#include <algorithm>
#include <cmath>

#include "mho/array/learning/learning_data.h"

namespace mho::array {

/// Pairs whose larger cell is near the top and whose smaller one has climbed are reset and rewritten.
void LearningArray::Data::refresh(std::uint64_t draw) {
  const auto low = static_cast<float>(lo());
  const auto high_mark = static_cast<float>(lo() + 0.75 * 2 * half_range());
  const auto low_mark = static_cast<float>(lo() + 0.25 * 2 * half_range());
  for (std::size_t i = 0; i < inputs; ++i) {
    for (std::size_t j = 0; j < outputs; ++j) {
      const std::size_t at = i * stride + j;
      const float larger = std::max(plus[at], minus[at]), smaller = std::min(plus[at], minus[at]);
      if (larger < high_mark || smaller < low_mark) continue;
      const float difference = plus[at] - minus[at];
      plus[at] = minus[at] = low;
      if (!plus_cells.persistent.empty()) plus_cells.persistent[at] = minus_cells.persistent[at] = low;
      const float request[1] = {std::fabs(difference)};
      auto& cells = difference > 0 ? plus : minus;
      updater->update({cells.data() + at, 1}, difference > 0 ? plus_cells : minus_cells, at, 1.0f, request,
                      pulse_key, (1ull << 62) + draw);
      ++count.refreshes;
    }
  }
}

}  // namespace mho::array
