#pragma once
// Images in parts, each computed by one thread from the first layer to the last.

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "mho/network/inference.h"
#include "mho/network/layers/network.h"
#include "mho/network/layers/plan.h"
#include "mho/network/operators/run_state.h"

namespace mho::network {

class Dataset;

/// How many of `images` images go through a plan together: few enough that their activations stay in the
/// cache, and that many threads get some. Never a matter of how many there are: oneDNN adds in an order that
/// depends on the batch.
std::size_t batch_size(const Network& network, std::size_t images);

/// Images first … first+count-1 of a data set, for one network, `batch` of them together.
class Batches {
 public:
  /// Throws core::InvalidInput where the images don't have the network's input shape.
  Batches(const Network& network, const Dataset& images, std::size_t first, std::size_t count,
          std::size_t batch);

  std::size_t batch() const { return batch_; }
  std::size_t count() const { return count_; }

  /// One part: `state` belongs to the calling thread, its images and first_image are set; `pixels` are
  /// state.images images.
  using Part = std::function<void(RunState& state, std::span<const float> pixels)>;
  /// Calls part(…) for all images, over all threads; between chunks reports progress and stops where
  /// core::interrupted(). Gives the images done; adds the time without reading of images to `seconds`.
  std::size_t for_each(const Progress& progress, const Part& part, double* seconds = nullptr) const;

 private:
  const Dataset& images_;
  std::size_t first_, count_, batch_, image_size_;
};

/// Makes room for the plan and puts the images into its first input, zeros behind them.
void fill_input(const Plan& plan, RunState& state, std::span<const float> pixels);
/// The same, and runs it.
void run_plan(const Plan& plan, RunState& state, std::span<const float> pixels);

}  // namespace mho::network
