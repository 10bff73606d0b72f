#include "mho/array/executors/netlist.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "mho/array/reading/reading.h"

namespace mho::array {
namespace {

/// Writes elements and joins nodes over resistances of zero.
class Deck {
 public:
  Deck(const NetlistCircuit& c) : c_(c), rows_(c.planes[0].g.rows), cols_(c.planes[0].g.cols) {}

  std::string write() {
    say("* {}\n", c_.title.empty() ? "array with wires" : c_.title);
    say("* {} rows, {} columns{}{}\n", rows_, cols_,
        c_.planes.size() == 2 ? ", pairs of cells on common columns" : "",
        c_.gated ? ", gated: digits connect cells to supply lines beside the columns" : "");
    say("* nodes: c<row>_<column> on columns, {}\n",
        c_.gated ? "p/m<row>_<column> on the supply lines of plus and minus cells"
                 : "p/m<row>_<column> on the row lines of plus and minus cells");
    columns();
    for (std::size_t p = 0; p < c_.planes.size(); ++p) c_.gated ? gated_plane(p) : plane(p);
    say("\n.options reltol=1e-12 abstol=1e-20 vntol=1e-15 itl1=500\n");
    say(".control\nset numdgt=15\nop\n");
    for (const auto& name : outputs_) say("print i({})\n", name);
    say("quit 0\n.endc\n.end\n");
    return text_;
  }

 private:
  template <typename... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }

  std::string column_node(std::size_t i, std::size_t j) const {
    const double ohm_below = i + 1 < rows_ ? c_.ohm.col : last_ohm();
    if (ohm_below > 0) return fmt::format("c{}_{}", i, j);
    return i + 1 < rows_ ? column_node(i + 1, j) : fmt::format("out{}", j);
  }
  double last_ohm() const {
    const bool extra = c_.gated && c_.unused.at == UnusedRows::output_end;
    return c_.ohm.col + c_.ohm.col_terminal + (extra ? static_cast<double>(c_.unused.rows) * c_.ohm.col : 0);
  }

  void resistor(const std::string& name, const std::string& from, const std::string& to, double ohm) {
    if (ohm > 0) say("R{} {} {} {:.17g}\n", name, from, to, ohm);
  }

  void columns() {
    for (std::size_t j = 0; j < cols_; ++j) {
      say("\n* column {}\n", j);
      for (std::size_t i = 0; i < rows_; ++i) {
        const std::string next = i + 1 < rows_ ? column_node(i + 1, j) : fmt::format("out{}", j);
        resistor(fmt::format("c{}_{}", i, j), column_node(i, j), next,
                 i + 1 < rows_ ? c_.ohm.col : last_ohm());
      }
      say("Vout{} out{} 0 {:.17g}\n", j, j, c_.transposed ? c_.rows_v[j] : 0.0);
      if (!c_.transposed) outputs_.push_back(fmt::format("vout{}", j));
    }
  }

  void cell(std::size_t p, std::size_t i, std::size_t j, const std::string& from, const std::string& to) {
    const auto& cells = c_.planes[p];
    const double g = cells.g(i, j);
    const char sign = "pm"[p];
    if (!cells.second.elements.empty()) {
      const double direction = c_.transposed ? -1 : 1;  // the cubic is in the voltage from driver to output
      const std::string v = fmt::format("V({},{})", from, to);  // ngspice's ^ takes the magnitude
      say("Bcell{}{}_{} {} {} I={}*({:.17g}+{}*({:.17g}+{}*{:.17g}))\n", sign, i, j, from, to, v, g, v,
          direction * cells.second(i, j), v, cells.third(i, j));
    } else if (g != 0) {
      say("Rcell{}{}_{} {} {} {:.17g}\n", sign, i, j, from, to, 1 / g);
    }
  }

  void plane(std::size_t p) {
    const char sign = "pm"[p];
    for (std::size_t i = 0; i < rows_; ++i) {
      say("\n* row {}, {} cells\n", i, p == 0 ? "plus" : "minus");
      const std::string driver = fmt::format("{}in{}", sign, i);
      if (c_.transposed) {
        const std::string name = fmt::format("{}{}", p == 0 ? "vplus" : "vminus", i);
        say("{} {} 0 0\n", name, driver);
        outputs_.push_back(name);
      } else {
        say("V{} {} 0 {:.17g}\n", driver, driver, p == 0 ? c_.rows_v[i] : -c_.rows_v[i]);
      }
      std::string previous = driver;
      for (std::size_t j = 0; j < cols_; ++j) {
        const double ohm = c_.ohm.row + (j == 0 ? c_.ohm.row_terminal : 0);
        const std::string node = ohm > 0 ? fmt::format("{}{}_{}", sign, i, j) : previous;
        resistor(fmt::format("{}{}_{}", sign, i, j), previous, node, ohm);
        cell(p, i, j, node, column_node(i, j));
        previous = node;
      }
    }
  }

