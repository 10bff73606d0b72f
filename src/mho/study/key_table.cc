// The table behind study_keys(): one line a key. Columns: infer, train, cost, mvm.

#include <fmt/core.h>

#include "mho/array/mapping/keys.h"
#include "mho/device/keys.h"
#include "mho/hardware/keys.h"
#include "mho/network/data/keys.h"
#include "mho/network/keys.h"
#include "mho/study/key_registry.h"
#include "mho/training/keys.h"

namespace mho::study {
namespace {

using core::ConfigTable;

constexpr Effect acts{};
constexpr Effect steers{Effect::Kind::steers};
constexpr Effect refused(std::string_view why) { return {Effect::Kind::refused, why}; }
constexpr Effect bound(std::string_view why) { return {Effect::Kind::bound, why}; }
constexpr Effect nothing(std::string_view why) { return {Effect::Kind::meaningless, why}; }

constexpr Effect no_cells = nothing("cost counts cells, it draws none");
constexpr Effect no_data = nothing("cost knows shapes, no data");
constexpr Effect no_files = nothing("mho mvm is given weights and inputs");
constexpr Effect no_update = nothing("cells are not updated");
constexpr Effect no_training = nothing("nothing is trained");
constexpr Effect each_vector =
    nothing("weights change, and what flows with them: ranges of training are not calibrated");
constexpr Effect digital_twin = nothing("wires cost what the tile card says");

void read(const ConfigTable& t, const core::NumberKey& key) { t.number(key); }
void read(const ConfigTable& t, const core::IntegerKey& key) { t.integer(key); }
void read(const ConfigTable& t, const core::FlagKey& key) { t.flag(key); }
void read(const ConfigTable& t, const core::TextKey& key) { t.text(key); }
void read(const ConfigTable& t, const core::NumbersKey& key) { t.numbers(key); }
template <typename Enum>
void read(const ConfigTable& t, const core::ChoiceKey<Enum>& key) {
  t.choice(key);
}
void read(const ConfigTable&, const core::AnyKey&) {}    // its reader alone knows what is allowed
void read(const ConfigTable&, const core::TableKey&) {}  // and what keys it has

template <typename Key>
StudyKey line(const Key& key, Effect infer, Effect train, Effect cost, Effect mvm) {
  return {.facts = core::facts_of(key),
          .effects = {infer, train, cost, mvm},
          .complain = [key](const ConfigTable& table) { read(table, key); }};
}

void add_study(std::vector<StudyKey>& out) {
  out.insert(out.end(),
             {line(keys::task, acts, acts, acts, acts), line(keys::seed, acts, acts, no_cells, acts),
              line(keys::trials, acts, acts, no_cells, acts),
              line(keys::threads, steers, steers, nothing("there is nothing to wait for"), steers),
              line(keys::save_chip, steers, steers, no_cells, steers),
              line(keys::save_network, no_training, steers, no_training, no_training),
              line(keys::sweep, acts, acts, acts, acts)});
  constexpr Effect no_vectors = nothing("no vectors are given to multiply");
  const auto of_mvm = [&](const auto& key, Effect mvm) {
    out.push_back(line(key, no_vectors, no_vectors, no_vectors, mvm));
  };
  of_mvm(keys::weights, acts);
  of_mvm(keys::inputs, acts);
  of_mvm(keys::output, steers);
  of_mvm(keys::spice, steers);
  of_mvm(keys::transpose, acts);
  of_mvm(keys::trial, acts);
}

void add_network(std::vector<StudyKey>& out) {
  namespace k = network::keys;
  constexpr Effect no_layers = refused("training has no per-layer overrides: leave [[layer]] out");
  constexpr Effect one_matrix = refused("the matrix of mho mvm is no layer of a network");
  constexpr Effect own_layers = nothing("training.layers is the network");
  out.insert(out.end(), {line(k::model, acts, own_layers, acts, no_files),
                         line(k::depthwise, acts, own_layers, acts, no_files),
                         line(k::calibration_images, acts, each_vector, no_data, no_files),
                         line(k::calibration_count, acts, each_vector, no_data, no_files),
                         line(k::percentile, acts, each_vector, no_data, acts),
                         line(k::calibration_file, steers, each_vector, no_data, no_files),
                         line(array::keys::layer, acts, no_layers, acts, one_matrix),
                         line(array::keys::match, acts, no_layers, acts, one_matrix)});
}

void add_data(std::vector<StudyKey>& out) {
  namespace k = network::keys;
  const auto add = [&](const auto& key) { out.push_back(line(key, acts, acts, no_data, no_files)); };
  add(k::images);
  out.push_back(line(k::test, nothing("inference scores data.images"), acts, no_data, no_files));
  add(k::count);
  add(k::stride);
  add(k::label_offset);
  add(k::resize);
  add(k::crop);
  add(k::scale);
  add(k::mean);
  add(k::std);
  add(k::order);
  add(k::odd_margin);
}

void add_device(std::vector<StudyKey>& out) {
  namespace k = device::keys;
  out.insert(out.end(),
             {line(k::card, acts, acts, acts, acts), line(k::chip, acts, acts, acts, acts),
              line(k::g_on_s, acts, acts, acts, acts), line(k::on_off_ratio, acts, acts, acts, acts),
              line(k::read_voltage_v, acts, acts, acts, acts),
              line(k::cell_bits, acts, bound("pulses leave a cell anywhere between levels"), no_cells, acts),
              line(k::clip, acts, acts, no_cells, acts), line(k::valid_g_s, acts, acts, acts, acts)});
  const auto of_cells = [&](const auto& key) { out.push_back(line(key, acts, acts, no_cells, acts)); };
  of_cells(k::time_s);
  of_cells(k::dose_krad);
  of_cells(k::history);
  of_cells(k::programming_error);
  of_cells(k::read_noise);
  of_cells(k::drift);
  of_cells(k::stuck_on);
  of_cells(k::stuck_off);
  of_cells(k::programming);
  of_cells(k::reading);
  of_cells(k::retention);
  of_cells(k::radiation);
  of_cells(k::current_voltage);
  out.push_back(line(k::update, no_update, acts, no_update, no_update));
  constexpr Effect words = nothing("changes no number");
  const auto add_words = [&](const auto& key) { out.push_back(line(key, words, words, words, words)); };
  add_words(k::name);
  add_words(k::summary);
  add_words(k::range);
  for (const auto* block :
       {"programming", "reading", "retention", "radiation", "current_voltage", "faults", "update"}) {
    for (const auto* word : {"kind", "source", "note"}) {
      out.push_back({.facts = {.name = fmt::format("device.{}.{}", block, word),
                               .type = "text",
                               .fallback = "",
                               .meaning = "where the block's numbers come from"},
                     .effects = {words, words, words, words},
                     .complain = [word](const ConfigTable& table) { table.text(word, ""); }});
    }
  }
}

void add_array(std::vector<StudyKey>& out) {
  namespace k = array::keys;
  constexpr Effect costs_nothing = nothing("costs nothing");
  out.insert(
      out.end(),
      {line(k::rows, acts, acts, acts, acts),
       line(k::cols, acts, acts, acts, acts),
       line(k::partition, acts, acts, acts, acts),
       line(k::column_current_limit, acts, acts, costs_nothing, acts),
       line(k::precision, acts, bound("cells change from sample to sample and are read as they lie"),
            costs_nothing, acts),
       line(k::scheme, acts, acts, acts, acts),
       line(k::weight_bits, acts, bound("pulses move a conductance, not the digits of a number"), acts, acts),
       line(k::slices, acts, bound("an update moves one cell (or pair) a weight"), acts, acts),
       line(k::weight_range, acts, acts, acts, acts),
       line(k::weight_range_per, acts,
            bound("errors drive the columns, which can't have scales of their own"), acts, acts),
       line(k::subtract, acts, acts, acts, acts),
       line(k::interleaved, acts, acts, acts, acts),
       line(k::input_bits, acts, acts, acts, acts),
       line(k::slice_bits, acts, acts, acts, acts),
       line(k::input_signed, acts, acts, acts, acts),
       line(k::input_range, acts, acts, no_data, acts),
       line(k::adc_kind, acts, acts, acts, acts),
       line(k::adc_bits, acts, acts, acts, acts),
       line(k::adc_range, acts, acts, no_data, acts),
       line(k::adc_range_per, acts,
            bound("columns of their own are calibrated, and training calibrates none"), no_data, acts),
       line(k::per_input_slice, acts, acts, acts, acts)});
  const auto of_converters = [&](const auto& key) {
    out.push_back(line(key, acts, acts, costs_nothing, acts));
  };
  of_converters(k::gain_db);
  of_converters(k::sigma_capacitor);
  of_converters(k::sigma_comparator);
  of_converters(k::group_columns);
  of_converters(k::noise_lsb);
  const auto of_wires = [&](const auto& key) { out.push_back(line(key, acts, acts, digital_twin, acts)); };
  of_wires(k::row_ohm);
  of_wires(k::col_ohm);
  of_wires(k::row_terminal_ohm);
  of_wires(k::col_terminal_ohm);
  constexpr Effect no_gates = bound("a gated array has no transpose through its gates, which training needs");
  out.push_back(line(k::gated, acts, no_gates, digital_twin, acts));
  out.push_back(line(k::unused_rows, acts, nothing("only a gated array has them, and none learns"),
                     digital_twin, acts));
}

void add_hardware(std::vector<StudyKey>& out) {
  namespace k = hardware::keys;
  constexpr Effect no_cost = nothing("mho mvm costs nothing");
  const auto add = [&](const auto& key) { out.push_back(line(key, acts, acts, acts, no_cost)); };
  add(k::technology);
  add(k::tile);
  add(k::converter);
  add(k::cell);
  add(k::override_tile);
  add(k::override_technology);
  add(k::override_converter);
  add(k::mean_input);
  add(k::mean_conductance);
  add(k::supply_v);
  add(k::ops_per_mac);
  add(k::arrays);
  add(k::spare);
  add(k::replicate);
  add(k::arrays_per_tile);
  add(k::tile_buffer_bytes);
  add(k::buffer);
  add(k::batch);
  add(k::images_per_epoch);
}

void add_training(std::vector<StudyKey>& out) {
  namespace k = training::keys;
  const auto add = [&](const auto& key) {
    out.push_back(line(key, no_training, acts, no_training, no_training));
  };
  add(k::layers);
  add(k::hidden);
  add(k::loss);
  add(k::epochs);
  add(k::batch);
  add(k::learning_rate);
  add(k::decay);
  add(k::decay_every);
  add(k::bias);
  add(k::backpropagate);
  add(k::shuffle);
  add(k::initial_scale);
  add(k::inputs);
  out.push_back(line(k::checkpoint, no_training, steers, no_training, no_training));
  out.push_back(line(k::checkpoint_every_s, no_training, steers, no_training, no_training));
  add(k::numeric);
  add(k::pairs);
  out.push_back(
      line(k::read_noise, no_training,
           refused("is what the device says: write device.reading = {unit = \"G_on\", sigma = {polynomial "
                   "= [σ]}}, with σ over G_on and not over the used range"),
           no_training, no_training));
  add(k::lifetime);
  add(k::refresh_every);
  add(k::weight_limits);
  add(k::update);
  add(k::row_bits);
  add(k::column_bits);
  add(k::row_range);
  add(k::column_range);
  add(k::stochastic_rounding);
  add(k::pulse_length);
  add(k::pulse_management);
  add(k::carry_arrays);
  add(k::carry_base);
  add(k::carry_every);
  add(k::carry_threshold);
  add(k::chopped);
  add(k::transfer_every);
  add(k::fast_rate);
  add(k::buffer_rate);
  add(k::transfer_threshold);
  add(k::follows);
  add(k::most_pulses);
  add(k::forget);
  add(k::momentum);
  add(k::chop_probability);
  add(k::chop_outputs);
}

std::vector<StudyKey> all_keys() {
  std::vector<StudyKey> out;
  add_study(out);
  add_network(out);
  add_data(out);
  add_device(out);
  add_array(out);
  add_hardware(out);
  add_training(out);
  return out;
}

}  // namespace

const std::vector<StudyKey>& study_keys() {
  static const std::vector<StudyKey> keys = all_keys();
  return keys;
}

}  // namespace mho::study
