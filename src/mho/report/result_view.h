#pragma once
// A result document (docs/results.md) as what pictures and tables show: one row for each device or point.

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace mho::report {

/// A number over chips. Where there is one chip only, `std`, `lo` and `hi` are absent.
struct Metric {
  double mean = 0;
  std::optional<double> std, lo, hi;  ///< lo, hi: 95% confidence interval of the mean
  std::vector<double> trials;
};

struct LayerRow {
  std::string name;
  std::string kind;
  double weights = 0;
  double arrays = 0;
  double utilization = 0;
  std::optional<double> snr_db;
  std::optional<double> clipped;  ///< fraction of conversions
};

/// Programming of one device, in units of G_on, over the target g.
struct DeviceCurve {
  std::string label;
  std::vector<double> g, std, shift, read_noise;
};

/// One device (or point of a sweep) on one network and data set.
struct ResultRow {
  std::string label;
  std::string network;  ///< file name without folder and ending
  std::string data;
  double images = 0;
  double trials = 0;
  bool interrupted = false;
  std::map<std::string, double> plain;    ///< float, by metric
  std::map<std::string, double> digital;  ///< digital accelerator
  std::map<std::string, Metric> analog;   ///< empty where no chip was computed
  std::vector<LayerRow> layers;
  std::optional<DeviceCurve> device;
  std::map<std::string, double> swept;  ///< swept keys with a number as value
  double wall_s = 0;
  double images_per_s = 0;
  std::optional<double> energy_per_image_j, tops_per_w;  ///< of the chip, where its cost is known
};

/// "top1" where the data has labels, else the first metric there is; "" for a row without any.
std::string main_metric(const ResultRow& row);
/// "top-1 accuracy", "mean squared error".
std::string metric_title(const std::string& metric);

/// The rows of a result of task "infer". Throws InvalidInput, naming `file`, for anything else.
std::vector<ResultRow> rows_of(const nlohmann::ordered_json& document, const std::string& file);

}  // namespace mho::report
