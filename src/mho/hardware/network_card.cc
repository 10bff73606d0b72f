#include "mho/hardware/network_card.h"

#include <fmt/format.h>

#include <map>
#include <optional>

namespace mho::hardware {
namespace {

struct Shape {
  std::int64_t channels = 0, height = 0, width = 0;
};

/// Size after a window slides over `size`; `ceil` counts a last window that hangs over the edge.
std::int64_t slid(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t pad, bool ceil) {
  const std::int64_t span = size + 2 * pad - kernel;
  if (span < 0) return 0;
  return (ceil ? (span + stride - 1) / stride : span / stride) + 1;
}

class Reader {
 public:
  explicit Reader(NetworkCard& network, Shape input) : network_(network), last_("input") {
    shapes_["input"] = input;
  }

  void read(const core::ConfigTable& table) {
    const std::string kind = table.word(
        "kind", "conv", {"conv", "dense", "max-pool", "average-pool", "concat", "add", "global-pool"});
    const std::string name = table.text("name", fmt::format("{}{}", kind, shapes_.size()));
    if (shapes_.contains(name)) table.complain("name", "is taken by an earlier layer");
    const std::vector<std::string> from = table.texts("from", {last_});
    std::vector<Shape> inputs;
    for (const auto& source : from) {
      if (!shapes_.contains(source)) {
        table.complain("from", fmt::format("no layer before this one is called \"{}\"", source));
        return;
      }
      inputs.push_back(shapes_.at(source));
    }
    if (inputs.empty()) {
      table.complain("from", "must name at least one layer");
      return;
    }
    if (inputs.size() > 1 && kind != "concat" && kind != "add") table.complain("from", "takes one layer");
    shapes_[name] = shape_after(table, kind, name, inputs);
    last_ = name;
  }

 private:
  Shape shape_after(const core::ConfigTable& table, const std::string& kind, const std::string& name,
                    const std::vector<Shape>& inputs) {
    Shape shape = inputs.front();
    if (kind == "concat" || kind == "add") {
      for (std::size_t i = 1; i < inputs.size(); ++i) {
        if (inputs[i].height != shape.height || inputs[i].width != shape.width ||
            (kind == "add" && inputs[i].channels != shape.channels))
          table.complain("from", "the layers have different sizes");
        if (kind == "concat") shape.channels += inputs[i].channels;
      }
      return shape;
    }
    if (kind == "global-pool") return {shape.channels, 1, 1};
    if (kind == "dense") {
      const std::int64_t out = table.integer("out", 1, 1);
      add(name, "dense", shape.channels * shape.height * shape.width, out, 1, 1, 0);
      return {out, 1, 1};
    }
    const std::int64_t kernel = table.integer("kernel", 1, 1, 1024);
    const std::int64_t stride = table.integer("stride", 1, 1, 1024);
    const std::int64_t pad = table.integer("pad", 0, 0, 1024);
    const Shape before = shape;
    shape.height = slid(before.height, kernel, stride, pad, table.flag("ceil", false));
    shape.width = slid(before.width, kernel, stride, pad, table.flag("ceil", false));
    if (shape.height < 1 || shape.width < 1)
      table.complain("kernel", fmt::format("is larger than its input of {}×{}", before.height, before.width));
    if (kind != "conv") return shape;
    const std::int64_t groups = table.integer("groups", 1, 1);
    shape.channels = table.integer("filters", 1, 1);
    if (before.channels % groups != 0 || shape.channels % groups != 0)
      table.complain("groups", fmt::format("must divide the {} channels and {} filters", before.channels,
                                           shape.channels));
    const std::int64_t in = before.channels / groups * kernel * kernel;
    const double fresh = static_cast<double>(before.channels * kernel * std::min(kernel, stride));
    add(name, "conv", in, shape.channels, groups, shape.height * shape.width, fresh);
    return shape;
  }

  void add(const std::string& name, const char* kind, std::int64_t in, std::int64_t out, std::int64_t groups,
           std::int64_t positions, double fresh) {
    LayerShape layer;
    layer.name = name;
    layer.kind = kind;
    layer.in = static_cast<std::size_t>(in);
    layer.out = static_cast<std::size_t>(out);
    layer.groups = static_cast<std::size_t>(groups);
    layer.positions = static_cast<std::size_t>(positions);
    layer.fresh_inputs = fresh;
    layer.first = network_.layers.empty();
    network_.layers.push_back(std::move(layer));
  }

  NetworkCard& network_;
  std::map<std::string, Shape> shapes_;
  std::string last_;
};

}  // namespace

NetworkTotals totals_of(const std::vector<LayerShape>& layers) {
  NetworkTotals totals;
  for (const auto& layer : layers) {
    const bool conv = layer.kind != "dense";
    (conv ? totals.conv_weights : totals.dense_weights) += layer.weights();
    (conv ? totals.conv_macs : totals.dense_macs) += layer.macs();
    ++(conv ? totals.conv_layers : totals.dense_layers);
  }
  return totals;
}

NetworkCard read_network_card(core::Config& card) {
  NetworkCard network;
  const auto root = card.root();
  network.name = root.text("name", "");
  const auto input = root.integers("input", {});
  if (input.size() != 3 || input[0] < 1 || input[1] < 1 || input[2] < 1) {
    root.complain("input", "must be [channels, height, width]");
    return network;
  }
  const auto published = root.table("published");
  auto& p = network.published;
  p.conv_weights = published.number("conv_weights", 0, core::at_least(0));
  p.conv_macs = published.number("conv_macs", 0, core::at_least(0));
  p.dense_weights = published.number("dense_weights", 0, core::at_least(0));
  p.dense_macs = published.number("dense_macs", 0, core::at_least(0));
  p.weights = published.number("weights", 0, core::at_least(0));
  p.macs = published.number("macs", 0, core::at_least(0));
  p.source = published.text("source", "");
  p.note = published.text("note", "");
  Reader reader(network, {input[0], input[1], input[2]});
  for (const auto& layer : root.tables("layer")) reader.read(layer);
  if (network.layers.empty()) root.complain("layer", "needs at least one conv or dense layer");
  return network;
}

NetworkCard load_network_card(const std::string& name_or_path, const std::string& beside,
                              const std::shared_ptr<core::Library>& library) {
  core::Config card = load_card("networks", name_or_path, beside, library);
  NetworkCard network = read_network_card(card);
  card.finish();
  return network;
}

}  // namespace mho::hardware
