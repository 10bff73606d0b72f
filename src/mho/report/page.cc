#include "mho/report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "mho/core/error.h"
#include "mho/report/charts.h"
#include "mho/report/cost_section.h"
#include "mho/report/mvm_section.h"
#include "mho/report/style.h"
#include "mho/report/text.h"
#include "mho/report/training_view.h"

namespace mho::report {

using core::escaped;
using json = nlohmann::ordered_json;

namespace {

/// Rows that can be compared: the same network on the same images.
struct Group {
  std::string network;
  std::string data;
  std::vector<ResultRow> rows;
};

std::vector<Group> groups_of(const std::vector<NamedDocument>& results) {
  std::vector<Group> groups;
  for (const auto& [file, document] : results) {
    const auto task = document.value("task", "");
    if (task == "train" || task == "cost" || task == "mvm") continue;  // have sections of their own
    for (auto& row : rows_of(document, file)) {
      auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
        return g.network == row.network && g.data == row.data && g.rows.front().images == row.images;
      });
      if (group == groups.end()) {
        groups.push_back({row.network, row.data, {}});
        group = groups.end() - 1;
      }
      group->rows.push_back(std::move(row));
    }
  }
  return groups;
}

std::string cell(const std::string& text) {
  std::string out = escaped(text);
  if (const auto at = out.find(" ± "); at != std::string::npos) {
    out = out.substr(0, at) + " <i>± " + out.substr(at + 4) + "</i>";
  }
  return "<td>" + out + "</td>";
}

