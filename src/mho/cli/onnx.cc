// mho onnx: what an ONNX file computes, step by step.

#include <fmt/core.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mho/cli/verbs.h"
#include "mho/core/error.h"
#include "mho/core/locate.h"
#include "mho/core/npy.h"
#include "mho/network/layers/network.h"
#include "mho/network/layers/plan.h"
#include "mho/network/operators/evaluate.h"
#include "mho/network/operators/onednn.h"

namespace mho::cli {
namespace {

using network::Shape;

core::Bytes as_npy(const network::Tensor& tensor) {
  const std::vector<std::size_t> shape(tensor.shape.begin(), tensor.shape.end());
  if (network::is_floating(tensor.type)) return core::npy_bytes<float>(shape, tensor.floats());
  return core::npy_bytes<std::int64_t>(shape, tensor.integers());
}

struct Options {
  std::string model, inputs, dump;
  bool fuse = false, list_operators = false;
};

void run(const Options& options) {
  if (options.list_operators) {
    for (const auto& op : network::supported_operators()) fmt::print("{}\n", op);
    return;
  }
  if (options.model.empty()) throw core::InvalidInput("mho onnx needs a model");
  network::Graph graph =
      network::make_graph(network::read_onnx(core::locate(options.model, "", core::search_path())));
  network::check_operators(graph);
  network::simplify(graph);
  std::map<std::string, core::NpyArray> arrays;
  std::vector<Shape> shapes;
  if (options.inputs.empty()) {
    shapes = network::shapes_for(graph, 1);
  } else {
    arrays = core::read_npz(options.inputs);
    for (const auto& input : graph.inputs) {
      const auto found = arrays.find(graph.value_names[input.value]);
      if (found == arrays.end()) {
        throw core::InvalidInput(
            fmt::format("{}: holds no array '{}'", options.inputs, graph.value_names[input.value]));
      }
      shapes.emplace_back(found->second.shape.begin(), found->second.shape.end());
    }
  }
  if (options.fuse) network::fuse(graph, network::infer_shapes(graph, shapes));
  const network::Plan plan(graph, shapes, {.layer = {}, .keep_values = true});
  fmt::print("{}", plan.describe());
  if (options.inputs.empty()) return;
  network::RunState state;
  plan.prepare(state);
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    const auto& array = arrays.at(graph.value_names[graph.inputs[i].value]);
    const auto to = plan.input(state, i);
    if (network::is_floating(graph.inputs[i].type)) {
      const auto values = core::elements_as<float>(array, options.inputs);
      std::copy(values.begin(), values.end(), reinterpret_cast<float*>(to.data()));
    } else {
      const auto values = core::elements_as<std::int64_t>(array, options.inputs);
      std::copy(values.begin(), values.end(), reinterpret_cast<std::int64_t*>(to.data()));
    }
  }
  {
    const network::OneThread one_thread;
    plan.run(state);
  }
  std::map<std::string, core::Bytes> results;
  for (std::size_t v = 0; v < graph.value_names.size(); ++v) {
    if (graph.constants[v]) continue;
    if (const auto value = plan.value(state, static_cast<int>(v)))
      results[graph.value_names[v]] = as_npy(*value);
  }
  if (!options.dump.empty()) core::write_npz(options.dump, results, false);
}

}  // namespace

void add_onnx(CLI::App& app, Common&) {
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand(
      "onnx", "steps that an ONNX file leads to; runs them in float and keeps every value");
  verb->add_option("model", options->model, "ONNX file, here or in $MHO_DATA");
  verb->add_flag("--operators", options->list_operators, "lists the operators that are supported");
  verb->add_option("--inputs", options->inputs, "NPZ with an array for every input, by name");
  verb->add_option("--output", options->dump, "NPZ that every computed value goes to, by name");
  verb->add_flag("--fuse", options->fuse,
                 "with additions and activations taken into the layers before them, as in studies");
  verb->callback([options] { run(*options); });
}

}  // namespace mho::cli
