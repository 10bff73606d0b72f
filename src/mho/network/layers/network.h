#pragma once
// A network that was read, checked and simplified: what all studies, trials and modes share.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mho/core/matrix.h"
#include "mho/network/graph/graph.h"
#include "mho/network/onnx/tensor.h"
#include "mho/network/operators/convolution.h"

namespace mho::network {

/// One layer with weights, in the order of nodes.
struct WeightLayer {
  std::string name;  ///< of the node; of its weights where it has none; unique
  std::string weights_name;
  bool is_convolution = false;
  ConvolutionGeometry convolution;  ///< for one image
  std::size_t groups = 1;
  std::size_t rows = 0;       ///< inputs of one output: C_in/groups·kh·kw, or inputs of a dense layer
  std::size_t columns = 0;    ///< outputs of one group
  std::size_t positions = 1;  ///< vectors per image
  /// Weights of all groups, (groups·columns, rows), as PyTorch has them: the graph's own numbers, but for a
  /// MatMul, whose weights lie there the other way round.
  Tensor weights;
  /// Of all outputs, or none.
  std::vector<float> bias;
  std::size_t node = 0;  ///< in the graph
  int inner = -1;        ///< the layer is this inner one of that node; -1: the node itself
  core::MatrixView<const float> matrix() const { return {weights.floats().data(), groups * columns, rows}; }
  /// Read for one vector of an image at a time, as its positions follow from each other.
  bool is_recurrent() const { return inner >= 0; }
  /// Vectors of one image that are read together.
  std::size_t positions_together() const { return is_recurrent() ? 1 : positions; }
};

/// The node of a layer in a network's graph or in a copy of it.
const Node& node_of(const Graph& graph, const WeightLayer& layer);
Node& node_of(Graph& graph, const WeightLayer& layer);

class Network {
 public:
  /// `symbols`: shape of one image where the file leaves it open.
  explicit Network(Graph graph, const Shape& image_shape = {});

  const Graph& graph() const { return graph_; }
  const std::vector<WeightLayer>& layers() const { return layers_; }
  /// Of one image, without the batch.
  const Shape& input_shape() const { return input_shape_; }
  /// Numbers in the first output for one image.
  std::size_t outputs() const { return outputs_; }
  DataType output_type() const { return output_type_; }
  /// Images that the graph takes at once where the file fixes that, else 0.
  std::size_t fixed_batch() const { return fixed_batch_; }
  /// Numbers that live at the same time for one image, at most: decides how many images go together.
  std::size_t activations() const { return activations_; }

  /// Shapes of the graph's inputs for a batch.
  std::vector<Shape> input_shapes(std::size_t batch) const;

 private:
  void find_layers(const std::vector<TensorType>& types);

  Graph graph_;
  std::vector<WeightLayer> layers_;
  Shape input_shape_;
  DataType output_type_ = DataType::f32;
  std::size_t outputs_ = 0, fixed_batch_ = 0, activations_ = 0;
};

/// Shapes of a graph's inputs for a batch: the first dimension where it is symbolic or unknown takes the
/// batch, and so does any other dimension of the same name. Throws core::InvalidInput for other open ones.
std::vector<Shape> shapes_for(const Graph& graph, std::size_t batch, const Shape& image_shape = {});

/// Reads an ONNX file. Throws InvalidInput that names the node, tensor or field that is wrong, or every
/// operator that is not supported with its node.
std::shared_ptr<const Network> load_network(const std::string& path);

}  // namespace mho::network
