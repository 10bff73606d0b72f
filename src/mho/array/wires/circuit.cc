#include "mho/array/wires/circuit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "mho/core/error.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

// Below this number of nodes one solution stays on one thread: a sweep takes less than waking others may.
constexpr std::size_t nodes_worth_threads = 1'000'000;
// What the iteration aims at: below largest_residual, and lower still where the wires are so bad that the
// currents that leave are a small part of those that the cells exchange.
constexpr double easy_aim = 1e-10;
constexpr double hard_aim = 1e-13;
constexpr double hard_stiffness = 100;
// Single precision can reduce a residual by about this much in one go.
constexpr double quick_reduction = 3e-6;
// Above this condition number single precision makes no headway.
constexpr double quick_stiffness = 3e4;

std::size_t round_up(std::size_t n, std::size_t step) { return (n + step - 1) / step * step; }

/// An odd number of cache lines, so that the rows of a column strip lie in different cache sets.
template <typename T>
std::size_t field_stride(std::size_t cols, std::size_t lanes) {
  constexpr std::size_t line = 64 / sizeof(T);
  return (round_up(round_up(cols, lanes), line) / line | 1) * line;
}

}  // namespace

void check_conductances(std::span<const core::MatrixView<const double>> planes) {
  for (const auto& g : planes) {
    if (g.rows == 0 || g.cols == 0) throw core::InvalidInput("an array with wires needs at least one cell");
    if (g.rows != planes[0].rows || g.cols != planes[0].cols) {
      throw core::InvalidInput(fmt::format("both cells of a pair need arrays of one size: {}×{} and {}×{}",
                                           planes[0].rows, planes[0].cols, g.rows, g.cols));
    }
    for (std::size_t i = 0; i < g.rows; ++i) {
      for (std::size_t j = 0; j < g.cols; ++j) {
        if (!std::isfinite(g(i, j))) {
          throw core::InvalidInput(
              fmt::format("conductance of row {}, column {} is {}: wires need finite values", i, j, g(i, j)));
        }
      }
    }
  }
}

void check_segments(const Segments& s) {
  for (const double r : {s.row, s.col, s.row_terminal, s.col_terminal}) {
    if (!(r >= 0) || !std::isfinite(r)) {
      throw core::InvalidInput(fmt::format("a wire's resistance is {}: it must be finite and at least 0", r));
    }
  }
}

template <typename T>
OwnLadders<T>::OwnLadders(std::span<const core::MatrixView<const double>> planes, const Segments& segments,
                          const Sweeps<T>& sweeps) {
  view.rows = planes[0].rows;
  view.cols = planes[0].cols;
  view.stride = field_stride<T>(view.cols, sweeps.lanes);
  view.planes = planes.size();
  view.row_first = static_cast<T>(segments.row + segments.row_terminal);
  view.row_next = static_cast<T>(segments.row);
  view.col_last = static_cast<T>(segments.col + segments.col_terminal);
  view.col_next = static_cast<T>(segments.col);
  band_rows = sweeps.lanes;
  bands = round_up(view.rows, sweeps.lanes) / sweeps.lanes;
  strips = round_up(view.cols, sweeps.strip) / sweeps.strip;

  core::AlignedVector<T> sum(field_size());
  core::AlignedVector<T> field(field_size());
  const std::size_t banded = bands * band_rows * round_up(view.cols, sweeps.lanes);
  for (std::size_t plane = 0; plane < planes.size(); ++plane) {
    row_g[plane].resize(banded);
    row_d[plane].resize(banded);
    view.row_g[plane] = row_g[plane].data();
    view.row_d[plane] = row_d[plane].data();
    core::parallel_for(bands, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin * band_rows; i < std::min(end * band_rows, view.rows); ++i) {
        for (std::size_t j = 0; j < view.cols; ++j) {
          field[i * view.stride + j] = static_cast<T>(planes[plane](i, j));
          sum[i * view.stride + j] += field[i * view.stride + j];
        }
      }
      for (std::size_t band = begin; band < end; ++band) {
        sweeps.prepare_rows(view, band, field.data(), row_g[plane].data(), row_d[plane].data());
      }
    });
  }
  col_d.resize(field_size());
  view.col_d = col_d.data();
  core::parallel_for(strips, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t s = begin; s < end; ++s) sweeps.prepare_columns(view, s, sum.data(), col_d.data());
  });
}

