#include "mho/array/reading/column_scale.h"

#include <utility>

namespace mho::array {
namespace {

class ColumnsScaled final : public Product {
 public:
  ColumnsScaled(std::unique_ptr<Product> product, std::vector<float> scale)
      : product_(std::move(product)), scale_(std::move(scale)) {}

  void quantize(std::span<const float> inputs, Workspace& workspace) const override {
    product_->quantize(inputs, workspace);
  }

  void vmm(std::span<const std::int64_t> origins, core::MatrixView<float> y, std::uint64_t first_vector,
           Workspace& workspace, Tally* tally) const override {
    product_->vmm(origins, y, first_vector, workspace, tally);
    for (std::size_t v = 0; v < origins.size(); ++v) {
      float* const row = y.data + v * y.stride;
      for (std::size_t j = 0; j < scale_.size(); ++j) row[j] *= scale_[j];
    }
  }

  void observe(std::span<const std::int64_t> origins, CurrentObserver& observer,
               Workspace& workspace) const override {
    product_->observe(origins, observer, workspace);
  }

 private:
  std::unique_ptr<Product> product_;
  std::vector<float> scale_;
};

}  // namespace

std::unique_ptr<Product> with_columns_scaled(std::unique_ptr<Product> product, std::vector<float> scale) {
  return std::make_unique<ColumnsScaled>(std::move(product), std::move(scale));
}

}  // namespace mho::array
