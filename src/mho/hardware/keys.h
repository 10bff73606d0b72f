#pragma once
// The keys of [hardware]; design.cc reads them. Sizes and bits come from the array's own sections.

#include "mho/core/key.h"
#include "mho/hardware/design.h"

namespace mho::hardware::keys {

using core::above;
using core::at_least;
using core::between;
using core::IntegerKey;
using core::NumberKey;
using core::TableKey;
using core::TextKey;

// Cards.
inline constexpr TextKey technology{
    .name = "hardware.technology", .fallback = "14nm", .meaning = "technology card: name or path"};
inline constexpr TextKey tile{
    .name = "hardware.tile",
    .fallback = "reram",
    .meaning = "tile card, an array with its periphery or a digital core: name or path"};
inline constexpr TextKey converter{
    .name = "hardware.converter",
    .meaning = "converter card: name or path; \"\": the tile's, or sar where adc.kind = \"sar\""};
inline constexpr core::ChoiceKey<CellOf> cell{
    .name = "hardware.cell",
    .fallback = CellOf::automatic,
    .words = {{"auto", CellOf::automatic}, {"tile", CellOf::tile}, {"device", CellOf::device}},
    .meaning =
        "whose conductance and read voltage cost energy: the tile card's, or the device card's; auto: the "
        "device's where the study says which"};
inline constexpr TableKey override_tile{.name = "hardware.override", .meaning = "laid over the tile card"};
inline constexpr TableKey override_technology{.name = "hardware.technology_override",
                                              .meaning = "laid over the technology card"};
inline constexpr TableKey override_converter{.name = "hardware.converter_override",
                                             .meaning = "laid over the converter card"};

// Activity and supply.
inline constexpr NumberKey mean_input{
    .name = "hardware.mean_input",
    .fallback = 0.5,
    .limits = between(0, 1),
    .meaning = "mean |input| over full scale (default: measured by inference, else the tile card's)"};
inline constexpr NumberKey mean_conductance{
    .name = "hardware.mean_conductance",
    .fallback = 0.5,
    .limits = between(0, 1),
    .meaning = "mean conductance over G_on (default: measured by inference, else the tile card's)"};
inline constexpr NumberKey supply_v{.name = "hardware.supply_v",
                                    .limits = at_least(0),
                                    .unit = "V",
                                    .meaning = "supply of the chip; 0: that of the tile card"};

// How arrays become a chip.
inline constexpr NumberKey ops_per_mac{.name = "hardware.ops_per_mac",
                                       .fallback = ChipOptions{}.ops_per_mac,
                                       .limits = between(1, 2),
                                       .meaning = "operations that a multiply-accumulate counts as"};
inline constexpr IntegerKey arrays_per_tile{.name = "hardware.arrays_per_tile",
                                            .fallback = ChipOptions{}.arrays_per_tile,
                                            .min = 1,
                                            .max = 4096,
                                            .meaning = "arrays that share a tile's buffers and router"};
inline constexpr IntegerKey arrays{
    .name = "hardware.arrays",
    .min = 0,
    .max = 100'000'000,
    .meaning = "arrays of the chip; 0: as many as the network needs once, times spare"};
inline constexpr NumberKey spare{.name = "hardware.spare",
                                 .fallback = ChipOptions{}.spare,
                                 .limits = between(1, 1000),
                                 .meaning = "arrays over those needed once, room for copies of layers"};
enum class Buffer { sram, edram };
inline constexpr core::ChoiceKey<Buffer> buffer{.name = "hardware.buffer",
                                                .fallback = Buffer::sram,
                                                .words = {{"sram", Buffer::sram}, {"edram", Buffer::edram}},
                                                .meaning = "memory of the tiles' buffers"};
inline constexpr core::FlagKey replicate{.name = "hardware.replicate",
                                         .fallback = ChipOptions{}.replicate,
                                         .meaning = "layers that hold up the pipeline get copies"};
inline constexpr NumberKey tile_buffer_bytes{.name = "hardware.tile_buffer_bytes",
                                             .fallback = ChipOptions{}.tile_buffer_bits / 8,
                                             .limits = above(0),
                                             .unit = "B",
                                             .meaning = "input and output buffer of a tile"};
inline constexpr IntegerKey batch{.name = "hardware.batch",
                                  .fallback = 1,
                                  .min = 1,
                                  .max = 1'000'000'000,
                                  .meaning = "images that are processed together"};
inline constexpr NumberKey images_per_epoch{
    .name = "hardware.images_per_epoch",
    .limits = at_least(0),
    .meaning = "above 0: also the cost of a training epoch of so many images"};

}  // namespace mho::hardware::keys
