#include "mho/report/cost_section.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/core/picture/svg.h"
#include "mho/hardware/pictures.h"
#include "mho/hardware/units.h"
#include "mho/report/text.h"
#include "mho/study/sweep.h"

namespace mho::report {

using core::escaped;

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

std::string kernels(const json& kernels) {
  std::string out =
      "<table><tr><th>one array</th><th>energy</th><th>of it a multiply-accumulate</th><th>latency</th>"
      "<th>area</th></tr>\n";
  for (const char* name : {"vmm", "mvm", "opu"}) {
    const auto kernel = kernels.find(name);
    if (kernel == kernels.end()) continue;
    const auto number = [&](const char* key) { return kernel->at(key).get<double>(); };
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", name,
                       escaped(engineering(number("energy_j"), "J", 3)),
                       escaped(engineering(number("energy_per_mac_j"), "J", 3)),
                       escaped(engineering(number("latency_s"), "s", 3)),
                       escaped(hardware::readable_area(number("area_m2"))));
  }
  return out + "</table>\n";
}

/// Arrays that layers have for themselves; "" where all layers are alike.
std::string kinds(const json& chip) {
  const json all = chip.value("kinds", json::array());
  if (all.size() < 2) return "";
  std::string out =
      "<h3>Kinds of arrays</h3>\n<table><tr><th>layers</th><th>array</th><th>input bits</th>"
      "<th>output bits</th><th>weight bits</th><th>arrays a weight</th><th>converter</th><th>arrays</th>"
      "<th>an image</th></tr>\n";
  for (const auto& kind : all) {
    out += fmt::format(
        "<tr><td>{}</td><td>{}×{}</td><td>{}, {}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td>{:.0f}</td><td>{}</td></tr>\n",
        escaped(hardware::few_of(kind.at("layers").get<std::vector<std::string>>())),
        kind.at("rows").get<std::size_t>(), kind.at("cols").get<std::size_t>(),
        kind.at("input_bits").get<int>(), kind.at("input_signed").get<bool>() ? "signed" : "unsigned",
        kind.at("output_bits").get<int>(), kind.at("weight_bits").get<int>(),
        kind.at("arrays_per_weight").get<int>(), escaped(kind.at("converter").get<std::string>()),
        kind.at("arrays").get<double>(), engineering(kind.at("energy_j").get<double>(), "J", 3));
  }
  return out + "</table>\n";
}

/// The points of a sweep of designs, a line each.
std::string points_table(const json& points) {
  std::string out =
      "<h2>Designs</h2>\n<div class=\"wide\"><table><tr><th></th><th>a multiply-accumulate</th><th>an "
      "image</th><th>images a second</th><th>TOPS/W</th><th>area</th></tr>\n";
  for (const auto& point : points) {
    const auto& vmm = point.at("kernels").at("vmm");
    out +=
        fmt::format("<tr><td>{}</td><td>{}</td>",
                    escaped(study::label_of(nlohmann::ordered_json(point.value("values", json::object())))),
                    escaped(engineering(vmm.at("energy_per_mac_j").get<double>(), "J", 3)));
    if (const auto chip = point.find("chip"); chip != point.end()) {
      const auto number = [&](const char* key) { return chip->at(key).get<double>(); };
      out += fmt::format("<td>{}</td><td>{:.3g}</td><td>{:.3g}</td><td>{}</td></tr>\n",
                         escaped(engineering(number("energy_per_image_j"), "J", 3)), number("images_per_s"),
                         number("tops_per_w"), escaped(hardware::readable_area(number("area_m2"))));
    } else {
      out += "<td></td><td></td><td></td><td></td></tr>\n";
    }
  }
  return out + "</table></div>\n";
}

/// Where the cost is of something else than what was simulated.
std::string notes(const json& cost) {
  std::string out;
  for (const auto& note : cost.value("notes", json::array()))
    out += fmt::format("<p class=\"note\">Note: {}.</p>\n", escaped(note.get<std::string>()));
  return out;
}

/// Of a cost as cost_json gives it.
std::string details(const json& cost) {
  const json& design = cost.at("design");
  std::string out = fmt::format(
      "<h2>What it costs</h2>\n<p class=\"note\">{} tiles of {}×{} at {}, {} input and {} output bits; every "
      "constant has its source in the result.</p>\n",
      escaped(design.at("tile").get<std::string>()), design.at("rows").get<std::size_t>(),
      design.at("cols").get<std::size_t>(), escaped(design.at("technology").get<std::string>()),
      design.at("input_bits").get<int>(), design.at("output_bits").get<int>());
  out += notes(cost);
  out += cost.contains("chip") ? facts(cost["chip"]) + kinds(cost["chip"]) + losses(cost["chip"])
                               : kernels(cost.at("kernels"));
  for (const auto& picture : hardware::cost_pictures(cost))
    out += fmt::format("<h3>{}</h3>\n<figure>{}</figure>\n", picture.title, picture.svg.inlined());
  return out;
}

}  // namespace

std::string cost_section(const nlohmann::ordered_json& document) {
  const bool alone = document.value("task", "") == "cost";  // then the costs are the result itself
  const auto* holder = &document;
  const bool swept =
      document.contains("points") && document["points"].is_array() && !document["points"].empty();
  if (swept) holder = &document["points"].front();
  try {
    if (alone) {
      if (!holder->contains("design") && document.value("interrupted", false)) return "";
      return (swept ? points_table(json(document["points"])) : "") + details(json(*holder));
    }
    if (!holder->is_object() || !holder->contains("cost") || !(*holder)["cost"].contains("chip")) return "";
    return details(json((*holder)["cost"]));
  } catch (const json::exception& error) {
    throw core::InvalidInput(fmt::format("a cost section is damaged: {}", error.what()));
  }
}

}  // namespace mho::report
