#pragma once
// From weights to programmed cells, and how many arrays they take.

#include <cstddef>
#include <memory>

#include "mho/array/mapping/ranges.h"
#include "mho/array/mapping/settings.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// What of the cells is kept beside what reading needs: all of their life for chips that are to be saved.
enum class Keep { conductances, life };

struct CellArray;         // programmed_matrix.h
struct ProgrammedMatrix;  // programmed_matrix.h

/// Maps weights (out, in) to cells and programs them. Throws InvalidInput for NaN or infinite weights.
/// The matrix of several groups is block-diagonal: `weights` holds its blocks one below the other, (outputs
/// of all groups, inputs of one), and the zeros around them, which are no weights, have cells.
/// Where settings.chip is set, the cells are those of that chip instead (from_chip in chip_cells.h).
std::shared_ptr<const ProgrammedMatrix> program(core::MatrixView<const float> weights,
                                                const Settings& settings, const Ranges& ranges,
                                                const RandomSource& source, std::size_t groups = 1,
                                                Keep keep = Keep::conductances);

/// Fills in what reading must know of every cell beside its conductance: the noise of a read, the bend.
void note_reads(const device::Cell& cell, CellArray& array);

/// Number of arrays, cells in use over cells there.
struct Footprint {
  std::size_t arrays = 0;
  double utilization = 0;
};
Footprint footprint(std::size_t out, std::size_t in, const Settings& settings);

}  // namespace mho::array
