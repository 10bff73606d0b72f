#pragma once
// An array with wires as a SPICE netlist, for a look at one circuit with another simulator.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/array/wires/wires.h"
#include "mho/array/wires/wires_gated.h"
#include "mho/core/matrix.h"

namespace mho::array {

/// One array, or a pair on common columns, with what drives it, in SI units.
struct NetlistCircuit {
  std::string title;
  /// Cells (rows × cols): I = g·V + second·V² + third·V³; second and third empty where linear. [A/Vⁿ]
  struct Cells {
    core::Matrix<double> g, second, third;
  };
  std::vector<Cells> planes;   ///< one, or the plus and the minus cells of pairs
  Segments ohm;                ///< wires [ohm]
  std::vector<double> rows_v;  ///< row drivers [V]; of gated arrays digits -1, 0, 1 times read_voltage_v
  bool gated = false;
  double read_voltage_v = 0.1;  ///< rail of gated arrays
  Unused unused;                ///< of gated arrays
  bool transposed = false;      ///< rows_v drives the columns' ends instead, and rows are read
};

/// The whole text: comments, elements, operating point, and a print of every current that leaves, in
/// amperes to 15 digits; `ngspice -b FILE` runs it. Currents are i(vout0), i(vout1), …; of transposed
/// pairs i(vplus0) … and i(vminus0) …. Wires without resistance join nodes, cells that never conduct are
/// left out.
std::string netlist(const NetlistCircuit& circuit);

/// The circuit of the first array of a matrix (of its first pair of arrays the plus cells, unless they are
/// interleaved) under the vector x, in the user's units; of inputs in slices the most significant one.
/// Cells as they were programmed, without the noise of a read.
NetlistCircuit first_array(const ProgrammedMatrix& matrix, Direction direction, const Ranges& ranges,
                           std::span<const float> x);

}  // namespace mho::array
