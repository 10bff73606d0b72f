#include "mho/array/executors/live_reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mho/array/converters/converter.h"
#include "mho/array/executors/kernel_lines.h"
#include "mho/core/parallel.h"
#include "mho/core/random.h"

namespace mho::array {
namespace {

constexpr std::size_t kParallelCells = 1 << 15;  ///< smaller arrays are not worth waking a thread
constexpr std::size_t kLanes = 16;               ///< columns are summed so many at a time

std::size_t padded(std::size_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

/// Calls body(begin, end) on parts of the `n` lines of `cells` cells, on as many threads as they are worth.
template <typename Body>
void in_parts(std::size_t n, std::size_t grain, std::size_t cells, const Body& body) {
  if (cells < kParallelCells) {
    body(0, n);
  } else {
    core::parallel_for(n, grain, body);
  }
}

void room(std::vector<float>& buffer, std::size_t size) {
  if (buffer.size() < size) buffer.resize(size);
}

}  // namespace

LiveReader::LiveReader(const MappedMatrix& m, Direction direction, const Ranges& ranges, LiveCells cells)
    : reading_(array::reading(m, direction, ranges)), cells_(std::move(cells)) {
  const InputCode& input = reading_.input;
  const Adc& adc = m.settings.adc;
  limit_ = m.settings.array.column_current_limit;
  noisy_ = std::any_of(cells_.blocks.begin(), cells_.blocks.end(), [](const LiveBlock& b) {
    return b.plus_variance.data != nullptr || b.minus_variance.data != nullptr;
  });
  const bool linear = adc.kind == AdcKind::ideal && limit_ == 0;
  plain_ = linear && !noisy_;
  scaled_ = input.magnitude_bits > 0 || limit_ > 0 || !(adc.kind == AdcKind::ideal || reading_.automatic_adc);
  digits_ = !plain_ && (input.slices > 1 || input.slice_bits != input.magnitude_bits) &&
            (adc.per_input_slice || limit_ > 0);
  each_ = !digits_ || adc.per_input_slice;
  planes_ = digits_ ? input.slices : 1;
  const int bits = digits_ ? input.slice_bits : input.magnitude_bits;
  volt_ = bits > 0 ? 1 / (std::ldexp(1.0, bits) - 1) : 1;
  times_ = adc.per_input_slice ? static_cast<std::size_t>(input.slices) : 1;
  needs_sums_ = reading_.sum_scale != 0 || cells_.common != 0;
  for (std::size_t b = 0; b < m.block_count(); ++b) arrays_.push_back(array(m, b));
}

LiveReader::Array LiveReader::array(const MappedMatrix& m, std::size_t b) const {
  const bool forward = reading_.direction == Direction::forward;
  const MappedMatrix::Place place = m.place_of(b);
  Array made{.place = place,
             .driven = reading_.driven[forward ? place.row_part : place.col_part],
             .read = reading_.read[forward ? place.col_part : place.row_part],
             .unit = forward ? m.unit_columns() : 0,
             .idle = forward ? 0 : m.unit_columns(),
             .channels = {}};
  const auto line = [&](bool plus, bool minus) {
    const std::uint32_t number = place.number + (plus ? 0 : 1);
    return Line{plus, minus, array_key(m, forward ? "read-noise-sum" : "read-noise-sum-transposed", number)};
  };
  const auto channel = [&](bool of_plus, std::vector<Line> lines) {
    const auto& converters = of_plus ? reading_.plus : reading_.minus;
    return Channel{.converters = reading_.has_converters ? &converters[b] : nullptr,
                   .lines = std::move(lines),
                   .sign = of_plus ? 1.0 : -1.0,
                   .adc_noise_key = array_key(m, "adc-noise", place.number + (of_plus ? 0 : 1))};
  };
  // A pair on a common column is limited there, after the subtraction.
  const bool common = m.settings.mapping.interleaved;
  if (!m.differential()) {
    made.channels.push_back(channel(true, {line(true, false)}));
  } else if (subtracts_in_wires(m.settings.mapping) && (limit_ == 0 || common)) {
    made.channels.push_back(channel(true, {line(true, true)}));
  } else if (subtracts_in_wires(m.settings.mapping)) {
    made.channels.push_back(channel(true, {line(true, false), line(false, true)}));
  } else {
    made.channels.push_back(channel(true, {line(true, false)}));
    made.channels.push_back(channel(false, {line(false, true)}));
  }
  return made;
}

float LiveReader::full_scale(std::span<const float> x) const {
  if (!reading_.automatic_input || !scaled_) return 1;
  const float largest = largest_magnitude(x);
  return largest > 0 ? largest : 1;
}

void LiveReader::quantize(std::span<const float> x, float full_scale, std::span<float> levels) const {
  const InputCode& code = reading_.input;
  if (code.magnitude_bits > 0) {
    for (std::size_t i = 0; i < x.size(); ++i)
      levels[i] = static_cast<float>(input_level(code, double{x[i]} / full_scale));
  } else if (reading_.automatic_input && code.is_signed && !scaled_) {
    std::copy(x.begin(), x.end(), levels.begin());
  } else {
    const bool anything = reading_.automatic_input && !scaled_;  // below no full scale, but not below zero
    for (std::size_t i = 0; i < x.size(); ++i)
      levels[i] =
          anything ? std::max(x[i], 0.0f) : static_cast<float>(input_value(code, double{x[i]} / full_scale));
  }
}

void LiveReader::read(std::span<const float> x, std::span<float> y, std::uint64_t vector,
                      LiveScratch& scratch, Tally* tally) const {
  room(scratch.levels, reading_.inputs);
  const std::span<float> levels = std::span(scratch.levels).first(reading_.inputs);
  const float full = full_scale(x);
  quantize(x, full, levels);
  answer(levels, full, y, vector, scratch, tally);
}

/// Digits, squares and sums of a vector.
void LiveReader::prepare(std::span<const float> levels, LiveScratch& s) const {
  const InputCode& code = reading_.input;
  const std::size_t n = levels.size();
  if (digits_) {
    room(s.planes, n * planes_);
    const float steps = static_cast<float>(1 / volt_);
    for (int k = 0; k < planes_; ++k) {
      for (std::size_t i = 0; i < n; ++i)
        s.planes[k * n + i] =
            static_cast<float>(std::nearbyint(input_digit(code, static_cast<int>(levels[i]), k) * steps));
    }
  }
  if (noisy_) {
    room(s.squares, n * planes_);
    for (int k = 0; k < planes_; ++k) {
      const auto in = plane(levels, k, s);
      float* const out = s.squares.data() + k * n;
      for (std::size_t i = 0; i < n; ++i) out[i] = in[i] * in[i];
      if (digits_ || code.slices == 1) continue;
      for (std::size_t i = 0; i < n; ++i) {  // one conversion after several reads, each with noise
        double sum = 0;
        for (int slice = 0; slice < code.slices; ++slice) {
          const double part =
              code.slice_weight(slice) * input_digit(code, static_cast<int>(in[i]), slice) / volt_;
          sum += part * part;
        }
        out[i] = static_cast<float>(sum);
      }
    }
  }
  if (!needs_sums_) return;
  s.sums.clear();
  for (int k = 0; k < planes_; ++k) {
    const auto in = plane(levels, k, s);
    for (const Part& part : reading_.driven) {
      double sum = 0;
      for (std::size_t i = 0; i < part.size; ++i) sum += in[part.first + i];
      s.sums.push_back(sum);
    }
  }
}

std::span<const float> LiveReader::plane(std::span<const float> levels, int k, const LiveScratch& s) const {
  return digits_ ? std::span(s.planes).subspan(k * levels.size(), levels.size()) : levels;
}

/// Σ of the inputs that drive an array.
double LiveReader::sum(const Array& array, int k, const LiveScratch& s) const {
  const bool forward = reading_.direction == Direction::forward;
  return s.sums[k * reading_.driven.size() + (forward ? array.place.row_part : array.place.col_part)];
}

/// out[line] = Σ x·(plus − minus) over the driven lines.
void LiveReader::sums_of_lines(const Array& array, core::MatrixView<const float> plus,
                               core::MatrixView<const float> minus, std::size_t readable, const float* x,
                               float* out) const {
  const std::size_t lines = array.lines(), cells = plus.rows * plus.cols;
  if (reading_.direction == Direction::forward) {
    const std::size_t end = padded(lines) <= readable ? padded(lines) : lines;
    in_parts(end, kLanes, cells, [&](std::size_t begin, std::size_t last) {
      columns_of_difference(plus.data, minus.data, plus.stride, x, plus.rows, out, begin, last);
    });
    return;
  }
  in_parts(lines, 1, cells, [&](std::size_t begin, std::size_t last) {
    for (std::size_t i = begin; i < last; ++i) {
      const std::size_t at = i * plus.stride + array.idle;
      out[i] = row_of_difference(plus.data + at, minus.data == nullptr ? nullptr : minus.data + at, x,
                                 array.driven.size);
    }
  });
}

/// Ideal converters and nothing before them: digital logic adds the products.
void LiveReader::add_plainly(std::size_t b, std::span<const float> levels, std::span<float> y,
                             LiveScratch& s) const {
  const Array& array = arrays_[b];
  const LiveBlock& cells = cells_.blocks[b];
  room(s.currents, padded(array.lines()));
  sums_of_lines(array, cells.plus, cells.minus, cells.readable, levels.data() + array.driven.first,
                s.currents.data());
  const double weight = reading_.slice_scale[array.place.slice] * cells.compensation * reading_.out_scale;
  const auto scale = static_cast<float>(weight * volt_ * cells_.unit);
  float* const out = y.data() + array.read.first;
  const float less = reading_.unit_column_subtracts ? s.currents[0] : 0;
  for (std::size_t j = 0; j < array.read.size; ++j) out[j] += (s.currents[array.unit + j] - less) * scale;
  if (!needs_sums_ || reading_.unit_column_subtracts) return;
  // What all cells have in common, less what digital logic takes off (once, with the first slice).
  const double common = cells.minus.data == nullptr ? weight * cells_.common : 0;
  const double taken = array.place.slice == 0 ? reading_.sum_scale * reading_.out_scale : 0;
  const auto rest = static_cast<float>((common - taken) * volt_ * sum(array, 0, s));
  for (std::size_t j = 0; j < array.read.size; ++j) out[j] += rest;
}

/// Currents of one array or pair for one plane, with the noise of the read.
void LiveReader::currents_of(std::size_t b, const Line& line, int k, std::span<const float> levels,
                             std::uint64_t vector, LiveScratch& s, std::vector<float>& out) const {
  const Array& array = arrays_[b];
  const LiveBlock& cells = cells_.blocks[b];
  room(out, padded(array.lines()));
  const core::MatrixView<const float> none;
  sums_of_lines(array, line.plus ? cells.plus : cells.minus, line.plus && line.minus ? cells.minus : none,
                cells.readable, plane(levels, k, s).data() + array.driven.first, out.data());
  const auto scale = static_cast<float>(volt_ * cells_.unit);
  const bool alone = !(line.plus && line.minus);
  const auto common =
      alone && cells_.common != 0 ? static_cast<float>(volt_ * cells_.common * sum(array, k, s)) : 0.0f;
  for (std::size_t j = 0; j < array.lines(); ++j) out[j] = out[j] * scale + common;
  if (noisy_) add_noise(b, line, k, vector, s, out);
}

/// Fresh noise of every cell is one Gaussian on the sum, of variance Σ x²σ².
void LiveReader::add_noise(std::size_t b, const Line& line, int k, std::uint64_t vector, LiveScratch& s,
                           std::vector<float>& currents) const {
  constexpr std::uint64_t kSpan = 65536;
  const Array& array = arrays_[b];
  const LiveBlock& cells = cells_.blocks[b];
  const std::size_t lines = array.lines(), stride = padded(lines);
  const float* const squares = s.squares.data() + k * reading_.inputs + array.driven.first;
  room(s.noise, stride);
  core::fill_normal(line.noise_key, vector / kSpan * planes_ + k, vector % kSpan * stride,
                    {s.noise.data(), lines});
  room(s.variance, 2 * stride);
  std::fill_n(s.variance.begin(), 2 * stride, 0.0f);
  const core::MatrixView<const float> none;
  if (line.plus) sums_of_lines(array, cells.plus_variance, none, cells.readable, squares, s.variance.data());
  if (line.minus)
    sums_of_lines(array, cells.minus_variance, none, cells.readable, squares, s.variance.data() + stride);
  const auto scale = static_cast<float>(volt_ * cells_.unit);
  for (std::size_t j = 0; j < lines; ++j)
    currents[j] += scale * std::sqrt(s.variance[j] + s.variance[stride + j]) * s.noise[j];
}

/// Hands what converters see to sink(currents, plane, weight of the plane).
template <typename Sink>
void LiveReader::conversions(std::size_t b, const Channel& channel, std::span<const float> levels,
                             std::uint64_t vector, LiveScratch& s, const Sink& sink) const {
  const std::size_t lines = arrays_[b].lines();
  const auto limit = [&](std::vector<float>& currents) {
    if (limit_ == 0) return;
    const auto most = static_cast<float>(limit_);
    for (std::size_t j = 0; j < lines; ++j) currents[j] = std::clamp(currents[j], -most, most);
  };
  if (!each_) {
    room(s.accumulated, lines);
    std::fill_n(s.accumulated.begin(), lines, 0.0f);
  }
  for (int k = 0; k < planes_; ++k) {
    currents_of(b, channel.lines[0], k, levels, vector, s, s.currents);
    limit(s.currents);
    if (channel.lines.size() == 2) {
      currents_of(b, channel.lines[1], k, levels, vector, s, s.others);
      limit(s.others);
      for (std::size_t j = 0; j < lines; ++j) s.currents[j] -= s.others[j];
    }
    const double weight = digits_ ? reading_.input.slice_weight(k) : 1;
    if (each_) {
      sink(s.currents, k, weight);
      continue;
    }
    for (std::size_t j = 0; j < lines; ++j) s.accumulated[j] += static_cast<float>(weight) * s.currents[j];
  }
  if (!each_) sink(s.accumulated, 0, 1);
}

void LiveReader::add_converted(std::size_t b, const Channel& channel, int k, double weight,
                               std::vector<float>& currents, std::uint64_t vector, std::span<float> y,
                               LiveScratch& s, Tally* tally) const {
  const Array& array = arrays_[b];
  const Converters& converters = *channel.converters;
  const std::size_t lines = array.lines();
  const std::vector<float>& gain = reading_.ranges.gain;
  double full = 1;
  if (tally != nullptr) tally->conversions += lines;
  if (reading_.automatic_adc) {
    full = largest_magnitude(std::span(currents).first(lines));
    if (full == 0) return;
  }
  if (converters.noise > 0) {
    room(s.noise, lines);
    core::fill_normal(channel.adc_noise_key, vector * reading_.input.slices + k, 0, {s.noise.data(), lines});
  }
  if (converters.kind != AdcKind::ideal) {
    for (std::size_t j = 0; j < lines; ++j) {
      const double amplified = gain.empty() || j < array.unit ? 1 : gain[array.read.first + j - array.unit];
      double seen = currents[j] * amplified / full;
      if (converters.noise > 0) seen += converters.noise * s.noise[j];
      if (tally != nullptr) tally->clipped += seen < converters.range.lo || seen > converters.range.hi;
      currents[j] = static_cast<float>(convert(converters, j, seen) * full / amplified);
    }
  }
  const double all = reading_.slice_scale[array.place.slice] * cells_.blocks[b].compensation *
                     reading_.out_scale * channel.sign * weight;
  const float less = reading_.unit_column_subtracts ? currents[0] : 0;
  float* const out = y.data() + array.read.first;
  for (std::size_t j = 0; j < array.read.size; ++j)
    out[j] += static_cast<float>(all) * (currents[array.unit + j] - less);
}

void LiveReader::answer(std::span<const float> levels, float full_scale, std::span<float> y,
                        std::uint64_t vector, LiveScratch& s, Tally* tally) const {
  prepare(levels, s);
  std::fill_n(y.begin(), reading_.outputs, 0.0f);
  for (std::size_t b = 0; b < arrays_.size(); ++b) {
    if (plain_) {
      if (tally != nullptr) tally->conversions += arrays_[b].channels.size() * arrays_[b].lines() * times_;
      add_plainly(b, levels, y, s);
      continue;
    }
    for (const Channel& channel : arrays_[b].channels) {
      conversions(b, channel, levels, vector, s, [&](std::vector<float>& currents, int k, double weight) {
        add_converted(b, channel, k, weight, currents, vector, y, s, tally);
      });
    }
  }
  if (!plain_ && reading_.sum_scale != 0) {
    double all = 0;
    for (int k = 0; k < planes_; ++k) {
      const double weight = digits_ ? std::ldexp(1.0, reading_.input.slice_bits * k) /
                                          (std::ldexp(1.0, reading_.input.magnitude_bits) - 1)
                                    : volt_;
      for (std::size_t p = 0; p < reading_.driven.size(); ++p)
        all += weight * s.sums[k * reading_.driven.size() + p];
    }
    const auto offset = static_cast<float>(reading_.sum_scale * reading_.out_scale * all);
    for (float& v : y.first(reading_.outputs)) v -= offset;
  }
  if (full_scale == 1) return;
  for (float& v : y.first(reading_.outputs)) v *= full_scale;
}

void LiveReader::observe(std::span<const float> levels, std::uint64_t vector, CurrentObserver& observer,
                         LiveScratch& s) const {
  prepare(levels, s);
  for (std::size_t b = 0; b < arrays_.size(); ++b) {
    const Array& array = arrays_[b];
    for (const Channel& channel : array.channels) {
      conversions(b, channel, levels, vector, s, [&](std::vector<float>& currents, int, double) {
        for (std::size_t j = 0; j < array.read.size && !reading_.ranges.gain.empty(); ++j)
          currents[array.unit + j] *= reading_.ranges.gain[array.read.first + j];
        observer.see({.slice = static_cast<std::size_t>(array.place.slice),
                      .unit = array.unit,
                      .first = array.read.first,
                      .currents = std::span(currents).first(array.lines())});
      });
    }
  }
}

}  // namespace mho::array
