#include "mho/study/cost.h"

#include <fmt/format.h>

#include <memory>
#include <vector>

#include "mho/array/mapping/layer_views.h"
#include "mho/array/mapping/settings.h"
#include "mho/core/error.h"
#include "mho/core/library.h"
#include "mho/hardware/layer_settings.h"
#include "mho/hardware/network_card.h"
#include "mho/hardware/report.h"
#include "mho/network/cost_layers.h"
#include "mho/network/keys.h"
#include "mho/network/layers/cost_shape.h"
#include "mho/network/layers/network.h"
#include "mho/study/identity.h"
#include "mho/study/keys.h"

namespace mho::study {

using json = nlohmann::ordered_json;

namespace {

class CostPoint : public Point {
 public:
  explicit CostPoint(core::Config& study);

  const StudySettings& settings() const override { return settings_; }
  void check() override;
  core::Identity identity() const override;
  std::vector<Piece> pieces(const Work& done) const override;
  void prepare(std::span<const Piece> /*unfinished*/, const Reporting& /*reporting*/) override {}
  Record run(const Piece& piece, const Reporting& reporting) override;
  json summarize(const Work& work, const Reporting& reporting) override;

 private:
  /// Reads the network, of an ONNX file or a descriptor; says what its layers are called.
  std::vector<array::LayerName> load_network();

  core::Config study_;
  std::string model_;
  bool analog_depthwise_ = true;
  StudySettings settings_;
  std::shared_ptr<const network::Network> graph_;  ///< of an ONNX file
  hardware::StudyLayers resolved_;
  std::vector<hardware::LayerShape> layers_;
};

CostPoint::CostPoint(core::Config& study) : study_(study) {
  const auto root = study.root();
  const auto network = root.table("network");
  model_ = network.text(network::keys::model);
  analog_depthwise_ = network.choice(network::keys::depthwise) == network::keys::Depthwise::analog;
  settings_.seed = static_cast<std::uint64_t>(root.table("study").integer(keys::seed));
  std::vector<array::LayerName> names;
  try {
    names = load_network();
  } catch (const core::InvalidInput& error) {  // still says everything else that is wrong
    network.complain("model", error.what());
    root.ignore("layer");
    hardware::read_design(study, array::read_settings(study));
    return;
  }
  resolved_ = hardware::read_layers(study, names, true);
}

std::vector<array::LayerName> CostPoint::load_network() {
  if (model_.empty()) return {};
  const auto network = study_.root().table("network");
  const auto& library = study_.library();
  if (!model_.ends_with(".onnx")) {
    const std::string beside = network.file_of("model");
    layers_ = hardware::load_network_card(model_, beside, library).layers;
    network.holds("model", library->digest(library->locate_card("networks", model_, beside)));
    std::vector<array::LayerName> names;
    for (const auto& layer : layers_) names.push_back({.layer = layer.name});
    return names;
  }
  const std::string path = library->locate(model_, network.file_of("model"));
  graph_ = library->once<network::Network>(path + " for cost",
                                           [&] { return network::load_network_for_cost(path); });
  network.holds("model", graph_->graph().contents);
  if (graph_->layers().empty()) throw core::InvalidInput(fmt::format("{}: has no layer with weights", path));
  return network::layer_names(*graph_);
}

void CostPoint::check() {
  if (graph_) layers_ = network::cost_layers(*graph_, analog_depthwise_, resolved_.layers);
  for (std::size_t l = 0; l < layers_.size(); ++l) layers_[l].design = resolved_.layers[l].design;
}

core::Identity CostPoint::identity() const { return identity_of(study_, "cost"); }

std::vector<Piece> CostPoint::pieces(const Work& done) const {
  if (!done.records.empty()) return {};
  return {{.kind = "cost", .trial = 0, .identity = ""}};
}

Record CostPoint::run(const Piece& piece, const Reporting& /*reporting*/) {
  return {.piece = piece, .values = json(hardware::cost_json(*resolved_.common.design, layers_))};
}

json CostPoint::summarize(const Work& work, const Reporting& /*reporting*/) {
  const auto* cost = first_of(work, "cost");
  return cost ? cost->values : json::object();
}

class Cost : public Task {
 public:
  std::string_view name() const override { return "cost"; }
  std::string_view unit() const override { return "designs"; }
  std::string_view keeps_nothing_because() const override {
    return "a cost is computed as soon as it could be looked up; leave the store out";
  }
  std::unique_ptr<Point> read(core::Config& study, std::size_t /*number*/) override {
    return std::make_unique<CostPoint>(study);
  }
};

}  // namespace

std::unique_ptr<Task> make_cost() { return std::make_unique<Cost>(); }

}  // namespace mho::study
