// Transfer learning: a fast array collects gradients, a digital buffer filters them, a slow array holds the
// weights.

#include <algorithm>
#include <cmath>

#include "mho/training/state_bytes.h"
#include "mho/training/weights.h"

namespace mho::training {
namespace {

class TransferredWeights final : public Weights {
 public:
  TransferredWeights(std::size_t inputs, std::size_t outputs, const CellSettings& settings,
                     const std::shared_ptr<const device::Updater>& updater, const Transfer& transfer,
                     const Place& place)
      : transfer_(transfer),
        fast_(inputs, outputs, settings.reading, settings.learning, updater,
              {.seed = place.seed, .trial = place.trial, .name = place.layer + "/fast"}),
        slow_(
            inputs, outputs, settings.reading, settings.learning, updater,
            {.seed = place.seed, .trial = place.trial, .name = place.layer + "/slow", .layer = place.layer}),
        buffer_(outputs, inputs),
        sign_(inputs, 1.0f),
        output_sign_(outputs, 1.0f),
        chopped_(inputs),
        chopped_d_(outputs),
        chop_key_(core::random_key(
            {.seed = place.seed, .trial = place.trial, .purpose = "chopper", .layer = place.layer})) {}

  std::size_t inputs() const override { return slow_.inputs(); }
  std::size_t outputs() const override { return slow_.outputs(); }
  void write(core::MatrixView<const float> weights) override {
    slow_.write(weights);
    const core::Matrix<float> nothing(outputs(), inputs());
    fast_.write(nothing.view());
  }
  core::Matrix<float> read() const override { return slow_.weights(); }
  void forward(std::span<const float> x, std::span<float> y, std::uint64_t draw) const override {
    slow_.forward(x, y, draw);
  }
  void backward(std::span<const float> d, std::span<float> e, std::uint64_t draw) const override {
    slow_.backward(d, e, draw);
  }

  void update(std::span<const float> x, std::span<const float> d, double rate, std::uint64_t draw) override {
    for (std::size_t i = 0; i < chopped_.size(); ++i) chopped_[i] = x[i] * sign_[i];
    for (std::size_t j = 0; j < chopped_d_.size(); ++j) chopped_d_[j] = d[j] * output_sign_[j];
    const bool fast_follows = transfer_.follows == FollowsRate::fast;
    fast_.update(chopped_, chopped_d_, (fast_follows ? rate : 1) * transfer_.fast_rate, draw);
    const auto every = static_cast<std::uint64_t>(transfer_.every);
    if (++updates_ % every == 0) {
      transfer_column((updates_ / every - 1) % inputs(), (fast_follows ? 1 : rate) * transfer_.buffer_rate,
                      draw);
    }
  }
  void expect_reads(std::size_t reads) const override { slow_.expect_reads(reads); }
  void take_over(const array::ProgrammedMatrix& cells) override { slow_.take_over(cells); }
  std::shared_ptr<const array::ProgrammedMatrix> programmed() const override { return slow_.programmed(); }
  array::LearningCount count() const override { return fast_.count(); }
  std::vector<float> conductances_s() const override { return slow_.conductances_s(); }
  double bytes_per_weight() const override {
    return static_cast<double>(2 * fast_.bytes_per_cell() * fast_.cells_per_weight() + sizeof(float));
  }
  std::vector<std::uint8_t> state() const override {
    StateWriter out;
    out.value(updates_);
    out.block(fast_.state());
    out.block(slow_.state());
    out.values(std::span<const float>(buffer_.elements));
    out.values(std::span<const float>(sign_));
    out.values(std::span<const float>(output_sign_));
    return out.take();
  }
  void restore(std::span<const std::uint8_t> state) override {
    StateReader in(state);
    updates_ = in.value<std::uint64_t>();
    fast_.restore(in.block());
    slow_.restore(in.block());
    in.values(std::span<float>(buffer_.elements));
    in.values(std::span<float>(sign_));
    in.values(std::span<float>(output_sign_));
  }

 private:
  /// Reads column i of A, adds it to H, and turns what passed the threshold into pulses on C.
  void transfer_column(std::size_t i, double buffer_rate, std::uint64_t draw) {
    std::vector<float> one_hot(inputs()), column(outputs());
    one_hot[i] = 1;
    fast_.forward(one_hot, column, draw);
    const double pulse = slow_.weight_per_pulse();
    for (std::size_t j = 0; j < outputs(); ++j) {
      float& h = buffer_(j, i);
      h += static_cast<float>(buffer_rate * sign_[i] * output_sign_[j] * column[j] / pulse);
      const double most = transfer_.most_pulses;
      const double pulses = std::clamp(std::trunc(h / transfer_.threshold), -most, most);
      if (pulses != 0) {
        h = static_cast<float>(transfer_.forget
                                   ? h * transfer_.momentum
                                   : h - (1 - transfer_.momentum) * pulses * transfer_.threshold);
      }
      column[j] = static_cast<float>(pulses * pulse);
    }
    slow_.add_input(i, column, draw);
    if (transfer_.chopped) chop(i, draw);
  }

  /// Draws `draw`, 64·i and, of outputs, 64·inputs + j of the stream "chopper".
  void chop(std::size_t i, std::uint64_t draw) {
    float u[1];
    core::fill_uniform(chop_key_, draw, 64 * i, u);
    if (u[0] < transfer_.chop_probability) sign_[i] = -sign_[i];
    if (i + 1 < inputs() || transfer_.chop_outputs == 0) return;
    std::vector<float> of_outputs(outputs());
    core::fill_uniform(chop_key_, draw, 64 * inputs(), of_outputs);
    for (std::size_t j = 0; j < outputs(); ++j) {
      if (of_outputs[j] < transfer_.chop_outputs) output_sign_[j] = -output_sign_[j];
    }
  }

  Transfer transfer_;
  array::LearningArray fast_, slow_;
  core::Matrix<float> buffer_;
  std::vector<float> sign_, output_sign_, chopped_, chopped_d_;
  core::RandomKey chop_key_;
  std::uint64_t updates_ = 0;
};

}  // namespace

std::unique_ptr<Weights> transferred_weights(std::size_t inputs, std::size_t outputs,
                                             const CellSettings& settings,
                                             const std::shared_ptr<const device::Updater>& updater,
                                             const Transfer& transfer, const Place& place) {
  return std::make_unique<TransferredWeights>(inputs, outputs, settings, updater, transfer, place);
}

}  // namespace mho::training
