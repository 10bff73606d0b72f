// The verb answers with the public keys, and the cost of an ONNX file is the cost of its shapes.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class CostVerb : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("mho_cost_" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  int run(const std::string& arguments) const {
    const std::string out = (folder_ / "out.txt").string();
    const int status =
        std::system((std::string(MHO_PROGRAM) + " cost " + arguments + " > " + out + " 2>&1").c_str());
    return WEXITSTATUS(status);
  }
  std::string said() const {
    std::ifstream in(folder_ / "out.txt");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  json answer_to(const std::string& study, const std::string& more = "") {
    std::ofstream(folder_ / "study.toml") << study;
    const std::string result = (folder_ / "result.json").string();
    EXPECT_EQ(run((folder_ / "study.toml").string() + " --json " + result + " " + more), 0) << said();
    return json::parse(std::ifstream(result));
  }

  fs::path folder_;
};

TEST_F(CostVerb, TileHasTheThreeKernelsPerMac) {
  const json out = answer_to("task = 'cost'\n[hardware]\ntile = 'reram'\n");
  EXPECT_NEAR(out["kernels"]["vmm"]["energy_per_mac_j"].get<double>() * 1e15, 12.2, 0.05 * 12.2);
  EXPECT_NEAR(out["kernels"]["vmm"]["latency_s"].get<double>(), 384e-9, 1e-12);
  EXPECT_NEAR(out["kernels"]["opu"]["energy_per_mac_j"].get<double>() * 1e15, 2.1, 0.05 * 2.1);
  for (const char* kernel : {"vmm", "mvm", "opu"}) {
    double energy = 0, latency = 0, area = 0;
    for (const auto& part : out["kernels"][kernel]["parts"]) {
      for (const char* key : {"name", "count", "energy_j", "latency_s", "area_m2", "source"})
        EXPECT_TRUE(part.contains(key));
      energy += part["energy_j"].get<double>();
      latency += part["latency_s"].get<double>();
      area += part["area_m2"].get<double>();
    }
    EXPECT_NEAR(energy / out["kernels"][kernel]["energy_j"].get<double>(), 1, 1e-12);
    EXPECT_NEAR(latency / out["kernels"][kernel]["latency_s"].get<double>(), 1, 1e-12);
    EXPECT_NEAR(area / out["kernels"][kernel]["area_m2"].get<double>(), 1, 1e-12);
  }
  EXPECT_EQ(out["study"]["hardware"]["technology"], "14nm");
}

TEST_F(CostVerb, NetworkOnAChip) {
  const json out =
      answer_to("[network]\nmodel = 'alexnet'\n[hardware]\ntile = 'ecram'\nimages_per_epoch = 1e6\n",
                "--set hardware.batch=128");
  EXPECT_NEAR(out["network"]["weights"].get<double>(), 61e6, 5e5);
  EXPECT_EQ(out["network"]["layers"].size(), 8U);
  for (const char* key : {"energy_per_image_j", "latency_s", "images_per_s", "area_m2", "tops", "tops_per_w"})
    EXPECT_GT(out["chip"][key].get<double>(), 0) << key;
  EXPECT_GT(out["chip"]["digital_baseline"]["energy_ratio"].get<double>(), 10);
  EXPECT_GT(out["chip"]["training"]["energy_per_epoch_j"].get<double>(),
            1e6 * out["chip"]["energy_per_image_j"].get<double>());
}

TEST_F(CostVerb, SweepAnswersForEveryPoint) {
  const json out = answer_to(
      "[network]\nmodel = 'alexnet'\n[sweep]\n'adc.bits' = [4, 6, 8]\n'hardware.tile' = ['reram', 'sram']\n");
  ASSERT_EQ(out["points"].size(), 6U);
  double last = 0;
  for (const auto& point : out["points"]) {
    if (point["values"]["hardware.tile"] != "reram") continue;
    const double energy = point["chip"]["energy_per_image_j"].get<double>();
    EXPECT_GT(energy, last) << point["values"];
    last = energy;
  }
  EXPECT_NE(said().find("sram"), std::string::npos);
}

// Keys of a layer cost what they cost where all layers have them; a layer that isn't there is refused.
TEST_F(CostVerb, OverridesOfALayerAreCosted) {
  const std::string study = "[network]\nmodel = 'alexnet'\n";
  const json plain = answer_to(study), all = answer_to(study + "[adc]\nbits = 4\n");
  const json every = answer_to(study + "[[layer]]\nmatch = '*'\nadc.bits = 4\n");
  for (const char* part : {"chip", "network", "kernels", "design", "notes"})
    EXPECT_EQ(every[part], all[part]) << part;
  const json some = answer_to(study + "[[layer]]\nmatch = 'fc*'\nadc.bits = 4\n");
  const auto energy = [](const json& j) { return j["chip"]["energy_per_image_j"].get<double>(); };
  EXPECT_LT(energy(some), energy(plain));
  EXPECT_GT(energy(some), energy(all));
  EXPECT_EQ(some["chip"]["kinds"].size(), 2U);
  EXPECT_NE(said().find("1024×1024, 8 input, 4 output, 8 weight bits"), std::string::npos) << said();

  std::ofstream(folder_ / "study.toml") << study << "[[layer]]\nmatch = 'fx*'\nadc.bits = 4\n";
  EXPECT_EQ(run((folder_ / "study.toml").string()), 2);
  EXPECT_NE(said().find("study.toml:4: layer[0].match = 'fx*': fits no layer; there are conv1"),
            std::string::npos)
      << said();
}

