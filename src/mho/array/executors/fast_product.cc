#include "mho/array/executors/fast_product.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "mho/array/executors/fast_narrow.h"
#include "mho/array/executors/fast_plan.h"
#include "mho/array/reading/workspace.h"

namespace mho::array {
namespace {

constexpr std::size_t kSlack = 256;  // bytes that are readable before and after the inputs

using Floats = core::AlignedVector<float>;
using Bytes = core::AlignedVector<std::byte>;

template <typename Buffer>
void grow(Buffer& buffer, std::size_t size) {
  if (buffer.size() < size) buffer.resize(size);
}

struct FastScratch : Scratch {
  std::vector<Bytes> planes;   ///< inputs, with kSlack before and after
  std::vector<Bytes> squares;  ///< what multiplies the variances, likewise, f32
  Floats levels, digits;
  Bytes panels, square_panels;
  Floats answers, variance, noise, adc_noise, sums, totals, zeros;
  Floats currents, other_currents, accumulated;
  std::vector<const float*> starts;  ///< of the planes
};

/// A block of vectors on its way through the arrays.
struct Pass {
  std::span<const std::int64_t> origins;
  std::uint64_t first_vector = 0;
  FastScratch& scratch;
  std::uint64_t* clipped = nullptr;
};

class FastProduct final : public Product {
 public:
  explicit FastProduct(FastPlan plan)
      : plan_(std::move(plan)), kernels_(*plan_.kernels), elements_(*plan_.elements) {
    for (const FastDriven& driven : plan_.driven) {
      needs_sums_ = needs_sums_ || plan_.reading.sum_scale != 0 ||
                    driven.arrays.front().channels.front().lines.front().common != 0;
    }
    prepare_weights();
  }

  void quantize(std::span<const float> inputs, Workspace& workspace) const override {
    auto& s = workspace.as<FastScratch>();
    const InputCode& code = plan_.reading.input;
    const std::size_t n = inputs.size();
    const auto planes = static_cast<std::size_t>(plan_.planes);
    grow(s.planes, planes);
    if (plan_.noisy) grow(s.squares, planes);
    const bool narrow = plan_.arithmetic != Arithmetic::f32;
    if (plan_.digits || (narrow && plan_.noisy)) {
      grow(s.levels, n);
      elements_.levels(code, inputs, s.levels.data());
    }
    if (plan_.digits && narrow) grow(s.digits, n);
    for (int k = 0; k < plan_.planes; ++k) {
      grow(s.planes[k], n * element_bytes(plan_.arithmetic) + 2 * kSlack);
      std::byte* out = s.planes[k].data() + kSlack;
      float* floats = !narrow        ? reinterpret_cast<float*>(out)
                      : plan_.digits ? s.digits.data()
                                     : s.levels.data();
      if (plan_.digits) {
        elements_.digits({s.levels.data(), n}, code.slice_bits * k, code.slice_bits, floats);
        if (narrow) elements_.narrow({floats, n}, plan_.input_shift, plan_.arithmetic, out);
      } else if (narrow) {
        elements_.narrow_levels(code, inputs, plan_.input_shift, plan_.arithmetic, out);
      } else {
        elements_.levels(code, inputs, floats);
      }
      if (plan_.noisy) {
        grow(s.squares[k], n * sizeof(float) + 2 * kSlack);
        square({floats, n}, reinterpret_cast<float*>(s.squares[k].data() + kSlack));
      }
    }
  }

