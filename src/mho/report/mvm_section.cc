#include "mho/report/mvm_section.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/core/picture/svg.h"
#include "mho/report/text.h"
#include "mho/study/sweep.h"

namespace mho::report {

using core::escaped;
using json = nlohmann::ordered_json;

namespace {

std::string rows_of_point(const json& point) {
  std::string out;
  const std::string label = study::label_of(point.value("values", json::object()));
  for (const auto& trial : point.at("trials")) {
    out += fmt::format("<tr><td>{}</td><td>{}</td><td>{:.4g}</td><td>{:.4g}</td></tr>\n", escaped(label),
                       trial.at("trial").get<std::size_t>(), trial.at("rms_error").get<double>(),
                       100 * trial.at("relative_rms_error").get<double>());
  }
  return out;
}

std::string facts(const json& point) {
  const auto fact = [](const std::string& value, const char* what) {
    return fmt::format("<li><b>{}</b><span>{}</span></li>", escaped(value), what);
  };
  const auto number = [&](const char* key) { return point.at(key).get<double>(); };
  return "<ul class=\"facts\">" +
         fact(fmt::format("{:.3g} %", 100 * number("relative_rms_error")),
              "error, of the exact product's rms") +
         fact(with_thousands(number("vectors")), "vectors") +
         fact(fmt::format("{}×{}", point.at("weights").at(0).get<std::size_t>(),
                          point.at("weights").at(1).get<std::size_t>()),
              "weights") +
         fact(with_thousands(number("arrays")), "arrays") +
         fact(fmt::format("{:.3g} %", 100 * number("clipped")), "of the conversions clipped") + "</ul>\n";
}

}  // namespace

std::string mvm_section(const json& document) {
  if (document.value("task", "") != "mvm") return "";
  try {
    std::string rows, first;
    if (document.contains("points")) {
      for (const auto& point : document["points"])
        rows += point.contains("trials") ? rows_of_point(point) : "";
    } else if (document.contains("trials") || !document.value("interrupted", false)) {
      rows = rows_of_point(document);
      first = facts(document);
    }
    return "<h2>Products on arrays</h2>\n" + first +
           "<div class=\"wide\"><table><thead><tr><th></th><th>chip</th><th>rms error</th><th>% of the exact "
           "product's rms</th></tr></thead><tbody>\n" +
           rows + "</tbody></table></div>\n";
  } catch (const json::exception& error) {
    throw core::InvalidInput(fmt::format("a result of task \"mvm\" is damaged: {}", error.what()));
  }
}

}  // namespace mho::report
