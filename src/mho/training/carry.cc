// Periodic carry: digits of a number system on arrays of rising significance.

#include <cmath>
#include <string>

#include "mho/training/state_bytes.h"
#include "mho/training/weights.h"

namespace mho::training {
namespace {

class CarriedWeights final : public Weights {
 public:
  CarriedWeights(std::size_t inputs, std::size_t outputs, const CellSettings& settings,
                 const std::shared_ptr<const device::Updater>& updater, const Carry& carry,
                 const Place& place)
      : carry_(carry), partial_(std::max(inputs, outputs)) {
    for (int k = 0; k < carry.arrays; ++k) {
      const std::string name = place.layer + "/" + std::to_string(k);
      digits_.emplace_back(inputs, outputs, settings.reading, settings.learning, updater,
                           array::LearningPlace{.seed = place.seed,
                                                .trial = place.trial,
                                                .name = name,
                                                .layer = place.layer,
                                                .slice = static_cast<std::size_t>(carry.arrays - 1 - k),
                                                .slices = static_cast<std::size_t>(carry.arrays)});
      scale_.push_back(std::pow(carry.base, -k));
    }
  }
  std::size_t inputs() const override { return digits_.front().inputs(); }
  std::size_t outputs() const override { return digits_.front().outputs(); }
  void write(core::MatrixView<const float> weights) override {
    digits_.front().write(weights);
    const core::Matrix<float> nothing(outputs(), inputs());
    for (std::size_t k = 1; k < digits_.size(); ++k) digits_[k].write(nothing.view());
  }
  core::Matrix<float> read() const override {
    core::Matrix<float> sum(outputs(), inputs());
    for (std::size_t k = 0; k < digits_.size(); ++k) {
      const auto w = digits_[k].weights();
      for (std::size_t n = 0; n < w.elements.size(); ++n)
        sum.elements[n] += static_cast<float>(scale_[k]) * w.elements[n];
    }
    return sum;
  }
  void forward(std::span<const float> x, std::span<float> y, std::uint64_t draw) const override {
    sum(y.first(outputs()),
        [&](const array::LearningArray& digit, std::span<float> out) { digit.forward(x, out, draw); });
  }
  void backward(std::span<const float> d, std::span<float> e, std::uint64_t draw) const override {
    sum(e.first(inputs()),
        [&](const array::LearningArray& digit, std::span<float> out) { digit.backward(d, out, draw); });
  }
  void update(std::span<const float> x, std::span<const float> d, double rate, std::uint64_t draw) override {
    digits_.back().update(x, d, rate / scale_.back(), draw);
    ++updates_;
    std::int64_t period = 1;
    for (std::size_t k = digits_.size() - 1; k > 0; --k) {
      period = carry_.every[digits_.size() - 1 - k];
      if (updates_ % static_cast<std::uint64_t>(period) == 0) carry_out(k, draw);
    }
  }
  void expect_reads(std::size_t reads) const override {
    for (const auto& digit : digits_) digit.expect_reads(reads);
  }
  std::shared_ptr<const array::ProgrammedMatrix> programmed() const override {
    std::vector<std::shared_ptr<const array::ProgrammedMatrix>> slices;
    for (std::size_t k = digits_.size(); k-- > 0;) slices.push_back(digits_[k].programmed());
    return array::in_slices(slices, {scale_.rbegin(), scale_.rend()});
  }
  array::LearningCount count() const override { return digits_.back().count(); }
  std::vector<float> conductances_s() const override { return digits_.back().conductances_s(); }
  double bytes_per_weight() const override {
    return static_cast<double>(digits_.size() * digits_.front().bytes_per_cell()) *
           static_cast<double>(digits_.front().cells_per_weight());
  }
  std::vector<std::uint8_t> state() const override {
    StateWriter out;
    out.value(updates_);
    for (const auto& digit : digits_) out.block(digit.state());
    return out.take();
  }
  void restore(std::span<const std::uint8_t> state) override {
    StateReader in(state);
    updates_ = in.value<std::uint64_t>();
    for (auto& digit : digits_) digit.restore(in.block());
  }

 private:
  template <typename Kernel>
  void sum(std::span<float> out, const Kernel& kernel) const {
    std::fill(out.begin(), out.end(), 0.0f);
    const std::span<float> part = std::span(partial_).first(out.size());
    for (std::size_t k = 0; k < digits_.size(); ++k) {
      kernel(digits_[k], part);
      for (std::size_t n = 0; n < out.size(); ++n) out[n] += static_cast<float>(scale_[k]) * part[n];
    }
  }

  /// Moves what has grown large on digit k to digit k-1, by a serial write there and an exact reset here.
  void carry_out(std::size_t k, std::uint64_t draw) {
    auto w = digits_[k].weights();
    core::Matrix<std::uint8_t> carried(w.rows, w.cols);
    const double limit = carry_.threshold * digits_[k].settings().weight_limit;
    for (std::size_t n = 0; n < w.elements.size(); ++n) {
      carried.elements[n] = std::fabs(w.elements[n]) > limit;
      w.elements[n] = carried.elements[n] ? w.elements[n] / static_cast<float>(carry_.base) : 0;
    }
    digits_[k - 1].add(w.view(), (std::uint64_t{1} << 62) + draw);  // apart from the draws of updates
    digits_[k].zero(carried.view());
  }

  Carry carry_;
  std::vector<array::LearningArray> digits_;  // most significant first
  std::vector<double> scale_;
  std::uint64_t updates_ = 0;
  mutable std::vector<float> partial_;
};

}  // namespace

std::unique_ptr<Weights> carried_weights(std::size_t inputs, std::size_t outputs,
                                         const CellSettings& settings,
                                         const std::shared_ptr<const device::Updater>& updater,
                                         const Carry& carry, const Place& place) {
  return std::make_unique<CarriedWeights>(inputs, outputs, settings, updater, carry, place);
}

}  // namespace mho::training
