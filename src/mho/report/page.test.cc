// A report shows the numbers of its results, needs nothing but itself, and lets no text of a file become
// part of the page.

#include "mho/report/page.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "mho/core/error.h"
#include "mho/core/picture/chart.h"
#include "mho/core/picture/style.h"
#include "mho/device/plot.h"
#include "mho/hardware/pictures.h"
#include "mho/hardware/report.h"
#include "mho/report/charts.h"
#include "mho/report/result_view.h"
#include "mho/report/training_view.h"

namespace mho::report {
namespace {

using json = nlohmann::ordered_json;

json point(const std::string& label, double mean, double half) {
  return {{"label", label},
          {"data", {{"source", "digits/test"}, {"images", 597}}},
          {"network", {{"file", "networks/digits.onnx"}}},
          {"float", {{"top1", 0.97}, {"top5", 0.99}}},
          {"digital", {{"top1", 0.96}, {"top5", 0.99}}},
          {"analog",
           {{"top1",
             {{"mean", mean},
              {"std", half},
              {"ci95", {mean - half, mean + half}},
              {"trials", {mean - half, mean, mean + half}}}}}},
          {"device",
           {{"label", label},
            {"g", {0.1, 1.0}},
            {"std", {0.01, 0.02}},
            {"shift", {0.0, 0.0}},
            {"read_noise", {0, 0}}}},
          {"layers",
           {{{"name", "conv1"},
             {"kind", "conv"},
             {"weights", 108},
             {"arrays", 1},
             {"utilization", 0.1},
             {"snr_db", 30.5},
             {"clipped", 0.001}},
            {{"name", "fc"},
             {"kind", "gemm"},
             {"weights", 1280},
             {"arrays", 1},
             {"utilization", 0.2},
             {"snr_db", nullptr},
             {"clipped", nullptr}}}},
          {"trials_finished", 3}};
}

json document(const std::vector<json>& points) {
  return {
      {"task", "infer"}, {"name", "s"}, {"version", "0.1.0"}, {"seed", 1}, {"study_text", "task = \"infer\""},
      {"points", points}};
}

int count(const std::string& text, const std::string& what) {
  int n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(Page, ShowsEveryNumberWithItsInterval) {
  const auto page =
      html_page({{"r.json", document({point("taox", 0.9512, 0.0034), point("pcm", 0.8, 0.02)})}});
  for (const char* said :
       {"95.12", "± 0.34", "80.00", "± 2.00", "97.00", "96.00", "taox", "pcm", "30.5", "1.88"}) {
    EXPECT_NE(page.find(said), std::string::npos) << said;
  }
  EXPECT_EQ(count(page, "<svg "), 3) << "accuracy, cells, layers";
}

TEST(Page, LoadsNothing) {
  const auto page = html_page({{"r.json", document({point("taox", 0.95, 0.01)})}});
  EXPECT_FALSE(std::regex_search(page, std::regex("src=|href=|url\\(|@import|<script|https?://")));
}

TEST(Page, TextOfAFileStaysText) {
  auto doc = document({point("<script>alert(1)</script>", 0.95, 0.01)});
  doc["study_text"] = "</pre><img src=x onerror=alert(1)>";
  const auto page = html_page({{"r.json", doc}});
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
}

TEST(Page, ResultsOfDifferentNetworksAreNotCompared) {
  auto other = point("taox", 0.9, 0.01);
  other["network"]["file"] = "resnet20.onnx";
  const auto page =
      html_page({{"a.json", document({point("taox", 0.95, 0.01)})}, {"b.json", document({other})}});
  EXPECT_EQ(count(page, "<h2>"), 3) << "two networks, and how the numbers were made";
}

TEST(Page, WhatIsNoResultIsRefusedByName) {
  const std::vector<json> wrong = {json::object(), json{{"task", "cost"}},
                                   json{{"task", "infer"}, {"points", {json::object()}}}};
  for (const auto& bad : wrong) {
    try {
      html_page({{"wrong.json", bad}});
      FAIL() << bad;
    } catch (const core::InvalidInput& error) {
      EXPECT_EQ(std::string(error.what()).rfind("wrong.json", 0), 0) << error.what();
    }
  }
}

TEST(Page, ARunThatWasInterruptedSaysSo) {
  auto doc = document({point("taox", 0.95, 0.01)});
  doc["interrupted"] = true;
  EXPECT_NE(html_page({{"r.json", doc}}).find("interrupted"), std::string::npos);
}

TEST(Charts, ASweptNumberBecomesAnAxis) {
  std::vector<json> points;
  for (const int bits : {4, 6, 8}) {
    points.push_back(point("adc.bits = " + std::to_string(bits), 0.8 + 0.02 * bits, 0.01));
    points.back()["values"] = {{"adc.bits", bits}};
  }
  const auto rows = rows_of(document(points), "r.json");
  ASSERT_TRUE(sweep_chart(rows));
  EXPECT_NE(sweep_chart(rows)->inlined().find(">adc.bits</text>"), std::string::npos);
  EXPECT_FALSE(sweep_chart(rows_of(document({point("taox", 0.9, 0.01)}), "r.json")));
}

/// Classes of a picture that its style sheet says nothing of.
std::set<std::string> without_style(const core::Svg& svg) {
  const std::string text = svg.inlined(), style = core::picture_style();
  std::set<std::string> found;
  const std::regex classes("class=\"([^\"]*)\""), word("[^ ]+");
  for (auto it = std::sregex_iterator(text.begin(), text.end(), classes); it != std::sregex_iterator();
       ++it) {
    const std::string names = (*it)[1];
    for (auto name = std::sregex_iterator(names.begin(), names.end(), word); name != std::sregex_iterator();
         ++name) {
      if (!std::regex_search(style, std::regex("\\." + name->str() + "[ ,.{]"))) found.insert(name->str());
    }
  }
  return found;
}

// Pictures of accuracy, of costs and of devices are drawn in the styles that there are.
TEST(Pictures, HaveNothingWithoutAStyle) {
  const std::set<std::string> none;
  for (const auto& [name, svg] : pictures({{"r.json", document({point("taox", 0.95, 0.01)})}}))
    EXPECT_EQ(without_style(svg), none) << name;
  const auto cost = hardware::cost_json(hardware::load_design("reram", 64, 64, {}), {});
  for (const auto& picture : hardware::cost_pictures(cost))
    EXPECT_EQ(without_style(picture.svg), none) << picture.title;
  for (const std::string card : {"taox", "pcm-hermes", "sonos-40nm", "hfo2-milo-nonlinear"}) {
    core::Config study = core::Config::from_text("device.card = '" + card + "'", "study.toml");
    EXPECT_EQ(without_style(core::picture_of(device::charts_of(device::read_cell(study)))), none) << card;
  }
  core::Svg odd(1, 1, "t");
  odd.line({0, 0}, {1, 1}, "grid unheard-of");
  EXPECT_EQ(without_style(odd), std::set<std::string>{"unheard-of"});
}

// A training has curves, a table and a histogram on the page; several points are told apart by what differs.
TEST(Page, ShowsTrainings) {
  const auto point = [](double rate, double accuracy) {
    nlohmann::ordered_json p =
        nlohmann::ordered_json::parse(R"({"values": {}, "study": {"device": {"card": "enode"}},
      "accuracy": {"last_epoch": {"mean": 0.9, "std": 0.01, "ci95": [0.89, 0.91]}, "best_epoch": {"mean": 0.92}},
      "updates_per_cell": {"mean": 10, "max": 20, "pulses": 3}, "timing": {"seconds_per_epoch_and_trial": 0.5},
      "layers": [{"conductances": {"from_s": 1e-5, "to_s": 1e-4, "counts": [1, 5, 2]}}]})");
    p["values"]["training.learning_rate"] = std::to_string(rate);
    for (int e = 1; e <= 3; ++e) {
      p["epochs"].push_back({{"epoch", e},
                             {"learning_rate", rate},
                             {"train_loss", 1.0 / e},
                             {"test_accuracy", accuracy + 0.01 * e},
                             {"test_accuracy_std", 0.01},
                             {"test_accuracy_trials", {accuracy, accuracy}}});
    }
    return p;
  };
  nlohmann::ordered_json document = {{"task", "train"}, {"name", "t"}};
  document["points"] = {point(0.01, 0.8), point(0.02, 0.85)};
  const auto rows = training_rows(document);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_NE(rows[0].label, rows[1].label);
  EXPECT_EQ(rows[0].epochs.size(), 3u);
  EXPECT_EQ(training_text(rows).find("aged"), std::string::npos);
  document["points"][1]["aged"]["test_accuracy"]["mean"] = 0.125;
  const std::string aged = training_text(training_rows(document));
  EXPECT_NE(aged.find("aged, %"), std::string::npos) << aged;
  EXPECT_NE(aged.find("12.50"), std::string::npos) << aged;
  const std::string page = html_page({{"t.json", document}});
  for (const char* what : {"How the networks learn", "Where the cells ended", "enode, learning_rate"}) {
    EXPECT_NE(page.find(what), std::string::npos) << what;
  }
}

}  // namespace
}  // namespace mho::report
