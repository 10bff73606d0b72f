#include "mho/device/sample.h"

#include <fmt/format.h>

#include <algorithm>

#include "mho/core/error.h"

namespace mho::device {

core::Matrix<float> sample(const Cell& cell, std::span<const float> targets, std::size_t draws,
                           std::uint64_t seed, bool read) {
  constexpr double kRounding = 1e-6;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!(targets[i] >= cell.g_off() * (1 - kRounding) && targets[i] <= 1 + kRounding))
      throw core::InvalidInput(
          fmt::format("target {} is {:g} G_on; \"{}\" can be programmed from {:g} (G_off) to 1 (G_on)", i,
                      targets[i], cell.name(), cell.g_off()));
  }
  core::Matrix<float> out(draws, targets.size());
  for (std::size_t d = 0; d < draws; ++d) std::copy(targets.begin(), targets.end(), out.row(d).begin());
  cell.program(out.elements, {.seed = seed, .purpose = "programming"}, 0);
  if (!read || !cell.has_read_noise()) return out;
  std::vector<float> sigma(targets.size()), noise(targets.size());
  const auto key = core::random_key({.seed = seed, .purpose = "read-noise"});
  for (std::size_t d = 0; d < draws; ++d) {
    cell.read_noise(out.row(d), sigma);
    core::fill_normal(key, 0, d * targets.size(), noise);
    for (std::size_t i = 0; i < targets.size(); ++i) out(d, i) += sigma[i] * noise[i];
  }
  return out;
}

}  // namespace mho::device
