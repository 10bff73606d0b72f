#pragma once
// The micro-kernels of the fast executors: what one block of input vectors makes of one array's columns.
//
// The block is packed first: its inputs as [chunk][vector][64 bytes] for each group of vectors that a kernel
// takes at once, 64 bytes being 16 consecutive rows in f32, 32 in int16, 64 in 8 bits. The columns are packed
// once a chip, in strips, each as [row][column] (integers: [2 or 4 rows][column][row]). Their product lies in
// registers, is converted there, and is added to the block's answers: currents are never written to memory.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mho/array/mapping/coding.h"
#include "mho/core/isa.h"
#include "mho/core/matrix.h"

namespace mho::array {

inline constexpr std::size_t kChunkBytes = 64;

/// What inputs and conductances are while they are multiplied.
enum class Arithmetic { f32, int16, int8 };
constexpr std::size_t element_bytes(Arithmetic a) {
  return a == Arithmetic::f32 ? 4 : a == Arithmetic::int16 ? 2 : 1;
}
constexpr std::size_t rows_a_chunk(Arithmetic a) { return kChunkBytes / element_bytes(a); }

/// Rows of a chunk that lie one behind the other in the input.
struct Piece {
  std::int64_t source = 0;  ///< where lane 0 of the chunk would lie, from the vector's origin [elements]
  std::uint32_t first = 0;  ///< its first lane
};

/// Where the driven lines of one array lie in the input, sorted so that runs are long.
struct Gather {
  std::size_t rows = 0;
  Arithmetic arithmetic = Arithmetic::f32;
  std::vector<Piece> pieces;          ///< in the order of the rows
  std::vector<std::uint32_t> begins;  ///< pieces of chunk c: begins[c] ... begins[c+1]
  std::size_t chunks() const { return begins.size() - 1; }
};
/// `offsets` ascending.
Gather make_gather(std::span<const std::int64_t> offsets, Arithmetic arithmetic);

/// Columns of one array as a kernel reads them. Rows in the order of the Gather.
struct Columns {
  Arithmetic arithmetic = Arithmetic::f32;
  std::size_t rows = 0;
  std::size_t cols = 0;
  core::AlignedVector<std::byte> bytes;
  core::AlignedVector<std::int32_t> start;  ///< what the sums begin with; empty: zero
  /// Integers: rows/2 or rows/4, in whole chunks, after which the sums go over to f32 so that none overflows.
  std::size_t flush_steps = ~std::size_t{0};
};

/// A converter: code = rint(clamp(current·scale + zero, low, high)); without rounding, code = current·scale +
/// zero.
struct Conversion {
  bool rounds = false;
  float scale = 1;
  float zero = 0;
  float low = 0;
  float high = 0;
};

/// One conversion of some columns of one array for every vector of a block.
struct Job {
  const std::byte* panels = nullptr;
  std::size_t vectors = 0;
  const Columns* columns = nullptr;
  std::size_t cols = 0;       ///< of the array
  std::size_t col_begin = 0;  ///< a multiple of a strip
  std::size_t col_end = 0;
  Conversion conversion;
  const float* zeros = nullptr;  ///< of each vector, in place of the conversion's; null: none
  const float* noise = nullptr;  ///< added to the currents [vectors][noise_stride]; null: none
  std::size_t noise_stride = 0;
  /// [vectors][stride], column 0 first; written up to col_end rounded up to a multiple of `lanes`.
  float* answers = nullptr;
  std::size_t stride = 0;
  bool add = false;  ///< answers += weight·code, else answers = bias + weight·code
  float weight = 1;
  float bias = 0;
  std::uint64_t* clipped = nullptr;  ///< counts codes that were clamped; null: not counted
};

struct Kernels {
  std::size_t lanes = 1;    ///< of a SIMD vector
  std::size_t strip = 1;    ///< columns of a full strip; what is left over is strips of `lanes`
  std::size_t vectors = 1;  ///< taken at once; blocks are best a multiple of it
  bool int16 = false;       ///< can be multiplied, as f32 always can
  bool int8 = false;        ///< likewise

  /// Copies the rows of `origins.size()` vectors to panels, chunks()·64 bytes each and 64 bytes of scratch
  /// behind the last. The input must be readable 64 bytes beyond both ends.
  void (*pack)(const Gather& gather, const std::byte* inputs, std::span<const std::int64_t> origins,
               std::byte* panels) = nullptr;
  /// The product and its conversion.
  void (*convert)(const Job& job) = nullptr;
  /// The conversion alone, of currents [vectors][current_stride].
  void (*recode)(const float* currents, std::size_t current_stride, const Job& job) = nullptr;
  /// Sums over the rows of each vector of a block.
  void (*sum)(const Gather& gather, const std::byte* panels, std::size_t vectors, float* sums) = nullptr;
};

/// Those of an instruction set; `reference` gets the portable ones.
const Kernels& kernels(core::Isa isa);

/// values ← rint((values − common)/unit), below 2^22 in magnitude.
void round_to_levels(core::Matrix<float>& values, double common, double unit);

/// Packs columns: values (rows in the Gather's order, columns).
Columns pack_f32(const core::Matrix<float>& values, const Kernels& kernels);
/// The same of whole numbers that fit in 16 or 8 signed bits. `largest_input` decides when sums go over to
/// f32; `input_shift` is what was added to every input to make it unsigned.
Columns pack_integers(Arithmetic arithmetic, const core::Matrix<float>& levels, const Kernels& kernels,
                      int largest_input, int input_shift);

}  // namespace mho::array
