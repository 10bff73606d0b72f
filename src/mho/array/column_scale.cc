#include "mho/array/column_scale.h"

#include "mho/array/programmed_matrix.h"

namespace mho::array {
namespace {

class ColumnsScaled final : public Product {
 public:
  ColumnsScaled(std::unique_ptr<Product> product, std::shared_ptr<const ProgrammedMatrix> matrix)
      : product_(std::move(product)), matrix_(std::move(matrix)) {}

  void quantize(std::span<const float> inputs, Workspace& workspace) const override {
    product_->quantize(inputs, workspace);
  }

  void vmm(std::span<const std::int64_t> origins, core::MatrixView<float> y, std::uint64_t first_vector,
           Workspace& workspace, Tally* tally) const override {
    product_->vmm(origins, y, first_vector, workspace, tally);
    const std::vector<float>& scale = matrix_->column_scale;
    for (std::size_t v = 0; v < origins.size(); ++v) {
      float* const row = y.data + v * y.stride;
      for (std::size_t j = 0; j < scale.size(); ++j) row[j] *= scale[j];
    }
  }

  void observe(std::span<const std::int64_t> origins, CurrentObserver& observer,
               Workspace& workspace) const override {
    product_->observe(origins, observer, workspace);
  }

 private:
  std::unique_ptr<Product> product_;
  std::shared_ptr<const ProgrammedMatrix> matrix_;
};

}  // namespace

std::unique_ptr<Product> with_columns_scaled(std::unique_ptr<Product> product,
                                             std::shared_ptr<const ProgrammedMatrix> matrix) {
  return std::make_unique<ColumnsScaled>(std::move(product), std::move(matrix));
}

}  // namespace mho::array
