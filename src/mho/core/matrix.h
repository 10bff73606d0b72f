#pragma once
// Dense row-major matrices, and views of them.

#include <cassert>
#include <cstddef>
#include <new>
#include <span>
#include <vector>

namespace mho::core {

/// Memory that starts on a cache line, so that a SIMD load never straddles two.
template <typename T>
struct CacheAligned {
  using value_type = T;
  CacheAligned() = default;
  template <typename U>
  CacheAligned(const CacheAligned<U>&) {}  // NOLINT(google-explicit-constructor): allocators convert
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64})); }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{64}); }
  friend bool operator==(const CacheAligned&, const CacheAligned&) { return true; }
};

template <typename T>
using AlignedVector = std::vector<T, CacheAligned<T>>;

/// `rows` × `cols` elements somewhere in memory, consecutive in a row, rows `stride` elements apart.
template <typename T>
struct MatrixView {
  T* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::size_t stride = 0;

  MatrixView() = default;
  MatrixView(T* data_, std::size_t rows_, std::size_t cols_) : MatrixView(data_, rows_, cols_, cols_) {}
  MatrixView(T* data_, std::size_t rows_, std::size_t cols_, std::size_t stride_)
      : data(data_), rows(rows_), cols(cols_), stride(stride_) {}
  /// A view to write through is also a view to read through.
  operator MatrixView<const T>() const { return {data, rows, cols, stride}; }  // NOLINT

  T& operator()(std::size_t r, std::size_t c) const {
    assert(r < rows && c < cols);
    return data[r * stride + c];
  }
  std::span<T> row(std::size_t r) const { return {data + r * stride, cols}; }
  MatrixView block(std::size_t r, std::size_t c, std::size_t n_rows, std::size_t n_cols) const {
    assert(r + n_rows <= rows && c + n_cols <= cols);
    return {data + r * stride + c, n_rows, n_cols, stride};
  }
};

/// A matrix that owns its elements: row-major, contiguous, zero at first.
template <typename T>
struct Matrix {
  std::size_t rows = 0;
  std::size_t cols = 0;
  AlignedVector<T> elements;

  Matrix() = default;
  Matrix(std::size_t rows_, std::size_t cols_, T value = T{})
      : rows(rows_), cols(cols_), elements(rows_ * cols_, value) {}

  T& operator()(std::size_t r, std::size_t c) { return elements[r * cols + c]; }
  const T& operator()(std::size_t r, std::size_t c) const { return elements[r * cols + c]; }
  std::span<T> row(std::size_t r) { return {elements.data() + r * cols, cols}; }
  std::span<const T> row(std::size_t r) const { return {elements.data() + r * cols, cols}; }
  MatrixView<T> view() { return {elements.data(), rows, cols}; }
  MatrixView<const T> view() const { return {elements.data(), rows, cols}; }
};

}  // namespace mho::core
