// A key acts, or is refused with its reason, or means nothing to a task: the registry says which, a list here
// says the same of every key, and the program does it.

#include <fmt/format.h>

#include <map>
#include <random>

#include "key_list.h"
#include "mho/core/matrix.h"
#include "mho/core/npy.h"
#include "mho/study/key_registry.h"
#include "program.h"
#include "temporary_folder.h"

namespace mho::testing {
namespace {

using nlohmann::json;
using study::Effect;

constexpr std::string_view kTaskWords[] = {"infer", "train", "cost", "mvm"};

/// An IDX file of square images, and its labels beside it.
void spill_idx(const std::string& folder, int side, int count) {
  std::filesystem::create_directories(folder);
  std::string images("\0\0\x08\x03\0\0\0", 7), labels("\0\0\x08\x01\0\0\0", 7);
  images += static_cast<char>(count);
  for (int k = 0; k < 2; ++k) images += std::string("\0\0\0", 3) + static_cast<char>(side);
  labels += static_cast<char>(count);
  std::mt19937 pixels(7);
  for (int i = 0; i < count * side * side; ++i) images += static_cast<char>(pixels() % 17);
  for (int i = 0; i < count; ++i) labels += static_cast<char>(i % 10);
  spill(folder + "/test-images-idx3-ubyte", images);
  spill(folder + "/test-labels-idx1-ubyte", labels);
}

/// One study for every task, small files, and what the program makes of them.
class Keys : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = new tests::TemporaryFolder;
    spill(at("net.onnx"), slurp(std::string(MHO_SOURCE_DIR) + "/studies/networks/digits.onnx"));
    spill(at("same.onnx"), slurp(at("net.onnx")));
    spill(at("images.csv"), csv(40, 1));
    spill(at("other.csv"), csv(40, 2));
    spill(at("nine.csv"), csv(9, 3));
    spill_idx(at("idx12"), 12, 30);
    spill_idx(at("idx11"), 11, 30);
    std::mt19937 numbers(1);
    std::normal_distribution<float> normal;
    for (const auto& [name, rows] : {std::pair{"W", 10}, {"X", 20}, {"V", 12}, {"S", 64}}) {
      core::Matrix<float> matrix(rows, 64);
      for (float& v : matrix.elements) v = normal(numbers);
      core::write_npy(at(std::string(name) + ".npy"), matrix);
    }
    spill(at("study.toml"), R"(
[network]
model = "net.onnx"
[data]
images = "images.csv"
test = "other.csv"
preprocess = {scale = 0.0625}
[calibration]
count = 20
[device]
card = "taox-3"
[training]
layers = [64, 10]
epochs = 1
learning_rate = 0.01
[hardware]
tile = "reram"
[study]
trials = 1
)");
    spill(at("study.toml"), slurp(at("study.toml")) +
                                "[mvm]\nweights = \"W.npy\"\ninputs = \"X.npy\"\noutput = \"" + at("Y.npy") +
                                "\"\n");
    for (const std::string task : {"infer", "train", "mvm"}) {
      for (const std::string seed : {"1", "2"}) {
        run(fmt::format("{} {} --set study.seed={} --set study.save_chip={}", task, at("study.toml"), seed,
                        at(fmt::format("{}{}.npz", task, seed))));
      }
    }
  }
  static void TearDownTestSuite() {
    delete folder;
    folder = nullptr;
  }

  static std::string at(const std::string& name) { return folder->file(name); }

  struct Outcome {
    Answer answer;
    json resolved;  ///< the document's "study"
    std::string identity;
    json result;  ///< the rest of it that is a result
  };

