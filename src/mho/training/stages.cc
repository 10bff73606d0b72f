#include "mho/training/stages.h"

#include <algorithm>
#include <cmath>

namespace mho::training {
namespace {

void activate(Activation activation, std::span<float> v) {
  for (float& x : v) {
    switch (activation) {
      case Activation::linear:
        break;
      case Activation::sigmoid:
        x = 1 / (1 + std::exp(-x));
        break;
      case Activation::relu:
        x = std::max(x, 0.0f);
        break;
      case Activation::tanh:
        x = std::tanh(x);
        break;
    }
  }
}

/// Slope of the activation where its value is f.
float slope(Activation activation, float f) {
  switch (activation) {
    case Activation::linear:
      return 1;
    case Activation::sigmoid:
      return f * (1 - f);
    case Activation::relu:
      return f > 0 ? 1 : 0;
    case Activation::tanh:
      return 1 - f * f;
  }
  return 1;
}

/// Weights with a bias: input vectors in, pre-activations out; keeps deferred outer products.
class BiasedWeights {
 public:
  BiasedWeights(std::size_t inputs, std::size_t outputs, Bias bias, std::unique_ptr<Weights> weights)
      : inputs_(inputs),
        bias_(bias),
        weights_(std::move(weights)),
        read_(weights_.get()),
        row_(weights_->inputs()),
        back_(weights_->inputs()) {
    if (bias == Bias::digital) digital_.assign(outputs, 0);
  }
  std::size_t inputs() const { return inputs_; }
  std::size_t outputs() const { return weights_->outputs(); }
  Weights& weights() { return *weights_; }
  void read_instead(const ReadableWeights* other) { read_ = other != nullptr ? other : weights_.get(); }
  std::span<float> digital() { return digital_; }

  void forward(std::span<const float> x, std::span<float> z, std::uint64_t draw) {
    read_->forward(with_bias(x), z.first(outputs()), draw);
    for (std::size_t j = 0; j < digital_.size(); ++j) z[j] += digital_[j];
  }
  void backward(std::span<const float> delta, std::span<float> e, std::uint64_t draw) {
    weights_->backward(delta, back_, draw);
    std::copy_n(back_.begin(), inputs_, e.begin());
  }
  void update(std::span<const float> x, std::span<const float> delta, double rate, std::uint64_t draw) {
    weights_->update(with_bias(x), delta, rate, draw);
    for (std::size_t j = 0; j < digital_.size(); ++j) digital_[j] += static_cast<float>(rate * delta[j]);
  }
  void defer(std::span<const float> x, std::span<const float> delta) {
    kept_.insert(kept_.end(), x.begin(), x.end());
    kept_.insert(kept_.end(), delta.begin(), delta.end());
  }
  void apply(double rate, std::uint64_t draw) {
    const std::size_t size = inputs_ + outputs();
    for (std::size_t at = 0; at < kept_.size(); at += size) {
      update(std::span(kept_).subspan(at, inputs_), std::span(kept_).subspan(at + inputs_, outputs()), rate,
             draw + at / size);
    }
    kept_.clear();
  }

 private:
  std::span<const float> with_bias(std::span<const float> x) {
    if (bias_ != Bias::array) return x;
    std::copy(x.begin(), x.end(), row_.begin());
    row_.back() = 1;
    return row_;
  }

