#include "mho/network/data/accuracy.h"

#include <cassert>
#include <cmath>
#include <limits>

namespace mho::network {

std::size_t rank_of(std::span<const float> outputs, std::size_t label) {
  assert(label < outputs.size());
  const float own = outputs[label];
  if (std::isnan(own)) return outputs.size() - 1;
  std::size_t before = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] > own || (outputs[i] == own && i < label)) ++before;
  }
  return before;
}

double mean_squared_error(std::span<const float> a, std::span<const float> b) {
  assert(a.size() == b.size());
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double d = static_cast<double>(a[i]) - b[i];
    sum += d * d;
  }
  return a.empty() ? 0 : sum / static_cast<double>(a.size());
}

void SignalAndError::add(std::span<const float> exact, std::span<const float> computed) {
  assert(exact.size() == computed.size());
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const double y = exact[i], d = y - computed[i];
    signal += y * y;
    error += d * d;
  }
}

void SignalAndError::add(const SignalAndError& other) {
  signal += other.signal;
  error += other.error;
}

double SignalAndError::decibel() const {
  if (error == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / error);
}

}  // namespace mho::network
