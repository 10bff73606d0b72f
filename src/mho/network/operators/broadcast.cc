#include "mho/network/operators/broadcast.h"

#include <fmt/core.h>

#include <algorithm>

namespace mho::network {

Broadcast broadcast(const Binding& b, const std::vector<std::size_t>& which, DataType type) {
  std::size_t rank = 0;
  for (const std::size_t i : which) rank = std::max(rank, b.rank(i));
  Broadcast plan;
  plan.result = {type, Shape(rank, 1)};
  Shape& shape = plan.result.shape;
  std::size_t largest = 0;
  for (const std::size_t i : which) {
    const Shape& s = b.shape(i);
    for (std::size_t d = 0; d < s.size(); ++d) {
      auto& target = shape[rank - s.size() + d];
      b.need(target == s[d] || target == 1 || s[d] == 1,
             fmt::format("shapes {} and {} don't go together", text(b.shape(which[0])), text(s)));
      if (target == 1) target = s[d];
    }
    if (s.size() == rank && b.constant(i) == nullptr && element_count(s) > largest) {
      largest = element_count(s);
      plan.layout = b.layout(i);
    }
  }
  (void)element_count(shape);
  const auto order = memory_order(rank, plan.layout);
  std::vector<Shape> strides;
  for (const std::size_t i : which) {
    const Shape own = strides_of(b.shape(i), b.layout(i));
    Shape all(rank, 0);
    for (std::size_t d = 0; d < own.size(); ++d) {
      if (b.shape(i)[d] != 1) all[rank - own.size() + d] = own[d];
    }
    strides.push_back(std::move(all));
  }
  plan.strides.resize(which.size());
  for (const std::size_t d : order) {
    if (shape[d] == 1) continue;
    bool joins = !plan.dims.empty();
    for (std::size_t o = 0; o < which.size(); ++o) {
      joins = joins && plan.strides[o].back() == strides[o][d] * shape[d];
    }
    if (joins) {
      plan.dims.back() *= shape[d];
    } else {
      plan.dims.push_back(shape[d]);
    }
    for (std::size_t o = 0; o < which.size(); ++o) {
      if (joins)
        plan.strides[o].back() = strides[o][d];
      else
        plan.strides[o].push_back(strides[o][d]);
    }
  }
  if (plan.dims.empty()) {
    plan.dims.push_back(1);
    for (auto& s : plan.strides) s.push_back(0);
  }
  return plan;
}

}  // namespace mho::network
