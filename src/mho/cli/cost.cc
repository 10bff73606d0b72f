// mho cost: what a design costs, from its components to a network on a chip.

#include <fmt/core.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "mho/array/settings.h"
#include "mho/cli/cost_network.h"
#include "mho/cli/verbs.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/hardware/converter_table.h"
#include "mho/hardware/network_card.h"
#include "mho/hardware/published.h"
#include "mho/hardware/report.h"
#include "mho/hardware/tile_table.h"
#include "mho/hardware/units.h"
#include "mho/hardware/validation.h"

namespace mho::cli {
namespace {

struct Options {
  std::string study, picture, comparison;
  std::vector<std::string> settings;
};

/// The design as points of the comparison: its bare array, and the network on its chip.
std::vector<hardware::PublishedAccelerator> own_points(const hardware::Design& design,
                                                       const std::vector<hardware::LayerShape>& layers,
                                                       const std::string& network) {
  hardware::PublishedAccelerator point;
  point.kind = design.tile.digital ? "digital" : "analog";
  point.process_nm = design.technology.node.feature * 1e9;
  point.activation_bits = design.precision.input_bits;
  point.weight_bits = design.precision.weight_bits;
  point.evidence = "simulated";
  point.source = "mho";
  std::vector<hardware::PublishedAccelerator> points;
  const double macs = static_cast<double>(design.rows) * static_cast<double>(design.cols);
  const hardware::Cost array = hardware::kernel_cost(design, hardware::Kernel::vmm);
  point.name = "this design, array";
  point.workload = "one array";
  point.tops_per_w = 2 * macs / array.energy_j * 1e-12;
  points.push_back(point);
  if (layers.empty()) return points;
  const hardware::ChipCost chip = hardware::chip_cost(design, layers);
  point.name = "this design";
  point.workload = network;
  point.tops = chip.tops();
  point.tops_per_w = chip.tops_per_w() * 2 / design.chip.ops_per_mac;
  points.push_back(point);
  return points;
}

void cost(const Options& options, const Common& common) {
  core::Config study = core::Config::from_file(options.study);
  for (const auto& setting : options.settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      throw core::InvalidInput(fmt::format("--set {}: must be key=value, as in --set adc.bits=6", setting));
    study = study.with(setting.substr(0, equals), setting.substr(equals + 1));
  }
  const auto root = study.root();
  root.word("task", "cost", {"infer", "train", "cost", "mvm"});
  const std::string model = root.table("network").text("model", "");
  const bool depthwise_digital =
      root.table("network").word("depthwise", "analog", {"analog", "digital"}) == "digital";
  const auto seed = root.table("study").integer("seed", 1, 0);
  for (const char* section : {"data", "calibration", "training", "layer", "sweep"}) root.ignore(section);
  for (const auto& key : root.table("study").keys()) root.table("study").ignore(key);
  const array::Settings settings = array::read_settings(study);
  const hardware::Design design = hardware::read_design(study, settings);
  study.finish();
  const auto layers = cost_layers(model, options.study, depthwise_digital);
  fmt::print("{}", hardware::cost_text(design, layers));
  if (!options.picture.empty()) {
    const hardware::Cost whole = layers.empty() ? hardware::kernel_cost(design, hardware::Kernel::vmm)
                                                : hardware::chip_cost(design, layers).image;
    core::write_file(options.picture, hardware::icicle_svg(whole, &hardware::Cost::energy_j, "J"));
    fmt::print("{}\n", options.picture);
  }
  if (!options.comparison.empty()) {
    core::write_file(options.comparison, hardware::comparison_svg(hardware::load_comparison(),
                                                                  own_points(design, layers, model)));
    fmt::print("{}\n", options.comparison);
  }
  if (common.json_file.empty()) return;
  nlohmann::json out = hardware::cost_json(design, layers);
  out["study"] = study.resolved();
  out["version"] = MHO_VERSION;
  out["seed"] = seed;
  core::write_file(common.json_file, out.dump(2) + "\n");
}

void converters(int bits, const std::string& name, const Common& common) {
  core::Config card = core::Config::from_file(hardware::find_card("technologies", name));
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
  core::write_file(common.json_file, out.dump(2) + "\n");
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
  if (!common.json_file.empty()) core::write_file(common.json_file, out.dump(2) + "\n");
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
  core::write_file(picture, hardware::comparison_svg(published, {}));
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
  core::write_file(common.json_file, out.dump(2) + "\n");
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
  verb->add_option("study", options->study,
                   "a study file, of which [hardware], [array], [input], [adc], [mapping] count");
  verb->add_option("--set", options->settings, "key=value laid over the study, as in --set adc.bits=6");
  verb->add_option("--picture", options->picture, "SVG file: where the energy goes");
  verb->add_option("--comparison", options->comparison, "SVG file: the design among published accelerators");
  verb->callback([options, verb, &common] {
    if (!verb->get_subcommands().empty()) return;
    if (options->study.empty())
      throw core::InvalidInput("mho cost needs a study file, or one of its tables: see --help");
    cost(*options, common);
  });
}

}  // namespace mho::cli
