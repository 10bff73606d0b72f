#include "mho/array/executors/fast_plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mho/array/executors/live_product.h"

namespace mho::array {
namespace {

/// The step between two levels of a cell, or of a slice of weight bits; 0 where conductances are continuous.
double level_step(const ProgrammedMatrix& m) {
  const int bits = m.code.slice_bits > 0 ? m.code.slice_bits : m.settings.cell.cell_bits();
  if (bits == 0) return 0;
  return (m.code.slice_bits > 0 ? m.code.span : 1 - m.settings.cell.g_off()) / (std::ldexp(1.0, bits) - 1);
}

/// What every cell of an array that is read alone has in common, so that the rest fits 8 signed bits.
double common_conductance(const ProgrammedMatrix& m) {
  const int bits = m.code.slice_bits > 0 ? m.code.slice_bits : m.settings.cell.cell_bits();
  return m.settings.cell.g_off() + (bits > 7 ? 128 * level_step(m) : 0);
}

/// A conductance that is `base` and a whole number of steps in [-128, 127]; f32 keeps it to 6e-8.
bool is_level(double g, double base, double step) {
  const double n = (g - base) / step;
  const double whole = std::nearbyint(n);
  return std::abs(n - whole) * step < 3e-7 && whole >= -128 && whole <= 127;
}

/// Every product is exact in 8 bits: conductances lie on their levels, inputs are whole.
bool fits_8_bits(const FastPlan& plan, const ProgrammedMatrix& matrix, int largest_input) {
  const ProgrammedMatrix& m = matrix;
  const double step = level_step(m);
  if (step == 0 || largest_input > (plan.reading.input.is_signed ? 127 : 255)) return false;
  const bool pairs = m.differential() && subtracts_in_wires(m.settings.mapping) && plan.limit == 0;
  const double base = common_conductance(m);
  const auto levels = [&](const core::Matrix<float>& g) {
    return std::all_of(g.elements.begin(), g.elements.end(),
                       [&](float x) { return is_level(x, base, step); });
  };
  for (const Block& b : m.blocks) {
    if (!pairs) {
      if (!levels(b.plus.g) || !levels(b.minus.g)) return false;
      continue;
    }
    for (std::size_t i = 0; i < b.plus.g.elements.size(); ++i) {
      if (!is_level(double{b.plus.g.elements[i]} - b.minus.g.elements[i], 0, step)) return false;
    }
  }
  return true;
}

class Planner {
 public:
  Planner(FastPlan& plan, const ProgrammedMatrix& matrix, const std::vector<std::int64_t>& offsets)
      : plan_(plan), matrix_(matrix), offsets_(offsets) {}

  void all() {
    const Reading& r = plan_.reading;
    for (std::size_t d = 0; d < r.driven.size(); ++d) {
      sort(r.driven[d]);
      FastDriven& driven = plan_.driven.emplace_back();
      std::vector<std::int64_t> sorted;
      for (const std::size_t i : order_) sorted.push_back(offsets_[r.driven[d].first + i]);
      driven.gather = make_gather(sorted, plan_.arithmetic);
      if (plan_.narrow) driven.rows = sorted;
      if (plan_.noisy) driven.squares = make_gather(sorted, Arithmetic::f32);
      std::size_t at = 0;
      for (std::size_t p = 0; p < r.read.size(); ++p) {
        driven.arrays.push_back(array(d, p, at));
        at += plan_.padded(driven.arrays.back().columns());
      }
      plan_.answer_columns = at;
    }
  }

 private:
  /// Driven lines in the order in which their inputs lie.
  void sort(const Part& part) {
    order_.resize(part.size);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return offsets_[part.first + a] < offsets_[part.first + b];
    });
  }

  FastArray array(std::size_t d, std::size_t p, std::size_t at) const {
    const Reading& r = plan_.reading;
    const bool forward = r.direction == Direction::forward;
    FastArray made{.first = r.read[p].first,
                   .outputs = r.read[p].size,
                   .unit = forward ? matrix_.unit_columns() : 0,
                   .at = at,
                   .channels = {}};
    for (int s = 0; s < matrix_.code.slices; ++s) {
      channels(forward ? matrix_.block(d, p, s) : matrix_.block(p, d, s), made);
    }
    if (!r.has_converters) return made;
    for (FastChannel& c : made.channels) {
      if (plan_.structured) {
        c.stairs = make_stairs(*c.converters, made.columns());
      } else {  // a block of currents has the unit 1
        c.scale = code_scale(*c.converters, plan_.staged ? 1 : plan_.unit * c.lines.front().unit);
      }
    }
    return made;
  }

