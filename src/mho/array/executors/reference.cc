#include "mho/array/executors/reference.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "mho/array/executors/array_reader.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/reading.h"
#include "mho/array/reading/workspace.h"
#include "mho/core/error.h"

namespace mho::array {
namespace {

struct ReferenceScratch : Scratch {
  std::vector<double> inputs;  ///< in the user's units
};

using Numbers = std::vector<double>;

/// One vector of inputs.
struct Vector {
  Numbers inputs;         ///< levels where inputs have bits, else values in [-1,1]; one a driven line
  double full_scale = 1;  ///< what an input of 1 stands for beside the reading's own scale
  std::uint64_t number = 0;
};

/// What a converter sees: one current a line read, of one array or of a pair.
struct Channel {
  const ArrayReader* plus = nullptr;
  const ArrayReader* minus = nullptr;  ///< subtracted in wires outside the arrays; null: a single array
  const Converters* converters = nullptr;
  double sign = 1;  ///< with which digital logic adds the answer
};

class ReferenceProduct final : public Product {
 public:
  ReferenceProduct(std::shared_ptr<const ProgrammedMatrix> matrix, std::vector<std::int64_t> offsets,
                   Direction direction, const Ranges& ranges)
      : matrix_(std::move(matrix)),
        reading_(reading(*matrix_, direction, ranges)),
        offsets_(std::move(offsets)) {
    for (std::size_t i = 0; offsets_.size() < reading_.inputs; ++i) {
      offsets_.push_back(static_cast<std::int64_t>(i));
    }
    const bool interleaved = matrix_->settings.mapping.interleaved;
    for (const Block& block : matrix_->blocks) {
      plus_.emplace_back(*matrix_, direction, block.plus, interleaved ? &block.minus : nullptr);
      if (matrix_->differential() && !interleaved) minus_.emplace_back(*matrix_, direction, block.minus);
    }
  }

  void quantize(std::span<const float> inputs, Workspace& workspace) const override {
    workspace.as<ReferenceScratch>().inputs.assign(inputs.begin(), inputs.end());
  }

  void vmm(std::span<const std::int64_t> origins, core::MatrixView<float> y, std::uint64_t first_vector,
           Workspace& workspace, Tally* tally) const override {
    if (!reading_.has_converters) throw std::logic_error("calibrated ADC ranges are missing");
    Tally unused;
    for (std::size_t v = 0; v < origins.size(); ++v) {
      const Vector vector = gathered(origins[v], first_vector + v, workspace);
      Numbers answer(reading_.outputs, 0.0);
      for (const Block& block : matrix_->blocks) {
        add_block(block, vector, answer, tally ? *tally : unused);
      }
      double sum = 0;
      for (const double x : vector.inputs) sum += value_of(x);
      const double scale = reading_.out_scale * vector.full_scale;
      for (std::size_t j = 0; j < answer.size(); ++j) {
        y(v, j) = static_cast<float>((answer[j] - reading_.sum_scale * sum) * scale);
      }
    }
  }

  void observe(std::span<const std::int64_t> origins, CurrentObserver& observer,
               Workspace& workspace) const override {
    Accuracy wires;
    for (std::size_t v = 0; v < origins.size(); ++v) {
      const Vector vector = gathered(origins[v], v, workspace);
      for (const Block& block : matrix_->blocks) {
        for (const Channel& channel : channels(block)) {
          read(block, channel, vector, wires, [&](Numbers& currents, std::uint64_t) {
            std::vector<float> seen(currents.size());
            for (std::size_t j = 0; j < seen.size(); ++j)
              seen[j] = static_cast<float>(currents[j] * gain(block, j, currents.size()));
            const Part part = read_part(block);
            observer.see({.slice = static_cast<std::size_t>(block.slice),
                          .unit = seen.size() - part.size,
                          .first = part.first,
                          .currents = seen});
          });
        }
      }
    }
  }

 private:
  Vector gathered(std::int64_t origin, std::uint64_t number, Workspace& workspace) const {
    const Numbers& all = workspace.as<ReferenceScratch>().inputs;
    Vector v{.inputs = Numbers(reading_.inputs), .number = number};
    double largest = 0;
    for (std::size_t i = 0; i < v.inputs.size(); ++i) {
      v.inputs[i] = all[static_cast<std::size_t>(origin + offsets_[i])];
      largest = std::max(largest, std::abs(v.inputs[i]));
    }
    if (reading_.automatic_input && largest > 0) v.full_scale = largest;
    const InputCode& code = reading_.input;
    for (double& x : v.inputs) {
      const double over = x / v.full_scale;
      x = code.magnitude_bits > 0 ? input_level(code, over) : input_value(code, over);
    }
    return v;
  }

  double value_of(double input) const {
    const int m = reading_.input.magnitude_bits;
    return m > 0 ? input / (std::ldexp(1.0, m) - 1) : input;
  }

  std::vector<Channel> channels(const Block& block) const {
    const std::size_t b = &block - matrix_->blocks.data();
    const Converters* plus = reading_.has_converters ? &reading_.plus[b] : nullptr;
    if (minus_.empty()) return {{&plus_[b], nullptr, plus, 1}};
    if (subtracts_in_wires(matrix_->settings.mapping)) return {{&plus_[b], &minus_[b], plus, 1}};
    const Converters* minus = reading_.has_converters ? &reading_.minus[b] : nullptr;
    return {{&plus_[b], nullptr, plus, 1}, {&minus_[b], nullptr, minus, -1}};
  }