  void vmm(std::span<const std::int64_t> origins, core::MatrixView<float> y, std::uint64_t first_vector,
           Workspace& workspace, Tally* tally) const override {
    if (!plan_.reading.has_converters) throw std::logic_error("calibrated ADC ranges are missing");
    auto& s = workspace.as<FastScratch>();
    const std::size_t vectors = origins.size();
    std::uint64_t clipped = 0;
    if (plan_.narrow && are_neighbours(origins)) {
      s.starts.clear();
      for (int k = 0; k < plan_.planes; ++k)
        s.starts.push_back(reinterpret_cast<const float*>(s.planes[k].data() + kSlack));
      narrow_vmm(plan_, s.starts, origins, static_cast<float>(bias_[0]), y,
                 tally == nullptr ? nullptr : &clipped);
      for (std::size_t v = 0; !plan_.gain.empty() && v < vectors; ++v) {
        for (std::size_t j = 0; j < y.cols; ++j) y(v, j) *= undo_gain_[j];
      }
      origins = {};
    }
    for (std::size_t v = 0; v < origins.size(); v += plan_.block_vectors) {
      const std::size_t count = std::min(plan_.block_vectors, origins.size() - v);
      const Pass pass{.origins = origins.subspan(v, count),
                      .first_vector = first_vector + v,
                      .scratch = s,
                      .clipped = tally == nullptr ? nullptr : &clipped};
      block(pass, y.block(v, 0, count, y.cols));
    }
    if (tally == nullptr) return;
    tally->clipped += clipped;
    tally->wires_residual = std::max(tally->wires_residual, plan_.wires_residual);
    tally->conversions += vectors * conversions_a_vector_;
  }

  void observe(std::span<const std::int64_t> origins, CurrentObserver& observer,
               Workspace& workspace) const override {
    auto& s = workspace.as<FastScratch>();
    for (std::size_t v = 0; v < origins.size(); v += plan_.block_vectors) {
      const Pass pass{.origins = origins.subspan(v, std::min(plan_.block_vectors, origins.size() - v)),
                      .first_vector = v,
                      .scratch = s};
      for (const FastDriven& driven : plan_.driven) {
        pack(driven, pass);
        for (const FastArray& array : driven.arrays) {
          for (const FastChannel& channel : array.channels) {
            staged(driven, array, channel, pass, [&](float* currents, std::size_t stride, int) {
              for (std::size_t i = 0; i < pass.origins.size(); ++i) {
                observer.see({.slice = static_cast<std::size_t>(channel.slice),
                              .unit = array.unit,
                              .first = array.first,
                              .currents = {currents + i * stride, array.columns()}});
              }
            });
          }
        }
      }
    }
  }

 private:
  std::byte* panels_of(const FastDriven& driven, int k, const Pass& pass) const {
    return pass.scratch.panels.data() +
           pass.origins.size() * (driven.panels_before * plan_.planes + k * driven.panel_bytes());
  }
  std::byte* squares_of(const FastDriven& driven, int k, const Pass& pass) const {
    return pass.scratch.square_panels.data() +
           pass.origins.size() * (driven.squares_before * plan_.planes + k * driven.square_bytes());
  }
  /// Σx of every vector of a block, inputs as whole numbers.
  float* sums_of(const FastDriven& driven, int k, const Pass& pass) const {
    return pass.scratch.sums.data() + (driven.place * plan_.planes + k) * pass.origins.size();
  }

  void prepare_weights() {
    undo_gain_.assign(plan_.reading.outputs, 1);
    for (std::size_t j = 0; j < plan_.gain.size(); ++j) undo_gain_[j] = 1 / plan_.gain[j];
    if (!plan_.reading.has_converters) return;
    const std::size_t conversions = plan_.converts_each ? plan_.planes : 1;
    for (const FastDriven& driven : plan_.driven) {
      bias_.resize(driven.arrays.size());
      for (std::size_t p = 0; p < driven.arrays.size(); ++p) {
        const FastArray& array = driven.arrays[p];
        for (const FastChannel& channel : array.channels) {
          conversions_a_vector_ += conversions * array.columns();
          // What every column has in common is subtracted with the unit column, unless gains tell them apart.
          if (array.unit > 0 && plan_.gain.empty()) continue;
          for (std::size_t k = 0; k < conversions; ++k) {
            bias_[p] += channel.weight *
                        (plan_.converts_each ? plane_weight(plan_, static_cast<int>(k)) : 1) *
                        channel.scale.offset;
          }
        }
      }
    }
  }