  /// The verb of the task on a study file of the folder, with --set of every one of `settings`.
  static Outcome run_task(std::size_t task, const std::string& file, const With& settings) {
    const std::string word(kTaskWords[task]);
    std::string command = word + " " + at(file) + " --threads 1 --json " + at("result.json");
    for (const auto& setting : settings) command += " --set '" + setting + "'";
    const auto known = outcomes.find(command);
    if (known != outcomes.end()) return known->second;
    std::filesystem::remove(at("result.json"));
    Outcome outcome{run(command), nullptr, "", nullptr};
    if (outcome.answer.code == 0) {
      outcome.result = json::parse(slurp(at("result.json")));
      outcome.resolved = outcome.result["study"];
      outcome.identity = outcome.result["identity"];
      strip(outcome.result);
    }
    return outcomes[command] = outcome;
  }

  /// Takes out what is no result: times, machine, what was asked.
  static void strip(json& value) {
    if (value.is_object()) {
      for (const char* key : {"study", "study_text", "identity", "values", "label", "name", "machine",
                              "timing", "wall_s", "output", "network_file", "checkpoint"})
        value.erase(key);
    }
    if (value.is_structured()) {
      for (auto& below : value) strip(below);
    }
  }

  static std::string setting(const KeyLine& line, const std::string& value) {
    std::string text = (line.set.empty() ? line.name : line.set) + "=" + value;
    if (const auto folder_at = text.find('@'); folder_at != std::string::npos)
      text.replace(folder_at, 1, folder->path().string());
    return text;
  }

  static bool holds(const json& resolved, const std::string& name) {
    std::string pointer = "/" + name;
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    return resolved.contains(json::json_pointer(pointer));
  }

  static void check(const KeyLine& line, std::size_t task) {
    const char effect = line.effects[task];
    With first = line.with, second = line.with;
    first.push_back(setting(line, line.first));
    second.push_back(setting(line, line.second));
    const Outcome b = run_task(task, "study.toml", second);
    if (effect == 'L') {
      EXPECT_EQ(b.answer.code, 2) << b.answer.said;
      EXPECT_NE(b.answer.said.find(line.name), std::string::npos) << b.answer.said;
      return;
    }
    if (effect == 'R') {
      const auto* key = study::find_study_key(line.name);
      ASSERT_NE(key, nullptr);
      EXPECT_EQ(b.answer.code, 2) << b.answer.said;
      const std::string reason(key->in(kTaskWords[task]).why);
      const std::string name = line.set == "layer" ? line.set : line.name;
      EXPECT_NE(b.answer.said.find(name), std::string::npos) << b.answer.said;
      EXPECT_NE(b.answer.said.find(reason), std::string::npos) << b.answer.said;
      return;
    }
    const Outcome a = run_task(task, "study.toml", first);
    ASSERT_EQ(a.answer.code, 0) << a.answer.said;
    ASSERT_EQ(b.answer.code, 0) << b.answer.said;
    if (effect == 'A') {
      EXPECT_NE(a.result, b.result) << "does not act";
      EXPECT_NE(a.identity, b.identity) << "two results of one name";
    } else if (effect == 'a') {
      EXPECT_NE(a.resolved, b.resolved) << "does not act";
    } else if (effect == 's') {
      EXPECT_NE(a.resolved, b.resolved) << "does not steer";
      EXPECT_EQ(a.result, b.result) << "acts";
      EXPECT_EQ(a.identity, b.identity) << "one result of two names";
    } else {
      EXPECT_EQ(a.result, b.result) << "acts";
      EXPECT_EQ(a.identity, b.identity) << "one result of two names";
      EXPECT_FALSE(holds(b.resolved, line.name)) << "in the resolved study";
    }
  }

  static void check_all(const std::vector<KeyLine>& lines) {
    for (const auto& line : lines) {
      for (std::size_t task = 0; task < std::size(kTaskWords); ++task) {
        if (line.effects[task] == '.') continue;
        if (line.name == "task") continue;  // the verb says it here: Tasks.TheVerbWinsAndTheResultSaysSo
        SCOPED_TRACE(std::string(kTaskWords[task]) + ": " + line.name);
        check(line, task);
      }
    }
  }

