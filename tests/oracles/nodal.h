#pragma once
// The full nodal matrix of a circuit of resistors, solved by sparse Cholesky factorization: slow, obvious.

#include <Eigen/SparseCholesky>
#include <Eigen/SparseCore>
#include <stdexcept>
#include <vector>

namespace mho::oracle {

/// Resistors, current sources and fixed voltages between numbered nodes. Resistors of zero ohm merge nodes.
class Nodal {
 public:
  int node() {
    parent_.push_back(static_cast<int>(parent_.size()));
    return parent_.back();
  }
  /// A node at a fixed voltage.
  int source(double volts) {
    const int n = node();
    fixed_.push_back({n, volts});
    return n;
  }
  void resistor(int a, int b, double ohm) {
    if (ohm == 0) {
      parent_[root(a)] = root(b);
    } else {
      conductance(a, b, 1 / ohm);
    }
  }
  void conductance(int a, int b, double siemens) { edges_.push_back({a, b, siemens}); }
  /// A cell in series with a voltage source: the current from a to b is g·(v_a + volts - v_b).
  void cell(int a, int b, double siemens, double volts) {
    conductance(a, b, siemens);
    injections_.push_back({a, -siemens * volts});
    injections_.push_back({b, siemens * volts});
  }

  void solve() {
    const int n = static_cast<int>(parent_.size());
    std::vector<int> unknown(n, 0);
    voltage_.assign(n, 0.0);
    for (const auto& [node, volts] : fixed_) {
      unknown[root(node)] = -1;
      voltage_[root(node)] = volts;
    }
    int count = 0;
    for (int k = 0; k < n; ++k) {
      if (root(k) == k && unknown[k] == 0) unknown[k] = ++count;
    }
    std::vector<Eigen::Triplet<double>> entries;
    Eigen::VectorXd rhs = Eigen::VectorXd::Zero(count);
    const auto half = [&](int a, int b, double g) {  // Kirchhoff's law of node a
      if (unknown[a] < 0) return;
      entries.emplace_back(unknown[a] - 1, unknown[a] - 1, g);
      if (unknown[b] < 0) {
        rhs[unknown[a] - 1] += g * voltage_[b];
      } else {
        entries.emplace_back(unknown[a] - 1, unknown[b] - 1, -g);
      }
    };
    for (const auto& [a, b, g] : edges_) {
      if (root(a) == root(b)) continue;
      half(root(a), root(b), g);
      half(root(b), root(a), g);
    }
    for (const auto& [node, amperes] : injections_) {
      if (unknown[root(node)] > 0) rhs[unknown[root(node)] - 1] += amperes;
    }
    if (count > 0) {
      Eigen::SparseMatrix<double> matrix(count, count);
      matrix.setFromTriplets(entries.begin(), entries.end());
      const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> factor(matrix);
      if (factor.info() != Eigen::Success) throw std::runtime_error("the circuit has a floating node");
      Eigen::VectorXd x = factor.solve(rhs);
      x += factor.solve(rhs - matrix * x);  // one step of iterative refinement
      for (int k = 0; k < n; ++k) {
        if (unknown[k] > 0) voltage_[k] = x[unknown[k] - 1];
      }
    }
    for (int k = 0; k < n; ++k) voltage_[k] = voltage_[root(k)];
  }

  double voltage(int node) const { return voltage_[node]; }
  /// Current that the circuit's resistors and cells bring to a node.
  double current_into(int node) const {
    double sum = 0;
    const int here = root(node);
    for (const auto& [a, b, g] : edges_) {
      if (root(a) == root(b)) continue;
      if (root(b) == here) sum += g * (voltage_[a] - voltage_[b]);
      if (root(a) == here) sum += g * (voltage_[b] - voltage_[a]);
    }
    for (const auto& [at, amperes] : injections_) {
      if (root(at) == here) sum += amperes;
    }
    return sum;
  }

 private:
  struct Edge {
    int a, b;
    double g;
  };
  struct Value {
    int node;
    double value;
  };
  int root(int n) const {
    while (parent_[n] != n) n = parent_[n];
    return n;
  }
  std::vector<int> parent_;
  std::vector<Edge> edges_;
  std::vector<Value> fixed_, injections_;
  std::vector<double> voltage_;
};

}  // namespace mho::oracle
