// mho cost: what a design costs, from its components to a network on a chip.

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "mho/cli/study_file.h"
#include "mho/cli/verbs.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/json_file.h"
#include "mho/hardware/converter_table.h"
#include "mho/hardware/network_card.h"
#include "mho/hardware/pictures.h"
#include "mho/hardware/published.h"
#include "mho/hardware/tile_table.h"
#include "mho/hardware/units.h"
#include "mho/hardware/validation.h"
#include "mho/study/sweep.h"

namespace mho::cli {
namespace {

struct Options {
  StudyArguments study;
  std::string energy, comparison;  ///< SVG files that are asked for beside the answer
};

void draw(const nlohmann::ordered_json& result, const Options& options) {
  if ((options.energy.empty() && options.comparison.empty()) || !result.contains("design")) return;
  const auto pictures = hardware::cost_pictures(nlohmann::json(result));
  const auto write = [](const std::string& file, const core::Svg& svg) {
    if (file.empty()) return;
    core::write_file(file, svg.file());
    fmt::print("{}\n", file);
  };
  write(options.energy, pictures.front().svg);
  write(options.comparison, pictures.back().svg);
}

void run(const Options& options, Common& common) {
  const auto study = read_study(options.study);
  const bool pictures = !options.energy.empty() || !options.comparison.empty();
  if (pictures && study::sweep_points(study).size() > 1)
    throw core::InvalidInput("--picture and --comparison draw one design: leave them or [sweep] out");
  draw(run_study("cost", study, options.study, common), options);
}

void converters(int bits, const std::string& name, const Common& common) {
  core::Config card = hardware::load_card("technologies", name);
  const hardware::Technology technology = hardware::read_technology(card);
  card.finish();
  const auto rows = hardware::converters_at(bits, technology);
  fmt::print("{}", hardware::text_of(rows, bits, name));
  if (common.json_file.empty()) return;
  nlohmann::json out = nlohmann::json::array();
  for (const auto& row : rows) {
    out.push_back({{"name", row.name},
                   {"bits", bits},
                   {"energy_j", row.each.energy_j},
                   {"latency_s", row.each.latency_s},
                   {"area_m2", row.each.area_m2},
                   {"source", *row.source}});
  }
  core::write_json_file(common.json_file, out);
}

void validate(const std::string& card, const Common& common) {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& name : card.empty() ? hardware::validation_names() : std::vector<std::string>{card}) {
    const hardware::Validation validation = hardware::load_validation(name);
    fmt::print("{}\n", hardware::text_of(validation));
    for (const auto& c : validation.comparisons) {
      out[validation.name].push_back({{"point", c.point},
                                      {"quantity", c.quantity},
                                      {"unit", c.unit},
                                      {"published", c.published},
                                      {"model", c.model},
                                      {"error", c.error()},
                                      {"fitted", c.fitted}});
    }
  }
  if (!common.json_file.empty()) core::write_json_file(common.json_file, out);
}

void networks() {
  fmt::print("{:<16} {:>5} {:>9} {:>9} {:>5} {:>9} {:>9} {:>9} {:>9}\n", "network", "conv", "weights", "MACs",
             "dense", "weights", "MACs", "weights", "MACs");
  for (const auto& name : hardware::cards_in("networks")) {
    const auto card = hardware::load_network_card(name);
    const auto t = hardware::totals_of(card.layers);
    const auto row = [](const std::string& label, std::size_t conv, double cw, double cm, std::size_t dense,
                        double dw, double dm, double w, double m) {
      const auto number = [](double v) { return v > 0 ? hardware::engineering(v, "") : std::string("-"); };
      fmt::print("{:<16} {:>5} {:>9} {:>9} {:>5} {:>9} {:>9} {:>9} {:>9}\n", label,
                 conv > 0 ? fmt::format("{}", conv) : "", number(cw), number(cm),
                 dense > 0 ? fmt::format("{}", dense) : "", number(dw), number(dm), number(w), number(m));
    };
    row(name, t.conv_layers, t.conv_weights, t.conv_macs, t.dense_layers, t.dense_weights, t.dense_macs,
        t.conv_weights + t.dense_weights, t.conv_macs + t.dense_macs);
    const auto& p = card.published;
    if (!p.source.empty())
      row("  published", 0, p.conv_weights, p.conv_macs, 0, p.dense_weights, p.dense_macs, p.weights, p.macs);
    if (!p.note.empty()) fmt::print("  {}\n", p.note);
  }
}

void accelerators(const std::string& picture) {
  const auto published = hardware::load_comparison();
  fmt::print("{:<36} {:<13} {:>5} {:>6} {:>9} {:>9} {:>9} {:>9}  {}\n", "accelerator", "kind", "nm", "bits",
             "TOPS", "TOPS/W", "TOPS/mm²", "ops/MAC", "evidence");
  for (const auto& a : published) {
    const auto number = [](double v) { return v > 0 ? fmt::format("{:.4g}", v) : std::string("-"); };
    fmt::print("{:<36} {:<13} {:>5g} {:>6} {:>9} {:>9} {:>8} {:>9g}  {}, {}\n", a.name, a.kind, a.process_nm,
               fmt::format("{:g}x{:g}", a.activation_bits, a.weight_bits), number(a.tops),
               number(a.tops_per_w), number(a.tops_per_mm2), a.ops_per_mac, a.evidence, a.workload);
  }
  if (picture.empty()) return;
  core::write_file(picture, hardware::comparison_chart(published, {}).file());
  fmt::print("{}\n", picture);
}

void tiles(std::size_t rows, std::size_t cols, const std::vector<int>& bits, const Common& common) {
  const auto table =
      hardware::tiles_at({"ecram", "reram", "sonos", "digital-reram", "sram"}, rows, cols, bits);
  fmt::print("{}x{}, energy a multiply-accumulate\n{}", rows, cols, hardware::text_of(table));
  if (common.json_file.empty()) return;
  nlohmann::json out = nlohmann::json::array();
  for (const auto& row : table) {
    nlohmann::json entry = {
        {"tile", row.tile}, {"bits", row.bits}, {"rows", rows}, {"cols", cols}, {"area_m2", row.area_m2}};
    for (const auto kernel : {hardware::Kernel::vmm, hardware::Kernel::mvm, hardware::Kernel::opu}) {
      const auto k = static_cast<std::size_t>(kernel);
      entry[std::string(hardware::name(kernel))] = {{"energy_per_mac_j", row.per_mac_j[k]},
                                                    {"latency_s", row.latency_s[k]}};
    }
    out.push_back(std::move(entry));
  }
  core::write_json_file(common.json_file, out);
}

void add_tables(CLI::App& verb, Common& common) {
  struct Tables {
    std::size_t rows = 1024, cols = 1024;
    std::vector<int> widths{8, 4, 2};
    int bits = 8;
    std::string technology = "14nm", card, picture;
  };
  auto tables = std::make_shared<Tables>();
  auto* cores =
      verb.add_subcommand("tiles", "analog tiles and digital cores side by side, at 8, 4 and 2 bits");
  cores->add_option("--rows", tables->rows, "rows of the array")->check(CLI::Range(1, 65536));
  cores->add_option("--cols", tables->cols, "columns of the array")->check(CLI::Range(1, 65536));
  cores->add_option("--bits", tables->widths, "widths of inputs and outputs")->check(CLI::Range(1, 12));
  cores->callback([tables, &common] { tiles(tables->rows, tables->cols, tables->widths, common); });
  auto* adc = verb.add_subcommand("adc", "all converters side by side: how far their sources lie apart");
  adc->add_option("--bits", tables->bits, "resolution")->check(CLI::Range(1, 14));
  adc->add_option("--technology", tables->technology, "for those whose card leaves it open");
  adc->callback([tables, &common] { converters(tables->bits, tables->technology, common); });
  auto* check = verb.add_subcommand("validate", "published chips beside what mho computes for them");
  check->add_option("card", tables->card, "one of cards/accelerators (default: all)");
  check->callback([tables, &common] { validate(tables->card, common); });
  verb.add_subcommand("networks", "weights and MACs of the described networks beside published ones")
      ->callback([] { networks(); });
  auto* others = verb.add_subcommand("accelerators", "published accelerators");
  others->add_option("--picture", tables->picture, "SVG file: efficiency against bits");
  others->callback([tables] { accelerators(tables->picture); });
}

}  // namespace

void add_cost(CLI::App& app, Common& common) {
  auto options = std::make_shared<Options>();
  auto* verb =
      app.add_subcommand("cost", "energy, latency and area, from a component to a network on a chip");
  add_tables(*verb, common);
  add_study_options(*verb, options->study);
  verb->add_option("--picture", options->energy, "SVG file: where the energy goes");
  verb->add_option("--comparison", options->comparison, "SVG file: the design among published accelerators");
  verb->callback([options, verb, &common] {
    if (!verb->get_subcommands().empty()) return;
    if (options->study.path.empty())
      throw core::InvalidInput("mho cost needs a study file, or one of its tables: see --help");
    run(*options, common);
  });
}

}  // namespace mho::cli