  void channels(const Block& block, FastArray& array) const {
    const Reading& r = plan_.reading;
    const ProgrammedMatrix& m = matrix_;
    const auto b = static_cast<std::size_t>(&block - m.blocks.data());
    const double weight = r.slice_scale[block.slice] * block.compensation * r.out_scale;
    const auto channel = [&](const CellArray& names, const std::vector<Converters>& converters, double sign) {
      return FastChannel{.block = b,
                         .slice = block.slice,
                         .converters = r.has_converters ? &converters[b] : nullptr,
                         .scale = {},
                         .stairs = {},
                         .lines = {},
                         .weight = sign * weight,
                         .adc_noise_key = array_key(m, "adc-noise", names.number)};
    };
    if (!m.differential()) {
      array.channels.push_back(channel(block.plus, r.plus, 1));
      array.channels.back().lines.push_back(line(block.plus, nullptr, array));
    } else if (!subtracts_in_wires(m.settings.mapping)) {
      array.channels.push_back(channel(block.plus, r.plus, 1));
      array.channels.back().lines.push_back(line(block.plus, nullptr, array));
      array.channels.push_back(channel(block.minus, r.minus, -1));
      array.channels.back().lines.push_back(line(block.minus, nullptr, array));
    } else {
      // A pair on a common column is limited there, after the subtraction.
      const bool common = m.settings.mapping.interleaved;
      array.channels.push_back(channel(block.plus, r.plus, 1));
      auto& lines = array.channels.back().lines;
      if (plan_.limit > 0 && !common) {
        lines.push_back(line(block.plus, nullptr, array));
        lines.push_back(line(block.minus, nullptr, array));
      } else {
        lines.push_back(line(block.plus, &block.minus, array));
      }
    }
  }

  /// Driven lines in their order, read lines in theirs: cells, or what the pair of them differs by.
  core::Matrix<float> ordered(const core::Matrix<float>& plus, const core::Matrix<float>* minus,
                              std::size_t columns) const {
    core::Matrix<float> m(order_.size(), columns);
    const bool forward = plan_.reading.direction == Direction::forward;
    const std::size_t idle = forward ? 0 : matrix_.unit_columns();  // lines before the driven ones, at zero
    for (std::size_t row = 0; row < m.rows; ++row) {
      const std::size_t line = idle + order_[row];
      float* const to = m.row(row).data();
      if (!forward) {
        for (std::size_t col = 0; col < columns; ++col)
          to[col] = plus(col, line) - (minus == nullptr ? 0.0f : (*minus)(col, line));
      } else if (minus == nullptr) {
        std::copy_n(plus.row(line).data(), columns, to);
      } else {
        const float *const p = plus.row(line).data(), *const n = minus->row(line).data();
        for (std::size_t col = 0; col < columns; ++col) to[col] = p[col] - n[col];
      }
    }
    return m;
  }

  /// Amplifies what array `of` reads: its columns' elements, `power` times.
  void amplify(core::Matrix<float>& values, const FastArray& of, int power) const {
    if (plan_.gain.empty() || plan_.staged) return;
    for (std::size_t row = 0; row < values.rows; ++row) {
      float* const outputs = values.row(row).data() + of.unit;
      for (std::size_t j = 0; j < of.outputs; ++j) {
        const float gain = plan_.gain[of.first + j];
        outputs[j] *= power == 2 ? gain * gain : gain;
      }
    }
  }