// A device that the study names is the chip's; without one, and where the study says so, it is the tile's
// cell.
TEST_F(CostVerb, NamedDeviceIsTheCell) {
  const json tile = answer_to(""), taox = answer_to("[device]\ncard = 'taox'\n"),
             asked = answer_to("[device]\ncard = 'taox'\n[hardware]\ncell = 'tile'\n");
  const auto cells = [](const json& j) { return j["kernels"]["vmm"]["parts"][0]["energy_j"].get<double>(); };
  EXPECT_NEAR(cells(taox) / cells(tile), 1e-4 * 0.1 * 0.1 / (1e-8 * 0.8 * 0.8), 1e-6);
  EXPECT_EQ(cells(asked), cells(tile));
  EXPECT_EQ(taox["study"]["hardware"]["cell"], "device");
  EXPECT_EQ(tile["study"]["hardware"]["cell"], "tile");
}

TEST_F(CostVerb, OverridesAreConstantsWithTheirSource) {
  const std::string study =
      "[hardware.override.cell]\non_resistance = {value = 1, unit = 'Mohm', kind = 'measured', source = 'our "
      "lab'}\n";
  const json out = answer_to(study), plain = answer_to("");
  const auto cells = [](const json& j) { return j["kernels"]["vmm"]["parts"][0]; };
  EXPECT_NEAR(cells(out)["energy_j"].get<double>() / cells(plain)["energy_j"].get<double>(), 100, 1e-9);
  EXPECT_EQ(cells(out)["source"], "measured: our lab");
}

TEST_F(CostVerb, ImpossibleDesignsAreRefusedWithTheReason) {
  const auto refusal = [&](const std::string& study) {
    std::ofstream(folder_ / "study.toml") << study;
    EXPECT_EQ(run((folder_ / "study.toml").string()), 2) << study;
    return said();
  };
  EXPECT_NE(
      refusal("[adc]\nbits = 14\n").find("adc.bits = 14: 14 bits are more than the converter of the tile"),
      std::string::npos)
      << said();
  EXPECT_NE(refusal("[hardware]\ntile = 'sonos-40nm'\n[input]\nbits = 9\n").find("input.bits"),
            std::string::npos);
  EXPECT_NE(refusal("[hardware]\ntile = 'rerem'\n").find("did you mean \"reram\""), std::string::npos);
  EXPECT_NE(refusal("[array]\nrows = -1\n").find("array.rows"), std::string::npos);
  EXPECT_NE(refusal("[network]\nmodel = 'vgg16'\n[hardware]\narrays = 5\n").find("the chip has 5"),
            std::string::npos);
  EXPECT_NE(refusal("[hardware]\ntecnology = '14nm'\n").find("did you mean \"technology\""),
            std::string::npos);
  EXPECT_NE(
      refusal("[hardware.override.cell]\npitch = {value = 1, unit = 'V', kind = 'assumed', source = 'x'}\n")
          .find("unit of the kind"),
      std::string::npos);
}

TEST_F(CostVerb, TablesPrint) {
  EXPECT_EQ(run("adc --bits 8"), 0);
  EXPECT_NE(said().find("sar-neurosim-14nm"), std::string::npos);
  EXPECT_EQ(run("tiles --bits 8 4 2"), 0);
  EXPECT_NE(said().find("digital-reram"), std::string::npos);
  EXPECT_EQ(run("validate isaac"), 0);
  EXPECT_NE(said().find("0.627 TOPS/W"), std::string::npos);
  EXPECT_EQ(run("networks"), 0);
  EXPECT_NE(said().find("googlenet"), std::string::npos);
  const std::string picture = (folder_ / "a.svg").string();
  EXPECT_EQ(run("accelerators --picture " + picture), 0);
  EXPECT_TRUE(fs::exists(picture));
}

// Shapes of a trained network of 10 classes; skipped where the data are not there.
TEST_F(CostVerb, OnnxFileCostsWhatItsShapesCost) {
  fs::path models = fs::path(MHO_SOURCE_DIR) / "../shared/data/models";
  if (const char* data = std::getenv("MHO_DATA")) models = fs::path(data) / "models";
  if (!fs::is_directory(models)) GTEST_SKIP() << "no models at " << models;
  int found = 0;
  for (const auto& entry : fs::recursive_directory_iterator(models)) {
    if (entry.path().extension() != ".onnx" || ++found > 3) continue;
    const json out = answer_to("[network]\nmodel = '" + fs::absolute(entry.path()).string() + "'\n");
    double macs = 0, weights = 0;
    for (const auto& layer : out["network"]["layers"]) {
      macs += layer["macs"].get<double>();
      weights += layer["weights"].get<double>();
    }
    EXPECT_EQ(macs, out["network"]["macs"].get<double>());
    EXPECT_GT(weights, 0);
    EXPECT_EQ(out["chip"]["ops_per_image"].get<double>(), 2 * macs);
    EXPECT_EQ(run((folder_ / "study.toml").string() + " --picture " + (folder_ / "p.svg").string() +
                  " --comparison " + (folder_ / "c.svg").string()),
              0);
    EXPECT_TRUE(fs::exists(folder_ / "p.svg") && fs::exists(folder_ / "c.svg"));
  }
  EXPECT_GT(found, 0);
}

}  // namespace
