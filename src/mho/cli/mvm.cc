// mho mvm: what crossbar arrays answer to given vectors, beside the exact product.

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "mho/array/calibration/calibration.h"
#include "mho/array/executors/netlist.h"
#include "mho/array/mapping/programmed_matrix.h"
#include "mho/array/mapping/settings.h"
#include "mho/array/reading/product.h"
#include "mho/cli/study_file.h"
#include "mho/cli/verbs.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/npy.h"
#include "mho/core/parallel.h"

namespace mho::cli {
namespace {

using array::Direction;

struct Options {
  StudyFile study;
  std::string weights, inputs, output, spice;
  bool transpose = false;
  std::uint32_t trial = 0;
  std::uint32_t trials = 1;
};

/// What a study says beside the array's own sections.
struct Study {
  array::Settings settings;
  std::uint64_t seed = 1;
  double percentile = 99.98;
};

Study read(core::Config& config, int threads_of_command_line) {
  Study s;
  const auto root = config.root();
  root.word("task", "mvm", {"infer", "train", "cost", "mvm"});
  s.settings = array::read_settings(config);
  const auto study = root.table("study");
  s.seed = static_cast<std::uint64_t>(study.integer("seed", 1, 0));
  const auto threads = study.integer("threads", 0, 0, 4096);
  if (threads_of_command_line == 0) core::set_thread_count(static_cast<int>(threads));
  study.ignore("trials");
  const auto calibration = root.table("calibration");
  s.percentile = calibration.number("percentile", s.percentile, {.min = 50, .max = 100, .above_min = true});
  for (const char* key : {"images", "count", "file"}) calibration.ignore(key);
  for (const char* section : {"network", "data", "hardware", "training", "layer", "sweep"}) {
    root.ignore(section);
  }
  config.finish();
  return s;
}

/// Two dimensions of finite numbers; a batch may be empty.
core::Matrix<float> read_matrix(const std::string& path, const char* what) {
  const auto file = core::read_npy(path);
  if (file.shape.size() != 2) {
    throw core::InvalidInput(
        fmt::format("{}: has {} dimensions, must have two: {}", path, file.shape.size(), what));
  }
  core::Matrix<float> m;
  m.rows = file.shape[0];
  m.cols = file.shape[1];
  m.elements = core::elements_as<float>(file, path);
  for (std::size_t i = 0; i < m.elements.size(); ++i) {
    if (!std::isfinite(m.elements[i])) {
      throw core::InvalidInput(fmt::format("{}: [{}, {}] is {}: must be a finite number", path, i / m.cols,
                                           i % m.cols, m.elements[i]));
    }
  }
  return m;
}

struct Difference {
  double square_error = 0, square_exact = 0;  ///< means over all outputs
  double rms() const { return std::sqrt(square_error); }
  double relative() const { return square_exact > 0 ? std::sqrt(square_error / square_exact) : 0; }
};

/// In eight partial sums, as many as an adder's latency hides.
double dot(std::span<const float> a, std::span<const float> b) {
  double sums[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    for (std::size_t k = 0; k < 8; ++k) sums[k] += double{a[i + k]} * b[i + k];
  }
  for (; i < a.size(); ++i) sums[0] += double{a[i]} * b[i];
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

/// Against X·Wᵀ, or X·W transposed, in float64.
Difference difference(const core::Matrix<float>& w, const core::Matrix<float>& x,
                      core::MatrixView<const float> y, bool transpose) {
  std::vector<Difference> of_vectors(y.rows);
  core::parallel_for(y.rows, 1, [&](std::size_t begin, std::size_t end) {
    std::vector<double> exact(y.cols);
    for (std::size_t v = begin; v < end; ++v) {
      std::fill(exact.begin(), exact.end(), 0.0);
      if (transpose) {
        for (std::size_t i = 0; i < x.cols; ++i) {
          const double input = x(v, i);
          for (std::size_t j = 0; j < y.cols; ++j) exact[j] += input * w(i, j);
        }
      } else {
        for (std::size_t j = 0; j < y.cols; ++j) exact[j] = dot(x.row(v), w.row(j));
      }
      for (std::size_t j = 0; j < y.cols; ++j) {
        of_vectors[v].square_error += (y(v, j) - exact[j]) * (y(v, j) - exact[j]);
        of_vectors[v].square_exact += exact[j] * exact[j];
      }
    }
  });
  Difference d;
  for (const Difference& of_vector : of_vectors) {
    d.square_error += of_vector.square_error;
    d.square_exact += of_vector.square_exact;
  }
  const double count = std::max<double>(1, static_cast<double>(y.rows * y.cols));
  d.square_error /= count;
  d.square_exact /= count;
  return d;
}

nlohmann::json as_json(const array::Ranges& ranges) {
  nlohmann::json adc = nlohmann::json::array();
  for (const auto& r : ranges.adc) adc.push_back({r.lo, r.hi});
  nlohmann::json result = {{"input", ranges.input}, {"input_signed", ranges.input_signed}, {"adc", adc}};
  if (!ranges.gain.empty()) result["gain"] = ranges.gain;
  return result;
}

void run(const Options& o, const Common& common) {
  core::Config config = read_study(o.study);
  const Study study = read(config, common.threads);
  const auto w = read_matrix(o.weights, "(outputs, inputs)");
  if (w.elements.empty()) {
    throw core::InvalidInput(
        fmt::format("{}: is an empty matrix of shape {}×{}: needs at least one output "
                    "and one input",
                    o.weights, w.rows, w.cols));
  }
  const auto x = read_matrix(o.inputs, o.transpose ? "(batch, outputs)" : "(batch, inputs)");
  const std::size_t inputs = o.transpose ? w.rows : w.cols, outputs = o.transpose ? w.cols : w.rows;
  if (x.cols != inputs) {
    throw core::InvalidInput(fmt::format("{} has {} columns, but the {} of {} are {}", o.inputs, x.cols,
                                         o.transpose ? "outputs" : "inputs", o.weights, inputs));
  }
  const Direction direction = o.transpose ? Direction::transposed : Direction::forward;
  const auto start = std::chrono::steady_clock::now();
  const array::Ranges of_inputs = array::input_ranges(study.settings.input, x.view(), study.percentile);

  // Trials lie one behind the other; a single one is a matrix.
  core::Matrix<float> y(x.rows * o.trials, outputs);
  array::Tally tally;
  nlohmann::json trials = nlohmann::json::array();
  Difference mean;
  double programming_s = 0, reading_s = 0;
  for (std::uint32_t t = 0; t < o.trials; ++t) {
    const auto begun = std::chrono::steady_clock::now();
    array::Ranges ranges = of_inputs;
    const auto matrix =
        array::program(w.view(), study.settings, ranges, {.seed = study.seed, .trial = o.trial + t});
    ranges = array::with_adc_calibrated(matrix, x.view(), ranges, direction, study.percentile);
    if (t == 0 && !o.spice.empty()) {
      if (x.rows == 0) throw core::InvalidInput(o.inputs + ": --spice needs a vector");
      core::write_file(o.spice, array::netlist(array::first_array(*matrix, direction, ranges, x.row(0))));
    }
    const auto product = array::make_product(matrix, {}, direction, ranges, x.rows);
    const auto programmed = std::chrono::steady_clock::now();
    const auto part = y.view().block(t * x.rows, 0, x.rows, outputs);
    array::vmm(*product, x.view(), part, &tally);
    const auto done = std::chrono::steady_clock::now();
    programming_s += std::chrono::duration<double>(programmed - begun).count();
    reading_s += std::chrono::duration<double>(done - programmed).count();
    const Difference d = difference(w, x, part, o.transpose);
    mean.square_error += d.square_error / o.trials;
    mean.square_exact += d.square_exact / o.trials;
    trials.push_back({{"trial", o.trial + t},
                      {"rms_error", d.rms()},
                      {"relative_rms_error", d.relative()},
                      {"ranges", as_json(ranges)}});
  }
  if (o.trials == 1) {
    core::write_npy(o.output, y);
  } else {
    core::write_npy<float>(o.output, std::array<std::size_t, 3>{o.trials, x.rows, outputs}, y.elements);
  }

  const double total_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const auto footprint = array::footprint(w.rows, w.cols, study.settings);
  const double clipped = tally.conversions > 0 ? static_cast<double>(tally.clipped) / tally.conversions : 0;
  fmt::print("{} vectors through {}×{} weights in {} array{} ({:.1f}% used){}\n", x.rows, w.rows, w.cols,
             footprint.arrays, footprint.arrays == 1 ? "" : "s", 100 * footprint.utilization,
             o.transpose ? ", transposed" : "");
  fmt::print("rms error {:.4g}, {:.4g}% of the exact product's rms\n", mean.rms(), 100 * mean.relative());
  fmt::print("{} conversions, {:.3g}% clipped\n", tally.conversions, 100 * clipped);
  if (array::has_resistance(study.settings.wires)) {
    fmt::print("wires solved with a relative residual of {:.2g}\n", tally.wires_residual);
  }
  write_json(
      common, "mvm", config, study.seed,
      {{"rms_error", mean.rms()},
       {"relative_rms_error", mean.relative()},
       {"conversions", tally.conversions},
       {"clipped", clipped},
       {"wires_residual", tally.wires_residual},
       {"arrays", footprint.arrays},
       {"utilization", footprint.utilization},
       {"trials", trials},
       {"timing", {{"programming_s", programming_s}, {"reading_s", reading_s}, {"total_s", total_s}}}});
}

}  // namespace

void add_mvm(CLI::App& app, Common& common) {
  const auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("mvm", "vectors through a matrix in crossbar arrays");
  add_study_options(*verb, options->study);
  verb->add_option("--weights", options->weights, "matrix W (outputs, inputs), NPY")->required();
  verb->add_option("--inputs", options->inputs,
                   "vectors X (batch, inputs), NPY; transposed: (batch, outputs)")
      ->required();
  verb->add_option("--output", options->output,
                   "where Y (batch, outputs) goes, NPY; transposed: (batch, inputs)")
      ->required();
  verb->add_option("--spice", options->spice,
                   "writes the first array under the first vector as a netlist for ngspice");
  verb->add_flag("--transpose", options->transpose, "drive the columns and read the rows: Y = X·W");
  verb->add_option("--trial", options->trial, "which chip: numbers its random errors (default 0)");
  verb->add_option("--trials", options->trials,
                   "chips, from --trial on; more than one make Y (trials, batch, …)")
      ->check(CLI::Range(1, 1000000));
  verb->callback([options, &common] { run(*options, common); });
}

}  // namespace mho::cli
