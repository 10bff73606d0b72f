#include "mho/array/mapping/programmed_matrix.h"

#include <cassert>

namespace mho::array {

std::shared_ptr<const ProgrammedMatrix> in_slices(
    std::span<const std::shared_ptr<const ProgrammedMatrix>> slices, const std::vector<double>& factors) {
  assert(!slices.empty() && slices.size() == factors.size());
  const ProgrammedMatrix& first = *slices.front();
  auto all = std::make_shared<ProgrammedMatrix>();
  static_cast<MappedMatrix&>(*all) = first;
  all->first_slice = 0;
  all->slices_there = slices.size();
  all->code.slices = static_cast<int>(slices.size());
  all->code.slice_scale.clear();
  all->code.sum_scale = 0;
  for (std::size_t k = 0; k < slices.size(); ++k) {
    const double same_range = slices[k]->code.weight_max / first.code.weight_max;
    all->code.slice_scale.push_back(factors[k] * same_range * slices[k]->code.slice_scale.front());
    all->code.sum_scale += factors[k] * same_range * slices[k]->code.sum_scale;
  }
  for (std::size_t b = 0; b < first.blocks.size(); ++b) {
    for (std::size_t k = 0; k < slices.size(); ++k) {
      all->blocks.push_back(slices[k]->blocks[b]);
      all->blocks.back().slice = static_cast<int>(k);
    }
  }
  return all;
}

}  // namespace mho::array
