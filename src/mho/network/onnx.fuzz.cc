// Any bytes as an ONNX file: an InvalidInput or a network, never a crash, a hang or memory without end.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mho/core/error.h"
#include "mho/network/graph/graph.h"
#include "mho/network/layers/network.h"
#include "mho/network/onnx/onnx_reader.h"
#include "mho/network/operators/evaluate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mho;
  try {
    network::Graph graph =
        network::make_graph(network::read_onnx(std::as_bytes(std::span(data, size)), "fuzz"));
    network::check_operators(graph);
    const network::Network network(std::move(graph));
    (void)network.layers();
  } catch (const core::InvalidInput&) {
  }
  return 0;
}
