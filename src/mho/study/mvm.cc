#include "mho/study/mvm.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <optional>

#include "mho/array/mapping/program.h"
#include "mho/core/error.h"
#include "mho/core/files.h"
#include "mho/core/library.h"
#include "mho/core/npy.h"
#include "mho/network/keys.h"
#include "mho/study/identity.h"
#include "mho/study/keys.h"
#include "mho/study/multiplication.h"
#include "mho/study/saved.h"

namespace mho::study {

using json = nlohmann::ordered_json;

namespace {

/// Two dimensions of finite numbers; a batch may be empty.
std::shared_ptr<const core::Matrix<float>> read_matrix(const std::string& path, const char* what) {
  const auto file = core::read_npy(path);
  if (file.shape.size() != 2) {
    throw core::InvalidInput(
        fmt::format("{}: has {} dimensions, must have two: {}", path, file.shape.size(), what));
  }
  auto out = std::make_shared<core::Matrix<float>>();
  core::Matrix<float>& m = *out;
  m.rows = file.shape[0];
  m.cols = file.shape[1];
  m.elements = core::elements_as<float>(file, path);
  for (std::size_t i = 0; i < m.elements.size(); ++i) {
    if (!std::isfinite(m.elements[i])) {
      throw core::InvalidInput(fmt::format("{}: [{}, {}] is {}: must be a finite number", path, i / m.cols,
                                           i % m.cols, m.elements[i]));
    }
  }
  return out;
}

class MvmPoint : public Point {
 public:
  MvmPoint(core::Config& study, std::size_t number);

  const StudySettings& settings() const override { return settings_; }
  void check() override;
  core::Identity identity() const override;
  std::vector<Piece> pieces(const Work& done) const override;
  void prepare(std::span<const Piece> unfinished, const Reporting& reporting) override;
  Record run(const Piece& piece, const Reporting& reporting) override;
  json summarize(const Work& work, const Reporting& reporting) override;

 private:
  void write_output() const;