  Line line(const CellArray& plus, const CellArray* minus, const FastArray& of) const {
    const std::size_t columns = of.columns();
    Line made;
    core::Matrix<float> values = ordered(plus.g, minus == nullptr ? nullptr : &minus->g, columns);
    amplify(values, of, 1);
    pack(made, values, minus == nullptr);
    if (!plan_.noisy) return made;
    core::Matrix<float> variance = ordered(plus.sigma, nullptr, columns);
    const core::Matrix<float> other = minus == nullptr ? core::Matrix<float>(variance.rows, columns)
                                                       : ordered(minus->sigma, nullptr, columns);
    for (std::size_t i = 0; i < variance.elements.size(); ++i) {
      const float p = variance.elements[i], n = other.elements[i];
      variance.elements[i] = static_cast<float>((p * p + n * n) / (made.unit * made.unit));
    }
    amplify(variance, of, 2);
    made.variance = pack_f32(variance, *plan_.kernels);
    const bool forward = plan_.reading.direction == Direction::forward;
    made.noise_key =
        array_key(matrix_, forward ? "read-noise-sum" : "read-noise-sum-transposed", plus.number);
    return made;
  }

  void pack(Line& line, core::Matrix<float>& values, bool alone) const {
    if (plan_.exact) {
      line.unit = level_step(matrix_);
      line.common = alone ? common_conductance(matrix_) : 0;
      round_to_levels(values, line.common, line.unit);
    } else if (matrix_.settings.array.precision == Precision::int16) {
      const double largest = largest_magnitude(values.elements);
      line.unit = largest > 0 ? largest / 32767.0 : 1;
      round_to_levels(values, 0, line.unit);
    }
    if (plan_.arithmetic == Arithmetic::f32) {  // whole numbers too
      line.columns = pack_f32(values, *plan_.kernels);
      if (plan_.narrow) line.narrow.assign(values.elements.begin(), values.elements.end());
    } else {
      line.columns = pack_integers(plan_.arithmetic, values, *plan_.kernels,
                                   plan_.largest_input + plan_.input_shift, plan_.input_shift);
    }
  }

  FastPlan& plan_;
  const ProgrammedMatrix& matrix_;
  const std::vector<std::int64_t>& offsets_;
  std::vector<std::size_t> order_;
};

/// How many vectors go through together, and which parts of the driven lines are packed together.
void lay_out(FastPlan& plan) {
  // Panels that many strips pass over fill a quarter of an L2 cache; those of one strip stay in L1.
  const std::size_t cache = plan.answer_columns <= plan.kernels->strip ? 24 * 1024 : 256 * 1024;
  std::size_t largest = 1;
  for (const FastDriven& d : plan.driven) {
    largest = std::max(largest, (d.panel_bytes() + d.square_bytes()) * plan.planes);
  }
  const std::size_t group = plan.kernels->vectors;
  plan.block_vectors = std::clamp(cache / largest / group, std::size_t{1}, 96 / group) * group;
  std::size_t panels = 0, squares = 0;
  for (std::size_t d = 0; d < plan.driven.size(); ++d) {
    FastDriven& driven = plan.driven[d];
    const std::size_t more = driven.panel_bytes() + driven.square_bytes();
    if (d == 0 || (panels + squares + more) * plan.planes * plan.block_vectors > cache) {
      plan.waves.push_back(d);
      panels = squares = 0;
    }
    driven.panels_before = panels;
    driven.squares_before = squares;
    driven.place = d - plan.waves.back();
    plan.wave_bytes = std::max(plan.wave_bytes, panels += driven.panel_bytes());
    plan.wave_square_bytes = std::max(plan.wave_square_bytes, squares += driven.square_bytes());
  }
  plan.waves.push_back(plan.driven.size());
}

/// Few columns that are read as they are: no noise, no offset to take off, no second step.
bool can_be_narrow(const FastPlan& plan, const ProgrammedMatrix& matrix) {
  const Settings& s = matrix.settings;
  return plan.reading.read.size() == 1 && plan.reading.read.front().size <= kNarrowColumns &&
         matrix.differential() && subtracts_in_wires(s.mapping) && !plan.noisy && !plan.staged &&
         s.adc.noise_lsb == 0 && plan.reading.sum_scale == 0;
}

}  // namespace

bool can_be_fast(const ProgrammedMatrix& matrix) {
  const Settings& s = matrix.settings;
  const bool ranges_follow = s.input.range == Input::Range::automatic ||
                             (s.adc.kind != AdcKind::ideal && s.adc.range == Adc::Range::automatic);
  return is_a_product(matrix) && !ranges_follow;
}