template struct OwnLadders<float>;
template struct OwnLadders<double>;

namespace {

/// Threads that a loop of one solution uses.
int workers(bool threads) { return threads ? core::thread_count() : 1; }

/// Calls body(k, worker) for k in [0, n), worker < workers(threads).
template <typename Body>
void loop(std::size_t n, bool threads, const Body& body) {
  if (workers(threads) > 1) {
    core::parallel_for(n, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t k = begin; k < end; ++k) body(k, static_cast<std::size_t>(core::thread_index()));
    });
  } else {
    for (std::size_t k = 0; k < n; ++k) body(k, std::size_t{0});
  }
}

/// Memory of the conjugate gradient iteration.
template <typename T>
struct Iteration {
  core::AlignedVector<T> z, p, r, s, q, y;
  core::AlignedVector<T> bands;  ///< scratch of one thread each
  std::vector<T> dot;
  std::vector<Sums<T>> sums;

  void reserve(const OwnLadders<T>& a, std::size_t scratch) {
    for (auto* field : {&z, &p, &r, &s, &q, &y}) field->resize(a.field_size());
    bands.resize(scratch);
    dot.resize(a.bands);
    sums.resize(a.strips);
  }
  CgFields<T> fields() { return {z.data(), p.data(), r.data(), s.data(), q.data(), y.data()}; }
};

template <typename T>
std::size_t scratch_size(const OwnLadders<T>& a) {
  return ((a.view.planes + 1) * a.view.stride + 2 * a.band_rows) * a.band_rows;
}

/// y from the residual x.r, until the residual is `reduction` of what it was or `limit` iterations are done.
/// Where each column is one node only its sum of r has a meaning, which r·z measures.
template <typename T>
std::size_t conjugate_gradients(const OwnLadders<T>& a, const Sweeps<T>& sweeps, Iteration<T>& x,
                                double reduction, std::size_t limit, bool merged, bool threads) {
  const CgFields<T> fields = x.fields();
  const std::size_t scratch = scratch_size(a);
  T alpha = 0;
  T beta = 0;
  double rz = 0;
  double goal = 0;
  for (std::size_t it = 0;; ++it) {
    loop(a.strips, threads, [&](std::size_t k, std::size_t) {
      x.sums[k] = sweeps.cg_columns(a.view, k, fields, alpha, it == 0);
    });
    double rz_now = 0;
    double rr = 0;
    for (const auto& s : x.sums) {
      rz_now += static_cast<double>(s.first);
      rr += static_cast<double>(s.second);
    }
    const double measure = merged ? rz_now : rr;
    if (it == 0) goal = measure * reduction * reduction;
    if (!(rz_now > 0)) {  // what is left does not move the columns
      for (std::size_t k = 0; k < x.y.size(); ++k) x.y[k] += x.r[k];
      return it;
    }
    if (measure <= goal || it == limit) return it;
    beta = it == 0 ? T(0) : static_cast<T>(rz_now / rz);
    rz = rz_now;
    loop(a.bands, threads, [&](std::size_t k, std::size_t worker) {
      x.dot[k] = sweeps.cg_rows(a.view, k, fields, beta, it == 0, x.bands.data() + worker * scratch);
    });
    double pq = 0;
    for (const T d : x.dot) pq += static_cast<double>(d);
    if (!(pq > 0)) return it;  // the end of what this precision can do; the caller measures what is left
    alpha = static_cast<T>(rz / pq);
  }
}

}  // namespace

struct LinearCircuit::Scratch {
  Iteration<float> quick;
  Iteration<double> exact;
  core::AlignedVector<double> y, w, f, cell_sums, bands, row_drive[2], col_drive, row_read[2], col_read,
      source[2], across[2];
};

LinearCircuit::LinearCircuit(std::span<const core::MatrixView<const double>> planes, const Segments& segments)
    : rows_(planes[0].rows),
      cols_(planes[0].cols),
      planes_(planes.size()),
      merged_columns_(segments.col == 0),
      stiffness_(0),
      exact_sweeps_(sweeps<double>(core::current_isa())),
      quick_sweeps_(sweeps<float>(core::current_isa())),
      exact_(planes, segments, exact_sweeps_),
      quick_(planes, segments, quick_sweeps_) {
  check_segments(segments);
  double sum = 0;
  for (const auto& g : planes) {
    for (std::size_t i = 0; i < g.rows; ++i) {
      for (const double x : g.row(i)) sum += x;
    }
  }
  const double n = static_cast<double>(rows_);
  const double m = static_cast<double>(cols_);
  stiffness_ =
      sum / (n * m) *
      (m * (m * segments.row + segments.row_terminal) + n * (n * segments.col + segments.col_terminal));
}

