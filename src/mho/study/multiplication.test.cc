// Ideal arrays answer the exact product, forward and transposed, and what is reported of the errors is what
// the answers say.

#include "mho/study/multiplication.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mho/core/config.h"
#include "random_matrix.h"

namespace mho::study {
namespace {

MultiplicationSettings settings(const std::string& study, bool transpose) {
  auto config = core::Config::from_text(study, "s.toml");
  return {.array = array::read_settings(config), .transpose = transpose};
}

double exact(const core::Matrix<float>& w, const core::Matrix<float>& x, std::size_t v, std::size_t j,
             bool transpose) {
  double sum = 0;
  for (std::size_t i = 0; i < x.cols; ++i) sum += double{x(v, i)} * (transpose ? w(i, j) : w(j, i));
  return sum;
}

TEST(Multiplication, IdealArraysAnswerTheProduct) {
  const auto w = tests::random_matrix(4, 6, "weights");
  for (const bool transpose : {false, true}) {
    const auto x = tests::random_matrix(3, transpose ? 4 : 6, "inputs");
    const Multiplication product(
        settings("[mapping]\nweight_bits = 0\n[input]\nbits = 0\nrange = 1\n[adc]\nkind = 'ideal'\n",
                 transpose),
        w, x);
    core::Matrix<float> y(3, product.answers());
    const auto record = product.run(0, y.view());
    for (std::size_t v = 0; v < y.rows; ++v) {
      for (std::size_t j = 0; j < y.cols; ++j) EXPECT_NEAR(y(v, j), exact(w, x, v, j, transpose), 1e-6);
    }
    EXPECT_LT(record["square_error"].get<double>(), 1e-12);
    EXPECT_EQ(record["conversions"], y.rows * y.cols);
  }
}

TEST(Multiplication, ErrorsAreThoseOfTheAnswersAndTrialsAreChips) {
  const auto w = tests::random_matrix(4, 6, "weights"), x = tests::random_matrix(3, 6, "inputs");
  const Multiplication product(settings("[device]\ncard = 'taox'\n", false), w, x);
  core::Matrix<float> y(3, 4), other(3, 4);
  const auto record = product.run(5, y.view());
  double error = 0, answers = 0;
  for (std::size_t v = 0; v < 3; ++v) {
    for (std::size_t j = 0; j < 4; ++j) {
      const double right = exact(w, x, v, j, false);
      error += (y(v, j) - right) * (y(v, j) - right) / 12;
      answers += right * right / 12;
    }
  }
  EXPECT_NEAR(record["square_error"].get<double>(), error, 1e-9);
  EXPECT_NEAR(record["square_exact"].get<double>(), answers, 1e-9);
  EXPECT_EQ(record["trial"], 5);
  product.run(5, other.view());
  EXPECT_EQ(y.elements, other.elements);
  std::string netlist;
  product.run(6, other.view(), &netlist);
  EXPECT_NE(y.elements, other.elements);
  EXPECT_NE(netlist.find(".end"), std::string::npos);
}

}  // namespace
}  // namespace mho::study