std::string comparison_table(const Group& group, bool swatches) {
  const std::string main = main_metric(group.rows.front());
  const bool labelled = main == "top1";
  std::string out = "<div class=\"wide\"><table><thead><tr><th></th>";
  const std::vector<std::string> titles =
      labelled ? std::vector<std::string>{"top-1, %",    "top-5, %", "standard deviation",
                                          "below float", "chips",    "time"}
               : std::vector<std::string>{"error", "chips", "time"};
  for (const auto& title : titles) out += fmt::format("<th>{}</th>", title);
  out += "</tr></thead><tbody>\n";
  const auto& first = group.rows.front();
  const auto plain = [&](const char* name, const std::map<std::string, double>& values) {
    if (!values.contains(main)) return;
    out += fmt::format("<tr><td>{}{}</td>", swatches ? "<span class=\"swatch\"></span>" : "", name);
    out += cell(metric_text(main, values.at(main)));
    if (labelled) {
      const double loss = first.plain.contains(main) ? first.plain.at(main) - values.at(main) : 0;
      out += cell(values.contains("top5") ? percent(values.at("top5")) : "") + cell("");
      out += cell(&values == &first.plain ? "" : percent(std::abs(loss) < 5e-5 ? 0 : loss));
    }
    out += "<td></td><td></td></tr>\n";
  };
  plain("float", first.plain);
  plain("digital", first.digital);
  for (std::size_t i = 0; i < group.rows.size(); ++i) {
    const auto& row = group.rows[i];
    if (!row.analog.contains(main)) continue;
    const auto& value = row.analog.at(main);
    out += "<tr><td>";
    if (swatches) out += fmt::format("<span class=\"swatch\" style=\"background:var(--s{})\"></span>", i % 8);
    out += escaped(row.label) + "</td>";
    out += cell(metric_text(main, value));
    if (labelled) {
      out += cell(row.analog.contains("top5") ? metric_text("top5", row.analog.at("top5")) : "");
      out += cell(value.std ? percent(*value.std) : "");
      const double loss = row.plain.contains(main) ? row.plain.at(main) - value.mean : 0;
      out += cell(row.plain.contains(main) ? percent(std::abs(loss) < 5e-5 ? 0 : loss) : "");
    }
    out += cell(with_thousands(row.trials)) + cell(seconds_text(row.wall_s)) + "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string layer_tables(const Group& group) {
  std::string out;
  for (const auto& row : group.rows) {
    if (row.layers.empty()) continue;
    out += fmt::format(
        "<details><summary>Layers of {}</summary><div "
        "class=\"wide\"><table><thead><tr><th>layer</th><th>kind</th>"
        "<th>weights</th><th>arrays</th><th>utilization, %</th><th>signal/error, dB</th><th>clipped, "
        "%</th></tr>"
        "</thead><tbody>\n",
        escaped(row.label));
    for (const auto& layer : row.layers) {
      out += "<tr>" + cell(layer.name) + cell(layer.kind) + cell(with_thousands(layer.weights)) +
             cell(with_thousands(layer.arrays)) + cell(fmt::format("{:.1f}", 100 * layer.utilization)) +
             cell(layer.snr_db ? fmt::format("{:.1f}", *layer.snr_db) : "") +
             cell(layer.clipped ? fmt::format("{:.3f}", 100 * *layer.clipped) : "") + "</tr>\n";
    }
    out += "</tbody></table></div></details>\n";
  }
  return out;
}

/// The numbers that one looks for first.
std::string facts(const Group& group) {
  const auto& first = group.rows.front();
  const std::string main = main_metric(first);
  if (main.empty()) return "";
  std::string out = "<ul class=\"facts\">";
  const auto fact = [&](const std::string& value, const std::string& what) {
    out += fmt::format("<li><b>{}</b><span>{}</span></li>", escaped(value), escaped(what));
  };
  const std::string unit = main == "top1" ? " %" : "";
  if (first.plain.contains(main))
    fact(metric_text(main, first.plain.at(main)) + unit, "float, " + metric_title(main));
  if (first.digital.contains(main)) fact(metric_text(main, first.digital.at(main)) + unit, "digital");
  if (group.rows.size() == 1 && first.analog.contains(main)) {
    fact(metric_text(main, first.analog.at(main)) + unit,
         fmt::format("{}, {} chips, 95% confidence", first.label, with_thousands(first.trials)));
  }
  fact(with_thousands(first.images), "images");
  double weights = 0, arrays = 0;
  for (const auto& layer : first.layers) {
    weights += layer.weights;
    arrays += layer.arrays;
  }
  fact(with_thousands(weights), "weights");
  if (arrays > 0) fact(with_thousands(arrays), "arrays");
  if (first.energy_per_image_j) fact(quantity_text(*first.energy_per_image_j, "J"), "an image, computed");
  if (first.tops_per_w) fact(fmt::format("{:.3g}", *first.tops_per_w), "TOPS/W");
  return out + "</ul>\n";
}

std::string figure(const std::optional<core::Svg>& svg, const char* title, const char* note) {
  if (!svg) return "";
  return fmt::format("<section><h3>{}</h3>\n<p class=\"note\">{}</p>\n<figure>{}</figure></section>\n", title,
                     note, svg->inlined());
}

/// Cells behave the same whatever the network: drawn for the first group that has these devices.
std::string devices_of(const Group& group) {
  std::string out;
  for (const auto& row : group.rows) out += row.device ? row.device->label + "\n" : "";
  return out;
}

std::string section(const Group& group, bool alone, bool draw_cells) {
  std::string out;
  if (!alone) out += fmt::format("<h2>{} on {}</h2>\n", escaped(group.network), escaped(group.data));
  out += facts(group);
  const bool swept = sweep_chart(group.rows).has_value();
  out += figure(sweep_chart(group.rows), "What the sweep shows",
                "Mean over chips; the band is the 95% confidence interval of the mean (Student's t).");
  if (!swept) {
    out += figure(
        accuracy_chart(group.rows), "Accuracy",
        "Mean over chips; whiskers are the 95% confidence interval of the mean (Student's t), faint dots "
        "are single chips.");
  }
  out += comparison_table(group, !swept);
  out +=
      figure(draw_cells ? error_chart(group.rows) : std::nullopt, "What the cells do",
             "Programmed conductance against its target, after the time and dose that the study asks for.");
  out +=
      figure(layer_chart(group.rows), "Where the error arises",
             "Power of each layer's output in float over the power of its error, errors of the layers before "
             "included.");
  return out + layer_tables(group);
}

/// Learning curves and what became of the cells, of all documents of task "train".
std::string training_section(const std::vector<NamedDocument>& results) {
  std::vector<TrainingRow> rows;
  for (const auto& [file, document] : results) {
    for (auto& row : training_rows(document)) rows.push_back(std::move(row));
  }
  if (rows.empty()) return "";
  std::string out = figure(
      learning_chart(rows), "How the networks learn",
      "Mean test accuracy over trials after every epoch; the band is one standard deviation of a trial.");
  out += training_table_html(rows);
  return out + figure(conductance_chart(rows), "Where the cells ended",
                      "Conductances of all cells of the first layer, first trial; cells crowd where up and "
                      "down pulses balance.");
}

std::string provenance(const std::vector<NamedDocument>& results) {
  std::string out = "<h2>How these numbers were made</h2>\n";
  for (const auto& [file, document] : results) {
    const auto& machine = document.value("machine", json::object());
    const auto& timing = document.value("timing", json::object());
    out += fmt::format("<h3>{}</h3>\n<p class=\"note\">mho {}, seed {}, {} ({} threads, {})",
                       escaped(document.value("name", file)), escaped(document.value("version", "?")),
                       document.value("seed", 0), escaped(machine.value("processor", "?")),
                       machine.value("threads", 0), escaped(machine.value("isa", "?")));
    if (timing.contains("wall_s")) {
      out += fmt::format("; {} in all, {} images a second through the arrays",
                         seconds_text(timing["wall_s"].get<double>()),
                         with_thousands(timing.value("images_per_s", 0.0)));
    }
    out += "</p>\n";
    if (document.contains("study_text")) {
      out +=
          fmt::format("<details{}><summary>Study file</summary><pre>{}</pre></details>\n",
                      results.size() == 1 ? " open" : "", escaped(document["study_text"].get<std::string>()));
    }
    if (document.contains("study")) {
      out += fmt::format(
          "<details><summary>As resolved, every default filled in</summary><pre>{}</pre></details>\n",
          escaped(document["study"].dump(2)));
    }
  }
  return out;
}

/// Of results without any network's accuracy.
std::string heading_of(const std::vector<NamedDocument>& results) {
  const std::string task = results.empty() ? "" : results.front().document.value("task", "");
  return task == "cost"  ? "What analog arrays cost"
         : task == "mvm" ? "Products on analog arrays"
                         : "Training on analog arrays";
}

}  // namespace

