// The fast executors answer what the plain one answers, on every instruction set.

#include "mho/array/executors/fast_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "mho/array/executors/fast_plan.h"
#include "mho/array/executors/reference.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/reading/product.h"
#include "mho/core/random.h"
#include "random_matrix.h"

namespace mho::array {
namespace {

using tests::random_matrix;

struct Case {
  std::string name;
  std::size_t out = 1, in = 1, vectors = 1;
  Settings settings;
  Ranges ranges;
  Direction direction = Direction::forward;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

Settings settings(const std::function<void(Settings&)>& change) {
  Settings s;
  change(s);
  return s;
}

std::vector<Case> cases() {
  const Ranges unsigned_inputs{.input = 0.9, .input_signed = false, .adc = {{-2.5137, 3.0719}}};
  const Ranges signed_inputs{.input = 0.8, .input_signed = true, .adc = {{-2.5137, 3.0719}}};
  const Ranges symmetric{.input = 0.8, .input_signed = true, .adc = {{-2.5137, 2.5137}}};
  const Ranges wide{.input = 0.9, .input_signed = false, .adc = {{0.03, 15.2}}};
  const auto scheme = [](Scheme which, bool unit) {
    return settings([=](Settings& s) {
      s.mapping.scheme = which;
      s.adc.range = Adc::Range::max;
      if (unit) s.array.rows = 40;
    });
  };
  std::vector<Case> all{
      {"plain", 21, 45, 31, Settings{}, unsigned_inputs},
      {"signed", 16, 144, 13, Settings{}, signed_inputs},
      {"partitions", 37, 101, 14, settings([](Settings& s) { s.array.rows = 30, s.array.cols = 20; }),
       signed_inputs},
      {"continuous", 32, 64, 12, settings([](Settings& s) {
         s.input.bits = 0, s.mapping.weight_bits = 0, s.adc.kind = AdcKind::ideal;
       }),
       signed_inputs},
      {"sign-magnitude", 33, 65, 12, settings([](Settings& s) { s.adc.kind = AdcKind::sign_magnitude; }),
       symmetric},
      {"slices", 18, 50, 9, settings([](Settings& s) { s.mapping.slices = 4; }), unsigned_inputs},
      {"bit-serial", 18, 50, 9, settings([](Settings& s) { s.input.slice_bits = 1; }), signed_inputs},
      {"bit-serial-slices", 50, 70, 25,
       settings([](Settings& s) { s.input.slice_bits = 1, s.mapping.slices = 4, s.array.rows = 32; }),
       unsigned_inputs},
      {"bit-serial-once", 18, 50, 9,
       settings([](Settings& s) { s.input.slice_bits = 2, s.adc.per_input_slice = false; }), signed_inputs},
      {"digital-subtraction", 18, 50, 9,
       settings([](Settings& s) { s.mapping.subtract = Subtract::digital; }), wide},
      {"limit", 18, 50, 9, settings([](Settings& s) { s.array.column_current_limit = 2; }), unsigned_inputs},
      {"limit-bit-serial-once", 18, 50, 9, settings([](Settings& s) {
         s.array.column_current_limit = 4, s.input.slice_bits = 1, s.adc.per_input_slice = false;
       }),
       signed_inputs},
      {"interleaved-limit", 18, 50, 9,
       settings([](Settings& s) { s.mapping.interleaved = true, s.array.column_current_limit = 2; }),
       signed_inputs},
      {"two-sided", 18, 50, 9, scheme(Scheme::differential_two_sided, false), signed_inputs},
      {"offset", 18, 50, 9, scheme(Scheme::offset, false), signed_inputs},
      {"unit-column", 32, 90, 9, scheme(Scheme::offset_unit_column, true), signed_inputs},
      {"adc-noise", 18, 50, 9, settings([](Settings& s) { s.adc.noise_lsb = 0.7; }), signed_inputs},
      {"ramp", 18, 50, 9, settings([](Settings& s) { s.adc.kind = AdcKind::ramp, s.adc.gain_db = 40; }),
       symmetric},
      {"ramp-spread", 18, 50, 9, settings([](Settings& s) {
         s.adc.kind = AdcKind::ramp, s.adc.sigma_capacitor = 0.02, s.adc.sigma_comparator = 0.01,
         s.adc.noise_lsb = 0.5;
       }),
       symmetric},
      {"sar", 18, 50, 9,
       settings([](Settings& s) { s.adc.kind = AdcKind::sar, s.adc.sigma_capacitor = 0.02; }), symmetric},
      {"pipeline", 18, 50, 9,
       settings([](Settings& s) { s.adc.kind = AdcKind::pipeline, s.adc.gain_db = 50; }), symmetric},
      {"cyclic", 18, 50, 9, settings([](Settings& s) { s.adc.kind = AdcKind::cyclic, s.adc.bits = 6; }),
       symmetric},
  };
  const std::size_t forward = all.size();
  for (std::size_t i = 0; i < forward; ++i) {
    Case c = all[i];
    c.name += "-transposed";
    c.direction = Direction::transposed;
    all.push_back(c);
  }
  return all;
}

core::Matrix<float> answers(const Product& product, const core::Matrix<float>& x, std::size_t outputs,
                            Tally& tally) {
  core::Matrix<float> y(x.rows, outputs);
  vmm(product, x.view(), y.view(), &tally);
  return y;
}

std::vector<core::Isa> fast_isas() {
  std::vector<core::Isa> isas = core::available_isas();
  std::erase(isas, core::Isa::reference);
  return isas;
}

/// The matrix with every conductance off by some percent.
std::shared_ptr<const ProgrammedMatrix> disturbed(const ProgrammedMatrix& ideal) {
  auto m = std::make_shared<ProgrammedMatrix>(ideal);
  for (Block& b : m->blocks) {
    for (CellArray* cells : {&b.plus, &b.minus}) {
      core::Matrix<float> error(cells->g.rows, cells->g.cols);
      core::fill_normal(core::random_key({.purpose = "error", .array = cells->number}), 0, 0, error.elements);
      for (std::size_t i = 0; i < error.elements.size(); ++i)
        cells->g.elements[i] *= 1 + 0.05f * error.elements[i];
    }
  }
  return m;
}

class FastProducts : public testing::TestWithParam<Case> {};

// f32 sums of n products differ from exact ones by less than n·2^-24 of the sum of magnitudes, so a code may
// differ only where a current lies that near to the edge between two codes: rare, and then by one code.
TEST_P(FastProducts, AnswerAsThePlainOne) {
  const Case& c = GetParam();
  const auto w = random_matrix(c.out, c.in, "weights");
  const bool forward = c.direction == Direction::forward;
  const std::size_t inputs = forward ? c.in : c.out, outputs = forward ? c.out : c.in;
  const auto x = random_matrix(c.vectors, inputs, "inputs", c.ranges.input_signed ? -1.0f : -0.1f);
  const auto ideal = program(w.view(), c.settings, c.ranges, {});
  for (const auto& matrix : {ideal, disturbed(*ideal)}) {
    Tally plain_tally;
    const auto expected =
        answers(*make_reference_product(matrix, {}, c.direction, c.ranges), x, outputs, plain_tally);
    double scale = 0;
    for (const float y : expected.elements) scale = std::max(scale, double{std::abs(y)});
    for (const core::Isa isa : fast_isas()) {
      const auto product = make_fast_product(matrix, {}, c.direction, c.ranges, isa);
      ASSERT_NE(product, nullptr);
      Tally tally;
      const auto y = answers(*product, x, outputs, tally);
      std::size_t differ = 0;
      for (std::size_t i = 0; i < y.elements.size(); ++i) {
        differ += std::abs(y.elements[i] - expected.elements[i]) > 1e-5 * scale;
      }
      EXPECT_LE(differ, y.elements.size() / 100) << core::name(isa) << (matrix == ideal ? "" : ", disturbed");
      EXPECT_EQ(tally.conversions, plain_tally.conversions) << core::name(isa);
      EXPECT_NEAR(double(tally.clipped), double(plain_tally.clipped), 1 + 0.001 * double(plain_tally.clipped))
          << core::name(isa);
    }
  }
}

// Conductances of 16 bits are off by at most half a step, the largest over 32767; so is every current by at
// most that times the sum of its inputs, whether or not sums had to go over to f32 on the way. (Before the
// converter, so that a current near an edge says nothing else.)
TEST(FastProduct, Int16ConductancesAreOffByHalfAStep) {
  constexpr std::size_t kIn = 3000, kOut = 20;
  const auto w = random_matrix(kOut, kIn, "weights", 0.5f), x = random_matrix(5, kIn, "inputs", 0.5f);
  Settings s;
  s.adc.kind = AdcKind::ideal;
  s.array.rows = 0;
  s.mapping.weight_bits = 0;
  const Ranges ranges{.input = 1, .input_signed = false, .adc = {}};
  const auto exact = disturbed(*program(w.view(), s, ranges, {}));
  auto coarse = std::make_shared<ProgrammedMatrix>(*exact);
  coarse->settings.array.precision = Precision::int16;
  float largest = 0;
  for (std::size_t i = 0; i < exact->blocks[0].plus.g.elements.size(); ++i) {
    largest = std::max(largest,
                       std::abs(exact->blocks[0].plus.g.elements[i] - exact->blocks[0].minus.g.elements[i]));
  }
  Tally tally;
  const auto expected =
      answers(*make_reference_product(exact, {}, Direction::forward, ranges), x, kOut, tally);
  for (const core::Isa isa : fast_isas()) {
    const auto y = answers(*make_fast_product(coarse, {}, Direction::forward, ranges, isa), x, kOut, tally);
    double worst = 0;
    for (std::size_t i = 0; i < y.elements.size(); ++i)
      worst = std::max(worst, std::abs(double{y.elements[i]} - expected.elements[i]));
    const double half_step = 0.5 * largest / 32767 * exact->code.slice_scale[0] * exact->code.weight_max;
    EXPECT_LT(worst, half_step * kIn) << core::name(isa);
    EXPECT_GT(worst, half_step * 0.1) << core::name(isa);  // it is coarser indeed
  }
}

INSTANTIATE_TEST_SUITE_P(All, FastProducts, testing::ValuesIn(cases()), [](const auto& one) {
  std::string name = one.param.name;
  for (char& ch : name) ch = ch == '-' ? '_' : ch;
  return name;
});

// A convolution reads overlapping windows of one image: rows in the order (channel, y, x) of an image that
// lies as (y, x, channel).
TEST(FastProduct, GathersTheWindowsOfAConvolution) {
  for (const std::size_t channels : {1, 3, 16, 20}) {
    constexpr std::size_t kSide = 9, kKernel = 3, kOut = 10;
    const std::size_t rows = channels * kKernel * kKernel;
    std::vector<std::int64_t> offsets;
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t y = 0; y < kKernel; ++y) {
        for (std::size_t x = 0; x < kKernel; ++x)
          offsets.push_back(static_cast<std::int64_t>((y * kSide + x) * channels + c));
      }
    }
    std::vector<std::int64_t> origins;
    for (std::size_t y = 0; y + kKernel <= kSide; ++y) {
      for (std::size_t x = 0; x + kKernel <= kSide; ++x)
        origins.push_back(static_cast<std::int64_t>((y * kSide + x) * channels));
    }
    const auto image = random_matrix(kSide * kSide, channels, "image", 0);
    const auto w = random_matrix(kOut, rows, "weights");
    Settings s;
    s.array.rows = 70;
    const Ranges ranges{.input = 1, .input_signed = false, .adc = {{-3.1416, 3.1416}}};
    const auto matrix = program(w.view(), s, ranges, {});
    const auto convolved = [&](const Product& product) {
      const auto workspace = make_workspace();
      core::Matrix<float> y(origins.size(), kOut);
      product.quantize(image.elements, *workspace);
      product.vmm(origins, y.view(), 0, *workspace);
      return y;
    };
    const auto expected = convolved(*make_reference_product(matrix, offsets, Direction::forward, ranges));
    for (const core::Isa isa : fast_isas()) {
      const auto y = convolved(*make_fast_product(matrix, offsets, Direction::forward, ranges, isa));
      std::size_t differ = 0;
      for (std::size_t i = 0; i < y.elements.size(); ++i)
        differ += std::abs(y.elements[i] - expected.elements[i]) > 1e-4;
      EXPECT_LE(differ, y.elements.size() / 100) << core::name(isa) << ' ' << channels;
    }
  }
}

/// The matrix with read noise of `sigma` (row, column) on every cell.
std::shared_ptr<const ProgrammedMatrix> noisy(const ProgrammedMatrix& ideal, float sigma) {
  auto m = std::make_shared<ProgrammedMatrix>(ideal);
  for (Block& b : m->blocks) {
    for (CellArray* cells : {&b.plus, &b.minus}) {
      cells->sigma = cells->g;
      for (float& s : cells->sigma.elements) s *= sigma;
    }
  }
  return m;
}

// Conductances of 16 bits are the same whole numbers on every instruction set, whether integers or floats
// multiply them: what the portable kernels answer, with read noise or without, all answer.
TEST_P(FastProducts, Int16AnswersAreTheSameEverywhere) {
  const Case& c = GetParam();
  const auto w = random_matrix(c.out, c.in, "weights");
  const bool forward = c.direction == Direction::forward;
  const std::size_t inputs = forward ? c.in : c.out, outputs = forward ? c.out : c.in;
  const auto x = random_matrix(c.vectors, inputs, "inputs", c.ranges.input_signed ? -1.0f : -0.1f);
  Settings coarse = c.settings;
  coarse.array.precision = Precision::int16;
  const auto still = disturbed(*program(w.view(), coarse, c.ranges, {}));
  for (const auto& matrix : {still, noisy(*still, 0.05f)}) {
    const auto answer = [&](core::Isa isa) {
      Tally tally;
      return answers(*make_fast_product(matrix, {}, c.direction, c.ranges, isa), x, outputs, tally);
    };
    const auto expected = answer(core::Isa::portable);
    double scale = 0;
    for (const float y : expected.elements) scale = std::max(scale, double{std::abs(y)});
    for (const core::Isa isa : fast_isas()) {
      const auto y = answer(isa);
      std::size_t differ = 0;
      for (std::size_t i = 0; i < y.elements.size(); ++i)
        differ += std::abs(y.elements[i] - expected.elements[i]) > 1e-5 * scale;
      EXPECT_LE(differ, y.elements.size() / 100) << core::name(isa) << (matrix == still ? "" : ", noisy");
    }
  }
}

// Whole numbers are multiplied as such wherever there are instructions for them: of 8 bits at best, of 16
// with AVX2. An array of few columns without noise takes f32, with its vectors in the lanes.
TEST(FastProduct, MultipliesIntegersWhereItCan) {
  const Ranges ranges{.input = 1, .input_signed = true, .adc = {{-3.1416, 3.1416}}};
  Settings s;
  s.array.precision = Precision::int16;
  for (const core::Isa isa : fast_isas()) {
    const Kernels& k = kernels(isa);
    EXPECT_TRUE(isa != core::Isa::avx2 || k.int16);
    const auto arithmetic = [&](const ProgrammedMatrix& m) {
      return fast_plan(m, {}, Direction::forward, ranges, isa).arithmetic;
    };
    const Arithmetic wide = k.int16 ? Arithmetic::int16 : Arithmetic::f32;
    const auto ideal = program(random_matrix(20, 30, "weights").view(), s, ranges, {});
    EXPECT_EQ(arithmetic(*ideal), k.int8 ? Arithmetic::int8 : wide) << core::name(isa);
    EXPECT_EQ(arithmetic(*disturbed(*ideal)), wide) << core::name(isa);
    const auto few = disturbed(*program(random_matrix(3, 30, "weights").view(), s, ranges, {}));
    EXPECT_EQ(arithmetic(*few), Arithmetic::f32) << core::name(isa);
    EXPECT_EQ(arithmetic(*noisy(*few, 0.05f)), wide) << core::name(isa);
  }
}

// What a vector is answered depends on the vector and its number, not on which others come with it, nor on
// how many threads there are.
TEST(FastProduct, AnswersAVectorAloneAsInABatch) {
  const auto w = random_matrix(50, 70, "weights"), x = random_matrix(67, 70, "inputs");
  Settings s;
  s.array.rows = 40;
  const Ranges ranges{.input = 1, .input_signed = true, .adc = {{-3.1416, 3.1416}}};
  const auto matrix = noisy(*program(w.view(), s, ranges, {}), 0.05f);
  for (const core::Isa isa : fast_isas()) {
    const auto product = make_fast_product(matrix, {}, Direction::forward, ranges, isa);
    core::Matrix<float> batch(67, 50), serial(67, 50);
    vmm(*product, x.view(), batch.view());
    const auto workspace = make_workspace();
    const std::int64_t origin = 0;
    for (std::size_t v = 0; v < x.rows; ++v) {
      product->quantize(x.row(v), *workspace);
      product->vmm({&origin, 1}, serial.view().block(v, 0, 1, 50), v, *workspace);
    }
    EXPECT_EQ(batch.elements, serial.elements) << core::name(isa);
  }
}

// Independent Gaussian noise of every cell, at every read, is a Gaussian of variance Σ x²(σ⁺² + σ⁻²) at the
// output: mean and variance of many reads must say so, for one conversion as for the sum of input slices.
TEST(FastProduct, NoiseOfCellsHasTheVarianceOfItsSum) {
  constexpr std::size_t kReads = 20'000, kOut = 3, kIn = 25;
  const auto w = random_matrix(kOut, kIn, "weights"), once = random_matrix(1, kIn, "inputs");
  core::Matrix<float> x(kReads, kIn);
  for (std::size_t v = 0; v < kReads; ++v)
    std::copy(once.elements.begin(), once.elements.end(), x.row(v).begin());
  for (const bool serial : {false, true}) {
    for (const bool each : {false, true}) {
      Settings s;
      s.adc.kind = AdcKind::ideal;
      s.adc.per_input_slice = each;
      if (serial) s.input.slice_bits = 2;
      const Ranges ranges{.input = 1, .input_signed = true, .adc = {}};
      const auto matrix = noisy(*program(w.view(), s, ranges, {}), 0.1f);
      const InputCode code = input_code(s.input, 1, true);
      const auto product = make_fast_product(matrix, {}, Direction::forward, ranges, fast_isas().back());
      core::Matrix<float> y(kReads, kOut);
      vmm(*product, x.view(), y.view());
      for (std::size_t j = 0; j < kOut; ++j) {
        const Block& b = matrix->blocks.front();
        double variance = 0, exact = 0;
        for (std::size_t i = 0; i < kIn; ++i) {
          double squares = 0;
          for (int k = 0; k < code.slices; ++k) {
            squares +=
                std::pow(code.slice_weight(k) * input_digit(code, input_level(code, once(0, i)), k), 2);
          }
          variance += squares * (std::pow(b.plus.sigma(i, j), 2) + std::pow(b.minus.sigma(i, j), 2));
          exact += input_value(code, once(0, i)) * (b.plus.g(i, j) - b.minus.g(i, j));
        }
        const double scale = matrix->code.slice_scale[0] * matrix->code.weight_max;
        double sum = 0, squares = 0;
        for (std::size_t v = 0; v < kReads; ++v) {
          const double e = y(v, j) - exact * scale;
          sum += e, squares += e * e;
        }
        const double sigma = std::sqrt(variance) * scale;
        EXPECT_NEAR(sum / kReads, 0, 4.5 * sigma / std::sqrt(kReads));
        EXPECT_NEAR(squares / kReads / (sigma * sigma), 1, 4.5 * std::sqrt(2.0 / kReads));
      }
    }
  }
}

// All conductances and inputs at their largest: whatever the bits, no sum of whole numbers may wrap around.
TEST(FastProduct, TheLargestSumsFit) {
  constexpr std::size_t kIn = 500;
  const core::Matrix<float> w(20, kIn, 1.0f), x(20, kIn, 1.0f);
  for (const Scheme scheme : {Scheme::differential, Scheme::offset}) {
    for (const bool is_signed : {false, true}) {
      for (int bits = 8; bits <= 15; ++bits) {
        Settings s;
        s.mapping.scheme = scheme;
        s.mapping.weight_bits = 0;
        s.array.precision = Precision::int16;
        s.input.bits = bits;
        s.adc.kind = AdcKind::ideal;
        const Ranges ranges{.input = 1, .input_signed = is_signed, .adc = {}};
        const auto matrix = program(w.view(), s, ranges, {});
        for (const core::Isa isa : core::available_isas()) {
          if (isa == core::Isa::reference) continue;
          core::Matrix<float> y(x.rows, w.rows);
          vmm(*make_fast_product(matrix, {}, Direction::forward, ranges, isa), x.view(), y.view());
          for (const float answer : y.elements)
            EXPECT_NEAR(answer, kIn, kIn * 2e-4) << core::name(isa) << ", " << bits << " bits";
        }
      }
    }
  }
}

}  // namespace
}  // namespace mho::array
