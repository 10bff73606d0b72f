// A dense batch through a product, over all threads.

#include <algorithm>
#include <mutex>
#include <vector>

#include "mho/array/reading/product.h"
#include "mho/array/reading/workspace.h"
#include "mho/core/parallel.h"

namespace mho::array {

void WorkspaceDeleter::operator()(Workspace* w) const { delete w; }
WorkspacePtr make_workspace() { return WorkspacePtr(new Workspace); }

Product::Product() : idle_(std::make_unique<IdleWorkspaces>()) {}
Product::~Product() = default;

void vmm(const Product& product, core::MatrixView<const float> x, core::MatrixView<float> y, Tally* tally) {
  // Vectors a call, a multiple of what kernels take at once: inputs and answers stay in cache.
  constexpr std::size_t kFloats = 64 * 1024, kGroup = 48;
  const std::size_t together =
      std::clamp(kFloats / std::max<std::size_t>(x.stride, 1) / kGroup, std::size_t{1}, std::size_t{16}) *
      kGroup;
  std::mutex sum;
  core::parallel_for(x.rows, 1, [&](std::size_t begin, std::size_t end) {
    WorkspacePtr workspace = product.idle_workspaces().take();
    Tally mine;
    std::vector<std::int64_t> origins;
    for (std::size_t first = begin; first < end; first += together) {
      const std::size_t count = std::min(together, end - first);
      origins.clear();
      for (std::size_t v = 0; v < count; ++v) origins.push_back(static_cast<std::int64_t>(v * x.stride));
      product.quantize({x.data + first * x.stride, (count - 1) * x.stride + x.cols}, *workspace);
      product.vmm(origins, y.block(first, 0, count, y.cols), first, *workspace, &mine);
    }
    product.idle_workspaces().put(std::move(workspace));
    if (tally == nullptr) return;
    const std::scoped_lock lock(sum);
    tally->conversions += mine.conversions;
    tally->clipped += mine.clipped;
    tally->wires_residual = std::max(tally->wires_residual, mine.wires_residual);
  });
}

}  // namespace mho::array