  void gated_plane(std::size_t p) {
    const char sign = "pm"[p];
    const double rail = p == 0 ? c_.read_voltage_v : -c_.read_voltage_v;
    const double extra = c_.unused.at == UnusedRows::supply_end ? static_cast<double>(c_.unused.rows) : 0;
    for (std::size_t j = 0; j < cols_; ++j) {
      say("\n* supply line of column {}, {} cells\n", j, p == 0 ? "plus" : "minus");
      std::string previous = fmt::format("{}in{}", sign, j);
      say("V{} {} 0 {:.17g}\n", previous, previous, rail);
      for (std::size_t i = 0; i < rows_; ++i) {
        const double ohm = c_.ohm.row + (i == 0 ? c_.ohm.row_terminal + extra * c_.ohm.row : 0);
        const std::string node = ohm > 0 ? fmt::format("{}{}_{}", sign, i, j) : previous;
        resistor(fmt::format("{}{}_{}", sign, i, j), previous, node, ohm);
        previous = node;
        if (c_.rows_v[i] == 0) continue;
        std::string from = node;
        if (c_.rows_v[i] < 0) {  // the other rail: twice the read voltage lower
          from = fmt::format("{}x{}_{}", sign, i, j);
          say("V{} {} {} {:.17g}\n", from, node, from, 2 * rail);
        }
        cell(p, i, j, from, column_node(i, j));
      }
    }
  }

  const NetlistCircuit& c_;
  std::size_t rows_, cols_;
  std::string text_;
  std::vector<std::string> outputs_;
};

}  // namespace

std::string netlist(const NetlistCircuit& circuit) { return Deck(circuit).write(); }

NetlistCircuit first_array(const ProgrammedMatrix& m, Direction direction, const Ranges& ranges,
                           std::span<const float> x) {
  const Reading r = reading(m, direction, ranges);
  const Wires& wires = m.settings.wires;
  const bool forward = direction == Direction::forward;
  const double g_on = m.settings.cell.g_on_s();
  const double v_read = m.settings.cell.read_voltage_v();
  const Block& block = m.blocks.front();
  NetlistCircuit c;
  const auto cells = [&](const CellArray& array) {
    const auto scaled = [](const core::Matrix<float>& from, double scale) {
      core::Matrix<double> to(from.rows, from.cols);
      for (std::size_t k = 0; k < from.elements.size(); ++k)
        to.elements[k] = scale * double{from.elements[k]};
      return to;
    };
    c.planes.push_back({scaled(array.g, g_on), scaled(array.second, g_on / v_read),
                        scaled(array.third, g_on / v_read / v_read)});
  };
  cells(block.plus);
  if (m.settings.mapping.interleaved) cells(block.minus);
  c.ohm = {wires.row_ohm, wires.col_ohm, wires.row_terminal_ohm, wires.col_terminal_ohm};
  c.gated = wires.gated;
  c.read_voltage_v = v_read;
  c.unused = {std::max(m.settings.array.rows, block.plus.g.rows) - block.plus.g.rows, wires.unused_rows};
  c.transposed = !forward;
  c.rows_v.assign(forward ? 0 : m.unit_columns(), 0.0);
  const int top = r.input.slices - 1;
  const float largest = largest_magnitude(x);
  const double full_scale = r.automatic_input && largest > 0 ? largest : 1;
  for (std::size_t i = 0; i < r.driven[0].size; ++i) {
    const double value = x[r.driven[0].first + i] / full_scale;
    c.rows_v.push_back(v_read * (r.input.magnitude_bits > 0
                                     ? input_digit(r.input, input_level(r.input, value), top)
                                     : input_value(r.input, value)));
  }
  c.title =
      fmt::format("first array of a {}x{} matrix{}{}", m.out, m.in,
                  m.differential() && !m.settings.mapping.interleaved ? ", plus cells" : "",
                  r.input.slices > 1 ? fmt::format(", input slice {} of {}", top + 1, r.input.slices) : "");
  return c;
}

}  // namespace mho::array
