#pragma once
// Checkpoints as plain bytes: values one after the other, read back in the same order.

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "mho/core/error.h"

namespace mho::training {

class StateWriter {
 public:
  template <typename T>
  void value(const T& v) {
    values(std::span<const T>(&v, 1));
  }
  template <typename T>
  void values(std::span<const T> v) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + v.size_bytes());
    if (!v.empty()) std::memcpy(bytes_.data() + at, v.data(), v.size_bytes());
  }
  /// Bytes with their length before them.
  void block(std::span<const std::uint8_t> v) {
    value<std::uint64_t>(v.size());
    values(v);
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

class StateReader {
 public:
  explicit StateReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
  template <typename T>
  T value() {
    T v;
    values(std::span<T>(&v, 1));
    return v;
  }
  template <typename T>
  void values(std::span<T> v) {
    need(v.size_bytes());
    if (!v.empty()) std::memcpy(v.data(), rest_.data(), v.size_bytes());
    rest_ = rest_.subspan(v.size_bytes());
  }
  std::span<const std::uint8_t> block() {
    const auto size = value<std::uint64_t>();
    need(size);
    const auto out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  void need(std::uint64_t bytes) const {
    if (rest_.size() < bytes) throw core::InvalidInput("the checkpoint is truncated");
  }
  std::span<const std::uint8_t> rest_;
};

}  // namespace mho::training
