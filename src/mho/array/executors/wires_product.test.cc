// Wires in whole products: whatever the mapping, wires of next to no resistance change nothing, and the
// residual is reported.

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "mho/array/executors/reference.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/core/config.h"
#include "mho/core/random.h"

namespace mho::array {
namespace {

core::Matrix<float> random_matrix(std::size_t rows, std::size_t cols, std::string_view purpose) {
  core::Matrix<float> m(rows, cols);
  core::fill_normal(core::random_key({.purpose = purpose}), 0, 0, m.elements);
  return m;
}

Settings settings(const std::string& sections) {
  auto config = core::Config::from_text(sections, "test");
  Settings s = read_settings(config);
  config.finish();
  return s;
}

/// Without wires by the plain executor, which draws the noise of every cell as arrays with wires do.
core::Matrix<float> answers(const Settings& s, const core::Matrix<float>& w, const core::Matrix<float>& x,
                            Direction direction, Tally& tally) {
  const Ranges ranges{.input = 2, .input_signed = true, .adc = {}};
  const auto matrix = program(w.view(), s, ranges, {});
  core::Matrix<float> y(x.rows, direction == Direction::forward ? w.rows : w.cols);
  const auto product = has_resistance(s.wires) ? make_product(matrix, {}, direction)
                                               : make_reference_product(matrix, {}, direction, ranges);
  vmm(*product, x.view(), y.view(), &tally);
  return y;
}

struct Case {
  std::string name, device, mapping, input;
};

const std::vector<Case> cases = {
    {"Slices", "", "scheme = \"differential\"\nslices = 3", "bits = 6"},
    {"Noise", "card = \"sonos-40nm-iedm22\"", "scheme = \"differential\"", "bits = 6"},
    {"NoiseInPairs", "card = \"sonos-40nm-iedm22\"", "scheme = \"differential\"\ninterleaved = true",
     "bits = 6"},
    {"NoiseBesideAUnitColumn", "card = \"sonos-40nm-iedm22\"", "scheme = \"offset-unit-column\"\nslices = 2",
     "bits = 5\nslice_bits = 1"},
    {"NonlinearCells", "card = \"hfo2-milo-nonlinear\"", "scheme = \"offset\"", "bits = 6"},
    {"NonlinearPairs", "card = \"hfo2-milo-nonlinear\"",
     "scheme = \"differential-two-sided\"\ninterleaved = true", "bits = 6"},
    {"TwoConversions", "", "scheme = \"differential\"\nsubtract = \"digital\"", "bits = 4\nslice_bits = 1"},
};

class WiredProducts : public testing::TestWithParam<std::tuple<Case, bool, bool>> {};

TEST_P(WiredProducts, WiresOfNoResistanceChangeNothing) {
  const auto& [c, gated, transposed] = GetParam();
  if (gated && transposed) return;  // refused, tested elsewhere
  const std::string input =
      gated && c.input.find("slice_bits") == std::string::npos ? c.input + "\nslice_bits = 1" : c.input;
  const std::string text = "[device]\n" + c.device + "\n[array]\nrows = 17\ncols = 6\n[mapping]\n" +
                           c.mapping + "\n[input]\nsigned = true\n" + input + "\n[adc]\nkind = \"ideal\"\n";
  const device::Cell cell = settings(text).cell;
  ASSERT_EQ(cell.has_read_noise(), c.name.starts_with("Noise"));
  ASSERT_EQ(cell.is_nonlinear(), c.name.starts_with("Nonlinear"));
  const auto w = random_matrix(11, 30, "weights");
  const auto x = random_matrix(3, transposed ? 11 : 30, "inputs");
  const Direction direction = transposed ? Direction::transposed : Direction::forward;
  Tally none, little, much;
  const auto without = answers(settings(text), w, x, direction, none);
  const std::string wires = text + "[wires]\ngated = " + (gated ? "true" : "false");
  const auto with = answers(settings(wires + "\nrow_ohm = 1e-4\ncol_ohm = 1e-4\n"), w, x, direction, little);
  const auto worse = answers(settings(wires + "\nrow_ohm = 100\ncol_ohm = 100\n"), w, x, direction, much);
  double scale = 0, effect = 0;
  for (std::size_t k = 0; k < with.elements.size(); ++k) {
    scale = std::max(scale, std::abs(double{without.elements[k]}));
    effect = std::max(effect, std::abs(double{worse.elements[k]} - without.elements[k]));
  }
  for (std::size_t k = 0; k < with.elements.size(); ++k) {
    EXPECT_NEAR(with.elements[k], without.elements[k], 1e-5 * scale) << k;
  }
  EXPECT_GT(effect, 1e-4 * scale);
  EXPECT_EQ(none.wires_residual, 0);
  for (const Tally* t : {&little, &much}) {
    EXPECT_GT(t->wires_residual, 0);
    EXPECT_LE(t->wires_residual, 1e-9);
  }
}

std::string name_of(const std::tuple<Case, bool, bool>& at) {
  const auto& [c, gated, transposed] = at;
  return c.name + (gated ? "Gated" : "") + (transposed ? "Transposed" : "");
}

INSTANTIATE_TEST_SUITE_P(Mappings, WiredProducts,
                         testing::Combine(testing::ValuesIn(cases), testing::Bool(), testing::Bool()),
                         [](const auto& at) { return name_of(at.param); });

}  // namespace
}  // namespace mho::array
