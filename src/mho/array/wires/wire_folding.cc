#include "mho/array/wires/wire_folding.h"

#include <algorithm>
#include <vector>

#include "mho/array/mapping/coding.h"
#include "mho/array/wires/wires.h"
#include "mho/core/parallel.h"

namespace mho::array {
namespace {

core::Matrix<double> conductances(const WeightCode& code, const CellArray& array) {
  core::Matrix<double> g(array.g.rows, array.g.cols);
  std::transform(array.g.elements.begin(), array.g.elements.end(), g.elements.begin(),
                 [&code](float x) { return on_level(code, x); });
  return g;
}

/// Returns the largest residual of the solutions.
double fold(const Circuit& circuit, CellArray& array) {
  core::Matrix<double> effective(array.g.rows, array.g.cols);
  const double residual = circuit.effective(effective.view()).residual;
  std::transform(effective.elements.begin(), effective.elements.end(), array.g.elements.begin(),
                 [](double x) { return static_cast<float>(x); });
  return residual;
}

}  // namespace

bool wires_fold(const ProgrammedMatrix& m) {
  if (!has_resistance(m.settings.wires) || m.settings.wires.gated) return false;
  return std::all_of(m.blocks.begin(), m.blocks.end(), [](const Block& b) {
    return b.plus.sigma.elements.empty() && b.plus.second.elements.empty();
  });
}

std::size_t solutions_to_fold(const ProgrammedMatrix& m) {
  std::size_t most = 0;
  for (const Block& b : m.blocks) most = std::max(most, std::min(b.plus.g.rows, b.plus.g.cols));
  return most;
}

std::shared_ptr<const ProgrammedMatrix> with_wires_folded(const ProgrammedMatrix& m) {
  auto folded = std::make_shared<ProgrammedMatrix>(m);
  const Segments wires = segments(m.settings.wires, m.settings.cell.g_on_s());
  folded->settings.wires = {};
  folded->code.level_steps = 0;
  std::vector<double> residuals(folded->blocks.size(), 0.0);
  const auto fold_block = [&](std::size_t b) {
    Block& block = folded->blocks[b];
    double& worst = residuals[b];
    const core::Matrix<double> plus = conductances(m.code, block.plus);
    const core::Matrix<double> minus = conductances(m.code, block.minus);
    if (m.settings.mapping.interleaved) {
      worst = fold(Circuit(plus.view(), minus.view(), wires), block.plus);
      std::fill(block.minus.g.elements.begin(), block.minus.g.elements.end(), 0.0f);
      return;
    }
    worst = fold(Circuit(plus.view(), wires), block.plus);
    if (m.differential()) worst = std::max(worst, fold(Circuit(minus.view(), wires), block.minus));
  };
  // Few arrays: each solves its lines on all threads. Many: each thread takes arrays.
  if (folded->blocks.size() < 2 * static_cast<std::size_t>(core::thread_count())) {
    for (std::size_t b = 0; b < folded->blocks.size(); ++b) fold_block(b);
  } else {
    core::parallel_for(folded->blocks.size(), 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t b = begin; b < end; ++b) fold_block(b);
    });
  }
  for (const double r : residuals) folded->wires_residual = std::max(folded->wires_residual, r);
  return folded;
}

}  // namespace mho::array
