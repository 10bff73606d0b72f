#pragma once
// The keys of [network] and [calibration]; inference_settings.cc reads them.

#include "mho/core/key.h"

namespace mho::network::keys {

// [network]
inline constexpr core::TextKey model{
    .name = "network.model", .meaning = "the network: an ONNX file; for its cost also a network card"};
enum class Depthwise { analog, digital };
inline constexpr core::ChoiceKey<Depthwise> depthwise{
    .name = "network.depthwise",
    .fallback = Depthwise::analog,
    .words = {{"analog", Depthwise::analog}, {"digital", Depthwise::digital}},
    .meaning = "whether depthwise convolutions lie on arrays or are done by digital logic"};

// [calibration]
inline constexpr core::TextKey calibration_images{
    .name = "calibration.images", .meaning = "images that ranges come from; \"\": the first of [data]"};
inline constexpr core::IntegerKey calibration_count{.name = "calibration.count",
                                                    .fallback = 100,
                                                    .min = 1,
                                                    .max = 100'000'000,
                                                    .meaning = "how many of them"};
inline constexpr core::NumberKey percentile{.name = "calibration.percentile",
                                            .fallback = 99.98,
                                            .limits = {.min = 50, .max = 100, .above_min = true},
                                            .unit = "%",
                                            .meaning = "share of the values that a calibrated range holds"};
inline constexpr core::TextKey calibration_file{
    .name = "calibration.file", .meaning = "file that ranges are kept in and read from; \"\": none"};

}  // namespace mho::network::keys