LinearCircuit::~LinearCircuit() = default;

std::unique_ptr<LinearCircuit::Scratch> LinearCircuit::borrow() const {
  const std::lock_guard lock(mutex_);
  if (spare_.empty()) return std::make_unique<Scratch>();
  auto scratch = std::move(spare_.back());
  spare_.pop_back();
  return scratch;
}

void LinearCircuit::give_back(std::unique_ptr<Scratch> scratch) const {
  const std::lock_guard lock(mutex_);
  spare_.push_back(std::move(scratch));
}

/// One solution on its way.
struct LinearCircuit::Solution {
  const LinearCircuit& circuit;
  Scratch& at;
  const bool threads;
  RowEvaluation<double> rows{};
  const double* terminals = nullptr;
  double scale = 0;  ///< norm of the cells' currents

  Solution(const LinearCircuit& c, Scratch& scratch, const Drive& drive, const Reading& reading)
      : circuit(c), at(scratch), threads(c.rows_ * c.cols_ * 2 >= nodes_worth_threads) {
    const auto& a = c.exact_;
    const std::size_t row_size = a.bands * a.band_rows;
    const std::size_t col_size = a.view.stride;
    for (auto* field : {&at.y, &at.w, &at.f}) field->resize(a.field_size());
    at.cell_sums.resize(a.bands);
    at.bands.resize(scratch_size(a) * workers(threads));
    at.col_read.resize(col_size);
    for (std::size_t p = 0; p < c.planes_; ++p) {
      at.row_drive[p].assign(row_size, 0.0);
      std::copy(drive.rows[p].begin(), drive.rows[p].end(), at.row_drive[p].begin());
      rows.v[p] = at.row_drive[p].data();
      if (!reading.rows[p].empty()) {
        at.row_read[p].resize(row_size);
        rows.driver_current[p] = at.row_read[p].data();
      }
      if (reading.voltages[p].data != nullptr) {
        at.across[p].resize(a.field_size());
        rows.across[p] = at.across[p].data();
      }
      if (drive.sources[p].data != nullptr) {
        at.source[p].resize(a.field_size());
        for (std::size_t i = 0; i < c.rows_; ++i) {
          const auto row = drive.sources[p].row(i);
          std::copy(row.begin(), row.end(), at.source[p].begin() + i * a.view.stride);
        }
        rows.source[p] = at.source[p].data();
      }
    }
    if (!drive.cols.empty()) {
      at.col_drive.assign(col_size, 0.0);
      std::copy(drive.cols.begin(), drive.cols.end(), at.col_drive.begin());
      terminals = at.col_drive.data();
    }
    rows.f = at.f.data();
  }

  void evaluate_rows() {
    const auto& a = circuit.exact_;
    loop(a.bands, threads, [&](std::size_t k, std::size_t worker) {
      at.cell_sums[k] =
          circuit.exact_sweeps_.evaluate_rows(a.view, k, rows, at.bands.data() + worker * scratch_size(a));
    });
    double sum = 0;
    for (const double s : at.cell_sums) sum += s;
    scale = std::sqrt(sum);
  }

  void evaluate_columns() {
    const auto& a = circuit.exact_;
    loop(a.strips, threads, [&](std::size_t k, std::size_t) {
      circuit.exact_sweeps_.evaluate_columns(a.view, k, at.y.data(), terminals, at.w.data(),
                                             at.col_read.data());
    });
    rows.w = at.w.data();
  }

  /// Norm of the residual f - y over the nodes.
  double residual() const {
    const auto& a = circuit.exact_.view;
    double sum = 0;
    if (circuit.merged_columns_) {
      for (std::size_t j = 0; j < a.cols; ++j) {
        double node = 0;
        for (std::size_t i = 0; i < a.rows; ++i) node += at.f[i * a.stride + j] - at.y[i * a.stride + j];
        sum += node * node;
      }
      return std::sqrt(sum);
    }
    for (std::size_t i = 0; i < a.rows; ++i) {
      const double* f = at.f.data() + i * a.stride;
      const double* y = at.y.data() + i * a.stride;
      double row = 0;
#pragma omp simd reduction(+ : row)
      for (std::size_t j = 0; j < a.cols; ++j) row += (f[j] - y[j]) * (f[j] - y[j]);
      sum += row;
    }
    return std::sqrt(sum);
  }

