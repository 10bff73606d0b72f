#pragma once
// An evaluation as a record to keep, and records as the metrics and layers of a result document.

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "mho/hardware/layer_shape.h"
#include "mho/network/inference.h"

namespace mho::study {

/// {"images", "labels", "top1", "top5" (counts) or "mean_squared_error", "seconds", "layers"}.
nlohmann::ordered_json trial_record(const network::Evaluation& evaluation);

/// {"top1", "top5"} as fractions, or {"mean_squared_error"}, of one evaluation.
nlohmann::ordered_json metrics_of(const nlohmann::ordered_json& record);

/// The same over chips: {"top1": {"mean", "std", "ci95": [lo, hi], "trials": […]}, …}; NaN is null.
/// `alike` > 0: that many chips that are known to answer as the only record does.
nlohmann::ordered_json metrics_of(std::span<const nlohmann::ordered_json> records, std::size_t alike);

/// {"file", "weights", "macs", "layers", "arrays"}.
nlohmann::ordered_json network_summary(const network::Inference& inference, const std::string& file);

/// The layers as the hardware model wants them, the signs of their inputs as in `record`, of an evaluation on
/// the chip or its digital twin; null: unknown.
std::vector<hardware::LayerShape> shapes_of(const network::Inference& inference,
                                            const nlohmann::ordered_json& record);

/// One entry a layer: {"name", "kind", "weights", "macs", "arrays", "utilization", "snr_db", "clipped"}.
/// `snr_db` from the mean error power over chips, null where unknown or infinite; `clipped` a fraction of
/// all conversions.
nlohmann::ordered_json layers_of(const network::Inference& inference,
                                 std::span<const nlohmann::ordered_json> records);

}  // namespace mho::study
