#pragma once
// A design: which array, which technology, how many bits. What the kernels and the chip are computed from.

#include <cstddef>
#include <optional>
#include <string>

#include "mho/array/mapping/settings.h"
#include "mho/core/config.h"
#include "mho/hardware/converter.h"
#include "mho/hardware/technology.h"
#include "mho/hardware/tile.h"

namespace mho::hardware {

/// What the data do to the energy: measured by inference or training, else the tile card's defaults.
struct Activity {
  std::optional<double> mean_input = std::nullopt;        ///< mean |input| over full scale, in [0, 1]
  std::optional<double> mean_conductance = std::nullopt;  ///< mean G over G_on, in [0, 1]
  double updated_lines = 1;                               ///< share of the lines that an update pulses
};

struct Precision {
  int input_bits = 8;
  bool input_signed = true;  ///< one of the bits is the sign, which costs no time
  int slice_bits = 0;        ///< input bits applied together; 0: all, 1: bit-serial
  int output_bits = 8;
  int weight_bits = 8;
  bool convert_every_slice = true;
};

/// How arrays become a chip.
struct ChipOptions {
  double ops_per_mac = 2;
  int arrays_per_tile = 8;
  std::size_t arrays = 0;  ///< that the chip has; 0: as many as the network needs, times `spare`
  double spare = 2;        ///< budget for copies over the arrays needed once
  bool replicate = true;   ///< copies of the layers that hold up the pipeline
  bool edram = false;      ///< buffers of embedded DRAM instead of SRAM
  double tile_buffer_bits = 64 * 8192.0;  ///< input and output buffer of a tile [bit]
  std::size_t batch = 1;
  double images_per_epoch = 0;  ///< > 0: cost of a training epoch
};

/// Cells, arrays and converters behind one weight.
struct WeightCells {
  int conversions =
      1;          ///< arrays with converters of their own: slices, and 2 where signs are converted apart
  int signs = 1;  ///< cells before the same converter: 2 where currents of two signs subtract in wires
  bool interleaved = false;  ///< both signs in one array
  bool unit_column = false;  ///< one column of every array is a reference
  int arrays() const { return conversions * (interleaved ? 1 : signs); }
};

struct Design {
  Technology technology;
  Tile tile;
  Converter converter;
  std::size_t rows = 1024;
  std::size_t cols = 1024;
  bool fit_rows = false;  ///< rows (or columns) were given as 0: as many as the largest layer has
  bool fit_cols = false;
  bool even_parts =
      true;  ///< a matrix larger than an array falls into parts of equal size, else full ones and a rest
  Precision precision;
  WeightCells cells;
  Activity activity;
  double supply_v = 0;  ///< 0: the tile's reference supply
  ChipOptions chip;
  std::string unbuildable;  ///< why the tile can't do what the study asks; "" where it can
};

/// Reads [hardware] of a study: technology, tile, and what goes beyond; sizes and bits come from `array`
/// (sections [array], [mapping], [input], [adc] as read). Keys of the cards can be overridden in
/// [hardware.override], [hardware.converter_override] and [hardware.technology_override]. What can't be built
/// is a complaint of `study` where it has a [hardware] section or asks for the cost; else it only becomes
/// Design::unbuildable, for accuracy may be asked for bits that the default tile hasn't got.
Design read_design(core::Config& study, const array::Settings& array);

/// A design from cards alone: name of a tile card, its technology, rows, columns, bits. For tests and tables.
/// Throws InvalidInput.
Design load_design(const std::string& tile, std::size_t rows, std::size_t cols, Precision precision,
                   const std::string& technology = "");

/// A digital core in another technology than its card's: energies with C·V², area with the square of the
/// node.
void rescale_core(DigitalTile& core, const Technology& from, const Technology& to);

}  // namespace mho::hardware