  static tests::TemporaryFolder* folder;
  static std::map<std::string, Outcome> outcomes;  // by command
};
tests::TemporaryFolder* Keys::folder = nullptr;
std::map<std::string, Keys::Outcome> Keys::outcomes;

// Who adds a key says here what it does.
TEST_F(Keys, EveryKeyStandsInTheListWithWhatItDoesInEveryTask) {
  std::map<std::string, std::string> listed;
  for (const auto& line : key_list()) {
    auto& effects = listed.emplace(line.name, "....").first->second;
    for (std::size_t task = 0; task < 4; ++task) {
      if (line.effects[task] == '.') continue;
      EXPECT_EQ(effects[task], '.') << line.name << " has two lines for one task";
      effects[task] = line.effects[task];
    }
  }
  EXPECT_EQ(listed.size(), study::study_keys().size());
  using Kind = Effect::Kind;
  const std::map<Kind, char> letters{{Kind::acts, 'a'},
                                     {Kind::steers, 's'},
                                     {Kind::bound, 'l'},
                                     {Kind::refused, 'r'},
                                     {Kind::meaningless, '-'}};
  for (const auto& key : study::study_keys()) {
    ASSERT_TRUE(listed.contains(key.facts.name)) << key.facts.name << " has no line in key_list.h";
    for (std::size_t task = 0; task < 4; ++task) {
      const Effect& effect = key.in(kTaskWords[task]);
      const char letter = static_cast<char>(std::tolower(listed[key.facts.name][task]));
      EXPECT_EQ(letter, letters.at(effect.kind)) << key.facts.name << " in " << kTaskWords[task];
      EXPECT_EQ(effect.why.empty(), effect.kind == Kind::acts || effect.kind == Kind::steers)
          << key.facts.name;
    }
  }
}

TEST_F(Keys, OfTheStudyDoWhatTheListSays) { check_all(study_lines()); }
TEST_F(Keys, OfDataDoWhatTheListSays) { check_all(data_lines()); }
TEST_F(Keys, OfDevicesDoWhatTheListSays) { check_all(device_lines()); }
TEST_F(Keys, OfArraysDoWhatTheListSays) { check_all(array_lines()); }
TEST_F(Keys, OfHardwareDoWhatTheListSays) { check_all(hardware_lines()); }
TEST_F(Keys, OfTrainingDoWhatTheListSays) { check_all(training_lines()); }

/// Complains of every key of a resolved study that does not act in the task.
void expect_acting(const json& table, const std::string& name, std::string_view task) {
  for (const auto& [key, value] : table.items()) {
    const std::string full = name.empty() ? key : fmt::format("{}.{}", name, key);
    const auto* found = study::find_study_key(full);
    EXPECT_TRUE(found == nullptr || found->in(task).is_read()) << full;
    if (full == "layer" || (found != nullptr && found->facts.name != full)) continue;
    if (value.is_object()) {
      expect_acting(value, full, task);
    } else {
      EXPECT_NE(found, nullptr) << full << " is resolved, and nobody knows it";
    }
  }
}