  /// What multiplies the variances of the conductances: the square of a plane's input, or, where one
  /// conversion follows all input slices, the sum of the squares that they have in the end.
  void square(std::span<const float> plane, float* out) const {
    const InputCode& code = plan_.reading.input;
    if (plan_.digits || code.slices == 1) {
      for (std::size_t i = 0; i < plane.size(); ++i) out[i] = plane[i] * plane[i];
      return;
    }
    for (std::size_t i = 0; i < plane.size(); ++i) {
      double sum = 0;
      for (int k = 0; k < code.slices; ++k) {
        const double part =
            code.slice_weight(k) * input_digit(code, static_cast<int>(plane[i]), k) / plan_.unit;
        sum += part * part;
      }
      out[i] = static_cast<float>(sum);
    }
  }

  void pack(const FastDriven& driven, const Pass& pass) const {
    FastScratch& s = pass.scratch;
    const std::size_t count = pass.origins.size();
    // The last 64 bytes of every panel are followed by those of the next, or by what is spare.
    grow(s.panels, count * plan_.wave_bytes * plan_.planes + kChunkBytes);
    grow(s.square_panels, count * plan_.wave_square_bytes * plan_.planes + kChunkBytes);
    if (needs_sums_) grow(s.sums, count * plan_.planes * plan_.driven.size());
    for (int k = 0; k < plan_.planes; ++k) {
      kernels_.pack(driven.gather, s.planes[k].data() + kSlack, pass.origins, panels_of(driven, k, pass));
      if (needs_sums_) sum_inputs(driven, k, pass);
      if (!plan_.noisy) continue;
      kernels_.pack(driven.squares, s.squares[k].data() + kSlack, pass.origins, squares_of(driven, k, pass));
    }
  }

  Job product(const Columns& columns, const std::byte* panels, const Pass& pass) const {
    Job job;
    job.panels = panels;
    job.vectors = pass.origins.size();
    job.columns = &columns;
    job.cols = columns.cols;
    job.col_end = columns.cols;
    return job;
  }
  /// The product of one array with input plane k.
  Job product(const FastDriven& driven, const Line& line, int k, const Conversion& conversion,
              const Pass& pass) const {
    FastScratch& s = pass.scratch;
    const std::size_t count = pass.origins.size();
    Job job = product(line.columns, panels_of(driven, k, pass), pass);
    job.conversion = conversion;
    if (line.common == 0) return job;
    grow(s.zeros, count);
    const double scale = conversion.scale * line.common / line.unit;
    const float* sums = sums_of(driven, k, pass);
    for (std::size_t v = 0; v < count; ++v)
      s.zeros[v] = static_cast<float>(scale * sums[v] + conversion.zero);
    job.zeros = s.zeros.data();
    return job;
  }

  void sum_inputs(const FastDriven& driven, int k, const Pass& pass) const {
    float* sums = sums_of(driven, k, pass);
    kernels_.sum(driven.gather, panels_of(driven, k, pass), pass.origins.size(), sums);
    const auto shift = static_cast<float>(plan_.input_shift) * static_cast<float>(driven.gather.rows);
    for (std::size_t v = 0; v < pass.origins.size(); ++v) sums[v] -= shift;
  }

  /// Fresh noise on the sums of one array, one a line read; null where there is none.
  /// Vector v draws (v/65536)·K + k, element (v mod 65536)·(columns padded to 16) + column.
  const float* noise(const FastDriven& driven, const Line& line, int k, const Pass& pass,
                     std::size_t stride) const {
    if (line.variance.rows == 0) return nullptr;
    FastScratch& s = pass.scratch;
    const std::size_t size = pass.origins.size() * stride;
    grow(s.variance, size);
    grow(s.noise, size);
    Job job = product(line.variance, squares_of(driven, k, pass), pass);
    job.answers = s.variance.data();
    job.stride = stride;
    kernels_.convert(job);
    constexpr std::uint64_t kSpan = 65536;
    for (std::size_t v = 0; v < pass.origins.size();) {
      const std::uint64_t vector = pass.first_vector + v;
      const std::size_t count = std::min<std::uint64_t>(pass.origins.size() - v, kSpan - vector % kSpan);
      core::fill_normal(line.noise_key, vector / kSpan * plan_.planes + k, vector % kSpan * stride,
                        {s.noise.data() + v * stride, count * stride});
      v += count;
    }
    elements_.scale_noise({s.variance.data(), size}, {s.noise.data(), size});
    return s.noise.data();
  }

