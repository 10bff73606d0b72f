#pragma once
// Every key of a study with what it does in every task, and two values that show it: what key_table.cc must
// say, and what the program must do.

#include <string>
#include <vector>

namespace mho::testing {

/// One letter a task (infer, train, cost, mvm):
///   A  acts: the two values give two results
///   a  acts, but not on these small data: two resolved studies
///   s  steers how the run goes or what files it leaves: two resolved studies, one result
///   L  bound to one value: the second ends the program with code 2 and the key
///   R  refused: the second value ends the program with code 2, the key and the reason
///   -  meaningless: the same result, and not in the resolved study
///   .  another line of the same key shows it
struct KeyLine {
  std::string name;
  std::string effects;
  std::string first, second;           ///< as TOML writes them; @ is the folder of the test's files
  std::vector<std::string> with = {};  ///< what else must be set for the key to act
  std::string set = "";                ///< the key that is set, where it is another
};

using With = std::vector<std::string>;

inline std::vector<KeyLine> study_lines() {
  return {
      {"task", "aaaa", "\"infer\"", "\"cost\""},
      {"study.seed", "AA-A", "1", "2"},
      {"study.trials", "AA-A", "1", "2"},
      {"study.threads", "ss-s", "1", "2"},
      {"study.save_chip", "ss-s", "\"\"", "\"@/chip.npz\""},
      {"study.save_network", "-s--", "\"\"", "\"@/learned.onnx\""},
      {"sweep", "AAAA", R"({"adc.bits" = [4, 5]})", R"({"adc.bits" = [6, 7]})"},
      {"network.model", "a-.-", "\"net.onnx\"", "\"same.onnx\""},
      {"network.model", "..A.", "\"net.onnx\"", "\"resnet50\""},
      {"network.depthwise", "a-a-", "\"analog\"", "\"digital\""},  // the network has no such layer
      {"calibration.images", "A---", "\"\"", "\"other.csv\""},
      {"calibration.count", "A---", "20", "5"},
      {"calibration.percentile", "A--A", "99.98", "60"},
      {"calibration.file", "s---", "\"\"", "\"@/ranges.json\""},
      {"layer", "ARAR", R"([{match = "*", adc.bits = 4}])", R"([{match = "*", adc.bits = 5}])"},
      {"layer.match",
       "ARAR",
       R"([{match = "conv*", adc.bits = 4}])",
       R"([{match = "fc*", adc.bits = 4}])",
       {},
       "layer"},
      {"mvm.weights", "---A", "\"W.npy\"", "\"V.npy\""},
      {"mvm.inputs", "---A", "\"X.npy\"", "\"V.npy\""},
      {"mvm.output", "---s", "\"@/Y.npy\"", "\"@/Z.npy\""},
      {"mvm.spice", "---s", "\"\"", "\"@/netlist\""},
      {"mvm.transpose", "---A", "false", "true", {R"(mvm.weights="S.npy")"}},
      {"mvm.trial", "---A", "0", "1"},
  };
}

inline std::vector<KeyLine> data_lines() {
  const With nine{R"(data.images="nine.csv")", R"(data.test="nine.csv")", "calibration.count=5"};
  const With as_is{R"(training.inputs="as-is")"};
  const auto pictures = [](const std::string& side, const std::string& more) {
    return With{R"(data.images="idx)" + side + "/test-images-idx3-ubyte\"",
                R"(data.test="idx)" + side + "/test-images-idx3-ubyte\"", more};
  };
  return {
      {"data.images", "AA--", "\"images.csv\"", "\"other.csv\""},
      {"data.test", "-A--", "\"other.csv\"", "\"images.csv\""},
      {"data.count", "AA--", "20", "30"},
      {"data.stride", "AA--", "1", "2"},
      {"data.label_offset", "AA--", "0", "1", nine},
      {"data.preprocess.resize", "AA--", "8", "9", pictures("12", "data.preprocess.crop=8")},
      // The network's images have one size: both values cut out the same.
      {"data.preprocess.crop", "aa--", "0", "8", pictures("12", "data.preprocess.resize=8")},
      {"data.preprocess.odd_margin", "AA--", "\"down\"", "\"even\"",
       pictures("11", "data.preprocess.crop=8")},
      {"data.preprocess.order", "aa--", "\"rgb\"", "\"bgr\"",
       pictures("12", "data.preprocess={resize=8,scale=0.0039}")},  // they have one channel
      {"data.preprocess.scale", "AA--", "0.0625", "0.05", as_is},
      {"data.preprocess.mean", "AA--", "[0]", "[1]", as_is},
      {"data.preprocess.std", "AA--", "[1]", "[2]", as_is},
  };
}