std::string html_page(const std::vector<NamedDocument>& results, const std::string& title) {
  const auto groups = groups_of(results);
  std::string heading = title;
  if (heading.empty()) {
    heading = groups.size() == 1 ? fmt::format("{} on analog arrays", groups.front().network)
              : groups.empty()   ? heading_of(results)
                                 : "Networks on analog arrays";
  }
  std::string lead;
  if (groups.size() == 1) {
    lead = fmt::format("{} of {}", with_thousands(groups.front().rows.front().images) + " images",
                       groups.front().data);
  }
  std::string body;
  for (const auto& [file, document] : results) {
    if (document.value("interrupted", false)) {
      body += fmt::format(
          "<p class=\"alert\">{}: the run was interrupted; the chips that were finished are shown.</p>\n",
          escaped(document.value("name", file)));
    }
  }
  std::set<std::string> drawn;
  for (const auto& group : groups) {
    body += section(group, groups.size() == 1, drawn.insert(devices_of(group)).second);
  }
  body += training_section(results);
  for (const auto& [file, document] : results) {
    try {
      body += mvm_section(document) + cost_section(document);
    } catch (const core::InvalidInput& error) {
      throw core::InvalidInput(fmt::format("{}: {}", file, error.what()));
    }
  }
  body += provenance(results);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{0}</title>\n<style>\n{1}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n<p "
      "class=\"lead\">{2}</p>\n"
      "{3}<footer>Made by mho. This page needs nothing but itself.</footer>\n</main>\n</body>\n</html>\n",
      escaped(heading), page_style(), escaped(lead), body);
}

std::vector<std::pair<std::string, core::Svg>> pictures(const std::vector<NamedDocument>& results) {
  std::vector<std::pair<std::string, core::Svg>> out;
  const auto groups = groups_of(results);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::string number = groups.size() > 1 ? fmt::format("-{}", i + 1) : "";
    const auto add = [&](const char* name, const std::optional<core::Svg>& svg) {
      if (svg) out.emplace_back(name + number, *svg);
    };
    add("accuracy", accuracy_chart(groups[i].rows));
    add("cells", error_chart(groups[i].rows));
    add("layers", layer_chart(groups[i].rows));
    add("sweep", sweep_chart(groups[i].rows));
  }
  return out;
}

}  // namespace mho::report
