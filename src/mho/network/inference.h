#pragma once
// A trained network computed three ways: in float, as an 8-bit digital accelerator would, and on analog
// arrays. This is what experiments call; how it is computed lies in graph.h, plan.h and analog_layer.h.
//
//   core::Config study = …;
//   auto inference = Inference::read(study);  // its sections; wrong values become complaints of `study`
//   Dataset images = …;                       // dataset.h, reads [data]
//   study.finish();                           // throws what is wrong, all at once
//   inference->calibrate(images);
//   Evaluation ideal = inference->evaluate(Mode::float32, images, {});
//   Evaluation chip0 = inference->evaluate(*inference->program(seed, 0), images, {});

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mho/array/mapping/settings.h"
#include "mho/array/reading/product.h"
#include "mho/core/config.h"
#include "mho/core/matrix.h"
#include "mho/hardware/design.h"
#include "mho/hardware/layer_shape.h"

namespace mho::core {
class Identity;
}  // namespace mho::core

namespace mho::network {

class Dataset;  // dataset.h
class Network;  // a loaded graph (network.h)

/// One layer with weights: a Conv, Gemm, or MatMul whose second operand is constant, or the product that a
/// recurrent node makes at every time step.
struct LayerInfo {
  std::string name;          ///< of the node; of its weights where the node has no name. Unique.
  std::string weights_name;  ///< of the weight tensor; [[layer]] match looks at both names
  std::string kind;          ///< "conv", "grouped-conv", "depthwise-conv", "gemm", "matmul",
                             ///< "recurrent"
  std::size_t in = 0;        ///< inputs of one output: rows of the matrix of one group (C_in/groups·kh·kw)
  std::size_t out = 0;       ///< output channels of all groups together
  std::size_t groups = 1;
  std::size_t positions = 1;  ///< vectors per image: output pixels of a convolution, time steps
  std::size_t weights = 0;    ///< without biases
  std::size_t macs = 0;       ///< multiply-accumulates per image that the network asks for
  bool analog = true;         ///< false: computed digitally (depthwise = "digital")
  std::size_t arrays = 0;     ///< physical arrays that hold it; 0 where digital
  double utilization = 0;     ///< cells that hold weights of the network / cells of those arrays
  std::size_t matrices = 0;   ///< programmed matrices: one, or one per pack of groups
  hardware::LayerShape cost;  ///< what its cost depends on
};

/// Section [calibration].
struct CalibrationSettings {
  std::string images;         ///< a data set of its own; "": the first images of [data]
  std::size_t count = 100;    ///< images
  double percentile = 99.98;  ///< of |input| and of the currents that lies within the ranges [%]
  std::string file;           ///< JSON: read where it exists (and fits the network), else written; "": none
};

enum class Mode {
  float32,  ///< the network as it was trained
  digital,  ///< weights rounded to weight_bits, inputs to input bits in the calibrated range; exact sums
};

/// Said between batches: images done of images in all. Called by one thread at a time.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

struct EvaluationOptions {
  std::size_t first = 0;       ///< first image of the data set
  std::size_t count = 0;       ///< images; 0: all from `first`
  std::size_t snr_images = 0;  ///< on so many of them every layer is compared with float (twice the work)
  bool keep_outputs = false;   ///< fill Evaluation::outputs
  Progress progress = {};      ///< may be empty
};

/// What happened in one layer.
struct LayerStatistics {
  double snr_db = 0;  ///< 10·log10(Σy²/Σ(y-ŷ)²), y the layer's output in float (after the activation that
                      ///< follows it), ŷ the one computed, errors of earlier layers included; +inf: equal.
                      ///< NaN where snr_images was 0.
  std::uint64_t conversions = 0;                     ///< analog-digital conversions
  std::uint64_t clipped = 0;                         ///< of them outside the converter's range
  std::optional<bool> inputs_signed = std::nullopt;  ///< as its range is; nothing in float
};

struct Evaluation {
  std::size_t images = 0;    ///< evaluated: fewer than asked for after an interruption
  bool interrupted = false;  ///< core::interrupted() ended it early
  bool has_labels = false;
  std::size_t top1 = 0;  ///< images whose label has the largest output; ties count for the lower index
  std::size_t top5 = 0;  ///< images whose label is among the five largest outputs
  double mean_squared_error = 0;        ///< without labels: of the output against the input (autoencoders);
                                        ///< NaN where their sizes differ
  core::Matrix<float> outputs;          ///< (images, outputs) where asked for
  std::vector<LayerStatistics> layers;  ///< as Inference::layers()
  double seconds = 0;                   ///< wall time of computing, without loading of images

  double top1_fraction() const { return images == 0 ? 0 : double(top1) / double(images); }
  double top5_fraction() const { return images == 0 ? 0 : double(top5) / double(images); }
};

/// All layers programmed into one chip: immutable. Layers without randomness are shared between chips.
class Chip;

class Inference {
 public:
  /// Reads [network], [calibration], [hardware], [[layer]] and, for each layer, [device], [array], [mapping],
  /// [input], [adc], [wires]; loads the network unless one is given (so that sweep points share it).
  /// Complaints go to `study`, whose finish() throws them; nothing where no network can be loaded, which is
  /// one of them.
  static std::optional<Inference> read(core::Config& study, std::shared_ptr<const Network> network = nullptr);
  ~Inference();
  Inference(Inference&&) noexcept;
  Inference& operator=(Inference&&) noexcept;

  std::shared_ptr<const Network> network() const;
  const std::vector<LayerInfo>& layers() const;
  /// What the study says of its hardware; what a layer costs under its own settings is in LayerInfo::cost.
  const hardware::Design& design() const;
  /// Settings of one layer with its [[layer]] overrides.
  const array::Settings& settings(std::size_t layer) const;
  const CalibrationSettings& calibration_settings() const;
  /// Shape of one input image without the batch, e.g. {3, 32, 32}, and numbers in the answer to one image.
  const std::vector<std::size_t>& input_shape() const;
  std::size_t outputs() const;

  /// Decides every layer's ranges: reads calibration_settings().file where it exists, else runs `count`
  /// images in float (and writes the file). Digital and analog evaluation need it. A file that doesn't fit
  /// the network or the settings throws InvalidInput that says what differs.
  void calibrate(const Dataset& images, const Progress& progress = {});
  /// Ranges of one layer after calibrate(): of its first matrix (all matrices of a layer share them).
  const array::Ranges& ranges(std::size_t layer) const;
  /// What ranges from these images are of: others have the same where this is the same.
  core::Identity identity_of_ranges(const Dataset& images) const;

  /// Throws InvalidInput where the data set's images don't have the network's input shape.
  Evaluation evaluate(Mode mode, const Dataset& images, const EvaluationOptions& options) const;

  /// Programs every analog layer, layers in parallel.
  std::shared_ptr<const Chip> program(std::uint64_t seed, std::uint32_t trial) const;
  Evaluation evaluate(const Chip& chip, const Dataset& images, const EvaluationOptions& options) const;

  /// The cells of that chip, as they are to be kept. Who keeps them says the rest of their origin.
  array::Chip kept(std::uint64_t seed, std::uint32_t trial) const;

  /// True where no layer has programming error or read noise, so that all trials answer the same.
  bool is_deterministic() const;

 private:
  struct State;
  explicit Inference(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mho::network
