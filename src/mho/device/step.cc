#include "mho/device/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "mho/core/error.h"

namespace mho::device {
namespace {

/// Where a cell's state is zero-based in siemens, and how many siemens one unit of state is.
struct Scale {
  double siemens_at_lo, siemens_a_unit;
};

Scale scale_of(const UpdateModel& model, const CellPopulation& cells, std::size_t cell) {
  if (!model.tables.empty()) {
    const auto& table = *model.tables[cells.member.empty() ? 0 : cells.member[cell]];
    return {table.g_min(), table.g_max() - table.g_min()};
  }
  return {model.siemens_at_lo, (model.siemens_at_hi - model.siemens_at_lo) / (model.hi - model.lo)};
}

}  // namespace

core::Matrix<double> step(const UpdateModel& model, std::span<const double> state_s,
                          std::span<const double> request_s, std::size_t draws, std::uint64_t seed) {
  const std::size_t n = state_s.size();
  if (request_s.size() != n)
    throw core::InvalidInput(
        fmt::format("{} states but {} requests: one for each is needed", n, request_s.size()));
  const Updater updater(model);
  CellPopulation cells = populate(model, draws * n, {.seed = seed, .purpose = "cells"});
  std::vector<float> before(draws * n), state, request(draws * n);
  for (std::size_t cell = 0; cell < draws * n; ++cell) {
    const Scale scale = scale_of(model, cells, cell);
    const double relative = (state_s[cell % n] - scale.siemens_at_lo) / scale.siemens_a_unit;
    const double room = 1e-6 * (model.hi - model.lo);
    if (!(relative >= -room && relative <= model.hi - model.lo + room)) {
      throw core::InvalidInput(fmt::format(
          "state {} is {:g} S; this device goes from {:g} to {:g} S", cell % n, state_s[cell % n],
          scale.siemens_at_lo, scale.siemens_at_lo + scale.siemens_a_unit * (model.hi - model.lo)));
    }
    before[cell] = static_cast<float>(model.lo + std::clamp(relative, 0.0, model.hi - model.lo));
    request[cell] = static_cast<float>(request_s[cell % n] / scale.siemens_a_unit);
  }
  state = before;
  if (!cells.persistent.empty()) std::copy(before.begin(), before.end(), cells.persistent.begin());
  updater.update(state, cells, 0, 1.0f, request, core::random_key({.seed = seed, .purpose = "update"}), 0);
  core::Matrix<double> out(draws, n);
  for (std::size_t cell = 0; cell < draws * n; ++cell) {
    out.elements[cell] =
        (static_cast<double>(state[cell]) - before[cell]) * scale_of(model, cells, cell).siemens_a_unit;
  }
  return out;
}

}  // namespace mho::device