  /// Noise of the converters laid on `base`, or alone where that is null.
  const float* with_adc_noise(const float* base, const FastChannel& channel, int k, std::size_t columns,
                              const Pass& pass, std::size_t stride, double unit) const {
    if (channel.converters == nullptr || channel.converters->noise == 0) return base;
    FastScratch& s = pass.scratch;
    grow(s.adc_noise, pass.origins.size() * stride);
    const auto scale = static_cast<float>(channel.converters->noise / unit);
    const int slices = plan_.reading.input.slices;
    for (std::size_t v = 0; v < pass.origins.size(); ++v) {
      float* out = s.adc_noise.data() + v * stride;
      core::fill_normal(channel.adc_noise_key, (pass.first_vector + v) * slices + k, 0, {out, columns});
      for (std::size_t j = 0; j < columns; ++j)
        out[j] = out[j] * scale + (base == nullptr ? 0 : base[v * stride + j]);
    }
    return s.adc_noise.data();
  }

  void block(const Pass& pass, core::MatrixView<float> y) const {
    FastScratch& s = pass.scratch;
    const std::size_t count = pass.origins.size();
    float* answers = y.data;
    std::size_t stride = y.stride;
    if (!plan_.in_place) {
      grow(s.answers, count * plan_.answer_columns);
      answers = s.answers.data();
      stride = plan_.answer_columns;
    }
    if (plan_.reading.sum_scale != 0) {
      grow(s.totals, count);
      std::fill_n(s.totals.begin(), count, 0.0f);
    }
    for (std::size_t w = 0; w + 1 < plan_.waves.size(); ++w) {
      const bool first = w == 0;
      const std::span<const FastDriven> wave(plan_.driven.data() + plan_.waves[w],
                                             plan_.waves[w + 1] - plan_.waves[w]);
      for (const FastDriven& driven : wave) {
        pack(driven, pass);
        if (plan_.reading.sum_scale != 0) add_sums(driven, pass);
      }
      for (std::size_t p = 0; p < wave.front().arrays.size(); ++p) {
        const FastArray& array = wave.front().arrays[p];
        float* at = answers + (plan_.in_place ? array.first : array.at);
        const auto bias = static_cast<float>(bias_[p]);
        if (plan_.staged) {
          for (const FastDriven& driven : wave) {
            converted_in_stages(driven, p, first && &driven == &wave.front(), bias, at, stride, pass);
          }
        } else {
          converted_in_registers(wave, p, first, bias, at, stride, pass);
        }
      }
    }
    finish(answers, stride, y, pass);
  }

  void add_sums(const FastDriven& driven, const Pass& pass) const {
    FastScratch& s = pass.scratch;
    const InputCode& code = plan_.reading.input;
    const std::size_t count = pass.origins.size();
    for (int k = 0; k < plan_.planes; ++k) {
      const double weight =
          plan_.digits ? std::ldexp(1.0, code.slice_bits * k) / (std::ldexp(1.0, code.magnitude_bits) - 1)
                       : plan_.unit;
      const float* sums = sums_of(driven, k, pass);
      for (std::size_t v = 0; v < count; ++v) s.totals[v] += static_cast<float>(weight * sums[v]);
    }
  }

