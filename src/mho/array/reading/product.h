#pragma once
// The seam between what an array holds and what computes with it.
//
// program() (mapping/program.h) makes a ProgrammedMatrix once per (seed, trial, layer): an immutable value. A
// Product is that matrix prepared for one executor and one way of lying of the inputs; many threads may use
// it at once, each with its own Workspace.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "mho/array/mapping/program.h"
#include "mho/array/mapping/ranges.h"
#include "mho/array/mapping/settings.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// Scratch memory of one thread, reused from call to call: no allocation after the first.
class Workspace;
struct WorkspaceDeleter {
  void operator()(Workspace* w) const;
};
using WorkspacePtr = std::unique_ptr<Workspace, WorkspaceDeleter>;
WorkspacePtr make_workspace();

/// Tallies of one or many vmm calls.
struct Tally {
  std::uint64_t conversions = 0;
  std::uint64_t clipped = 0;  ///< conversions whose current lay outside the range
  /// Largest relative residual of Kirchhoff's equations, where wires have resistance (Accuracy::residual).
  double wires_residual = 0;
};

/// Currents that the converters of one array see for one vector [V_read·G_on].
struct ColumnCurrents {
  std::size_t slice = 0;  ///< of the weights
  std::size_t unit = 0;   ///< unit columns before the outputs
  std::size_t first = 0;  ///< currents[unit + j] belongs to output first + j
  std::span<const float> currents;
};

/// Sees column currents before their conversion, in any order: for calibration.
class CurrentObserver {
 public:
  virtual ~CurrentObserver() = default;
  virtual void see(const ColumnCurrents& seen) = 0;
};

class IdleWorkspaces;  // workspace.h

class Product {
 public:
  Product();
  virtual ~Product();

  /// Divides by the input range, clips and rounds to input levels, all at once and only once for inputs
  /// that many vectors share (a convolution reads each activation many times). The result lies in the
  /// workspace until the next call with it.
  virtual void quantize(std::span<const float> inputs, Workspace& workspace) const = 0;

  /// Y(v, :) = what the arrays answer to vector v, for every v < origins.size(), in the user's units.
  /// Row i of the matrix reads input origins[v] + row_offsets[i] of what quantize was given.
  /// `first_vector` numbers the vectors for the draws of read noise: vector v draws number first_vector+v.
  /// Throws std::logic_error where the ADC needs calibrated ranges and none were given.
  virtual void vmm(std::span<const std::int64_t> origins, core::MatrixView<float> y,
                   std::uint64_t first_vector, Workspace& workspace, Tally* tally = nullptr) const = 0;

  /// The same, but hands every column current to `observer` instead of converting it.
  virtual void observe(std::span<const std::int64_t> origins, CurrentObserver& observer,
                       Workspace& workspace) const = 0;

  /// Workspaces that wait for the next dense batch.
  IdleWorkspaces& idle_workspaces() const { return *idle_; }

 private:
  std::unique_ptr<IdleWorkspaces> idle_;
};

/// Forward is the VMM (rows driven, columns read), transposed the MVM of backpropagation (the same cells,
/// columns driven, rows read): a transposed Product takes `out` inputs and gives `in` outputs.
enum class Direction { forward, transposed };

/// `row_offsets`: where the input of each driven line lies relative to a vector's origin; empty: line i at
/// i. `ranges`: of this direction; those that the matrix was programmed with where absent.
/// `vectors`: how many will be read, about; where they are few, wires are solved for each of them instead of
/// once for the whole matrix. The executor is core::current_isa()'s. Throws InvalidInput where gated arrays
/// are to be transposed.
std::unique_ptr<Product> make_product(std::shared_ptr<const ProgrammedMatrix> matrix,
                                      std::vector<std::int64_t> row_offsets = {},
                                      Direction direction = Direction::forward,
                                      const std::optional<Ranges>& ranges = {},
                                      std::size_t vectors = ~std::size_t{0});

/// Y = X·W^T through the arrays for a dense batch X (batch, in), over all threads; for a transposed product
/// X is (batch, out) and Y = X·W.
void vmm(const Product& product, core::MatrixView<const float> x, core::MatrixView<float> y,
         Tally* tally = nullptr);

}  // namespace mho::array