FastPlan fast_plan(const ProgrammedMatrix& matrix, std::vector<std::int64_t> offsets, Direction direction,
                   const Ranges& ranges, core::Isa isa) {
  FastPlan plan;
  plan.reading = reading(matrix, direction, ranges);
  plan.kernels = &kernels(isa);
  plan.elements = &element_kernels(isa);
  plan.climb = stairs_kernel(isa);
  plan.narrow_product = narrow_kernel(isa);
  const ProgrammedMatrix& m = matrix;
  const InputCode& input = plan.reading.input;
  for (std::size_t i = offsets.size(); i < plan.reading.inputs; ++i)
    offsets.push_back(static_cast<std::int64_t>(i));

  plan.limit = m.settings.array.column_current_limit;
  plan.wires_residual = m.wires_residual;
  plan.digits = (input.slices > 1 || input.slice_bits != input.magnitude_bits) &&
                (m.settings.adc.per_input_slice || plan.limit > 0);
  plan.converts_each = plan.digits && m.settings.adc.per_input_slice;
  plan.planes = plan.digits ? input.slices : 1;
  const int bits = plan.digits ? input.slice_bits : input.magnitude_bits;
  plan.unit = bits > 0 ? 1 / (std::ldexp(1.0, bits) - 1) : 1;
  plan.noisy = std::any_of(m.blocks.begin(), m.blocks.end(), [](const Block& b) {
    return !b.plus.sigma.elements.empty() || !b.minus.sigma.elements.empty();
  });
  const AdcKind kind = m.settings.adc.kind;
  plan.largest_input = bits > 0 ? (1 << bits) - 1 : 0;
  plan.gain = ranges.gain;  // amplified conductances are no whole numbers
  plan.exact = bits > 0 && plan.gain.empty() && fits_8_bits(plan, matrix, plan.largest_input);
  plan.structured = kind != AdcKind::ideal && kind != AdcKind::uniform && kind != AdcKind::sign_magnitude;
  plan.staged = plan.limit > 0 || plan.structured;
  // The 32 rows that are added before sums go over to f32 must fit 31 bits: 11 bits of inputs.
  const bool as_int16 = m.settings.array.precision == Precision::int16 && bits > 0 &&
                        32.0 * 32767 * plan.largest_input < 0x1p31;
  if (plan.exact && plan.kernels->int8) {
    plan.arithmetic = Arithmetic::int8;
    plan.input_shift = input.is_signed ? 128 : 0;
  } else if (can_be_narrow(plan, matrix)) {  // f32 in every lane beats int16 in a few
    plan.narrow = true;
  } else if (plan.kernels->int16 && (plan.exact || as_int16)) {
    plan.arithmetic = Arithmetic::int16;
  }
  Planner(plan, matrix, offsets).all();

  lay_out(plan);

  plan.in_place = !plan.reading.unit_column_subtracts;
  for (const Part& part : plan.reading.read) plan.in_place &= part.size % 16 == 0;
  return plan;
}

CodeScale code_scale(const Converters& c, double unit) {
  CodeScale made;
  made.conversion.scale = static_cast<float>(c.kind == AdcKind::ideal ? unit : c.steps * unit);
  if (c.kind == AdcKind::ideal) return made;
  made.step = 1 / c.steps;
  made.conversion.rounds = true;
  if (c.kind == AdcKind::sign_magnitude) {
    made.conversion.low = static_cast<float>(c.range.lo * c.steps);
    made.conversion.high = static_cast<float>(c.range.hi * c.steps);
    return made;
  }
  // Codes are counted from the even one next to the current 0: sums of small numbers lose nothing in f32,
  // and shifting by an even number keeps halves rounding the same way. A current of exactly 0, often a tie,
  // stays one.
  const double zero = -c.range.lo * c.steps;
  const double last = std::ldexp(1.0, c.bits) - 1;
  const double origin = std::clamp(2 * std::nearbyint(zero / 2), 0.0, last);
  made.offset = c.range.lo + origin / c.steps;
  made.conversion.low = static_cast<float>(-origin);
  made.conversion.high = static_cast<float>(last - origin);
  made.conversion.zero = static_cast<float>(zero - origin);
  return made;
}

}  // namespace mho::array