inline std::vector<KeyLine> device_lines() {
  const std::string sonos = R"(device.card="sonos-40nm")", week = "device.time_s=432000";
  const With steps{R"(device.card="constant-step")", "wires.row_ohm=10", R"(hardware.cell="device")"};
  const std::string faults = "device.faults={stuck_on=0.2,stuck_off=0.2}";
  const std::string bend = R"(device.current_voltage={per="conductance",cubic={polynomial=[20.0]}})";
  const std::string drifts =
      R"(device.retention={model="power-law",nu={polynomial=[0.3]},nu_sigma={polynomial=[0.3]}})";
  const std::string bears = R"(device.radiation={model="threshold-voltage",decay_krad=50,spread_v=0.3})";
  std::vector<KeyLine> lines{
      {"device.card", "AAAA", "\"taox-3\"", "\"enode\"", {R"(hardware.cell="device")"}},
      {"device.chip", "A.A.", "\"infer1.npz\"", "\"infer2.npz\""},
      {"device.chip", ".A..", "\"train1.npz\"", "\"train2.npz\""},
      {"device.chip", "...A", "\"mvm1.npz\"", "\"mvm2.npz\""},
      {"device.g_on_s", "A.AA", "1e-4", "2e-4", steps},
      {"device.g_on_s", ".A..", "1e-4", "5e-5"},
      {"device.on_off_ratio", "A.AA", "10", "5", steps},
      {"device.on_off_ratio", ".A..", "10", "3", {faults}},
      {"device.read_voltage_v", "A.A.", "0.1", "0.2", steps},
      {"device.read_voltage_v", ".A..", "0.1", "0.2", {bend}},
      {"device.read_voltage_v", "...a", "0.1", "0.2"},  // errors of this card are no currents
      {"device.cell_bits", "AL-A", "0", "3"},
      {"device.clip", "AA-A", "\"zero\"", "\"range\"", {"device.programming={sigma={polynomial=[0.2]}}"}},
      {"device.valid_g_s", "aaaa", "[0, 1]", "[0, 2]"},
      {"device.time_s", "A.-A", "0", "432000", {sonos}},
      {"device.time_s", ".A..", "0", "1e6", {drifts}},
      {"device.dose_krad", "A.-A", "0", "100", {sonos}},
      {"device.dose_krad", ".A..", "0", "200", {bears}},
      {"device.history", "A.-A", "[{wait_s = 86400}]", "[{wait_s = 432000}]", {sonos}},
      {"device.history", ".A..", "[]", "[{wait_s = 1e6}]", {drifts}},
      {"device.programming_error", "AA-A", "true", "false"},
      {"device.read_noise", "AA-A", "true", "false", {"device.reading={sigma={polynomial=[0.01]}}"}},
      {"device.drift", "A.-A", "true", "false", {sonos, week}},
      {"device.drift", ".a..", "true", "false", {drifts, "device.time_s=1e6"}},
      {"device.faults.stuck_on", "AA-A", "0", "0.2"},
      {"device.faults.stuck_off", "AA-A", "0", "0.2"},
      {"device.programming", "AA-A", "1", "3", {}, "device.programming.scale"},
      {"device.reading", "AA-A", "{sigma={polynomial=[0.01]}}", "{sigma={polynomial=[0.02]}}"},
      {"device.retention", "A.-A", "1", "3", {sonos, week}, "device.retention.scale"},
      {"device.retention",
       ".a..",
       "[0.1]",
       "[0.3]",
       {drifts, "device.time_s=1e6"},
       "device.retention.nu.polynomial"},
      {"device.radiation",
       ".a..",
       "50",
       "5000",
       {bears, "device.dose_krad=200"},
       "device.radiation.decay_krad"},
      {"device.radiation",
       "A.-A",
       "8000",
       "100",
       {sonos, "device.dose_krad=50"},
       "device.radiation.decay_krad"},
      {"device.current_voltage", "AA-A", R"({per="conductance",cubic={polynomial=[0.5]}})",
       R"({per="conductance",cubic={polynomial=[5]}})"},
      {"device.update", "-A--", "true", "false", {}, "device.update.noise"},
      {"device.name", "----", "\"taox\"", "\"mine\""},
      {"device.summary", "----", "\"\"", "\"mine\""},
      {"device.range", "----", "\"x\"", "\"y\"", {}, "device.range.source"},
  };
  for (const std::string block :
       {"programming", "reading", "retention", "radiation", "current_voltage", "faults", "update"}) {
    const std::string table = "device." + block;
    lines.push_back({table + ".kind", "----", "\"fitted\"", "\"assumed\""});
    lines.push_back({table + ".source", "----", "\"x\"", "\"y\""});
    lines.push_back({table + ".note", "----", "\"x\"", "\"y\""});
  }
  return lines;
}