  /// Adds what the arrays of a wave give to part p of the outputs.
  void converted_in_registers(std::span<const FastDriven> wave, std::size_t p, bool first, float bias,
                              float* answers, std::size_t stride, const Pass& pass) const {
    const FastArray& front = wave.front().arrays[p];
    const std::size_t columns = front.columns();
    const std::size_t padded = plan_.padded(columns);
    const bool noisy = plan_.noisy || front.channels.front().converters->noise > 0;
    const bool single = plan_.planes == 1 && wave.size() == 1 && front.channels.size() == 1;
    // A strip of answers stays in cache while all planes, slices and parts add to it.
    const std::size_t width = single || noisy ? columns : kernels_.strip;
    for (std::size_t col = 0; col < columns; col += width) {
      bool add = !first;
      for (const FastDriven& driven : wave) {
        for (const FastChannel& channel : driven.arrays[p].channels) {
          const CodeScale& scale = channel.scale;
          const Line& line = channel.lines.front();
          for (int k = 0; k < plan_.planes; ++k) {
            Job job = product(driven, line, k, scale.conversion, pass);
            job.col_begin = col;
            job.col_end = std::min(col + width, columns);
            if (noisy) {
              job.noise = with_adc_noise(noise(driven, line, k, pass, padded), channel, k, columns, pass,
                                         padded, plan_.unit * line.unit);
              job.noise_stride = padded;
            }
            job.answers = answers;
            job.stride = stride;
            job.add = add;
            job.weight = static_cast<float>(channel.weight * plane_weight(plan_, k) * scale.step);
            job.bias = bias;
            job.clipped = scale.conversion.rounds ? pass.clipped : nullptr;
            kernels_.convert(job);
            add = true;
          }
        }
      }
    }
  }

  /// Hands the currents that the converters of a channel see to `sink(currents, stride, plane)`.
  template <typename Sink>
  void staged(const FastDriven& driven, const FastArray& array, const FastChannel& channel, const Pass& pass,
              const Sink& sink) const {
    FastScratch& s = pass.scratch;
    const std::size_t stride = plan_.padded(array.columns());
    const std::size_t size = pass.origins.size() * stride;
    grow(s.currents, size);
    grow(s.other_currents, size);
    const bool each = !plan_.digits || plan_.converts_each;
    if (!each) {
      grow(s.accumulated, size);
      std::fill_n(s.accumulated.begin(), size, 0.0f);
    }
    for (int k = 0; k < plan_.planes; ++k) {
      currents_of(driven, channel.lines[0], k, pass, stride, s.currents.data());
      limit({s.currents.data(), size});
      if (channel.lines.size() == 2) {
        currents_of(driven, channel.lines[1], k, pass, stride, s.other_currents.data());
        limit({s.other_currents.data(), size});
        for (std::size_t i = 0; i < size; ++i) s.currents[i] -= s.other_currents[i];
      }
      if (each) {
        amplify(s.currents.data(), stride, array, pass);
        sink(s.currents.data(), stride, k);
        continue;
      }
      const auto weight = static_cast<float>(plane_weight(plan_, k));
      for (std::size_t i = 0; i < size; ++i) s.accumulated[i] += weight * s.currents[i];
    }
    if (each) return;
    amplify(s.accumulated.data(), stride, array, pass);
    sink(s.accumulated.data(), stride, 0);
  }

  void amplify(float* currents, std::size_t stride, const FastArray& array, const Pass& pass) const {
    if (!plan_.staged || plan_.gain.empty()) return;
    for (std::size_t v = 0; v < pass.origins.size(); ++v) {
      float* const outputs = currents + v * stride + array.unit;
      for (std::size_t j = 0; j < array.outputs; ++j) outputs[j] *= plan_.gain[array.first + j];
    }
  }

  void currents_of(const FastDriven& driven, const Line& line, int k, const Pass& pass, std::size_t stride,
                   float* out) const {
    Conversion to_currents;
    to_currents.scale = static_cast<float>(plan_.unit * line.unit);
    Job job = product(driven, line, k, to_currents, pass);
    job.noise = noise(driven, line, k, pass, stride);
    job.noise_stride = stride;
    job.answers = out;
    job.stride = stride;
    kernels_.convert(job);
  }