  void limit(Numbers& currents) const {
    const double most = matrix_->settings.array.column_current_limit;
    if (most == 0) return;
    for (double& current : currents) current = std::clamp(current, -most, most);
  }

  /// Currents of the lines read by one channel for one input digit.
  Numbers channel_currents(const Channel& channel, std::span<const double> x, std::uint64_t draw,
                           Accuracy& wires) const {
    Numbers currents = channel.plus->currents(x, draw, &wires);
    limit(currents);
    if (channel.minus == nullptr) return currents;
    Numbers minus = channel.minus->currents(x, draw, &wires);
    limit(minus);
    for (std::size_t j = 0; j < currents.size(); ++j) currents[j] -= minus[j];
    return currents;
  }

  /// Applies the input slices and accumulates; `convert(currents, draw)` stands where the converters are.
  template <typename Convert>
  Numbers read(const Block& block, const Channel& channel, const Vector& vector, Accuracy& wires,
               Convert&& convert) const {
    const InputCode& code = reading_.input;
    const bool forward = reading_.direction == Direction::forward;
    const Part part = reading_.driven[forward ? block.row_part : block.col_part];
    const std::size_t idle = forward ? 0 : matrix_->unit_columns();  // lines before the part's, left at zero
    const bool each = matrix_->settings.adc.per_input_slice;
    Numbers x(idle + part.size, 0.0);
    Numbers sum;
    for (int k = 0; k < code.slices; ++k) {
      for (std::size_t i = 0; i < part.size; ++i) {
        const double input = vector.inputs[part.first + i];
        x[idle + i] = code.magnitude_bits > 0 ? input_digit(code, static_cast<int>(input), k) : input;
      }
      const std::uint64_t draw = vector.number * code.slices + k;
      Numbers currents = channel_currents(channel, x, draw, wires);
      if (each) convert(currents, draw);
      sum.resize(currents.size(), 0.0);
      for (std::size_t j = 0; j < sum.size(); ++j) {
        sum[j] = (sum[j] + currents[j]) / std::ldexp(1.0, code.slice_bits);
      }
    }
    for (double& s : sum) s *= code.final_factor;
    if (!each) convert(sum, vector.number * code.slices);
    return sum;
  }

  Part read_part(const Block& block) const {
    return reading_.read[reading_.direction == Direction::forward ? block.col_part : block.row_part];
  }

  /// Of line `j` of the `lines` that are read of a block: the first may be a unit column.
  double gain(const Block& block, std::size_t j, std::size_t lines) const {
    const Part part = read_part(block);
    const std::size_t unit = lines - part.size;
    return reading_.ranges.gain.empty() || j < unit ? 1 : reading_.ranges.gain[part.first + j - unit];
  }

  /// Of the converters of an array beside their own range.
  double full_scale(const Numbers& currents) const {
    double largest = 0;
    for (const double current : currents) largest = std::max(largest, std::abs(current));
    return reading_.automatic_adc ? largest : 1;
  }

  void digitize(const Block& block, const Channel& channel, Numbers& currents, std::uint64_t draw,
                Tally& tally) const {
    const Converters& converters = *channel.converters;
    std::vector<float> noise(currents.size(), 0.0f);
    const double full = full_scale(currents);
    if (full == 0) {
      tally.conversions += currents.size();
      return;
    }
    if (converters.noise > 0) {
      core::fill_normal(array_key(*matrix_, "adc-noise", channel.plus->number()), draw, 0, noise);
    }
    for (std::size_t j = 0; j < currents.size(); ++j) {
      const double amplification = gain(block, j, currents.size());
      const double seen = currents[j] * amplification / full + converters.noise * noise[j];
      const bool outside = seen < converters.range.lo || seen > converters.range.hi;
      tally.clipped += converters.kind != AdcKind::ideal && outside;
      currents[j] = array::convert(converters, j, seen) * full / amplification;
    }
    tally.conversions += currents.size();
  }

  void add_block(const Block& block, const Vector& vector, Numbers& answer, Tally& tally) const {
    const Part part = read_part(block);
    const double scale = reading_.slice_scale[block.slice] * block.compensation;
    Accuracy wires;
    for (const Channel& channel : channels(block)) {
      const Numbers q = read(block, channel, vector, wires, [&](Numbers& currents, std::uint64_t draw) {
        digitize(block, channel, currents, draw, tally);
      });
      const std::size_t first = q.size() - part.size;  // after the unit column
      for (std::size_t j = 0; j < part.size; ++j) {
        const double unit = reading_.unit_column_subtracts ? q[0] : 0;
        answer[part.first + j] += channel.sign * scale * (q[first + j] - unit);
      }
    }
    tally.wires_residual = std::max(tally.wires_residual, wires.residual);
  }

  std::shared_ptr<const ProgrammedMatrix> matrix_;
  Reading reading_;
  std::vector<std::int64_t> offsets_;
  std::vector<ArrayReader> plus_, minus_;  // of every block; interleaved pairs are one array
};

}  // namespace

std::unique_ptr<Product> make_reference_product(std::shared_ptr<const ProgrammedMatrix> matrix,
                                                std::vector<std::int64_t> row_offsets, Direction direction,
                                                const Ranges& ranges) {
  return std::make_unique<ReferenceProduct>(std::move(matrix), std::move(row_offsets), direction, ranges);
}

}  // namespace mho::array
