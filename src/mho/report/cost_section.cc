#include "mho/report/cost_section.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/hardware/pictures.h"
#include "mho/hardware/units.h"
#include "mho/report/svg.h"
#include "mho/report/text.h"

namespace mho::report {
namespace {

using hardware::engineering;
using nlohmann::json;

std::string facts(const json& chip) {
  const auto number = [&](const char* key) { return chip.at(key).get<double>(); };
  std::string out = "<ul class=\"facts\">";
  const auto fact = [&](const std::string& value, const char* what) {
    out += fmt::format("<li><b>{}</b><span>{}</span></li>", escaped(value), what);
  };
  fact(engineering(number("energy_per_image_j"), "J", 3), "an image");
  fact(fmt::format("{:.3g} TOPS/W", number("tops_per_w")),
       number("ops_per_mac") == 1 ? "1 MAC = 1 operation" : "1 MAC = 2 operations");
  fact(fmt::format("{:.3g}", number("images_per_s")), "images a second");
  fact(engineering(number("latency_s"), "s", 3), "one image alone");
  fact(hardware::readable_area(number("area_m2")), "chip");
  if (chip.contains("training")) {
    const json& training = chip["training"];
    fact(engineering(training.at("energy_per_epoch_j").get<double>(), "J", 3), "an epoch of training");
    fact(engineering(training.at("time_per_epoch_s").get<double>(), "s", 3), "an epoch takes");
  }
  if (chip.contains("digital_baseline"))
    fact(fmt::format("{:.3g} ×", chip["digital_baseline"].at("energy_ratio").get<double>()),
         "the energy with SRAM cores");
  return out + "</ul>\n";
}

std::string losses(const json& chip) {
  std::string out = "<h3>Where the efficiency goes</h3>\n<table><tr><th>counting</th><th>TOPS/W</th></tr>\n";
  for (const auto& loss : chip.at("losses")) {
    out += fmt::format("<tr><td>{}</td><td>{:.3g}</td></tr>\n", escaped(loss.at("what").get<std::string>()),
                       loss.at("tops_per_w").get<double>());
  }
  return out + "</table>\n";
}

}  // namespace

std::string cost_section(const nlohmann::ordered_json& document) {
  const auto* holder = &document;
  if (document.contains("points") && document["points"].is_array() && !document["points"].empty())
    holder = &document["points"].front();
  if (!holder->is_object() || !holder->contains("cost") || !(*holder)["cost"].contains("chip")) return "";
  const json cost = (*holder)["cost"];
  try {
    const json& design = cost.at("design");
    std::string out = fmt::format(
        "<h2>What it costs</h2>\n<p class=\"note\">{} tiles of {}×{} at {}, {} input and {} output bits; "
        "every constant "
        "has its source in the result.</p>\n",
        escaped(design.at("tile").get<std::string>()), design.at("rows").get<std::size_t>(),
        design.at("cols").get<std::size_t>(), escaped(design.at("technology").get<std::string>()),
        design.at("input_bits").get<int>(), design.at("output_bits").get<int>());
    out += facts(cost["chip"]) + losses(cost["chip"]);
    for (const auto& picture : hardware::cost_pictures(cost))
      out += fmt::format("<h3>{}</h3>\n<figure>{}</figure>\n", picture.title, picture.svg);
    return out;
  } catch (const json::exception& error) {
    throw core::InvalidInput(fmt::format("a cost section is damaged: {}", error.what()));
  }
}

}  // namespace mho::report
