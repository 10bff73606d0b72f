#pragma once
// Reads cells where they lie, one vector at a time: nothing is packed and nothing copied, so that cells may
// change between two reads (training), and ranges may follow each vector (`range = "auto"`). In float32, the
// same bits for any number of threads and every instruction set.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "mho/array/mapping/mapped_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/array/reading/reading.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// The cells of one array or pair: numbers of which the conductance is a straight line.
struct LiveBlock {
  core::MatrixView<const float> plus, minus;  ///< (rows, columns), rows `stride` apart; minus of pairs only
  /// Variance of one read of each cell, in units of the numbers' square; empty where there is no noise.
  core::MatrixView<const float> plus_variance, minus_variance;
  std::size_t readable = 0;  ///< columns that may be read of every row, at least as many as there are
  double compensation = 1;   ///< Block::compensation
};

struct LiveCells {
  std::vector<LiveBlock> blocks;  ///< in the order of MappedMatrix::place_of
  double unit = 1, common = 0;    ///< conductance over G_on of a cell with the number n: common + unit·n
};

/// Memory of one thread.
struct LiveScratch {
  std::vector<float> levels, planes, squares;  ///< inputs, digits of them, what multiplies variances
  std::vector<double> sums;                    ///< Σx of each driven part and plane
  std::vector<float> currents, others, accumulated, variance, noise;
};

class LiveReader {
 public:
  /// Cells are linear and wires have no resistance.
  LiveReader(const MappedMatrix& matrix, Direction direction, const Ranges& ranges, LiveCells cells);

  const Reading& reading() const { return reading_; }
  /// Cells that lie elsewhere now, of the same sizes.
  void point_at(LiveCells cells) { cells_ = std::move(cells); }

  /// y[outputs] = what the arrays answer to x[inputs], in the user's units. `vector` numbers the draws.
  void read(std::span<const float> x, std::span<float> y, std::uint64_t vector, LiveScratch& scratch,
            Tally* tally = nullptr) const;

  // The two steps of it, for inputs that many vectors share.

  /// Full scale of a vector beside that of the reading: 1 where ranges are given.
  float full_scale(std::span<const float> x) const;
  /// Clipped and rounded inputs: levels where they have bits.
  void quantize(std::span<const float> x, float full_scale, std::span<float> levels) const;
  void answer(std::span<const float> levels, float full_scale, std::span<float> y, std::uint64_t vector,
              LiveScratch& scratch, Tally* tally) const;
  /// Hands over the currents that converters see.
  void observe(std::span<const float> levels, std::uint64_t vector, CurrentObserver& observer,
               LiveScratch& scratch) const;

 private:
  /// One array, or a pair that is subtracted before anything nonlinear happens.
  struct Line {
    bool plus = true, minus = false;
    core::RandomKey noise_key;
  };
  /// What one set of converters sees: the first line, less the second where each clips by itself.
  struct Channel {
    const Converters* converters = nullptr;  ///< null where calibration is missing
    std::vector<Line> lines;
    double sign = 1;
    core::RandomKey adc_noise_key;
  };
  struct Array {
    MappedMatrix::Place place;
    Part driven, read;
    std::size_t unit = 0;  ///< unit columns before the outputs that are read
    std::size_t idle = 0;  ///< unit columns before the outputs that are driven
    std::vector<Channel> channels;
    std::size_t lines() const { return unit + read.size; }
  };

  Array array(const MappedMatrix& matrix, std::size_t block) const;
  void prepare(std::span<const float> levels, LiveScratch& scratch) const;
  std::span<const float> plane(std::span<const float> levels, int k, const LiveScratch& scratch) const;
  double sum(const Array& array, int k, const LiveScratch& scratch) const;
  void sums_of_lines(const Array& array, core::MatrixView<const float> plus,
                     core::MatrixView<const float> minus, std::size_t readable, const float* x,
                     float* out) const;
  void currents_of(std::size_t block, const Line& line, int k, std::span<const float> levels,
                   std::uint64_t vector, LiveScratch& scratch, std::vector<float>& out) const;
  void add_noise(std::size_t block, const Line& line, int k, std::uint64_t vector, LiveScratch& scratch,
                 std::vector<float>& currents) const;
  void add_plainly(std::size_t block, std::span<const float> levels, std::span<float> y,
                   LiveScratch& scratch) const;
  void add_converted(std::size_t block, const Channel& channel, int k, double weight,
                     std::vector<float>& currents, std::uint64_t vector, std::span<float> y,
                     LiveScratch& scratch, Tally* tally) const;
  template <typename Sink>
  void conversions(std::size_t block, const Channel& channel, std::span<const float> levels,
                   std::uint64_t vector, LiveScratch& scratch, const Sink& sink) const;

  Reading reading_;
  LiveCells cells_;
  std::vector<Array> arrays_;  // one a block
  double limit_ = 0;           // column current limit
  bool noisy_ = false;
  bool plain_ = false;   // ideal converters, no limit, no noise: a product and no more
  bool scaled_ = false;  // the full scale of automatic inputs matters to what is done to them
  bool digits_ = false;  // planes are digits of the level, else there is one, the level itself
  bool each_ = false;    // one conversion a plane
  int planes_ = 1;
  double volt_ = 1;        // voltage of an input of 1 in a plane, over full scale
  std::size_t times_ = 1;  // that a channel converts for a vector
  bool needs_sums_ = false;
};

}  // namespace mho::array
