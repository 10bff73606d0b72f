#include "mho/array/wires/wires_gated.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <vector>

#include "mho/array/wires/circuit.h"
#include "mho/array/wires/circuit_gated.h"
#include "mho/core/error.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

// Shooting is taken where it loses at most this; the reduction loses nothing.
constexpr double shooting_residual = 2e-10;

}  // namespace

GatedColumns::GatedColumns(std::span<const core::MatrixView<const double>> planes, const Segments& segments,
                           Unused unused)
    : sweeps(gated_sweeps(core::current_isa())) {
  check_conductances(planes);
  check_segments(segments);
  const double extra = static_cast<double>(unused.rows);
  view.rows = planes[0].rows;
  view.cols = planes[0].cols;
  strips = (view.cols + sweeps.strip - 1) / sweeps.strip;
  view.planes = planes.size();
  view.supply_first = segments.row + segments.row_terminal;
  view.supply_next = segments.row;
  view.col_last = segments.col + segments.col_terminal;
  view.col_next = segments.col;
  if (unused.at == UnusedRows::output_end) {
    view.col_last += extra * segments.col;
  } else {
    view.supply_first += extra * segments.row;
  }
  for (std::size_t p = 0; p < planes.size(); ++p) {
    g[p].assign(field_size(), 0.0);
    for (std::size_t i = 0; i < view.rows; ++i) {
      for (std::size_t j = 0; j < view.cols; ++j) g[p][at(i, j)] = planes[p](i, j);
    }
    view.g[p] = g[p].data();
  }
}

namespace {

/// Vectors as the loops want them.
struct Pattern {
  std::vector<double> digits;  ///< -1, 0 or 1
  std::vector<OnRow> on;
  double steps_after = 0;

  explicit Pattern(std::span<const double> v) {
    std::size_t before = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
      digits.push_back(v[i] == 0 ? 0 : std::copysign(1.0, v[i]));
      if (v[i] == 0) continue;
      on.push_back({.row = i, .rail = digits.back(), .steps = static_cast<double>(i - before)});
      before = i;
    }
    steps_after = static_cast<double>(v.size() - 1 - before);
  }
};

/// Writes the currents of one strip; returns the residual.
double solve_strip(const GatedColumns& columns, std::size_t strip, const Pattern& x, double* currents,
                   double* scratch) {
  double error = 1;
  if (columns.view.planes == 1) {
    error = columns.sweeps.shoot(columns.view, strip, x.on, x.steps_after, currents);
  }
  if (!(error <= shooting_residual)) {
    error = columns.sweeps.reduce(columns.view, strip, x.digits, {}, currents, {}, scratch);
  }
  if (!(error <= largest_residual)) {
    throw core::SystemFailure(
        fmt::format("a gated {}×{} array with wires was not solved: relative residual {:.2g}",
                    columns.view.rows, columns.view.cols, error));
  }
  return error;
}

}  // namespace

struct GatedArray::Prepared {
  GatedColumns columns;
  Prepared(std::span<const core::MatrixView<const double>> planes, const Segments& segments, Unused unused)
      : columns(planes, segments, unused) {}
};

GatedArray::GatedArray(core::MatrixView<const double> g, const Segments& segments, Unused unused)
    : prepared_(std::make_unique<const Prepared>(std::array{g}, segments, unused)) {}

GatedArray::GatedArray(core::MatrixView<const double> g_plus, core::MatrixView<const double> g_minus,
                       const Segments& segments, Unused unused)
    : prepared_(std::make_unique<const Prepared>(std::array{g_plus, g_minus}, segments, unused)) {}

GatedArray::~GatedArray() = default;
GatedArray::GatedArray(GatedArray&&) noexcept = default;
GatedArray& GatedArray::operator=(GatedArray&&) noexcept = default;

std::size_t GatedArray::rows() const { return prepared_->columns.view.rows; }
std::size_t GatedArray::cols() const { return prepared_->columns.view.cols; }

Accuracy GatedArray::solve(core::MatrixView<const double> digits, core::MatrixView<double> currents) const {
  const GatedColumns& columns = prepared_->columns;
  Accuracy total;
  std::mutex mutex;
  core::parallel_for(digits.rows, 1, [&](std::size_t begin, std::size_t end) {
    std::vector<Pattern> patterns;
    for (std::size_t k = begin; k < end; ++k) patterns.emplace_back(digits.row(k));
    core::AlignedVector<double> scratch(reduce_scratch(columns.view));
    core::AlignedVector<double> out(columns.strips * columns.sweeps.strip);
    Accuracy mine{.residual = 0, .solutions = end - begin, .iterations = 0};
    for (std::size_t strip = 0; strip < columns.strips; ++strip) {  // a strip stays in cache
      const std::size_t first = strip * columns.sweeps.strip;
      const std::size_t last = std::min(first + columns.sweeps.strip, columns.view.cols);
      for (std::size_t k = begin; k < end; ++k) {
        const double residual = solve_strip(columns, strip, patterns[k - begin], out.data(), scratch.data());
        mine.residual = std::max(mine.residual, residual);
        std::copy(out.begin() + first, out.begin() + last, currents.row(k).begin() + first);
      }
    }
    const std::lock_guard lock(mutex);
    total.add(mine);
  });
  return total;
}

}  // namespace mho::array
