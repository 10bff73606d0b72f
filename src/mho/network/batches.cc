#include "mho/network/batches.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "mho/core/error.h"
#include "mho/core/interrupt.h"
#include "mho/core/parallel.h"
#include "mho/network/data/dataset.h"
#include "mho/network/onnx/narrow.h"
#include "mho/network/operators/onednn.h"

namespace mho::network {
namespace {

/// Numbers of activations that a core's second-level cache holds beside weights: 1 MiB of float32.
constexpr std::size_t cached_numbers = std::size_t{1} << 18;
constexpr std::size_t largest_batch = 32;
/// Batches that there are at least, where images are few: work for as many threads.
constexpr std::size_t fewest_batches = 64;
/// Parts of a chunk for each thread: between chunks interruptions are seen.
constexpr std::size_t parts_a_thread = 4;

std::string text_of(const std::vector<std::size_t>& shape) { return text(Shape(shape.begin(), shape.end())); }

}  // namespace

std::size_t batch_size(const Network& network, std::size_t images) {
  if (network.fixed_batch() > 0) return network.fixed_batch();
  const std::size_t by_cache = cached_numbers / std::max<std::size_t>(1, network.activations());
  return std::clamp<std::size_t>(std::min(by_cache, images / fewest_batches), 1, largest_batch);
}

Batches::Batches(const Network& network, const Dataset& images, std::size_t first, std::size_t count,
                 std::size_t batch)
    : images_(images), first_(first), count_(count), batch_(batch), image_size_(images.image_size()) {
  const auto dimensions = [](const auto& shape) {  // those that say something
    Shape result;
    for (const auto d : shape) {
      if (d != 1) result.push_back(static_cast<std::int64_t>(d));
    }
    return result;
  };
  const Shape& wanted = network.input_shape();
  const auto& there = images.shape();
  // A list of features fits any input of as many numbers: CSV and NPY files don't say more.
  if (dimensions(wanted) != dimensions(there) &&
      !(there.size() == 1 && image_size_ == element_count(wanted))) {
    throw core::InvalidInput(fmt::format("{}: images are {}, but the network {} takes {}", images.source(),
                                         text_of(there), network.graph().source, text(wanted)));
  }
  if (first + count > images.size()) {
    throw core::InvalidInput(
        fmt::format("{}: images {} to {} of {}", images.source(), first, first + count, images.size()));
  }
}

std::size_t Batches::for_each(const Progress& progress, const Part& part, double* seconds) const {
  const auto threads = static_cast<std::size_t>(core::thread_count());
  std::vector<RunState> states(threads);
  const std::size_t chunk = threads * batch_ * parts_a_thread;
  core::AlignedVector<float> pixels(std::min(chunk, count_) * image_size_);
  std::size_t done = 0;
  while (done < count_ && !core::interrupted()) {
    const std::size_t now = std::min(chunk, count_ - done);
    images_.read(first_ + done, now, {pixels.data(), now * image_size_});
    const auto start = std::chrono::steady_clock::now();
    core::parallel_for((now + batch_ - 1) / batch_, 1, [&](std::size_t begin, std::size_t end) {
      const OneThread one_thread;
      RunState& state = states[static_cast<std::size_t>(core::thread_index())];
      for (std::size_t p = begin; p < end; ++p) {
        state.images = std::min(batch_, now - p * batch_);
        state.first_image = first_ + done + p * batch_;
        part(state, {pixels.data() + p * batch_ * image_size_, state.images * image_size_});
      }
    });
    if (seconds != nullptr)
      *seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    done += now;
    if (progress) progress(done, count_);
  }
  return done;
}

void fill_input(const Plan& plan, RunState& state, std::span<const float> pixels) {
  plan.prepare(state);
  const auto input = plan.input(state, 0);
  if (is_floating(plan.input_type(0).type)) {
    std::memcpy(input.data(), pixels.data(), pixels.size_bytes());
    std::memset(input.data() + pixels.size_bytes(), 0, input.size() - pixels.size_bytes());
  } else {
    auto* to = reinterpret_cast<std::int64_t*>(input.data());
    for (std::size_t i = 0; i < plan.input_type(0).elements(); ++i)
      to[i] = i < pixels.size() ? truncate(pixels[i]) : 0;
  }
}

void run_plan(const Plan& plan, RunState& state, std::span<const float> pixels) {
  fill_input(plan, state, pixels);
  plan.run(state);
}

}  // namespace mho::network
