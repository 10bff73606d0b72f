#pragma once
// NumPy's array files: NPY (one array) and NPZ (a ZIP archive of them).
// Format: numpy.lib.format, versions 1 to 3; read in C and Fortran order and either byte order.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "mho/core/files.h"
#include "mho/core/matrix.h"

namespace mho::core {

/// Element types that are read: f4 f8, i1 i2 i4 i8, u1 u2 u4 u8, b1.
enum class Dtype { f4, f8, i1, i2, i4, i8, u1, u2, u4, u8, b1 };
std::size_t size_of(Dtype dtype);
std::string name(Dtype dtype);  ///< "f4"

/// An array of any number of dimensions, row-major, in the byte order of this machine.
struct NpyArray {
  std::vector<std::size_t> shape;
  Dtype dtype = Dtype::f4;
  Bytes bytes;

  std::size_t size() const;  ///< number of elements
};

/// What a file says before its elements.
struct NpyHeader {
  std::vector<std::size_t> shape;
  Dtype dtype = Dtype::f4;
  bool fortran_order = false;
  bool swapped = false;         ///< the other byte order than this machine's
  std::size_t data_offset = 0;  ///< where the elements start
};

/// Reads a header from the first bytes of a file of `file_size` bytes that must hold exactly the array.
/// Every function below throws InvalidInput with `name` and what is wrong.
NpyHeader parse_npy_header(std::span<const std::byte> start, std::uint64_t file_size,
                           const std::string& name);
NpyArray parse_npy(std::span<const std::byte> file, const std::string& name);
NpyArray read_npy(const std::string& path);

/// Arrays by name, without ".npy". Entries stored or deflated, ZIP64 too; checksums are verified.
std::map<std::string, NpyArray> parse_npz(std::span<const std::byte> file, const std::string& name);
std::map<std::string, NpyArray> read_npz(const std::string& path);

/// The elements as T (float, double, std::int32_t, std::int64_t, std::uint8_t). Numbers that an integer T
/// can't hold exactly are InvalidInput with their index; a float T rounds.
template <typename T>
AlignedVector<T> elements_as(const NpyArray& array, const std::string& name);

/// A file with two dimensions, neither of them 0. T as in elements_as; NaN and infinity pass.
template <typename T>
Matrix<T> read_npy_matrix(const std::string& path);

/// The element type of T; T must be one of those that are written.
template <typename T>
constexpr Dtype dtype_of() {
  if constexpr (std::is_same_v<T, float>) return Dtype::f4;
  if constexpr (std::is_same_v<T, double>) return Dtype::f8;
  if constexpr (std::is_same_v<T, bool>) return Dtype::b1;
  if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    return sizeof(T) == 1 ? Dtype::i1 : sizeof(T) == 2 ? Dtype::i2 : sizeof(T) == 4 ? Dtype::i4 : Dtype::i8;
  }
  if constexpr (std::is_integral_v<T> && std::is_unsigned_v<T>) {
    return sizeof(T) == 1 ? Dtype::u1 : sizeof(T) == 2 ? Dtype::u2 : sizeof(T) == 4 ? Dtype::u4 : Dtype::u8;
  }
}

/// The header of an NPY file (version 1) whose elements follow row-major in this machine's byte order.
std::string npy_header(std::span<const std::size_t> shape, Dtype dtype);

/// An NPY file in memory. `elements` row-major, as many as `shape` says.
Bytes npy_bytes(std::span<const std::size_t> shape, Dtype dtype, std::span<const std::byte> elements);
template <typename T>
Bytes npy_bytes(std::span<const std::size_t> shape, std::span<const T> elements) {
  return npy_bytes(shape, dtype_of<T>(), std::as_bytes(elements));
}

/// Writes atomically (see AtomicFile; SystemFailure).
template <typename T>
void write_npy(const std::string& path, std::span<const std::size_t> shape, std::span<const T> elements) {
  AtomicFile file(path);
  file.write(npy_header(shape, dtype_of<T>()));
  file.write(std::as_bytes(elements));
  file.commit();
}
template <typename T>
void write_npy(const std::string& path, MatrixView<const T> matrix) {
  AtomicFile file(path);
  file.write(npy_header(std::array{matrix.rows, matrix.cols}, dtype_of<T>()));
  for (std::size_t r = 0; r < matrix.rows; ++r) file.write(std::as_bytes(matrix.row(r)));
  file.commit();
}
template <typename T>
void write_npy(const std::string& path, const Matrix<T>& matrix) {
  write_npy<T>(path, std::array{matrix.rows, matrix.cols}, std::span<const T>(matrix.elements));
}

/// An archive of NPY files by name (without ".npy"), deflated where `deflate`.
void write_npz(const std::string& path, const std::map<std::string, Bytes>& npy_files, bool deflate = true);

}  // namespace mho::core