// A result says how to get it again.
TEST_F(Keys, AResolvedStudyHoldsWhatActsAndRunsAgain) {
  const std::vector<std::pair<std::string, With>> studies{
      {"infer", {}},
      {"infer",
       {R"(layer=[{match="fc*",adc.bits=5,device.on_off_ratio=20},{match="conv1",mapping.slices=2}])"}},
      {"infer",
       {R"(device.card="sonos-40nm")", "device.history=[{wait_s=86400,dose_krad=50}]",
        "device.on_off_ratio=inf", R"(adc.range=[-3,3])", "input.slice_bits=1", "wires.gated=true",
        "wires.row_ohm=5"}},
      {"infer", {R"(device.card="pcm-joshi")", "device.time_s=3600", R"(mapping.weight_range="99%")"}},
      {"train", {}},
      {"train", {"training.carry.arrays=3"}},
      {"train", {"training.transfer.every=2", R"(training.update="pulses")"}},
      {"train", {R"(device.card="taox-medium")", "training.weight_limits=[0.7]"}},
      {"cost", {R"(hardware.override.read.mean_input={value=0.3,unit="1",kind="assumed",source="a test"})"}},
      {"cost", {"input.slice_bits=1", "wires.gated=true", "adc.gain_db=40", "training.epochs=3"}},
      {"mvm",
       {"device.faults.stuck_on=0.1", R"(device.card="constant-step")", "network.depthwise=\"digital\""}},
  };
  for (const auto& [word, settings] : studies) {
    SCOPED_TRACE(word + (settings.empty() ? "" : " with " + settings.front()));
    const auto task = static_cast<std::size_t>(std::find(std::begin(kTaskWords), std::end(kTaskWords), word) -
                                               std::begin(kTaskWords));
    outcomes.clear();
    const Outcome first = run_task(task, "study.toml", settings);
    ASSERT_EQ(first.answer.code, 0) << first.answer.said;
    expect_acting(first.resolved, "", kTaskWords[task]);
    std::filesystem::rename(at("result.json"), at("again.json"));
    outcomes.clear();
    const Outcome second = run_task(task, "again.json", {});
    ASSERT_EQ(second.answer.code, 0) << second.answer.said;
    EXPECT_EQ(first.result, second.result);
    EXPECT_EQ(first.resolved, second.resolved);
  }
}

// Wherever a key is given: in the file, on the command line, in a sweep, in [[layer]].
TEST_F(Keys, RefusedKeysAreComplaintsWithPlaceAndReason) {
  const auto said = [](std::size_t task, const With& settings) {
    const Outcome outcome = run_task(task, "study.toml", settings);
    EXPECT_EQ(outcome.answer.code, 2) << outcome.answer.said;
    return outcome.answer.said;
  };
  const std::string epochs = "epochs = 1\n";
  std::string text = slurp(at("study.toml"));
  const auto place = text.find(epochs) + epochs.size();
  text.insert(place, "read_noise = 1\n");
  spill(at("refused.toml"), text);
  const std::string line =
      std::to_string(1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(place), '\n'));
  const auto in_file = run_task(1, "refused.toml", {}).answer;
  EXPECT_EQ(in_file.code, 2);
  EXPECT_NE(in_file.said.find("refused.toml:" + line + ": training.read_noise = 1"), std::string::npos)
      << in_file.said;
  EXPECT_NE(said(1, {"training.read_noise=1"}).find("training.read_noise=1: "), std::string::npos);
  EXPECT_NE(said(1, {R"(sweep={"training.read_noise"=[1,2]})"}).find("training.read_noise"),
            std::string::npos);
  EXPECT_NE(said(1, {R"(sweep={points=[{"training.read_noise"=1}]})"}).find("training.read_noise"),
            std::string::npos);
  EXPECT_EQ(run_task(1, "study.toml", {"training.read_noise=0"}).answer.code, 0)
      << "the default asks for nothing";
  // A mistake is one also where nobody looks at the value.
  EXPECT_NE(said(0, {"training.epochs=0"}).find("training.epochs=0: must be a whole number"),
            std::string::npos);
  EXPECT_NE(said(0, {"training.epoch=2"}).find("unknown key; did you mean \"epochs\"?"), std::string::npos);
  EXPECT_NE(
      said(0, {R"(layer=[{match="*",adc.bitz=4}])"}).find("adc.bitz: unknown key; did you mean \"bits\"?"),
      std::string::npos);
  EXPECT_NE(said(0, {R"(layer=[{match="*",network.model="x"}])"}).find("network: unknown key"),
            std::string::npos);
  EXPECT_NE(said(2, {"trainning.epochs=2"}).find("unknown key; did you mean \"training\"?"),
            std::string::npos);
}

}  // namespace
}  // namespace mho::testing
