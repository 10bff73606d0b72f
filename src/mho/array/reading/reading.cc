#include "mho/array/reading/reading.h"

#include <algorithm>
#include <cmath>

#include "mho/core/error.h"

namespace mho::array {
namespace {

/// The range of the converters that read slice `slice` of an array with `lines` driven lines.
Interval range_of(const MappedMatrix& m, const Reading& r, std::size_t lines, int slice) {
  const Adc& adc = m.settings.adc;
  const auto of_slice = [slice](const std::vector<Interval>& v) { return v[v.size() == 1 ? 0 : slice]; };
  if (adc.range == Adc::Range::given) return of_slice(adc.given);
  if (adc.range == Adc::Range::calibrated) return of_slice(r.ranges.adc);
  const int cell_bits = m.settings.cell.cell_bits();
  const double m_levels = std::ldexp(1.0, r.input.magnitude_bits);
  return automatic_range(adc,
                         {.lines = lines,
                          .step_bits = m.code.slices == 1 && cell_bits > 0 ? cell_bits : m.code.slice_bits,
                          .correction = r.input.magnitude_bits > 0 ? m_levels / (m_levels - 1) : 1,
                          .signed_currents = r.input.is_signed || subtracts_in_wires(m.settings.mapping)});
}

}  // namespace

core::RandomKey array_key(const MappedMatrix& m, std::string_view purpose, std::uint32_t array) {
  return core::random_key(
      {.seed = m.seed, .trial = m.trial, .purpose = purpose, .layer = m.layer, .array = array});
}

Reading reading(const MappedMatrix& m, Direction direction, const Ranges& ranges) {
  const bool forward = direction == Direction::forward;
  if (!forward && m.settings.wires.gated) {
    throw core::InvalidInput(
        "wires.gated = true has no transpose: its inputs are gates along the rows, and a column has none");
  }
  if (ranges.input_signed && m.settings.input.bits == 1) {
    throw core::InvalidInput("input.bits = 1 leaves no bit for the magnitude of negative inputs");
  }
  Reading r;
  r.direction = direction;
  r.ranges = ranges;
  const bool automatic = m.settings.input.range == Input::Range::automatic;
  r.input = input_code(m.settings.input, automatic ? 1 : ranges.input, ranges.input_signed);
  r.inputs = forward ? m.in : m.out;
  r.outputs = forward ? m.out : m.in;
  r.driven = forward ? m.row_parts : m.col_parts;
  r.read = forward ? m.col_parts : m.row_parts;
  r.slice_scale = m.code.slice_scale;
  r.sum_scale = m.code.sum_scale;
  r.unit_column_subtracts = forward && m.unit_columns() > 0;
  if (!forward && m.unit_columns() > 0) {
    // Read along the rows, the unit column is one more input line, left at zero: the offset goes digitally.
    Settings digital = m.settings;
    digital.mapping.scheme = Scheme::offset;
    r.sum_scale = weight_code(digital, 1).sum_scale;
  }
  r.automatic_input = m.settings.input.range == Input::Range::automatic;
  r.automatic_adc = m.settings.adc.kind != AdcKind::ideal && m.settings.adc.range == Adc::Range::automatic;
  r.out_scale = m.code.weight_max * (r.automatic_input ? 1 : ranges.input);

  if (!ranges.gain.empty() && ranges.gain.size() != r.outputs) {
    throw core::InvalidInput("calibration must give every output a gain, or none");
  }
  const Adc& adc = m.settings.adc;
  r.has_converters = adc.kind == AdcKind::ideal || adc.range != Adc::Range::calibrated || !ranges.adc.empty();
  if (!r.has_converters) return r;
  if (adc.kind != AdcKind::ideal && adc.range == Adc::Range::calibrated && ranges.adc.size() != 1 &&
      ranges.adc.size() != static_cast<std::size_t>(m.code.slices)) {
    throw core::InvalidInput("calibration must give one ADC range, or one a weight slice");
  }
  const bool separately = m.differential() && !subtracts_in_wires(m.settings.mapping);
  for (std::size_t b = 0; b < m.block_count(); ++b) {
    const auto place = m.place_of(b);
    const std::size_t rows = m.row_parts[place.row_part].size, cols = m.col_parts[place.col_part].size;
    const std::size_t read = forward ? m.unit_columns() + cols : rows;
    const Interval range =
        adc.kind == AdcKind::ideal ? Interval{} : range_of(m, r, forward ? rows : cols, place.slice);
    r.plus.push_back(make_converters(adc, range, read, array_key(m, "converter", place.number)));
    if (separately)
      r.minus.push_back(make_converters(adc, range, read, array_key(m, "converter", place.number + 1)));
  }
  return r;
}

}  // namespace mho::array
