#include "mho/array/wires/wires.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <vector>

#include "mho/array/wires/circuit.h"
#include "mho/core/parallel.h"

namespace mho::array {

Segments segments(const Wires& wires, double g_on_s) {
  return {.row = wires.row_ohm * g_on_s,
          .col = wires.col_ohm * g_on_s,
          .row_terminal = wires.row_terminal_ohm * g_on_s,
          .col_terminal = wires.col_terminal_ohm * g_on_s};
}

void Accuracy::add(const Accuracy& other) {
  residual = std::max(residual, other.residual);
  solutions += other.solutions;
  iterations += other.iterations;
}

struct Circuit::Prepared {
  LinearCircuit circuit;
  Prepared(std::span<const core::MatrixView<const double>> planes, const Segments& segments)
      : circuit(planes, segments) {}
};

namespace {

template <typename... Views>
std::array<core::MatrixView<const double>, sizeof...(Views)> checked(Views... views) {
  const std::array<core::MatrixView<const double>, sizeof...(Views)> planes{views...};
  check_conductances(planes);
  return planes;
}

/// solution(k, accuracy) for k in [0, n): over all threads where there are enough, else each with all
/// threads.
template <typename SolveOne>
Accuracy for_each_vector(std::size_t n, const SolveOne& solution) {
  Accuracy total;
  std::mutex mutex;
  const auto part = [&](std::size_t begin, std::size_t end) {
    Accuracy mine;
    for (std::size_t k = begin; k < end; ++k) mine.add(solution(k));
    const std::lock_guard lock(mutex);
    total.add(mine);
  };
  if (n < static_cast<std::size_t>(core::thread_count())) {
    part(0, n);
  } else {
    core::parallel_for(n, 1, part);
  }
  return total;
}

/// Minus lines are driven at the opposite voltage.
struct RowDrive {
  std::vector<double> minus;
  Drive drive;
  RowDrive(std::span<const double> v, std::size_t planes) {
    drive.rows[0] = v;
    if (planes == 2) {
      minus.assign(v.begin(), v.end());
      for (auto& x : minus) x = -x;
      drive.rows[1] = minus;
    }
  }
};

/// What flows into the row drivers when the columns' ends are driven at v; of pairs, plus less minus.
Accuracy read_rows(const LinearCircuit& circuit, std::span<const double> v, std::span<double> currents) {
  std::vector<double> minus(circuit.planes() == 2 ? circuit.rows() : 0);
  Drive drive;
  drive.cols = v;
  Reading reading;
  reading.rows = {currents, minus};
  const Accuracy accuracy = circuit.solve(drive, reading);
  for (std::size_t i = 0; i < circuit.rows(); ++i) {
    currents[i] = (minus.empty() ? 0.0 : minus[i]) - currents[i];
  }
  return accuracy;
}

Accuracy read_columns(const LinearCircuit& circuit, std::span<const double> v, std::span<double> currents) {
  const RowDrive rows(v, circuit.planes());
  return circuit.solve(rows.drive, {.cols = currents, .rows = {}, .voltages = {}});
}

}  // namespace

Circuit::Circuit(core::MatrixView<const double> g, const Segments& segments)
    : prepared_(std::make_unique<const Prepared>(checked(g), segments)) {}

Circuit::Circuit(core::MatrixView<const double> g_plus, core::MatrixView<const double> g_minus,
                 const Segments& segments)
    : prepared_(std::make_unique<const Prepared>(checked(g_plus, g_minus), segments)) {}

Circuit::~Circuit() = default;
Circuit::Circuit(Circuit&&) noexcept = default;
Circuit& Circuit::operator=(Circuit&&) noexcept = default;

std::size_t Circuit::rows() const { return prepared_->circuit.rows(); }
std::size_t Circuit::cols() const { return prepared_->circuit.cols(); }

Accuracy Circuit::solve(core::MatrixView<const double> v, core::MatrixView<double> currents) const {
  return for_each_vector(
      v.rows, [&](std::size_t k) { return read_columns(prepared_->circuit, v.row(k), currents.row(k)); });
}

Accuracy Circuit::solve_transposed(core::MatrixView<const double> v,
                                   core::MatrixView<double> currents) const {
  return for_each_vector(
      v.rows, [&](std::size_t k) { return read_rows(prepared_->circuit, v.row(k), currents.row(k)); });
}

Accuracy Circuit::effective(core::MatrixView<double> g_effective) const {
  const LinearCircuit& circuit = prepared_->circuit;
  const auto unit = [](std::size_t n, std::size_t k) {
    std::vector<double> v(n, 0.0);
    v[k] = 1;
    return v;
  };
  if (rows() <= cols()) {
    return for_each_vector(
        rows(), [&](std::size_t i) { return read_columns(circuit, unit(rows(), i), g_effective.row(i)); });
  }
  return for_each_vector(cols(), [&](std::size_t j) {
    std::vector<double> column(rows());
    const Accuracy accuracy = read_rows(circuit, unit(cols(), j), column);
    for (std::size_t i = 0; i < rows(); ++i) g_effective(i, j) = column[i];
    return accuracy;
  });
}

}  // namespace mho::array
