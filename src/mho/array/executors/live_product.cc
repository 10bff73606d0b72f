#include "mho/array/executors/live_product.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "mho/array/executors/live_reader.h"
#include "mho/array/reading/workspace.h"

namespace mho::array {
namespace {

struct LiveProductScratch : Scratch {
  std::vector<float> inputs;  ///< levels, or as given where each vector has a full scale of its own
  std::vector<float> gathered;
  LiveScratch reader;
};

/// σ² of every cell.
core::Matrix<float> variance(const CellArray& array) {
  core::Matrix<float> v = array.sigma;
  for (float& x : v.elements) x *= x;
  return v;
}

class LiveProduct final : public Product {
 public:
  LiveProduct(std::shared_ptr<const ProgrammedMatrix> matrix, std::vector<std::int64_t> offsets,
              Direction direction, const Ranges& ranges)
      : matrix_(std::move(matrix)), offsets_(std::move(offsets)), reader_(reader(direction, ranges)) {
    for (std::size_t i = offsets_.size(); i < reader_.reading().inputs; ++i)
      offsets_.push_back(static_cast<std::int64_t>(i));
  }

  void quantize(std::span<const float> inputs, Workspace& workspace) const override {
    auto& s = workspace.as<LiveProductScratch>();
    s.inputs.resize(inputs.size());
    if (reader_.reading().automatic_input) {
      std::copy(inputs.begin(), inputs.end(), s.inputs.begin());
    } else {
      reader_.quantize(inputs, 1, s.inputs);
    }
  }

  void vmm(std::span<const std::int64_t> origins, core::MatrixView<float> y, std::uint64_t first_vector,
           Workspace& workspace, Tally* tally) const override {
    if (!reader_.reading().has_converters) throw std::logic_error("calibrated ADC ranges are missing");
    auto& s = workspace.as<LiveProductScratch>();
    for (std::size_t v = 0; v < origins.size(); ++v) {
      const float full_scale = gather(origins[v], s);
      reader_.answer(s.gathered, full_scale, y.row(v), first_vector + v, s.reader, tally);
    }
    if (tally != nullptr) tally->wires_residual = std::max(tally->wires_residual, matrix_->wires_residual);
  }

  void observe(std::span<const std::int64_t> origins, CurrentObserver& observer,
               Workspace& workspace) const override {
    auto& s = workspace.as<LiveProductScratch>();
    for (std::size_t v = 0; v < origins.size(); ++v) {
      gather(origins[v], s);
      reader_.observe(s.gathered, v, observer, s.reader);
    }
  }

 private:
  /// The levels of the vector at `origin`; returns its full scale.
  float gather(std::int64_t origin, LiveProductScratch& s) const {
    s.gathered.resize(offsets_.size());
    for (std::size_t i = 0; i < offsets_.size(); ++i)
      s.gathered[i] = s.inputs[static_cast<std::size_t>(origin + offsets_[i])];
    if (!reader_.reading().automatic_input) return 1;
    const float full_scale = reader_.full_scale(s.gathered);
    reader_.quantize(s.gathered, full_scale, s.gathered);
    return full_scale;
  }

  LiveReader reader(Direction direction, const Ranges& ranges) {
    LiveCells cells;
    noise_.reserve(2 * matrix_->blocks.size());
    const auto noise = [&](const CellArray& array) {
      if (array.sigma.elements.empty()) return core::MatrixView<const float>();
      return std::as_const(noise_.emplace_back(variance(array))).view();
    };
    for (const Block& block : matrix_->blocks) {
      LiveBlock live{.plus = block.plus.g.view(),
                     .minus = {},
                     .plus_variance = noise(block.plus),
                     .minus_variance = {},
                     .readable = block.plus.g.cols,
                     .compensation = block.compensation};
      if (matrix_->differential()) {
        live.minus = block.minus.g.view();
        live.minus_variance = noise(block.minus);
      }
      cells.blocks.push_back(live);
    }
    return {*matrix_, direction, ranges, std::move(cells)};
  }

  std::shared_ptr<const ProgrammedMatrix> matrix_;
  std::vector<std::int64_t> offsets_;
  std::vector<core::Matrix<float>> noise_;
  LiveReader reader_;
};

}  // namespace

bool is_a_product(const ProgrammedMatrix& matrix) {
  if (has_resistance(matrix.settings.wires)) return false;
  return std::all_of(matrix.blocks.begin(), matrix.blocks.end(), [](const Block& b) {
    return b.plus.second.elements.empty() && b.minus.second.elements.empty();
  });
}

std::unique_ptr<Product> make_live_product(const std::shared_ptr<const ProgrammedMatrix>& matrix,
                                           std::vector<std::int64_t> row_offsets, Direction direction,
                                           const Ranges& ranges) {
  if (!is_a_product(*matrix)) return nullptr;
  return std::make_unique<LiveProduct>(matrix, std::move(row_offsets), direction, ranges);
}

}  // namespace mho::array
