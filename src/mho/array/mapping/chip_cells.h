#pragma once
// Between the cells of a matrix as a chip keeps them and as arrays hold them, and what time does to them.

#include <memory>
#include <string>

#include "mho/array/chip/chip.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/mapping/ranges.h"
#include "mho/array/mapping/settings.h"

namespace mho::array {

/// The cells of a matrix as a chip keeps them: those of the whole matrix, however it is cut. Faults and
/// targets where the matrix keeps them (Keep::life; cells that learned keep faults and have no targets).
ChipMatrix chip_matrix(const ProgrammedMatrix& matrix);

/// Mean of the cells of a chip's matrix over G_on; 0.5 where the chip has no such matrix.
double mean_conductance(const Chip& chip, const std::string& name, const device::Cell& cell);

/// Seed and trial that the cells of a matrix go by, those of the chip that they came from.
ChipOrigin chip_origin(const MappedMatrix& matrix);

/// The other way: the cells that settings.chip has for `wanted`, cut as it is, read with its ranges. They go
/// through the history of the settings' cell, which has the chip's own past before it (Cell::age); `wanted`
/// names the draws. What the chip does not say of its conductances is as `wanted` has it. Throws InvalidInput
/// with what differs where the chip's matrix is not such a one (why_unlike).
std::shared_ptr<const ProgrammedMatrix> from_chip(const MappedMatrix& wanted, Keep keep);

/// What of the chip's matrix differs from one of (out, in) weights under these settings, in words; "" where
/// it is the same. `name`: of its random numbers.
std::string why_unlike(const Chip& chip, const std::string& name, const Settings& settings, std::size_t out,
                       std::size_t in);

/// True where cells lie otherwise than programming lays weights under these settings: in a part of the range
/// of conductances, or in slices with factors of their own.
bool learned(const ChipMatrix& cells, const Settings& settings);

/// A matrix after its cell's history: what programmed, or learned, waits and is irradiated. What cells keep
/// for life goes by the matrix' own random numbers, what happens to them by those of `now`. Where targets are
/// not kept, they are what the cells hold.
std::shared_ptr<const ProgrammedMatrix> aged(const ProgrammedMatrix& matrix, const RandomSource& now);

}  // namespace mho::array
