#pragma once
// A design: which array, which technology, how many bits. What the kernels and the chip are computed from.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

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
  /// Where the study leaves it to the data: inputs may be negative. Unknown: as Precision says.
  std::optional<bool> inputs_signed = std::nullopt;
};

struct Precision {
  int input_bits = 8;
  bool input_signed = true;  ///< one of the bits is the sign, which costs no time
  int slice_bits = 0;        ///< input bits applied together; 0: all, 1: bit-serial
  int output_bits = 8;
  int weight_bits = 8;
  bool convert_every_slice = true;
  bool operator==(const Precision&) const = default;
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
  bool operator==(const WeightCells&) const = default;
};

struct Design {
  Technology technology;
  Tile tile;
  AnalogTile::Cell made_for;  ///< the cells that the tile card is of; those of `device` stand in their place
  std::string device;         ///< card of the study whose cells the tile has; "": its own
  Converter converter;
  std::size_t rows = 1024;
  std::size_t cols = 1024;
  bool fit_rows = false;  ///< rows (or columns) were given as 0: as many as the largest layer has
  bool fit_cols = false;
  bool even_parts =
      true;  ///< a matrix larger than an array falls into parts of equal size, else full ones and a rest
  Precision precision;
  bool signs_from_data = false;  ///< input.signed = "auto": signed where no data are known
  WeightCells cells;
  Activity activity;
  double supply_v = 0;  ///< 0: the tile's reference supply
  ChipOptions chip;
  std::string unbuildable;  ///< why the tile can't do what the study asks; "" where it can
  /// Where the cost is of something else than the study says, in words for its readers.
  std::vector<std::string> notes;
};

/// Whose cells a tile has: the study's device where it names one, or as hardware.cell says.
enum class CellOf { automatic, tile, device };

/// What [hardware] says, the same for every layer, and the document that says it.
struct Hardware {
  core::Config study;
  Design common;          ///< all that no layer can change
  std::string converter;  ///< the card named; "": the tile's own, or the one of adc.kind
  CellOf cell = CellOf::automatic;
  bool must_be_buildable = false;  ///< what can't be built is a complaint
};

/// Reads [hardware]: technology, tile, and what goes beyond. Keys of the cards can be overridden in
/// [hardware.override], [hardware.converter_override] and [hardware.technology_override]. What can't be built
/// is a complaint of `study` where it has a [hardware] section or its cost is `asked_for`; else it only
/// becomes Design::unbuildable, for accuracy may be asked for bits that the default tile hasn't got.
Hardware read_hardware(core::Config& study, bool asked_for);

/// The arrays of `settings` with what [hardware] says, of the tile's own cells. Complaints go to `view`, the
/// document that the settings come from: the study, or the study as one of its layers sees it.
Design design_of(const Hardware& hardware, core::Config& view, const array::Settings& settings);

/// `named`: the study, or one of its layers, says which device its cells are. The resolved study says which
/// cells it came to, as read again, with all its defaults, it names a device.
bool has_cells_of_device(const Hardware& hardware, bool named);
/// True where a document gives the card, the conductance or the read voltage of its device.
bool names_device(const core::Config& view);
/// Cells of a device in the place of the tile's own: their current, and no charge beside. Not in a digital
/// tile, which has none.
void use_device(Design& design, const device::Cell& cell);

/// All of this for a study whose layers are all alike; its cost is asked for where its task is "cost" or not
/// given.
Design read_design(core::Config& study, const array::Settings& settings);

/// A design from cards alone: name of a tile card, its technology, rows, columns, bits. For tests and tables.
/// Throws InvalidInput.
Design load_design(const std::string& tile, std::size_t rows, std::size_t cols, Precision precision,
                   const std::string& technology = "");

/// A digital core in another technology than its card's: energies with C·V², area with the square of the
/// node.
void rescale_core(DigitalTile& core, const Technology& from, const Technology& to);

}  // namespace mho::hardware
