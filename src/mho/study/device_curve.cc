#include "mho/study/device_curve.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

namespace mho::study {

nlohmann::json device_curve(const device::Cell& cell, std::size_t targets, std::size_t draws) {
  std::vector<double> g, std, shift, noise;
  std::vector<float> cells(draws);
  for (std::size_t i = 0; i < targets; ++i) {
    const double target = cell.g_off() + (1 - cell.g_off()) * static_cast<double>(i) / double(targets - 1);
    cells.assign(draws, static_cast<float>(target));
    cell.program(cells, {.seed = 1, .purpose = "device-curve"}, i * draws);
    double mean = 0, squares = 0;
    for (const float c : cells) mean += c / double(draws);
    for (const float c : cells) squares += (c - mean) * (c - mean);
    g.push_back(target);
    std.push_back(std::sqrt(squares / double(draws - 1)));
    shift.push_back(mean - target);
    const auto at = static_cast<float>(target);
    float sigma = 0;
    cell.read_noise({&at, 1}, {&sigma, 1});
    noise.push_back(sigma);
  }
  nlohmann::json out{{"card", cell.name()}, {"g_on_s", cell.g_on_s()}, {"g", g},
                     {"std", std},          {"shift", shift},          {"read_noise", noise}};
  out["on_off_ratio"] = std::isfinite(cell.on_off_ratio()) ? nlohmann::json(cell.on_off_ratio()) : "inf";
  return out;
}

}  // namespace mho::study