  std::size_t inputs_;
  Bias bias_;
  std::unique_ptr<Weights> weights_;
  const ReadableWeights* read_;  // what forward reads
  std::vector<float> row_, back_, digital_, kept_;
};

class Dense final : public Stage {
 public:
  Dense(std::string name, std::size_t inputs, std::size_t outputs, Activation activation, Bias bias,
        std::unique_ptr<Weights> weights)
      : name_(std::move(name)),
        activation_(activation),
        core_(inputs, outputs, bias, std::move(weights)),
        in_(inputs),
        out_(outputs),
        delta_(outputs) {}
  std::size_t inputs() const override { return in_.size(); }
  std::size_t outputs() const override { return out_.size(); }
  void forward(std::span<const float> in, std::span<float> out, std::uint64_t draw) override {
    std::copy(in.begin(), in.end(), in_.begin());
    core_.forward(in, out_, draw);
    activate(activation_, out_);
    std::copy(out_.begin(), out_.end(), out.begin());
  }
  void learn(std::span<const float> d_out, std::span<float> d_in, double rate, std::uint64_t draw,
             Order order, bool defer) override {
    for (std::size_t j = 0; j < delta_.size(); ++j) delta_[j] = d_out[j] * slope(activation_, out_[j]);
    if (order == Order::before_update && !d_in.empty()) core_.backward(delta_, d_in, draw);
    if (defer) {
      core_.defer(in_, delta_);
    } else {
      core_.update(in_, delta_, rate, draw);
    }
    if (order == Order::after_update && !d_in.empty()) core_.backward(delta_, d_in, draw);
  }
  void apply(double rate, std::uint64_t draw) override { core_.apply(rate, draw); }
  Weights* weights() override { return &core_.weights(); }
  void read_instead(const ReadableWeights* other) override { core_.read_instead(other); }
  std::span<float> digital_bias() override { return core_.digital(); }
  std::string name() const override { return name_; }
  std::size_t macs() const override { return in_.size() * out_.size(); }

 private:
  std::string name_;
  Activation activation_;
  BiasedWeights core_;
  std::vector<float> in_, out_, delta_;
};

class Convolution final : public Stage {
 public:
  Convolution(std::string name, ImageShape in, std::size_t kernel, std::size_t channels,
              Activation activation, Bias bias, std::unique_ptr<Weights> weights)
      : name_(std::move(name)),
        in_shape_(in),
        kernel_(kernel),
        out_shape_{in.height - kernel + 1, in.width - kernel + 1, channels},
        activation_(activation),
        core_(kernel * kernel * in.channels, channels, bias, std::move(weights)),
        in_(in.size()),
        out_(out_shape_.size()),
        delta_(out_shape_.size()),
        patch_(core_.inputs()),
        back_(core_.inputs()) {}
  std::size_t inputs() const override { return in_.size(); }
  std::size_t outputs() const override { return out_.size(); }
  void forward(std::span<const float> in, std::span<float> out, std::uint64_t draw) override {
    std::copy(in.begin(), in.end(), in_.begin());
    for (std::size_t p = 0; p < vectors(); ++p) {
      gather(p);
      core_.forward(patch_, std::span(out_).subspan(p * out_shape_.channels, out_shape_.channels),
                    draw * vectors() + p);
    }
    activate(activation_, out_);
    std::copy(out_.begin(), out_.end(), out.begin());
  }
  void learn(std::span<const float> d_out, std::span<float> d_in, double rate, std::uint64_t draw,
             Order order, bool defer) override {
    for (std::size_t j = 0; j < delta_.size(); ++j) delta_[j] = d_out[j] * slope(activation_, out_[j]);
    if (order == Order::before_update) back(d_in, draw);
    for (std::size_t p = 0; p < vectors(); ++p) {
      gather(p);
      if (defer) {
        core_.defer(patch_, delta_at(p));
      } else {
        core_.update(patch_, delta_at(p), rate, draw * vectors() + p);
      }
    }
    if (order == Order::after_update) back(d_in, draw);
  }
  void apply(double rate, std::uint64_t draw) override { core_.apply(rate, draw * vectors()); }
  Weights* weights() override { return &core_.weights(); }
  void read_instead(const ReadableWeights* other) override { core_.read_instead(other); }
  std::span<float> digital_bias() override { return core_.digital(); }
  std::string name() const override { return name_; }
  std::size_t macs() const override { return core_.inputs() * outputs(); }
  std::size_t vectors() const override { return out_shape_.height * out_shape_.width; }