inline std::vector<KeyLine> array_lines() {
  const With bit_by_bit{"input.slice_bits=1"};
  const With ramp{R"(adc.kind="ramp")"}, sar{R"(adc.kind="sar")"};
  const With gated{"input.slice_bits=1", "wires.row_ohm=20", "wires.gated=true"};
  return {
      {"array.rows", "AAAA", "20", "16"},
      {"array.cols", "AAAA", "8", "5"},
      {"array.partition", "AAAA", "\"even\"", "\"fill\"", {"array.rows=40"}},
      {"array.column_current_limit", "AA-A", "0", "0.5"},
      {"array.precision", "AL-A", "\"f32\"", "\"int16\""},
      {"mapping.scheme", "AAAA", "\"differential\"", "\"offset\""},
      {"mapping.weight_bits", "ALAA", "8", "4"},
      {"mapping.slices", "ALAA", "1", "2"},
      {"mapping.weight_range", "A.AA", "\"max\"", "\"90%\""},
      {"mapping.weight_range", ".A..", "1", "0.5"},
      {"mapping.weight_range_per", "ALAA", "\"matrix\"", "\"column\""},
      {"mapping.subtract", "AAAA", "\"analog\"", "\"digital\""},
      {"mapping.interleaved", "A.AA", "false", "true"},
      {"mapping.interleaved", ".A..", "false", "true", {"wires.col_ohm=20"}},
      {"input.bits", "AAAA", "8", "4"},
      {"input.slice_bits", "AAAA", "0", "1"},
      {"input.signed", "AAAA", "true", "false"},
      {"input.range", "A.-A", "\"calibrated\"", "0.5"},
      {"input.range", ".A..", "\"auto\"", "0.7"},
      {"adc.kind", "AA.A", "\"uniform\"", "\"ideal\""},
      {"adc.kind", "..A.", "\"uniform\"", "\"sar\""},
      {"adc.bits", "AAAA", "8", "4"},
      {"adc.range", "A.-A", "\"calibrated\"", "[-2, 2]"},
      {"adc.range", ".A..", "\"auto\"", "[-2, 2]"},
      {"adc.range_per", "aL-A", "\"matrix\"", "\"column\""},
      {"adc.per_input_slice", "AAAA", "true", "false", bit_by_bit},
      {"adc.gain_db", "AA-A", "100", "20", ramp},
      {"adc.sigma_capacitor", "AA-A", "0", "0.1", sar},
      {"adc.sigma_comparator", "AA-A", "0", "0.1", sar},
      {"adc.group_columns", "AA-A", "8", "2", {sar[0], "adc.sigma_capacitor=0.1"}},
      {"adc.noise_lsb", "AA-A", "0", "2"},
      {"wires.row_ohm", "AA-A", "0", "20"},
      {"wires.col_ohm", "AA-A", "0", "20"},
      {"wires.row_terminal_ohm", "AA-A", "0", "200"},
      {"wires.col_terminal_ohm", "AA-A", "0", "200"},
      {"wires.gated", "AL-A", "false", "true", {gated[0], gated[1]}},
      {"wires.unused_rows", "A.-A", "\"output-end\"", "\"supply-end\"", gated},
      {"wires.unused_rows", ".-..", "\"output-end\"", "\"supply-end\""},
  };
}

inline std::vector<KeyLine> hardware_lines() {
  const auto quantity = [](const std::string& value) {
    return "{value = " + value + R"(, unit = "V", kind = "assumed", source = "a test"})";
  };
  const With network_of_arrays{"array.rows=16"};
  return {
      {"hardware.technology", "AAA-", "\"14nm\"", "\"40nm\""},
      {"hardware.tile", "AAA-", "\"reram\"", "\"ecram\""},
      {"hardware.converter", "AAA-", "\"\"", "\"sar\""},
      {"hardware.cell", "AAA-", "\"tile\"", "\"auto\""},
      {"hardware.override",
       "AAA-",
       quantity("0.8"),
       quantity("1"),
       {},
       "hardware.override.read.line_voltage"},
      {"hardware.technology_override",
       "AAA-",
       quantity("0.8"),
       quantity("1"),
       {},
       "hardware.technology_override.node.supply"},
      {"hardware.converter_override",
       "aaa-",
       "8",
       "4",
       {R"(hardware.converter="sar")", "adc.bits=4"},
       "hardware.converter_override.max_bits"},
      {"hardware.mean_input", "AAA-", "0.2", "0.8"},
      {"hardware.mean_conductance", "AAA-", "0.2", "0.8"},
      {"hardware.supply_v", "AAA-", "0.85", "1.2", {R"(hardware.tile="jia-65nm")"}},
      {"hardware.ops_per_mac", "AAA-", "2", "1"},
      {"hardware.arrays", "AaA-", "0", "1000", network_of_arrays},
      {"hardware.spare", "AaA-", "2", "4", network_of_arrays},
      {"hardware.replicate", "AaA-", "true", "false", network_of_arrays},
      {"hardware.arrays_per_tile", "AAA-", "8", "2", network_of_arrays},
      {"hardware.tile_buffer_bytes", "AAA-", "65536", "1024"},
      {"hardware.buffer", "AAA-", "\"sram\"", "\"edram\""},
      {"hardware.batch", "AAA-", "1", "16"},
      {"hardware.images_per_epoch", "AAA-", "0", "1000"},
  };
}

