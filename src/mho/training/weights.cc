#include "mho/training/weights.h"

#include <algorithm>

#include "mho/training/state_bytes.h"

namespace mho::training {
namespace {

class NumericWeights final : public Weights {
 public:
  NumericWeights(std::size_t inputs, std::size_t outputs) : w_(inputs, outputs) {}
  std::size_t inputs() const override { return w_.rows; }
  std::size_t outputs() const override { return w_.cols; }
  void write(core::MatrixView<const float> weights) override {
    for (std::size_t i = 0; i < w_.rows; ++i) {
      for (std::size_t j = 0; j < w_.cols; ++j) w_(i, j) = weights(j, i);
    }
  }
  core::Matrix<float> read() const override {
    core::Matrix<float> out(w_.cols, w_.rows);
    for (std::size_t i = 0; i < w_.rows; ++i) {
      for (std::size_t j = 0; j < w_.cols; ++j) out(j, i) = w_(i, j);
    }
    return out;
  }
  void forward(std::span<const float> x, std::span<float> y, std::uint64_t) const override {
    std::fill_n(y.begin(), w_.cols, 0.0f);
    for (std::size_t i = 0; i < w_.rows; ++i) {
      const auto row = w_.row(i);
      for (std::size_t j = 0; j < w_.cols; ++j) y[j] += x[i] * row[j];
    }
  }
  void backward(std::span<const float> d, std::span<float> e, std::uint64_t) const override {
    for (std::size_t i = 0; i < w_.rows; ++i) {
      const auto row = w_.row(i);
      float sum = 0;
      for (std::size_t j = 0; j < w_.cols; ++j) sum += d[j] * row[j];
      e[i] = sum;
    }
  }
  void update(std::span<const float> x, std::span<const float> d, double rate, std::uint64_t) override {
    for (std::size_t i = 0; i < w_.rows; ++i) {
      const auto row = w_.row(i);
      const auto scale = static_cast<float>(rate * x[i]);
      for (std::size_t j = 0; j < w_.cols; ++j) row[j] += scale * d[j];
    }
  }
  double bytes_per_weight() const override { return sizeof(float); }
  std::vector<std::uint8_t> state() const override {
    StateWriter out;
    out.values(std::span<const float>(w_.elements));
    return out.take();
  }
  void restore(std::span<const std::uint8_t> state) override {
    StateReader(state).values(std::span<float>(w_.elements));
  }

 private:
  core::Matrix<float> w_;  // (inputs, outputs), as an array lies
};

class ArrayWeights final : public Weights {
 public:
  explicit ArrayWeights(array::LearningArray array) : array_(std::move(array)) {}
  std::size_t inputs() const override { return array_.inputs(); }
  std::size_t outputs() const override { return array_.outputs(); }
  void write(core::MatrixView<const float> weights) override { array_.write(weights); }
  core::Matrix<float> read() const override { return array_.weights(); }
  void forward(std::span<const float> x, std::span<float> y, std::uint64_t draw) const override {
    array_.forward(x, y, draw);
  }
  void backward(std::span<const float> d, std::span<float> e, std::uint64_t draw) const override {
    array_.backward(d, e, draw);
  }
  void update(std::span<const float> x, std::span<const float> d, double rate, std::uint64_t draw) override {
    array_.update(x, d, rate, draw);
  }
  void expect_reads(std::size_t reads) const override { array_.expect_reads(reads); }
  void take_over(const array::ProgrammedMatrix& cells) override { array_.take_over(cells); }
  std::shared_ptr<const array::ProgrammedMatrix> programmed() const override { return array_.programmed(); }
  array::LearningCount count() const override { return array_.count(); }
  std::vector<float> conductances_s() const override { return array_.conductances_s(); }
  double bytes_per_weight() const override {
    return static_cast<double>(array_.bytes_per_cell() * array_.cells_per_weight());
  }
  std::vector<std::uint8_t> state() const override { return array_.state(); }
  void restore(std::span<const std::uint8_t> state) override { array_.restore(state); }

 private:
  array::LearningArray array_;
};

class CellsThatLearnNoMore final : public ReadableWeights {
 public:
  CellsThatLearnNoMore(std::shared_ptr<const array::ProgrammedMatrix> cells, std::size_t reads)
      : product_(array::make_product(std::move(cells), {}, array::Direction::forward, {}, reads)) {}
  void forward(std::span<const float> x, std::span<float> y, std::uint64_t draw) const override {
    const std::int64_t origin = 0;
    product_->quantize(x, *workspace_);
    product_->vmm({&origin, 1}, {y.data(), 1, y.size()}, draw, *workspace_);
  }

 private:
  std::unique_ptr<array::Product> product_;
  array::WorkspacePtr workspace_ = array::make_workspace();
};

}  // namespace

std::unique_ptr<ReadableWeights> read_cells(std::shared_ptr<const array::ProgrammedMatrix> cells,
                                            std::size_t reads) {
  return std::make_unique<CellsThatLearnNoMore>(std::move(cells), reads);
}

std::unique_ptr<Weights> numeric_weights(std::size_t inputs, std::size_t outputs) {
  return std::make_unique<NumericWeights>(inputs, outputs);
}

std::unique_ptr<Weights> array_weights(std::size_t inputs, std::size_t outputs, const CellSettings& settings,
                                       std::shared_ptr<const device::Updater> updater, const Place& place) {
  return std::make_unique<ArrayWeights>(
      array::LearningArray(inputs, outputs, settings.reading, settings.learning, std::move(updater),
                           {.seed = place.seed, .trial = place.trial, .name = place.layer}));
}

}  // namespace mho::training