  core::Config study_;
  StudySettings settings_;
  MultiplicationSettings multiplication_settings_;
  std::string weights_, inputs_, output_, spice_;
  std::string chip_file_;  ///< where the first chip is kept; "": nowhere
  std::uint32_t first_trial_ = 0;
  std::shared_ptr<const core::Matrix<float>> w_, x_;  // points of a sweep share them
  core::Matrix<float> y_;                             ///< trials lie one behind the other
  std::optional<Multiplication> multiplication_;
};

MvmPoint::MvmPoint(core::Config& study, std::size_t number) : study_(study) {
  const auto root = study.root();
  settings_ = read_study_settings(study, 1);
  if (settings_.trials < 1) root.table("study").complain("trials", "must be at least one chip");
  multiplication_settings_.array = array::read_settings(study);
  multiplication_settings_.seed = settings_.seed;
  multiplication_settings_.percentile = root.table("calibration").number(network::keys::percentile);
  const auto table = root.table("mvm");
  const auto file = [&](const core::TextKey& key) {
    std::string path = table.text(key);
    const auto name = core::last_word(key.name);
    if (path.empty()) table.complain(name, fmt::format("is missing: {} (or --{})", key.meaning, name));
    return path;
  };
  const auto located = [&](const core::TextKey& key) -> std::string {
    const std::string path = file(key);
    if (path.empty()) return "";
    const auto name = core::last_word(key.name);
    try {
      return study.library()->locate(path, table.file_of(name));
    } catch (const core::InvalidInput& error) {
      table.complain(name, error.what());
    }
    return "";
  };
  multiplication_settings_.transpose = table.flag(keys::transpose);
  const auto& array = multiplication_settings_.array;
  if (multiplication_settings_.transpose && array.wires.gated)
    root.table("wires").complain("gated", "has no transpose: inputs are gates along the rows");
  if (multiplication_settings_.transpose && array.mapping.range_per_column)
    root.table("mapping").complain("weight_range_per", "has no transpose: must be \"matrix\"");
  weights_ = located(keys::weights);
  inputs_ = located(keys::inputs);
  output_ = numbered(file(keys::output), number);
  spice_ = numbered(table.text(keys::spice), number);
  chip_file_ = saved_path(study, keys::save_chip, number);
  first_trial_ = static_cast<std::uint32_t>(table.integer(keys::trial));
}

void MvmPoint::check() {
  const bool transpose = multiplication_settings_.transpose;
  for (const auto& path : {output_, spice_}) {
    if (const auto why = core::why_not_writable(path); !why.empty())
      throw core::InvalidInput(fmt::format("{}: {}", path, why));
  }
  const auto read = [&](const std::string& path, const char* what) {
    return study_.library()->once<core::Matrix<float>>(path, [&] { return read_matrix(path, what); });
  };
  w_ = read(weights_, "(outputs, inputs)");
  if (w_->elements.empty()) {
    throw core::InvalidInput(
        fmt::format("{}: is an empty matrix of shape {}×{}: needs at least one output and one input",
                    weights_, w_->rows, w_->cols));
  }
  x_ = read(inputs_, transpose ? "(vectors, outputs)" : "(vectors, inputs)");
  const std::size_t expected = transpose ? w_->rows : w_->cols;
  if (x_->cols != expected) {
    throw core::InvalidInput(fmt::format("{} has {} columns, but the {} of {} are {}", inputs_, x_->cols,
                                         transpose ? "outputs" : "inputs", weights_, expected));
  }
  const auto table = study_.root().table("mvm");
  for (const auto& [key, matrix] : {std::pair{"weights", w_}, std::pair{"inputs", x_}}) {
    core::Sha256 contents;
    contents.add(fmt::format("{} {}\n", matrix->rows, matrix->cols));
    table.holds(key, contents.add(std::as_bytes(std::span(matrix->elements))).digest());
  }
  if (!spice_.empty() && x_->rows == 0) throw core::InvalidInput(inputs_ + ": mvm.spice needs a vector");
}

core::Identity MvmPoint::identity() const { return identity_of(study_, "mvm"); }

std::vector<Piece> MvmPoint::pieces(const Work& done) const {
  if (!done.records.empty()) return {};
  std::vector<Piece> out;
  for (std::uint32_t t = 0; t < settings_.trials; ++t)
    out.push_back({.kind = "chip", .trial = first_trial_ + t, .identity = ""});
  return out;
}

void MvmPoint::prepare(std::span<const Piece> /*unfinished*/, const Reporting& /*reporting*/) {
  multiplication_.emplace(multiplication_settings_, *w_, *x_);
  y_ = core::Matrix<float>(x_->rows * settings_.trials, multiplication_->answers());
}

Record MvmPoint::run(const Piece& piece, const Reporting& reporting) {
  const std::size_t t = piece.trial - first_trial_;
  const auto part = y_.view().block(t * x_->rows, 0, x_->rows, y_.cols);
  std::string netlist;
  const bool with_netlist = t == 0 && !spice_.empty();
  Record record{.piece = piece,
                .values = multiplication_->run(piece.trial, part, with_netlist ? &netlist : nullptr)};
  if (with_netlist) core::write_file(spice_, netlist);
  if (reporting.progress) reporting.progress("multiplying", t + 1, settings_.trials);
  return record;
}

void MvmPoint::write_output() const {
  if (settings_.trials == 1) {
    core::write_npy(output_, y_);
  } else {
    core::write_npy<float>(output_, std::array<std::size_t, 3>{settings_.trials, x_->rows, y_.cols},
                           y_.elements);
  }
}

json MvmPoint::summarize(const Work& work, const Reporting& /*reporting*/) {
  const auto chips = all_of(work, "chip");
  if (chips.empty()) return json::object();
  if (chips.size() == settings_.trials) write_output();  // else an interruption left some out
  if (!chip_file_.empty())
    save_chip(chip_file_, multiplication_->kept(first_trial_), study_, identity().text());
  const auto relative = [](double error, double exact) { return exact > 0 ? std::sqrt(error / exact) : 0; };
  double error = 0, exact = 0, residual = 0, programming_s = 0, reading_s = 0;
  std::uint64_t conversions = 0, clipped = 0;
  json trials = json::array();
  for (const auto& chip : chips) {
    const double square_error = chip["square_error"], square_exact = chip["square_exact"];
    error += square_error / static_cast<double>(chips.size());
    exact += square_exact / static_cast<double>(chips.size());
    conversions += chip["conversions"].get<std::uint64_t>();
    clipped += chip["clipped"].get<std::uint64_t>();
    residual = std::max(residual, chip["wires_residual"].get<double>());
    programming_s += chip["programming_s"].get<double>();
    reading_s += chip["reading_s"].get<double>();
    trials.push_back({{"trial", chip["trial"]},
                      {"rms_error", std::sqrt(square_error)},
                      {"relative_rms_error", relative(square_error, square_exact)},
                      {"ranges", chip["ranges"]}});
  }
  const auto footprint = array::footprint(w_->rows, w_->cols, multiplication_settings_.array);
  return {
      {"vectors", x_->rows},
      {"weights", {w_->rows, w_->cols}},
      {"output", output_},
      {"rms_error", std::sqrt(error)},
      {"relative_rms_error", relative(error, exact)},
      {"conversions", conversions},
      {"clipped", conversions > 0 ? static_cast<double>(clipped) / static_cast<double>(conversions) : 0},
      {"wires_residual", residual},
      {"arrays", footprint.arrays},
      {"utilization", footprint.utilization},
      {"trials", trials},
      {"timing", {{"programming_s", programming_s}, {"reading_s", reading_s}, {"total_s", work.seconds}}}};
}

class Mvm : public Task {
 public:
  std::string_view name() const override { return "mvm"; }
  std::string_view unit() const override { return "chips"; }
  std::string_view keeps_nothing_because() const override {
    return "its answer is the file of its output, which is made anew; leave the store out";
  }
  std::unique_ptr<Point> read(core::Config& study, std::size_t number) override {
    return std::make_unique<MvmPoint>(study, number);
  }
};

}  // namespace

std::unique_ptr<Task> make_mvm() { return std::make_unique<Mvm>(); }

}  // namespace mho::study