  void limit(std::span<float> currents) const {
    if (plan_.limit == 0) return;
    const auto most = static_cast<float>(plan_.limit);
    for (float& current : currents) current = std::min(std::max(current, -most), most);
  }

  void converted_in_stages(const FastDriven& driven, std::size_t p, bool first, float bias, float* answers,
                           std::size_t stride, const Pass& pass) const {
    const std::size_t count = pass.origins.size();
    const FastArray& array = driven.arrays[p];
    const std::size_t padded = plan_.padded(array.columns());
    if (first) {
      for (std::size_t v = 0; v < count; ++v) std::fill_n(answers + v * stride, padded, bias);
    }
    for (const FastChannel& channel : array.channels) {
      staged(driven, array, channel, pass, [&](const float* currents, std::size_t current_stride, int k) {
        const float* noise = with_adc_noise(nullptr, channel, k, array.columns(), pass, current_stride, 1);
        const double weight = channel.weight * (plan_.converts_each ? plane_weight(plan_, k) : 1);
        if (plan_.structured) {
          plan_.climb({.stairs = &channel.stairs,
                       .vectors = count,
                       .columns = array.columns(),
                       .currents = currents,
                       .noise = noise,
                       .stride = current_stride,
                       .answers = answers,
                       .answer_stride = stride,
                       .weight = static_cast<float>(weight),
                       .clipped = pass.clipped});
          return;
        }
        Job job;
        job.vectors = count;
        job.cols = job.col_end = array.columns();
        job.conversion = channel.scale.conversion;
        job.noise = noise;
        job.noise_stride = current_stride;
        job.answers = answers;
        job.stride = stride;
        job.add = true;
        job.weight = static_cast<float>(weight * channel.scale.step);
        job.clipped = channel.scale.conversion.rounds ? pass.clipped : nullptr;
        kernels_.recode(currents, current_stride, job);
      });
    }
  }

  /// Undoes the gains and the offset of the conductances and brings the answers where they belong.
  void finish(const float* answers, std::size_t stride, core::MatrixView<float> y, const Pass& pass) const {
    const std::size_t count = pass.origins.size();
    const double sum_scale = plan_.reading.sum_scale * plan_.reading.out_scale;
    if (plan_.in_place && sum_scale == 0 && plan_.gain.empty()) return;
    for (std::size_t v = 0; v < count; ++v) {
      const float common = sum_scale == 0 ? 0 : static_cast<float>(sum_scale * pass.scratch.totals[v]);
      for (const FastArray& array : plan_.driven.front().arrays) {
        const float* from = answers + v * stride + (plan_.in_place ? array.first : array.at);
        const float less = common + (plan_.reading.unit_column_subtracts ? from[0] : 0);
        float* to = y.data + v * y.stride + array.first;
        const float* const undo = undo_gain_.data() + array.first;
        for (std::size_t j = 0; j < array.outputs; ++j) to[j] = from[array.unit + j] * undo[j] - less;
      }
    }
  }

  FastPlan plan_;
  const Kernels& kernels_;
  const ElementKernels& elements_;
  bool needs_sums_ = false;
  std::size_t conversions_a_vector_ = 0;
  std::vector<double> bias_;      ///< of each part of the outputs
  std::vector<float> undo_gain_;  ///< of each output
};

}  // namespace

std::unique_ptr<Product> make_fast_product(const std::shared_ptr<const ProgrammedMatrix>& matrix,
                                           const std::vector<std::int64_t>& row_offsets, Direction direction,
                                           const Ranges& ranges, core::Isa isa) {
  if (isa == core::Isa::reference || !can_be_fast(*matrix)) return nullptr;
  return std::make_unique<FastProduct>(fast_plan(*matrix, row_offsets, direction, ranges, isa));
}

}  // namespace mho::array
