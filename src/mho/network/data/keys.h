#pragma once
// The keys of [data] and [data.preprocess]; dataset.cc reads them.

#include <cstdint>
#include <limits>

#include "mho/core/key.h"
#include "mho/network/data/dataset.h"

namespace mho::network::keys {

using core::ChoiceKey;
using core::IntegerKey;
using core::NumbersKey;
using core::TextKey;

inline constexpr std::int64_t kMostImages = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t kMostPixels = 65'500;  // of a side

// [data]
inline constexpr TextKey images{
    .name = "data.images",
    .meaning =
        "images or vectors with their labels: IDX pair, CIFAR binary, NPY, NPZ, CSV, folder of pictures"};
inline constexpr TextKey test{
    .name = "data.test",
    .meaning = "test set of a training; \"\": images with \"train\" replaced by \"test\""};
inline constexpr IntegerKey count{
    .name = "data.count", .min = 0, .max = kMostImages, .meaning = "images to use; 0: all"};
inline constexpr IntegerKey stride{.name = "data.stride",
                                   .fallback = 1,
                                   .min = 1,
                                   .max = kMostImages,
                                   .meaning = "every so many-th image, from the first on"};
inline constexpr IntegerKey label_offset{.name = "data.label_offset",
                                         .min = -1'000'000,
                                         .max = 1'000'000,
                                         .meaning = "added to every label of the file"};

// [data.preprocess], in this order but for odd_margin
inline constexpr IntegerKey resize{.name = "data.preprocess.resize",
                                   .min = 0,
                                   .max = kMostPixels,
                                   .unit = "pixel",
                                   .meaning = "new length of the shorter side; 0: as in the file"};
inline constexpr IntegerKey crop{.name = "data.preprocess.crop",
                                 .min = 0,
                                 .max = kMostPixels,
                                 .unit = "pixel",
                                 .meaning = "side of the square that is cut out of the middle; 0: all"};
inline constexpr ChoiceKey<Preprocess::OddMargin> odd_margin{
    .name = "data.preprocess.odd_margin",
    .fallback = Preprocess::OddMargin::down,
    .words = {{"down", Preprocess::OddMargin::down}, {"even", Preprocess::OddMargin::even}},
    .meaning = "half of an odd margin: rounded down, or to the even number as torchvision does"};
inline constexpr ChoiceKey<Preprocess::Order> order{
    .name = "data.preprocess.order",
    .fallback = Preprocess::Order::rgb,
    .words = {{"rgb", Preprocess::Order::rgb},
              {"bgr", Preprocess::Order::bgr},
              {"gray", Preprocess::Order::gray}},
    .meaning = "order of the channels, or one of their weighted sum"};
inline constexpr core::NumberKey scale{
    .name = "data.preprocess.scale", .fallback = 1, .meaning = "factor on the values of the file"};
inline constexpr NumbersKey mean{.name = "data.preprocess.mean",
                                 .fallback = 0,
                                 .meaning = "subtracted after scaling: one, or one a channel"};
inline constexpr NumbersKey std{.name = "data.preprocess.std",
                                .fallback = 1,
                                .limits = core::above(0),
                                .meaning = "divided by at last: one, or one a channel"};

}  // namespace mho::network::keys
