#include "mho/array/executors/fast_narrow.h"

#include <algorithm>

namespace mho::array {

double plane_weight(const FastPlan& plan, int plane) {
  return plan.digits ? plan.reading.input.slice_weight(plane) : 1;
}

void narrow_vmm(const FastPlan& plan, std::span<const float* const> planes,
                std::span<const std::int64_t> origins, float bias, core::MatrixView<float> y,
                std::uint64_t* clipped) {
  constexpr std::size_t kBlock = 1024;  // answers stay in cache while planes, slices and parts add to them
  for (std::size_t v = 0; v < origins.size(); v += kBlock) {
    bool add = false;
    for (const FastDriven& driven : plan.driven) {
      for (const FastChannel& channel : driven.arrays.front().channels) {
        for (std::size_t k = 0; k < planes.size(); ++k) {
          const CodeScale& scale = channel.scale;
          plan.narrow_product({.inputs = planes[k],
                               .origins = origins.subspan(v, std::min(kBlock, origins.size() - v)),
                               .rows = driven.rows,
                               .columns = channel.lines.front().narrow.data(),
                               .cols = y.cols,
                               .conversion = scale.conversion,
                               .answers = y.data + v * y.stride,
                               .stride = y.stride,
                               .add = add,
                               .weight = static_cast<float>(
                                   channel.weight * plane_weight(plan, static_cast<int>(k)) * scale.step),
                               .bias = bias,
                               .clipped = scale.conversion.rounds ? clipped : nullptr});
          add = true;
        }
      }
    }
  }
}

}  // namespace mho::array