inline std::vector<KeyLine> training_lines() {
  const With deep{"training.layers=[64,8,10]"}, epochs{"training.epochs=3", "training.decay_every=1"};
  const With codes{R"(training.update="codes")"}, pulses{R"(training.update="pulses")"};
  const With carry{"training.carry.every=[2,4]"};
  const With transfer{"training.transfer.every=1", "training.transfer.fast_rate=5"};
  const With chopped{"training.transfer.chopped=true"};
  std::vector<KeyLine> lines{
      {"training.layers", "", "[64, 10]", "[64, 8, 10]"},
      {"training.hidden", "", "\"sigmoid\"", "\"relu\"", deep},
      {"training.loss", "", "\"cross-entropy\"", "\"squared\""},
      {"training.epochs", "", "1", "2"},
      {"training.batch", "", "1", "5"},
      {"training.learning_rate", "", "0.01", "0.02"},
      {"training.decay", "", "0.75", "0.5", epochs},
      {"training.decay_every", "", "1", "2", {"training.epochs=3"}},
      {"training.bias", "", "\"array\"", "\"none\""},
      {"training.backpropagate", "", "\"after-update\"", "\"before-update\"", deep},
      {"training.shuffle", "", "false", "true"},
      {"training.initial_scale", "", "4", "1"},
      {"training.inputs", "", "\"centred\"", "\"as-is\""},
      {"training.checkpoint", "-s--", "\"\"", "\"@/checkpoint\""},
      {"training.checkpoint_every_s", "-s--", "30", "60"},
      {"training.numeric", "", "false", "true"},
      {"training.pairs", "", "\"two-sided\"", "\"offset\""},
      {"training.read_noise", "-R--", "0", "0.1"},
      {"training.lifetime", "", "0", "100"},
      {"training.refresh_every", "-a--", "1", "5", {R"(training.pairs="one-sided")"}},
      {"training.weight_limits", "", "[0.5]", "[1]"},
      {"training.update", "", "\"exact\"", "\"pulses\""},
      {"training.codes.row_bits", "", "7", "2", codes},
      {"training.codes.column_bits", "", "5", "2", codes},
      {"training.codes.row_range", "", "0", "0.5", codes},
      {"training.codes.column_range", "", "0", "0.5", codes},
      {"training.codes.stochastic_rounding", "", "false", "true", codes},
      {"training.pulses.length", "-a--", "31", "2", pulses},
      {"training.pulses.management", "", "true", "false", pulses},
      {"training.carry.arrays", "", "2", "3", {}},
      {"training.carry.base", "", "5", "3", carry},
      {"training.carry.every", "", "[10, 100]", "[2, 4]"},
      {"training.carry.threshold", "", "0.5", "0.01", carry},
      {"training.transfer.chopped", "-a--", "false", "true", {"training.transfer.fast_rate=5"}},
      {"training.transfer.every", "-a--", "1", "2"},
      {"training.transfer.fast_rate", "", "1", "5", {"training.transfer.every=1"}},
      {"training.transfer.buffer_rate", "", "1", "5", transfer},
      {"training.transfer.threshold", "", "1", "0.1", transfer},
      {"training.transfer.follows", "", "\"fast\"", "\"buffer\"", transfer},
      {"training.transfer.most_pulses", "", "1", "10", {transfer[0], "training.transfer.buffer_rate=50"}},
      {"training.transfer.forget",
       "-a--",
       "true",
       "false",
       {transfer[0], "training.transfer.buffer_rate=50"}},
      {"training.transfer.momentum", "-a--", "0.1", "0.9", {transfer[0], "training.transfer.buffer_rate=50"}},
      {"training.transfer.chop_probability", "-a--", "0.01", "0.9", chopped},
      {"training.transfer.chop_outputs", "-a--", "0", "0.9", chopped},
  };
  for (auto& line : lines) {
    if (line.effects.empty()) line.effects = "-A--";
  }
  return lines;
}

inline std::vector<KeyLine> key_list() {
  std::vector<KeyLine> all;
  for (const auto& lines :
       {study_lines(), data_lines(), device_lines(), array_lines(), hardware_lines(), training_lines()})
    all.insert(all.end(), lines.begin(), lines.end());
  return all;
}

}  // namespace mho::testing
