#include "mho/study/cost.h"

#include <fmt/format.h>

#include <vector>

#include "mho/array/mapping/settings.h"
#include "mho/core/error.h"
#include "mho/core/library.h"
#include "mho/hardware/design.h"
#include "mho/hardware/network_card.h"
#include "mho/hardware/report.h"
#include "mho/network/cost_layers.h"
#include "mho/network/inference_settings.h"
#include "mho/study/identity.h"

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
  core::Config study_;
  std::string model_, path_;
  bool analog_depthwise_ = true, has_layer_overrides_ = false;
  StudySettings settings_;
  array::Settings array_;
  hardware::Design design_;
  std::vector<hardware::LayerShape> layers_;
};

CostPoint::CostPoint(core::Config& study) : study_(study) {
  const auto root = study.root();
  const auto network = root.table("network");
  model_ = network.text("model", "");
  analog_depthwise_ = network.word("depthwise", "analog", {"analog", "digital"}) == "analog";
  if (model_.ends_with(".onnx")) path_ = network::find_model(study);
  const auto section = root.table("study");
  settings_.seed = static_cast<std::uint64_t>(section.integer("seed", 1, 0));
  // A study of accuracy may be asked for its cost: what only accuracy needs is passed over.
  for (const char* other : {"data", "calibration", "training", "layer", "mvm"}) root.ignore(other);
  for (const auto& key : section.keys()) section.ignore(key);
  has_layer_overrides_ = root.has("layer");
  array_ = array::read_settings(study);
  design_ = hardware::read_design(study, array_);
}

void CostPoint::check() {
  if (model_.empty()) return;
  const auto network = study_.root().table("network");
  const auto& library = study_.library();
  if (path_.empty()) {
    const std::string beside = network.file_of("model");
    layers_ = hardware::load_network_card(model_, beside, library).layers;
    network.holds("model", library->digest(library->locate_card("networks", model_, beside)));
    return;
  }
  const auto loaded = library->once<network::Network>(path_ + " for cost",
                                                      [&] { return network::load_network_for_cost(path_); });
  network.holds("model", loaded->graph().contents);
  layers_ = network::cost_layers(*loaded, analog_depthwise_, array_);
  if (layers_.empty()) throw core::InvalidInput(fmt::format("{}: has no layer with weights", path_));
}

core::Identity CostPoint::identity() const {
  return identity_of(study_, {"network", "hardware", "device", "array", "mapping", "input", "adc", "wires"});
}

std::vector<Piece> CostPoint::pieces(const Work& done) const {
  if (!done.records.empty()) return {};
  return {{.kind = "cost", .trial = 0, .identity = ""}};
}

Record CostPoint::run(const Piece& piece, const Reporting& reporting) {
  if (has_layer_overrides_ && reporting.warn) {
    reporting.warn(
        fmt::format("{}: [[layer]] overrides are not costed: every layer costs what [device], "
                    "[array], [mapping], [input] and [adc] say",
                    study_.name()));
  }
  return {.piece = piece, .values = json(hardware::cost_json(design_, layers_))};
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
