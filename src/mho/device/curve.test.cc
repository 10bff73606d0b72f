#include "mho/device/curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "mho/core/error.h"

namespace mho::device {
namespace {

std::optional<Curve> curve_from(const std::string& text) {
  auto config = core::Config::from_text("f = " + text, "card.toml");
  const auto curve = read_curve(config.root(), "f");
  config.finish();
  return curve;
}

std::string complaint_of(const std::string& text) {
  try {
    curve_from(text);
  } catch (const core::InvalidInput& error) {
    return error.what();
  }
  return "";
}

const char* const kCurves[] = {
    "{ polynomial = [0.1, -2, 3, 0.5], min = 0 }",
    "{ saturating = [2, 0.3] }",
    "{ inverse = 0.5, max = 4 }",
    "{ power = [0.3, -0.65] }",
    "{ logarithm = [-0.0155, 0.0244], min = 0.049, max = 0.1 }",
    "{ points = [[0, 0], [0.3, 0.5], [0.5, 0.45], [1, 2]] }",
    "{ below = 0.3, low = { polynomial = [1, 1] }, high = { saturating = [1, 1] } }",
};

// The vectorized loop gives what the plain formula gives, to float's precision, for any length.
TEST(Curve, LoopsAgreeWithTheFormula) {
  for (const char* text : kCurves) {
    SCOPED_TRACE(text);
    const auto curve = curve_from(text);
    ASSERT_TRUE(curve);
    for (const std::size_t n : {1u, 15u, 16u, 17u, 300u}) {
      std::vector<float> x(n), y(n);
      for (std::size_t i = 0; i < n; ++i) x[i] = 1e-6f + 1.2f * static_cast<float>(i) / static_cast<float>(n);
      curve->evaluate(x, y);
      for (std::size_t i = 0; i < n; ++i) {
        const double right = (*curve)(x[i]);
        EXPECT_NEAR(y[i], right, 2e-6 * std::max(std::abs(right), 0.05)) << x[i];
      }
    }
  }
}

// A saturating error is linear at small currents: 1 - exp(-x) must not cancel there.
TEST(Curve, SaturatingIsExactNearZero) {
  const auto curve = curve_from("{ saturating = [1, 1] }");
  std::vector<float> x{1e-7f}, y(1);
  curve->evaluate(x, y);
  EXPECT_NEAR(y[0], 1e-7, 1e-12);
}

TEST(Curve, UnitsChangeBothAxes) {
  for (const char* text : kCurves) {
    const auto curve = *curve_from(text);
    const auto other = curve.in_units(25, 0.04);
    for (double x : {0.001, 0.01, 0.03}) EXPECT_NEAR(other(x), 0.04 * curve(25 * x), 1e-12) << text;
  }
}

TEST(Curve, BetweenMixesParameters) {
  const auto a = *curve_from("{ saturating = [1, 2] }"), b = *curve_from("{ saturating = [3, 6] }");
  const auto middle = between(a, b, 0.5);
  ASSERT_TRUE(middle);
  EXPECT_NEAR((*middle)(1), 2 * (1 - std::exp(-0.25)), 1e-12);
  EXPECT_FALSE(between(a, *curve_from("{ polynomial = [1, 2] }"), 0.5));
}

TEST(Curve, MistakesAreNamed) {
  EXPECT_THAT(complaint_of("{ saturating = [1] }"), testing::HasSubstr("must be 2 numbers"));
  EXPECT_THAT(complaint_of("{ saturating = [1, 0] }"), testing::HasSubstr("above 0"));
  EXPECT_THAT(complaint_of("{ points = [[0, 1], [0, 2]] }"), testing::HasSubstr("rising x"));
  EXPECT_THAT(complaint_of("{ polynomial = [1], inverse = 2 }"), testing::HasSubstr("exactly one"));
  EXPECT_THAT(complaint_of("{ below = 1, low = { polynomial = [1] } }"), testing::HasSubstr("\"high\""));
  EXPECT_THAT(complaint_of("{ polynomial = [1], min = 2, max = 1 }"), testing::HasSubstr("not be above max"));
  EXPECT_THAT(complaint_of("{ polynomial = [1], minn = 2 }"), testing::HasSubstr("did you mean \"min\""));
  EXPECT_THAT(complaint_of("3"), testing::HasSubstr("card.toml:1: f"));
}

}  // namespace
}  // namespace mho::device