 private:
  std::span<const float> delta_at(std::size_t p) const {
    return std::span(delta_).subspan(p * out_shape_.channels, out_shape_.channels);
  }
  /// Calls body(patch offset, image offset) for every run of channels that position p covers.
  template <typename Body>
  void runs(std::size_t p, const Body& body) const {
    const std::size_t y = p / out_shape_.width, x = p % out_shape_.width;
    for (std::size_t ky = 0; ky < kernel_; ++ky) {
      for (std::size_t kx = 0; kx < kernel_; ++kx) {
        body((ky * kernel_ + kx) * in_shape_.channels,
             ((y + ky) * in_shape_.width + x + kx) * in_shape_.channels);
      }
    }
  }
  void gather(std::size_t p) {
    runs(p, [&](std::size_t patch, std::size_t image) {
      std::copy_n(in_.begin() + static_cast<std::ptrdiff_t>(image), in_shape_.channels,
                  patch_.begin() + static_cast<std::ptrdiff_t>(patch));
    });
  }
  void back(std::span<float> d_in, std::uint64_t draw) {
    if (d_in.empty()) return;
    std::fill(d_in.begin(), d_in.end(), 0.0f);
    for (std::size_t p = 0; p < vectors(); ++p) {
      core_.backward(delta_at(p), back_, draw * vectors() + p);
      runs(p, [&](std::size_t patch, std::size_t image) {
        for (std::size_t c = 0; c < in_shape_.channels; ++c) d_in[image + c] += back_[patch + c];
      });
    }
  }

  std::string name_;
  ImageShape in_shape_;
  std::size_t kernel_;
  ImageShape out_shape_;
  Activation activation_;
  BiasedWeights core_;
  std::vector<float> in_, out_, delta_, patch_, back_;
};

class MaxPool final : public Stage {
 public:
  MaxPool(std::string name, ImageShape in, std::size_t size)
      : name_(std::move(name)),
        in_(in),
        size_(size),
        out_{in.height / size, in.width / size, in.channels},
        from_(out_.size()) {}
  std::size_t inputs() const override { return in_.size(); }
  std::size_t outputs() const override { return out_.size(); }
  void forward(std::span<const float> in, std::span<float> out, std::uint64_t) override {
    for (std::size_t y = 0; y < out_.height; ++y) {
      for (std::size_t x = 0; x < out_.width; ++x) {
        for (std::size_t c = 0; c < out_.channels; ++c) {
          std::size_t best = ((y * size_) * in_.width + x * size_) * in_.channels + c;
          for (std::size_t dy = 0; dy < size_; ++dy) {
            for (std::size_t dx = 0; dx < size_; ++dx) {
              const std::size_t at = ((y * size_ + dy) * in_.width + x * size_ + dx) * in_.channels + c;
              if (in[at] > in[best]) best = at;
            }
          }
          const std::size_t to = (y * out_.width + x) * out_.channels + c;
          from_[to] = best;
          out[to] = in[best];
        }
      }
    }
  }
  void learn(std::span<const float> d_out, std::span<float> d_in, double, std::uint64_t, Order,
             bool) override {
    if (d_in.empty()) return;
    std::fill(d_in.begin(), d_in.end(), 0.0f);
    for (std::size_t k = 0; k < from_.size(); ++k) d_in[from_[k]] += d_out[k];
  }
  void apply(double, std::uint64_t) override {}
  std::string name() const override { return name_; }

 private:
  std::string name_;
  ImageShape in_;
  std::size_t size_;
  ImageShape out_;
  std::vector<std::size_t> from_;
};

}  // namespace

std::unique_ptr<Stage> dense_stage(std::string name, std::size_t inputs, std::size_t outputs,
                                   Activation activation, Bias bias, std::unique_ptr<Weights> weights) {
  return std::make_unique<Dense>(std::move(name), inputs, outputs, activation, bias, std::move(weights));
}

std::unique_ptr<Stage> convolution_stage(std::string name, ImageShape in, std::size_t kernel,
                                         std::size_t channels, Activation activation, Bias bias,
                                         std::unique_ptr<Weights> weights) {
  return std::make_unique<Convolution>(std::move(name), in, kernel, channels, activation, bias,
                                       std::move(weights));
}

std::unique_ptr<Stage> max_pool_stage(std::string name, ImageShape in, std::size_t size) {
  return std::make_unique<MaxPool>(std::move(name), in, size);
}

}  // namespace mho::training
