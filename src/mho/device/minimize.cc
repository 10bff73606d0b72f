#include "mho/device/minimize.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace mho::device {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Vertex {
  std::vector<double> x;
  double f;
};

Vertex simplex(const Objective& f, const std::vector<double>& start, double scale) {
  const std::size_t n = start.size();
  std::vector<Vertex> v{{start, f(start)}};
  for (std::size_t i = 0; i < n; ++i) {
    auto x = start;
    x[i] += scale;
    v.push_back({x, f(x)});
  }
  const auto by_value = [](const Vertex& a, const Vertex& b) { return a.f < b.f; };
  for (int iteration = 0; iteration < 4000; ++iteration) {
    std::sort(v.begin(), v.end(), by_value);
    if (v.back().f - v.front().f < 1e-9 * (1 + std::fabs(v.front().f))) break;
    std::vector<double> centre(n, 0);
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t i = 0; i < n; ++i) centre[i] += v[k].x[i] / static_cast<double>(n);
    }
    const auto along = [&](double t) {
      Vertex out{centre, 0};
      for (std::size_t i = 0; i < n; ++i) out.x[i] += t * (v.back().x[i] - centre[i]);
      out.f = f(out.x);
      return out;
    };
    const Vertex reflected = along(-1);
    if (reflected.f < v.front().f) {
      const Vertex expanded = along(-2);
      v.back() = expanded.f < reflected.f ? expanded : reflected;
    } else if (reflected.f < v[n - 1].f) {
      v.back() = reflected;
    } else {
      const Vertex contracted = along(reflected.f < v.back().f ? -0.5 : 0.5);
      if (contracted.f < std::min(reflected.f, v.back().f)) {
        v.back() = contracted;
      } else {
        for (std::size_t k = 1; k <= n; ++k) {
          for (std::size_t i = 0; i < n; ++i) v[k].x[i] = 0.5 * (v[k].x[i] + v[0].x[i]);
          v[k].f = f(v[k].x);
        }
      }
    }
  }
  return *std::min_element(v.begin(), v.end(), by_value);
}

}  // namespace

std::vector<double> minimum(const Objective& f, std::vector<double> start, double scale) {
  // Values that are not numbers count as infinitely bad.
  const Objective safe = [&](const std::vector<double>& x) {
    const double y = f(x);
    return std::isnan(y) ? kInfinity : y;
  };
  Vertex best{std::move(start), kInfinity};
  for (int restart = 0; restart < 6; ++restart) {
    const Vertex found = simplex(safe, best.x, restart % 2 == 0 ? scale : -scale / 3);
    const bool done = best.f - found.f < 1e-6 * (1 + std::fabs(found.f));
    if (found.f < best.f) best = found;
    if (done) break;
  }
  return best.x;
}

std::vector<double> standard_errors(const Objective& f, const std::vector<double>& at) {
  const std::size_t n = at.size();
  constexpr double kStep = 2e-3;
  const double here = f(at);
  const auto moved = [&](std::size_t i, double a, std::size_t j, double b) {
    auto x = at;
    x[i] += a;
    x[j] += b;
    return f(x);
  };
  std::vector<std::vector<double>> h(n, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    h[i][i] = (moved(i, kStep, i, 0) - 2 * here + moved(i, -kStep, i, 0)) / (kStep * kStep);
    for (std::size_t j = 0; j < i; ++j) {
      h[i][j] = h[j][i] = (moved(i, kStep, j, kStep) - moved(i, kStep, j, -kStep) -
                           moved(i, -kStep, j, kStep) + moved(i, -kStep, j, -kStep)) /
                          (4 * kStep * kStep);
    }
  }
  // Parameters without curvature are left out; the rest is inverted by Gauss-Jordan elimination.
  std::vector<double> errors(n, kInfinity);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < n; ++i) {
    if (std::isfinite(h[i][i]) && h[i][i] > 1e-3) kept.push_back(i);
  }
  const std::size_t m = kept.size();
  std::vector<std::vector<double>> a(m, std::vector<double>(2 * m, 0));
  for (std::size_t r = 0; r < m; ++r) {
    for (std::size_t c = 0; c < m; ++c) a[r][c] = h[kept[r]][kept[c]];
    a[r][m + r] = 1;
  }
  for (std::size_t p = 0; p < m; ++p) {
    if (!(a[p][p] > 0)) return errors;  // no minimum after all: nothing is pinned down
    const double pivot = a[p][p];
    for (double& v : a[p]) v /= pivot;
    for (std::size_t r = 0; r < m; ++r) {
      if (r == p) continue;
      const double factor = a[r][p];
      for (std::size_t c = 0; c < 2 * m; ++c) a[r][c] -= factor * a[p][c];
    }
  }
  for (std::size_t r = 0; r < m; ++r) errors[kept[r]] = a[r][m + r] > 0 ? std::sqrt(a[r][m + r]) : kInfinity;
  return errors;
}

}  // namespace mho::device
