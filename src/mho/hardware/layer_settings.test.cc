// A layer's own settings decide its own cost: on every layer they cost what the same keys cost for all, on
// some they cost what physics says of these, and cells are those of the study's device.

#include "mho/hardware/layer_settings.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "mho/core/error.h"
#include "mho/hardware/array_kinds.h"
#include "mho/hardware/chip.h"
#include "mho/hardware/network_card.h"
#include "mho/hardware/notes.h"
#include "mho/hardware/report.h"

namespace mho::hardware {
namespace {

using nlohmann::json;

/// Layers of a study under their settings, as a task has them.
struct Costed {
  Design design;
  std::vector<LayerShape> layers;
};

Costed costed(const std::string& text, std::vector<LayerShape> layers) {
  core::Config study = core::Config::from_text(text, "study.toml");
  std::vector<array::LayerName> names;
  for (const auto& layer : layers) names.push_back({.layer = layer.name});
  const StudyLayers read = read_layers(study, names, true);
  study.finish();
  for (std::size_t l = 0; l < layers.size(); ++l) layers[l].design = read.layers[l].design;
  return {*read.common.design, std::move(layers)};
}

LayerShape dense(const std::string& name, std::size_t in, std::size_t out) {
  LayerShape layer;
  layer.name = name;
  layer.in = in;
  layer.out = out;
  return layer;
}

double energy_of(const ChipCost& chip, const char* part) {
  const Cost* found = find_part(chip.image, part);
  return found ? found->energy_j : 0;
}

/// Settings of arrays that every tile of 12 bits can be built with, as "section.key" and TOML value.
std::vector<std::pair<std::string, std::string>> random_keys(std::mt19937& random) {
  const auto one_of = [&](std::initializer_list<const char*> values) {
    return std::string(*(values.begin() + random() % values.size()));
  };
  std::vector<std::pair<std::string, std::string>> keys;
  const auto add = [&](const char* key, std::initializer_list<const char*> values) {
    if (random() % 3 > 0) keys.emplace_back(key, one_of(values));
  };
  add("array.rows", {"0", "64", "100", "1152"});
  add("array.cols", {"0", "60", "256", "2000"});
  add("array.partition", {"\"even\"", "\"fill\""});
  add("mapping.scheme",
      {"\"differential\"", "\"differential-two-sided\"", "\"offset\"", "\"offset-unit-column\""});
  add("mapping.weight_bits", {"4", "6", "8"});
  add("mapping.slices", {"1", "2", "4"});
  add("mapping.subtract", {"\"analog\"", "\"digital\""});
  add("input.bits", {"3", "8", "12"});
  add("input.slice_bits", {"0", "1", "2"});
  add("input.signed", {"true", "false", "\"auto\""});
  add("adc.kind", {"\"uniform\"", "\"sar\"", "\"ramp\"", "\"ideal\""});
  add("adc.bits", {"4", "8", "11"});
  add("adc.per_input_slice", {"true", "false"});
  add("device.card", {"\"taox\"", "\"pcm-joshi\"", "\"sonos-40nm\""});
  return keys;
}

// Whether a key stands for all layers or in a [[layer]] that matches all: the same bits, in every number.
TEST(LayerSettings, OverridesOfEveryLayerCostWhatTheSameKeysCostForAll) {
  std::mt19937 random(1);
  const auto network = load_network_card("alexnet").layers;  // named conv1 … fc8, two of them in groups
  int with_several_keys = 0;
  for (int i = 0; i < 30; ++i) {
    const auto keys = random_keys(random);
    const std::string chip = fmt::format("[hardware]\ntile = \"{}\"\n", i % 5 == 4 ? "sram" : "reram");
    std::string all = chip, own, first_and_rest;
    for (const auto& [key, value] : keys) own += key + " = " + value + "\n";
    for (const auto& [key, value] : keys) all = key + " = " + value + "\n" + all;
    const Costed same = costed(all, network);
    const json global = cost_json(same.design, same.layers);
    for (const std::string& layered :
         {chip + "[[layer]]\nmatch = '*'\n" + own,
          chip + "[[layer]]\nmatch = 'conv*'\n" + own + "[[layer]]\nmatch = 'fc*'\n" + own,
          "adc.bits = 5\narray.rows = 77\n" + chip +
              "[[layer]]\nmatch = '*'\nadc.bits = 8\narray.rows = 1024\n[[layer]]\nmatch = '*'\n" + own}) {
      const Costed here = costed(layered, network);
      EXPECT_EQ(cost_json(here.design, here.layers), global) << layered;
    }
    with_several_keys += keys.size() > 3;
  }
  EXPECT_GT(with_several_keys, 20);
}

// Two layers of 4×3 and 3×2, by hand: one read each. Ramp at 14 nm: 36 µW for 2^bits steps of 1 ns.
TEST(LayerSettings, EveryLayerHasItsOwnConvertersArraysAndSteps) {
  const Costed two = costed(
      "input.signed = false\n[[layer]]\nmatch = 'b'\nadc.bits = 10\nmapping.slices = 2\ninput.slice_bits = "
      "1\n"
      "input.signed = true\narray.rows = 2\n",
      {dense("a", 4, 3), dense("b", 3, 2)});
  const ChipCost chip = chip_cost(two.design, two.layers);
  // b: rows of 2 and 1, two slices, each input bit but the sign converted: 2·2·7 conversions a column.
  const double a_conversions = 3 * 36e-6 * 256e-9, b_conversions = 2 * 2 * 2 * 7 * 36e-6 * 1024e-9;
  EXPECT_NEAR(energy_of(chip, "converters") / (a_conversions + b_conversions), 1, 1e-12);
  ASSERT_EQ(chip.layers.size(), 2U);
  EXPECT_EQ(chip.layers[0].arrays, 2) << "a differential pair";
  EXPECT_EQ(chip.layers[1].arrays, 2 * 2 * 2) << "pairs, slices, parts of the rows";
  EXPECT_EQ(chip.tiles, 2) << "one of each kind, with room for eight";
  ASSERT_EQ(chip.kinds.size(), 2U);
  EXPECT_NE(chip.layers[0].kind, chip.layers[1].kind);
  // a: 2^8 steps in, 2^8 out. b: 7 bits of 2 steps, 7 conversions of 2^10.
  EXPECT_NEAR(chip.layers[0].stage_s, 512e-9, 1e-15);
  EXPECT_NEAR(chip.interval_s, (7 * 2 + 7 * 1024) * 1e-9, 1e-15);
  EXPECT_EQ(chip.bottleneck, "b");
  // Buffers: a reads 4·8 bits and writes 3·8, b 3·8 and 2·10, of 64 KB instead of the 8 KB of the card.
  EXPECT_NEAR(energy_of(chip, "buffers") / ((4 * 8 + 3 * 8 + 3 * 8 + 2 * 10) * 38.41e-15 * std::sqrt(8.0)), 1,
              1e-12);
}

// What one layer costs doesn't depend on what the others are, but for the hops to them, below 1% here.
TEST(LayerSettings, ALayerCostsTheSameBesideOthers) {
  const std::string own = "adc.bits = 11\nmapping.slices = 4\ninput.slice_bits = 1\narray.cols = 64\n";
  const std::vector<LayerShape> shapes{dense("a", 200, 100), dense("b", 100, 100), dense("c", 100, 10)};
  const std::string once = "[hardware]\nreplicate = false\n";
  const Costed everywhere = costed(own + once, shapes),
               in_b = costed(once + "[[layer]]\nmatch='b'\n" + own, shapes), nowhere = costed(once, shapes);
  const auto layers = [](const Costed& c) { return chip_cost(c.design, c.layers).layers; };
  EXPECT_NEAR(layers(in_b)[1].energy_j / layers(everywhere)[1].energy_j, 1, 0.01);
  EXPECT_NEAR(layers(in_b)[0].energy_j / layers(nowhere)[0].energy_j, 1, 0.01);
  EXPECT_GT(layers(everywhere)[1].energy_j / layers(nowhere)[1].energy_j, 10);
  EXPECT_EQ(layers(in_b)[1].arrays, layers(everywhere)[1].arrays);
  EXPECT_EQ(layers(in_b)[2].arrays, layers(nowhere)[2].arrays);
}

// Data that are never negative need no sign: "auto" then costs what signed = false costs, to the bit.
TEST(LayerSettings, SignsOfInputsAreThoseOfTheData) {
  const std::vector<LayerShape> shapes{dense("a", 64, 64), dense("b", 64, 10)};
  for (const bool is_signed : {true, false}) {
    Costed known = costed("input.signed = 'auto'", shapes);
    for (auto& layer : known.layers) layer.activity.inputs_signed = is_signed;
    const Costed said = costed(fmt::format("input.signed = {}", is_signed), shapes);
    EXPECT_EQ(cost_json(known.design, known.layers), cost_json(said.design, said.layers));
  }
  const Costed unknown = costed("input.signed = 'auto'", shapes);
  const auto notes = notes_of(unknown.design, unknown.layers);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("costed as signed"), std::string::npos);
}

// A cell takes V²·G_on·g·x for as long as it is driven: of the device that the study names, else of the tile.
TEST(LayerSettings, CellsAreThoseOfTheStudysDevice) {
  const std::vector<LayerShape> shapes{dense("a", 64, 64)};
  const auto cells = [&](const std::string& study) {
    const Costed c = costed("input.signed = false\n" + study, shapes);
    return energy_of(chip_cost(c.design, c.layers), "cells");
  };
  const auto by_hand = [](double volts, double siemens) {  // 2 cells a weight, half on, half driven, 2^8 ns
    return 2 * 64 * 64 * volts * volts * siemens * 0.25 * 256e-9;
  };
  EXPECT_NEAR(cells("") / by_hand(0.8, 1e-8), 1, 1e-9) << "the tile's: 100 MΩ at 0.8 V";
  EXPECT_NEAR(cells("device.card = 'taox'") / by_hand(0.1, 1e-4), 1, 1e-9);
  EXPECT_NEAR(cells("device.card = 'pcm-joshi'") / by_hand(0.2, 25e-6), 1, 1e-9);
  EXPECT_NEAR(cells("device = {card = 'taox', g_on_s = 3e-5, read_voltage_v = 0.2}") / by_hand(0.2, 3e-5), 1,
              1e-9);
  EXPECT_NEAR(cells("[[layer]]\nmatch = 'a'\ndevice.card = 'taox'") / by_hand(0.1, 1e-4), 1, 1e-9);
  EXPECT_EQ(cells("device.card = 'taox'\nhardware.cell = 'tile'"), cells(""));
  EXPECT_EQ(cells("device.cell_bits = 4"), cells("")) << "names no device";
  EXPECT_EQ(cells("hardware.cell = 'device'"), cells("device.card = 'ideal'"));
}

// The resolved study says which cells were costed, for with all its defaults it names a device.
TEST(LayerSettings, AResolvedStudyCostsTheSameAgain) {
  for (const char* text : {"", "device.card = 'taox'", "[[layer]]\nmatch='a'\ndevice.card = 'taox'"}) {
    core::Config study = core::Config::from_text(text, "study.toml");
    const StudyLayers read = read_layers(study, {{.layer = "a"}}, true);
    study.finish();
    const std::string cell = study.resolved()["hardware"]["cell"].get<std::string>();
    EXPECT_EQ(cell, read.layers[0].design->device.empty() ? "tile" : "device") << text;
  }
}

bool says(const std::vector<std::string>& notes, const std::string& what) {
  return std::any_of(notes.begin(), notes.end(),
                     [&](const std::string& note) { return note.find(what) != std::string::npos; });
}

// 100 µS at 0.1 V is 10 µA a cell; an integrator of 16.5 µW at 0.8 V takes 20.6 µA.
TEST(Notes, SayWhereTheDeviceIsNotWhatTheTileIsMadeFor) {
  const auto notes = [](const std::string& study, std::size_t rows) {
    const Costed c = costed("input.signed = false\n" + study, {dense("a", rows, 64)});
    return notes_of(c.design, c.layers);
  };
  const auto small = notes("device.card = 'taox'", 8);  // 8·10 µA·0.5·0.5 = 20 µA
  EXPECT_TRUE(says(small, "device card \"taox\" (100 µS at 100 mV), not those that the tile \"reram\""))
      << json(small);
  EXPECT_FALSE(says(small, "periphery"));
  const auto large = notes("device.card = 'taox'", 800);
  EXPECT_TRUE(says(large, "a column of layer \"a\" carries 2 mA on average, 97 times the 20.6"))
      << json(large);
  EXPECT_TRUE(notes("", 800).empty()) << "its own cells";
  EXPECT_TRUE(notes("device = {card = 'ideal', g_on_s = 1e-8, read_voltage_v = 0.8}", 800).empty());
  EXPECT_TRUE(says(notes("device = {g_on_s = 1e-9, read_voltage_v = 1.1}", 8), "lines of the tile"))
      << "0.8 V";
  EXPECT_TRUE(says(notes("device.card = 'taox'\n[hardware]\ntile = 'sram'", 8), "is digital"));
  EXPECT_TRUE(says(notes("adc.kind = 'ideal'\nmapping.weight_bits = 0", 8), "weights of 8 bits are costed"));
}

// Beside an accuracy, cells of the tile are others than those that were simulated, named by the study or not;
// where only a cost is asked for, nothing was simulated.
TEST(Notes, SayWhereCellsAreNotTheSimulatedOnes) {
  for (const auto& [text, device] :
       {std::pair("", "ideal"), {"device.card = 'taox'\n[hardware]\ncell = 'tile'\n", "taox"}}) {
    for (const bool asked_for : {false, true}) {
      core::Config study = core::Config::from_text(text, "study.toml");
      const StudyLayers read = read_layers(study, {}, asked_for);
      study.finish();
      EXPECT_EQ(says(read.common.design->notes,
                     fmt::format("not the simulated ones of the device card \"{}\"", device)),
                !asked_for)
          << text;
    }
  }
}

// A tile whose cells move charge has none of it where the cells are others.
TEST(Notes, CellsThatMoveChargeAreReplacedAsAWhole) {
  const Costed c = costed(
      "adc.bits = 4\ninput.bits = 4\nmapping.weight_bits = 4\ndevice.card = 'taox'\n[hardware]\ntile = "
      "'sinangil-7nm'\ntechnology = '7nm'",
      {dense("a", 64, 16)});
  EXPECT_EQ(c.layers[0].design->tile.analog.cell.read_energy.value, 0);
  EXPECT_TRUE(says(notes_of(c.design, c.layers), "made for cells that move charge"));
}

// What a tile can't do is refused in the layer that asks for it, or said of it where only accuracy is asked
// for.
TEST(LayerSettings, WhatCannotBeBuiltIsSaidWithItsLayer) {
  const std::vector<LayerShape> shapes{dense("a", 4, 4), dense("b", 4, 4)};
  try {
    costed("[[layer]]\nmatch = 'b'\nadc.bits = 14\n", shapes);
    ADD_FAILURE() << "14 bits";
  } catch (const core::InvalidInput& error) {
    EXPECT_NE(std::string(error.what()).find("study.toml:3: adc.bits = 14: 14 bits are more"),
              std::string::npos)
        << error.what();
  }
  core::Config study = core::Config::from_text("[[layer]]\nmatch = 'b'\nadc.bits = 14\n", "s");
  const StudyLayers read = read_layers(study, {{.layer = "a"}, {.layer = "b"}}, false);
  EXPECT_NO_THROW(study.finish());
  auto layers = shapes;
  for (std::size_t l = 0; l < 2; ++l) layers[l].design = read.layers[l].design;
  try {
    cost_json(*read.common.design, layers);
    ADD_FAILURE() << "14 bits";
  } catch (const core::InvalidInput& error) {
    EXPECT_NE(std::string(error.what()).find("layer \"b\": adc.bits"), std::string::npos) << error.what();
  }
}

// The full array behind "arrays full" is a mean over kinds by the reads that they are for: between both.
TEST(LayerSettings, ThePeakOfTwoKindsLiesBetweenTheirs) {
  const std::vector<LayerShape> shapes{dense("a", 1024, 1024), dense("b", 1024, 1024)};
  const auto peak = [&](const std::string& study) {
    const Costed c = costed(study, shapes);
    const ChipCost chip = chip_cost(c.design, c.layers);
    EXPECT_EQ(chip.losses.front().what, "arrays full");
    return chip.losses.front().tops_per_w;
  };
  const double low = peak("adc.bits = 10"), high = peak("adc.bits = 6");
  const double both = peak("adc.bits = 10\n[[layer]]\nmatch = 'b'\nadc.bits = 6");
  EXPECT_NEAR(2 / both, 1 / low + 1 / high, 1e-9 / low) << "the same work on each: energies add";
}

}  // namespace
}  // namespace mho::hardware