  template <typename T>
  std::size_t correct(const OwnLadders<T>& a, const Sweeps<T>& sweeps, Iteration<T>& x, double norm,
                      double reduction) {
    x.reserve(a, scratch_size(a) * workers(threads));
    const std::size_t stride = circuit.exact_.view.stride;
    const double to_unit = 1 / norm;
    loop(circuit.rows_, threads, [&](std::size_t i, std::size_t) {
      const double* f = at.f.data() + i * stride;
      const double* y = at.y.data() + i * stride;
      T* r = x.r.data() + i * a.view.stride;
      for (std::size_t j = 0; j < circuit.cols_; ++j) r[j] = static_cast<T>((f[j] - y[j]) * to_unit);
    });
    const std::size_t limit = 200 + 20 * (circuit.rows_ + circuit.cols_);
    const std::size_t iterations =
        conjugate_gradients(a, sweeps, x, reduction, limit, circuit.merged_columns_, threads);
    loop(circuit.rows_, threads, [&](std::size_t i, std::size_t) {
      double* y = at.y.data() + i * stride;
      const T* dy = x.y.data() + i * a.view.stride;
      for (std::size_t j = 0; j < circuit.cols_; ++j) y[j] += static_cast<double>(dy[j]) * norm;
    });
    return iterations;
  }
};

Accuracy LinearCircuit::solve(const Drive& drive, const Reading& reading) const {
  auto scratch = borrow();
  Solution s(*this, *scratch, drive, reading);
  Accuracy accuracy{.residual = 0, .solutions = 1, .iterations = 0};

  std::fill(scratch->y.begin(), scratch->y.end(), 0.0);
  if (s.terminals != nullptr) s.evaluate_columns();
  s.evaluate_rows();
  double norm = s.residual();
  double scale = s.scale;
  bool quick = stiffness_ < quick_stiffness;
  const double aim = std::max(hard_aim, easy_aim * std::min(1.0, hard_stiffness / stiffness_));
  if (!std::isfinite(norm))
    throw core::InvalidInput("voltages of an array with wires must be finite numbers");
  for (int cycle = 0; norm > 0; ++cycle) {
    const double wanted = std::min(0.5, aim * scale / norm);
    const double reduction =
        !quick || wanted >= quick_reduction ? wanted : std::max(std::sqrt(wanted), quick_reduction);
    accuracy.iterations += quick ? s.correct(quick_, quick_sweeps_, scratch->quick, norm, reduction)
                                 : s.correct(exact_, exact_sweeps_, scratch->exact, norm, reduction);
    const double before = norm;
    s.evaluate_columns();
    s.evaluate_rows();
    norm = s.residual();
    scale = s.scale;
    accuracy.residual = scale > 0 ? norm / scale : 0;
    const bool good = accuracy.residual <= largest_residual;
    if (accuracy.residual <= 3 * aim || (good && (cycle > 2 || norm > 0.1 * before))) break;
    const bool gained = norm < before * std::max(30 * reduction, 1e-3);
    if (quick && !gained) {
      quick = false;
    } else if (cycle > 20 || !(norm < 0.5 * before)) {
      give_back(std::move(scratch));
      throw core::SystemFailure(
          fmt::format("the circuit of a {}×{} array with wires was not solved: relative residual {:.2g} "
                      "after {} iterations",
                      rows_, cols_, accuracy.residual, accuracy.iterations));
    }
  }
  if (norm == 0 && s.rows.w == nullptr) s.evaluate_columns();

  std::copy_n(scratch->col_read.begin(), reading.cols.size(), reading.cols.begin());
  for (std::size_t p = 0; p < planes_; ++p) {
    std::copy_n(scratch->row_read[p].begin(), reading.rows[p].size(), reading.rows[p].begin());
    if (reading.voltages[p].data != nullptr) {
      for (std::size_t i = 0; i < rows_; ++i) {
        std::copy_n(scratch->across[p].begin() + i * exact_.view.stride, cols_,
                    reading.voltages[p].row(i).begin());
      }
    }
  }
  give_back(std::move(scratch));
  return accuracy;
}

}  // namespace mho::array
