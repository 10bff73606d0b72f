#pragma once
// The keys of [array], [mapping], [input], [adc] and [wires], which settings.cc reads, and of [[layer]]. What
// several keys allow together is said there. The mathematics is in docs/theory/array.md.

#include <array>
#include <string_view>

#include "mho/array/mapping/settings.h"
#include "mho/core/key.h"

namespace mho::array::keys {

using core::AnyKey;
using core::at_least;
using core::between;
using core::ChoiceKey;
using core::FlagKey;
using core::IntegerKey;
using core::NumberKey;

inline constexpr std::int64_t kMaxLines = 1 << 20;
inline constexpr std::int64_t kMaxBits = 16;

// [array]
inline constexpr IntegerKey rows{.name = "array.rows",
                                 .fallback = static_cast<std::int64_t>(ArraySize{}.rows),
                                 .min = 0,
                                 .max = kMaxLines,
                                 .meaning = "rows of an array; 0: as many as the matrix has inputs"};
inline constexpr IntegerKey cols{.name = "array.cols",
                                 .fallback = static_cast<std::int64_t>(ArraySize{}.cols),
                                 .min = 0,
                                 .max = kMaxLines,
                                 .meaning = "columns of an array; 0: as many as the matrix needs"};
inline constexpr ChoiceKey<Partition> partition{
    .name = "array.partition",
    .fallback = ArraySize{}.partition,
    .words = {{"even", Partition::even}, {"fill", Partition::fill}},
    .meaning =
        "how a matrix that is larger than an array is cut: parts of equal size, or full ones and a rest"};
inline constexpr NumberKey column_current_limit{
    .name = "array.column_current_limit",
    .limits = at_least(0),
    .unit = "V_read·G_on",
    .meaning =
        "clips the current of every physical column before any subtraction in wires outside the array; "
        "0: no limit"};
inline constexpr ChoiceKey<Precision> precision{
    .name = "array.precision",
    .fallback = ArraySize{}.precision,
    .words = {{"f32", Precision::f32}, {"int16", Precision::int16}},
    .meaning = "numbers that the simulation computes in; int16 resolves 3e-5 of G_on"};

// [mapping]
inline constexpr ChoiceKey<Scheme> scheme{
    .name = "mapping.scheme",
    .fallback = Mapping{}.scheme,
    .words = {{"differential", Scheme::differential},
              {"differential-two-sided", Scheme::differential_two_sided},
              {"offset", Scheme::offset},
              {"offset-unit-column", Scheme::offset_unit_column}},
    .meaning =
        "how a weight becomes conductances: a pair of cells, of which one (or both) leaves its lowest "
        "conductance, or one cell around a middle, which digital logic or a column of its own takes off"};
inline constexpr IntegerKey weight_bits{.name = "mapping.weight_bits",
                                        .fallback = Mapping{}.weight_bits,
                                        .min = 0,
                                        .max = kMaxBits,
                                        .unit = "bit",
                                        .meaning = "bits of a weight, the sign among them; 0: continuous"};
inline constexpr IntegerKey slices{
    .name = "mapping.slices",
    .fallback = Mapping{}.slices,
    .min = 1,
    .max = kMaxBits,
    .meaning = "cells behind a weight (or its sign), each with some of its bits"};
inline constexpr AnyKey weight_range{
    .name = "mapping.weight_range",
    .fallback = "\"max\"",
    .allowed = "\"max\", a percentage above 50 such as \"99%\", or a number above 0",
    .meaning =
        "the weight that lies at the end of the conductances: the largest magnitude, a quantile of the "
        "weights, or this number"};
inline constexpr ChoiceKey<bool> weight_range_per{
    .name = "mapping.weight_range_per",
    .words = {{"matrix", false}, {"column", true}},
    .meaning = "one range for the matrix, or one for every output, undone in digital logic"};
inline constexpr ChoiceKey<Subtract> subtract{
    .name = "mapping.subtract",
    .fallback = Mapping{}.subtract,
    .words = {{"analog", Subtract::analog}, {"digital", Subtract::digital}},
    .meaning = "where the currents of a pair are subtracted: in wires, or after a conversion each"};
inline constexpr FlagKey interleaved{
    .name = "mapping.interleaved",
    .meaning =
        "the two cells of a pair lie in one array, on two rows driven at +x and -x, and share a column"};

// [input]
inline constexpr IntegerKey input_bits{.name = "input.bits",
                                       .fallback = Input{}.bits,
                                       .min = 0,
                                       .max = kMaxBits,
                                       .unit = "bit",
                                       .meaning = "bits of an input, a sign among them; 0: continuous"};
inline constexpr IntegerKey slice_bits{.name = "input.slice_bits",
                                       .fallback = Input{}.slice_bits,
                                       .min = 0,
                                       .max = kMaxBits,
                                       .unit = "bit",
                                       .meaning = "bits that are applied at once; 0: all, 1: bit by bit"};
inline constexpr AnyKey input_signed{
    .name = "input.signed",
    .fallback = "\"auto\"",
    .allowed = "true, false or \"auto\"",
    .meaning = "inputs have signs; auto: where one of the calibration is negative"};
inline constexpr AnyKey input_range{.name = "input.range",
                                    .fallback = "\"calibrated\"",
                                    .allowed = "\"calibrated\", \"auto\" or a number above 0",
                                    .meaning =
                                        "the input that is full scale: from calibration images (in mvm: from "
                                        "the inputs), the largest magnitude "
                                        "of each vector (the default in train), or this number"};

// [adc]
inline constexpr ChoiceKey<AdcKind> adc_kind{.name = "adc.kind",
                                             .fallback = Adc{}.kind,
                                             .words = {{"ideal", AdcKind::ideal},
                                                       {"uniform", AdcKind::uniform},
                                                       {"sign-magnitude", AdcKind::sign_magnitude},
                                                       {"ramp", AdcKind::ramp},
                                                       {"sar", AdcKind::sar},
                                                       {"pipeline", AdcKind::pipeline},
                                                       {"cyclic", AdcKind::cyclic}},
                                             .meaning = "converter behind a column; ideal converts nothing"};
inline constexpr IntegerKey adc_bits{.name = "adc.bits",
                                     .fallback = Adc{}.bits,
                                     .min = 1,
                                     .max = kMaxBits,
                                     .unit = "bit",
                                     .meaning = "resolution of the converters"};
inline constexpr AnyKey adc_range{
    .name = "adc.range",
    .fallback = "\"calibrated\"",
    .allowed =
        "\"calibrated\", \"auto\", \"max\", \"granular\", [lo, hi] with lo < hi, or a list of such pairs, "
        "one a "
        "weight slice",
    .unit = "V_read·G_on",
    .meaning =
        "currents that fill the converter: from calibration images, the largest magnitude of each read (the "
        "default in train), all that can occur, the smallest step of the current a code, or these"};
inline constexpr ChoiceKey<bool> adc_range_per{
    .name = "adc.range_per",
    .words = {{"matrix", false}, {"column", true}},
    .meaning =
        "one gain for all columns, or every column's current is amplified until it fills the range, "
        "undone in digital logic"};
inline constexpr FlagKey per_input_slice{
    .name = "adc.per_input_slice",
    .fallback = Adc{}.per_input_slice,
    .meaning = "a conversion for every slice of the input; false: slices are summed before one conversion"};
inline constexpr NumberKey gain_db{
    .name = "adc.gain_db",
    .fallback = Adc{}.gain_db,
    .limits = at_least(0),
    .unit = "dB",
    .meaning = "open-loop gain of the amplifiers in ramp, sar, pipeline and cyclic converters"};
inline constexpr NumberKey sigma_capacitor{
    .name = "adc.sigma_capacitor",
    .limits = between(0, 0.3),
    .meaning = "spread of a unit capacitor of ramp, sar, pipeline and cyclic converters, relative"};
inline constexpr NumberKey sigma_comparator{
    .name = "adc.sigma_comparator",
    .limits = between(0, 1),
    .meaning =
        "spread of the comparators' thresholds of those converters, relative to the largest magnitude of "
        "the range"};
inline constexpr IntegerKey group_columns{.name = "adc.group_columns",
                                          .fallback = Adc{}.group_columns,
                                          .min = 1,
                                          .max = kMaxLines,
                                          .meaning = "columns that share a converter of those kinds"};
inline constexpr NumberKey noise_lsb{.name = "adc.noise_lsb",
                                     .limits = at_least(0),
                                     .unit = "LSB",
                                     .meaning = "standard deviation of a conversion"};

// [wires]
inline constexpr NumberKey row_ohm{.name = "wires.row_ohm",
                                   .limits = at_least(0),
                                   .unit = "Ω",
                                   .meaning = "resistance of a row's wire from cell to cell"};
inline constexpr NumberKey col_ohm{.name = "wires.col_ohm",
                                   .limits = at_least(0),
                                   .unit = "Ω",
                                   .meaning = "resistance of a column's wire from cell to cell"};
inline constexpr NumberKey row_terminal_ohm{.name = "wires.row_terminal_ohm",
                                            .limits = at_least(0),
                                            .unit = "Ω",
                                            .meaning = "resistance between a row's driver and its wire"};
inline constexpr NumberKey col_terminal_ohm{
    .name = "wires.col_terminal_ohm",
    .limits = at_least(0),
    .unit = "Ω",
    .meaning = "resistance between a column's wire and virtual ground"};
inline constexpr FlagKey gated{
    .name = "wires.gated",
    .meaning = "an input's bit only connects its cell to a supply line beside the column (SONOS, flash)"};
inline constexpr ChoiceKey<UnusedRows> unused_rows{
    .name = "wires.unused_rows",
    .fallback = Wires{}.unused_rows,
    .words = {{"output-end", UnusedRows::output_end}, {"supply-end", UnusedRows::supply_end}},
    .meaning = "where the rows of a gated array lie that a matrix leaves unused"};

// [[layer]]
inline constexpr core::TableKey layer{
    .name = "layer",
    .meaning =
        "list of tables: keys of [device], [array], [mapping], [input], [adc], [wires] for some layers"};
inline constexpr core::TextKey match{.name = "layer.match",
                                     .meaning = "which layers: their name or their weights', with * and ?"};

/// Sections whose keys a layer may have for itself.
inline constexpr std::array<std::string_view, 6> layer_sections = {"device", "array", "mapping",
                                                                   "input",  "adc",   "wires"};

}  // namespace mho::array::keys
