// What a study may say of arrays: every key with its limits, and the short list of what can't go together.

#include "mho/array/mapping/settings.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "mho/core/error.h"

namespace mho::array {
namespace {

/// The complaints about a study, or nothing.
std::string complaints(const std::string& toml) {
  auto config = core::Config::from_text(toml, "study.toml");
  try {
    read_settings(config);
    config.finish();
  } catch (const core::InvalidInput& error) {
    return error.what();
  }
  return "";
}

TEST(Settings, DefaultsAreThoseOfThePublicFormat) {
  auto config = core::Config::from_text("", "study.toml");
  const Settings s = read_settings(config);
  config.finish();
  EXPECT_EQ(s.array.rows, 1024u);
  EXPECT_EQ(s.mapping.weight_bits, 8);
  EXPECT_EQ(s.mapping.scheme, Scheme::differential);
  EXPECT_EQ(s.input.bits, 8);
  EXPECT_EQ(s.input.range, Input::Range::calibrated);
  EXPECT_EQ(s.adc.kind, AdcKind::uniform);
  EXPECT_EQ(s.adc.range, Adc::Range::calibrated);
  EXPECT_TRUE(s.adc.per_input_slice);
  EXPECT_FALSE(has_resistance(s.wires));
}

TEST(Settings, RangesMayBeOnePairOrOneASlice) {
  EXPECT_EQ(complaints("[adc]\nrange = [-1, 2]"), "");
  EXPECT_EQ(complaints("[adc]\nrange = [[-1, 2]]"), "");
  EXPECT_EQ(complaints("[mapping]\nslices = 2\n[adc]\nrange = [[-1, 2], [-3, 3]]"), "");
  EXPECT_NE(complaints("[mapping]\nslices = 3\n[adc]\nrange = [[-1, 2], [-3, 3]]").find("each of the 3"),
            std::string::npos);
  for (const char* wrong : {"[2, 1]", "[1]", "[]", "\"maximum\"", "3", "[[1, 2], 3]"}) {
    EXPECT_NE(complaints(fmt::format("[adc]\nrange = {}", wrong)).find("study.toml:2: adc.range"),
              std::string::npos)
        << wrong;
  }
}

TEST(Settings, WeightRangeIsTheLargestAQuantileOrANumber) {
  for (const char* right : {"\"max\"", "\"99%\"", "\"99.9%\"", "0.5", "2"}) {
    EXPECT_EQ(complaints(fmt::format("[mapping]\nweight_range = {}", right)), "") << right;
  }
  for (const char* wrong : {"\"99\"", "\"120%\"", "\"%\"", "0", "-1", "true", "\"40%\""}) {
    EXPECT_NE(complaints(fmt::format("[mapping]\nweight_range = {}", wrong)), "") << wrong;
  }
}

TEST(Settings, ValuesOutOfRangeNameWhatIsAllowed) {
  EXPECT_NE(complaints("[adc]\nbits = 40")
                .find("adc.bits = 40: must be a whole number of at least 1 and at most 16"),
            std::string::npos);
  EXPECT_NE(complaints("[wires]\nrow_ohm = -1").find("wires.row_ohm"), std::string::npos);
  EXPECT_NE(complaints("[input]\nsigned = \"perhaps\"").find("true, false or \"auto\""), std::string::npos);
  EXPECT_NE(complaints("[array]\nrow = 3").find("did you mean \"rows\""), std::string::npos);
}

/// An option of the format beside its default.
struct Option {
  std::string key, value;
  std::string name() const { return key + " = " + value; }
};

std::string section(const Option& o) { return o.key.substr(0, o.key.find('.')); }
std::string line(const Option& o) { return o.key.substr(o.key.find('.') + 1) + " = " + o.value + "\n"; }

// Everything that makes physical sense together is computed: of all pairs of options only these are refused.
TEST(Settings, OnlyImpossiblePairsAreRefused) {
  const std::vector<Option> options{
      {"device.card", "\"state-proportional\""},
      {"device.card", "\"cubic\""},
      {"device.on_off_ratio", "inf"},
      {"device.cell_bits", "1"},
      {"device.cell_bits", "4"},
      {"device.clip", "\"range\""},
      {"array.rows", "0"},
      {"array.rows", "1"},
      {"array.cols", "1"},
      {"array.partition", "\"fill\""},
      {"array.column_current_limit", "2"},
      {"array.precision", "\"int16\""},
      {"mapping.scheme", "\"differential-two-sided\""},
      {"mapping.scheme", "\"offset\""},
      {"mapping.scheme", "\"offset-unit-column\""},
      {"mapping.weight_bits", "0"},
      {"mapping.weight_bits", "2"},
      {"mapping.slices", "3"},
      {"mapping.weight_range", "\"99%\""},
      {"mapping.weight_range_per", "\"column\""},
      {"mapping.subtract", "\"digital\""},
      {"mapping.interleaved", "true"},
      {"input.bits", "0"},
      {"input.bits", "1"},
      {"input.slice_bits", "1"},
      {"input.slice_bits", "3"},
      {"input.signed", "true"},
      {"input.signed", "false"},
      {"input.range", "0.5"},
      {"input.range", "\"auto\""},
      {"adc.kind", "\"ideal\""},
      {"adc.kind", "\"sign-magnitude\""},
      {"adc.kind", "\"ramp\""},
      {"adc.kind", "\"sar\""},
      {"adc.kind", "\"pipeline\""},
      {"adc.kind", "\"cyclic\""},
      {"adc.bits", "1"},
      {"adc.range", "\"auto\""},
      {"adc.range", "\"max\""},
      {"adc.range", "\"granular\""},
      {"adc.range", "[-2, 3]"},
      {"adc.range_per", "\"column\""},
      {"adc.per_input_slice", "false"},
      {"adc.gain_db", "40"},
      {"adc.sigma_capacitor", "0.01"},
      {"adc.noise_lsb", "0.5"},
      {"wires.row_ohm", "1"},
      {"wires.col_terminal_ohm", "50"},
      {"wires.gated", "true"},
      {"wires.unused_rows", "\"supply-end\""},
  };
  const std::set<std::string> impossible{
      "mapping.weight_bits = 0 & mapping.slices = 3",
      "mapping.scheme = \"offset\" & mapping.interleaved = true",
      "mapping.scheme = \"offset-unit-column\" & mapping.interleaved = true",
      "mapping.subtract = \"digital\" & mapping.interleaved = true",
      "array.cols = 1 & mapping.scheme = \"offset-unit-column\"",
      "input.bits = 0 & input.slice_bits = 1",
      "input.bits = 0 & input.slice_bits = 3",
      "input.bits = 1 & input.signed = true",
      "adc.kind = \"sign-magnitude\" & adc.bits = 1",
      "adc.kind = \"sign-magnitude\" & adc.range = [-2, 3]",
      "adc.bits = 1 & adc.range = \"granular\"",
      "adc.range = \"auto\" & adc.range_per = \"column\"",
      "adc.range = \"max\" & adc.range_per = \"column\"",
      "adc.range = \"granular\" & adc.range_per = \"column\"",
      "adc.range = [-2, 3] & adc.range_per = \"column\"",
      "mapping.weight_bits = 0 & adc.range = \"granular\"",
  };
  std::set<std::string> refused;
  for (std::size_t a = 0; a < options.size(); ++a) {
    for (std::size_t b = a + 1; b < options.size(); ++b) {
      if (options[a].key == options[b].key) continue;
      const bool gated = options[a].key == "wires.gated" || options[b].key == "wires.gated";
      const bool of_input = section(options[a]) == "input" || section(options[b]) == "input";
      std::string toml;
      for (const std::string name : {"device", "array", "mapping", "input", "adc", "wires"}) {
        toml += "[" + name + "]\n";
        if (section(options[a]) == name) toml += line(options[a]);
        if (section(options[b]) == name) toml += line(options[b]);
        // Gates need their inputs bit by bit: that pair is tried below, and given here.
        if (name == "input" && gated && !of_input) toml += "slice_bits = 1\n";
      }
      const std::string said = complaints(toml);
      const std::string pair = options[a].name() + " & " + options[b].name();
      if (gated && of_input) continue;
      if (!said.empty()) refused.insert(pair);
      EXPECT_EQ(said.empty(), !impossible.contains(pair)) << pair << ": " << said;
    }
  }
  EXPECT_EQ(refused, impossible);
}

TEST(Settings, GatesNeedBits) {
  const std::string gated = "[wires]\ngated = true\n[input]\n";
  EXPECT_EQ(complaints(gated + "slice_bits = 1"), "");
  EXPECT_EQ(complaints(gated + "bits = 1"), "");
  EXPECT_EQ(complaints(gated + "bits = 2\nsigned = true"), "");
  for (const char* wrong : {"slice_bits = 2", "bits = 8", "bits = 0", "bits = 2"}) {
    EXPECT_NE(complaints(gated + wrong).find("bit by bit"), std::string::npos) << wrong;
  }
}

// A lowest level that is left out, so that zero has one, leaves a cell of one bit a single level.
TEST(Settings, ContinuousOffsetWeightsNeedMoreThanOneBitCells) {
  const std::string one_bit = "[device]\ncell_bits = 1\n[mapping]\nweight_bits = 0\nscheme = ";
  EXPECT_NE(complaints(one_bit + "\"offset\""), "");
  EXPECT_NE(complaints(one_bit + "\"offset-unit-column\""), "");
  EXPECT_EQ(complaints(one_bit + "\"differential\""), "");
}

}  // namespace
}  // namespace mho::array
