#pragma once
// The keys of [device]: the card, and what a study may lay over it. A card has the same keys at its root.
// The blocks have keys of their own for every model: docs/device-cards.md.

#include <limits>

#include "mho/core/key.h"

namespace mho::device::keys {

using core::above;
using core::at_least;
using core::between;
using core::FlagKey;
using core::IntegerKey;
using core::NumberKey;
using core::TableKey;
using core::TextKey;

inline constexpr TextKey card{.name = "device.card",
                              .fallback = "ideal",
                              .meaning = "device card: its name or the path of a TOML file"};

inline constexpr TextKey chip{
    .name = "device.chip",
    .meaning = "chip file (docs/chips.md) that cells are read from instead of being programmed; \"\": none"};

// The card's values where a study gives none.
inline constexpr NumberKey g_on_s{.name = "device.g_on_s",
                                  .fallback = 1e-4,
                                  .limits = above(0),
                                  .unit = "S",
                                  .meaning = "conductance of the fully on cell (default: the card's)"};
inline constexpr NumberKey on_off_ratio{.name = "device.on_off_ratio",
                                        .fallback = 10,
                                        .limits = above(1),
                                        .meaning = "G_on/G_off, may be inf (default: the card's)"};
inline constexpr NumberKey read_voltage_v{
    .name = "device.read_voltage_v",
    .fallback = 0.1,
    .limits = above(0),
    .unit = "V",
    .meaning = "voltage of a read, which makes currents of conductances (default: the card's)"};
inline constexpr IntegerKey cell_bits{
    .name = "device.cell_bits",
    .fallback = 0,
    .min = 0,
    .max = 16,
    .unit = "bit",
    .meaning = "a cell has 2^cell_bits levels; 0: continuous (default: the card's)"};
enum class Clip : bool { zero, range };
inline constexpr core::ChoiceKey<Clip> clip{
    .name = "device.clip",
    .fallback = Clip::zero,
    .words = {{"zero", Clip::zero}, {"range", Clip::range}},
    .meaning = "where errors end: at G = 0, or at G_off and G_on (default: the card's)"};
inline constexpr core::AnyKey valid_g_s{
    .name = "device.valid_g_s",
    .fallback = "[0, \"inf\"]",
    .allowed = "two numbers, the lowest and the highest conductance",
    .unit = "S",
    .meaning = "conductances that the card's data cover; others are refused"};

// What happens between programming and use.
inline constexpr NumberKey time_s{.name = "device.time_s",
                                  .limits = at_least(0),
                                  .unit = "s",
                                  .meaning = "waiting between programming and use"};
inline constexpr NumberKey dose_krad{.name = "device.dose_krad",
                                     .limits = at_least(0),
                                     .unit = "krad(Si)",
                                     .meaning = "ionizing dose after the waiting"};
inline constexpr TableKey history{
    .name = "device.history",
    .meaning = "list of tables instead: wait_s and dose_krad, one after the other, as often as wanted"};

// Switches.
inline constexpr FlagKey programming_error{
    .name = "device.programming_error", .fallback = true, .meaning = "cells miss their targets"};
inline constexpr FlagKey read_noise{
    .name = "device.read_noise", .fallback = true, .meaning = "every read of every cell is noisy"};
inline constexpr FlagKey drift{.name = "device.drift", .fallback = true, .meaning = "waiting changes cells"};
inline constexpr NumberKey stuck_on{.name = "device.faults.stuck_on",
                                    .limits = between(0, 1),
                                    .meaning = "probability that a cell is stuck at G_on"};
inline constexpr NumberKey stuck_off{.name = "device.faults.stuck_off",
                                     .limits = between(0, 1),
                                     .meaning = "probability that a cell is stuck at G_off"};

// Blocks of the card.
inline constexpr TableKey programming{.name = "device.programming",
                                      .meaning = "programming error over conductance; scale multiplies it"};
inline constexpr TableKey reading{.name = "device.reading",
                                  .meaning = "read noise over conductance; scale multiplies it"};
inline constexpr TableKey retention{.name = "device.retention", .meaning = "what waiting does"};
inline constexpr TableKey radiation{.name = "device.radiation", .meaning = "what an ionizing dose does"};
inline constexpr TableKey current_voltage{
    .name = "device.current_voltage", .meaning = "current of a cell that is no straight line of its voltage"};
inline constexpr TableKey update{.name = "device.update", .meaning = "what one pulse does"};

// What a card says of itself.
inline constexpr TextKey name{.name = "device.name", .meaning = "name of the card"};
inline constexpr TextKey summary{.name = "device.summary", .meaning = "what the card describes"};
inline constexpr TableKey range{.name = "device.range", .meaning = "where the conductances come from"};
inline constexpr TableKey faults{.name = "device.faults",
                                 .meaning = "where the probabilities of faults come from"};

}  // namespace mho::device::keys
