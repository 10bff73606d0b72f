#pragma once
// The keys of [training]; read_study.cc reads them.

#include <cstdint>

#include "mho/core/key.h"
#include "mho/training/trainer.h"

namespace mho::training::keys {

using core::above;
using core::AnyKey;
using core::at_least;
using core::between;
using core::ChoiceKey;
using core::FlagKey;
using core::IntegerKey;
using core::NumberKey;
using core::TextKey;

// The network and how it learns.
inline constexpr AnyKey layers{
    .name = "training.layers",
    .fallback = "[64, 36, 10]",
    .allowed =
        "list the inputs and then the layers: [64, 36, 10], or [\"28x28x1\", \"conv 5x5x8\", \"pool 2\", "
        "\"dense 10\"]",
    .meaning = "the network"};
inline constexpr ChoiceKey<Activation> hidden{
    .name = "training.hidden",
    .fallback = Activation::sigmoid,
    .words = {{"sigmoid", Activation::sigmoid}, {"relu", Activation::relu}, {"tanh", Activation::tanh}},
    .meaning = "activation of hidden layers"};
inline constexpr ChoiceKey<Loss> loss{
    .name = "training.loss",
    .fallback = Loss::cross_entropy,
    .words = {{"cross-entropy", Loss::cross_entropy}, {"squared", Loss::squared}},
    .meaning = "what is minimized"};
inline constexpr IntegerKey epochs{.name = "training.epochs",
                                   .fallback = 20,
                                   .min = 1,
                                   .max = 100'000,
                                   .meaning = "passes over the training set"};
inline constexpr IntegerKey batch{
    .name = "training.batch",
    .fallback = 1,
    .min = 1,
    .max = 1 << 20,
    .meaning = "1: an update after every sample; more: gradients of a batch at the same weights"};
inline constexpr NumberKey learning_rate{
    .name = "training.learning_rate", .fallback = 0.05, .limits = above(0), .meaning = "of the first epoch"};
inline constexpr NumberKey decay{.name = "training.decay",
                                 .fallback = 0.75,
                                 .limits = between(0, 1),
                                 .meaning = "factor on the learning rate after every decay_every epochs"};
inline constexpr IntegerKey decay_every{
    .name = "training.decay_every", .fallback = 5, .min = 0, .unit = "epoch", .meaning = "0: the rate stays"};
inline constexpr ChoiceKey<Bias> bias{
    .name = "training.bias",
    .fallback = Bias::array,
    .words = {{"array", Bias::array}, {"digital", Bias::digital}, {"none", Bias::none}},
    .meaning = "where biases are: a row of the array, digital registers, nowhere"};
inline constexpr ChoiceKey<Order> backpropagate{
    .name = "training.backpropagate",
    .fallback = Order::after_update,
    .words = {{"after-update", Order::after_update}, {"before-update", Order::before_update}},
    .meaning = "whether errors go back through a layer's weights after or before its update"};
inline constexpr FlagKey shuffle{.name = "training.shuffle",
                                 .meaning = "a new order of the samples every epoch"};
inline constexpr NumberKey initial_scale{
    .name = "training.initial_scale",
    .fallback = 4,
    .limits = above(0),
    .meaning = "weights start in U(-s, s), s = initial_scale·sqrt(6/(inputs + outputs))"};
enum class Inputs { centred, as_is };
inline constexpr ChoiceKey<Inputs> inputs{
    .name = "training.inputs",
    .fallback = Inputs::centred,
    .words = {{"centred", Inputs::centred}, {"as-is", Inputs::as_is}},
    .meaning = "images as they are, or (x - mean)/(2·std) over the whole set"};
inline constexpr TextKey checkpoint{
    .name = "training.checkpoint",
    .meaning =
        "file that an interrupted training goes on from (points of a sweep: .1, .2 … behind it); \"\": none"};
inline constexpr NumberKey checkpoint_every_s{.name = "training.checkpoint_every_s",
                                              .fallback = 30,
                                              .limits = at_least(0),
                                              .unit = "s",
                                              .meaning = "time between writes of the checkpoint"};

// The arrays that learn.
inline constexpr FlagKey numeric{.name = "training.numeric",
                                 .meaning = "weights are plain numbers: the same training without cells"};
inline constexpr ChoiceKey<array::Scheme> pairs{
    .name = "training.pairs",
    .fallback = array::Scheme::differential_two_sided,
    .words = {{"two-sided", array::Scheme::differential_two_sided},
              {"one-sided", array::Scheme::differential},
              {"offset", array::Scheme::offset}},
    .meaning =
        "an older name of mapping.scheme: a pair whose cells move in opposite directions, a pair whose cells "
        "only ever get pulses up, one cell against a fixed reference"};
inline constexpr NumberKey read_noise{.name = "training.read_noise",
                                      .limits = at_least(0),
                                      .meaning = "read noise of a cell, which device.reading says now"};
inline constexpr NumberKey lifetime{
    .name = "training.lifetime",
    .limits = at_least(0),
    .unit = "update",
    .meaning = "updates after which a state decays to 1/e of its way from rest; 0: never"};
inline constexpr IntegerKey refresh_every{.name = "training.refresh_every",
                                          .fallback = 1,
                                          .min = 1,
                                          .max = 1 << 30,
                                          .unit = "update",
                                          .meaning = "updates between refreshes of one-sided pairs"};
inline constexpr AnyKey weight_limits{
    .name = "training.weight_limits",
    .fallback = "\"initial\"",
    .allowed = "\"initial\" (from the range of the initial weights) or a number for each layer",
    .meaning = "the largest weight of each layer, at the end of the conductances"};

// How updates reach the cells.
inline constexpr ChoiceKey<array::UpdateCode> update{
    .name = "training.update",
    .fallback = array::UpdateCode::exact,
    .words = {{"exact", array::UpdateCode::exact},
              {"codes", array::UpdateCode::codes},
              {"pulses", array::UpdateCode::pulses}},
    .meaning =
        "how rows and columns encode the outer product: exactly, rows as pulse lengths and columns as pulse "
        "heights of few bits, or as stochastic pulses whose coincidences count"};
inline constexpr IntegerKey row_bits{.name = "training.codes.row_bits",
                                     .fallback = 7,
                                     .min = 2,
                                     .max = 16,
                                     .unit = "bit",
                                     .meaning = "of the rows' codes"};
inline constexpr IntegerKey column_bits{.name = "training.codes.column_bits",
                                        .fallback = 5,
                                        .min = 2,
                                        .max = 16,
                                        .unit = "bit",
                                        .meaning = "of the columns' codes"};
inline constexpr NumberKey row_range{
    .name = "training.codes.row_range",
    .limits = at_least(0),
    .meaning = "full scale of the rows' codes; 0: the largest magnitude of each vector"};
inline constexpr NumberKey column_range{
    .name = "training.codes.column_range",
    .limits = at_least(0),
    .meaning = "full scale of the columns' codes; 0: the largest magnitude of each vector"};
inline constexpr FlagKey stochastic_rounding{.name = "training.codes.stochastic_rounding",
                                             .meaning = "codes are rounded at random, right on average"};
inline constexpr IntegerKey pulse_length{.name = "training.pulses.length",
                                         .fallback = 31,
                                         .min = 1,
                                         .max = 31,
                                         .unit = "pulse",
                                         .meaning = "longest stochastic train"};
inline constexpr FlagKey pulse_management{
    .name = "training.pulses.management",
    .fallback = true,
    .meaning = "balances rows and columns, and shortens trains where little is asked"};

// Weights on several arrays.
inline constexpr IntegerKey carry_arrays{
    .name = "training.carry.arrays",
    .fallback = 3,
    .min = 2,
    .max = 8,
    .meaning = "arrays behind a weight, of rising significance (periodic carry)"};
inline constexpr NumberKey carry_base{.name = "training.carry.base",
                                      .fallback = 5,
                                      .limits = above(1),
                                      .meaning = "w = sum over the arrays k of w_k/base^k"};
inline constexpr AnyKey carry_every{.name = "training.carry.every",
                                    .fallback = "[10, 100]",
                                    .allowed = "whole numbers of at least 1, one fewer than arrays",
                                    .unit = "update",
                                    .meaning =
                                        "updates between carries out of the last array, the one before … "
                                        "(default: 10, 100, 1000 …)"};
inline constexpr NumberKey carry_threshold{
    .name = "training.carry.threshold",
    .fallback = 0.5,
    .limits = between(0.01, 1),
    .meaning = "share of an array's weight limit beyond which it is carried"};
inline constexpr FlagKey chopped{
    .name = "training.transfer.chopped",
    .fallback = Transfer{}.chopped,
    .meaning = "signs of the fast array's gradients flip at random, so that its offsets cancel"};
inline constexpr IntegerKey transfer_every{
    .name = "training.transfer.every",
    .fallback = Transfer{}.every,
    .min = 1,
    .unit = "update",
    .meaning = "updates between reads of one column of the fast array"};
inline constexpr NumberKey fast_rate{
    .name = "training.transfer.fast_rate",
    .fallback = Transfer{}.fast_rate,
    .limits = above(0),
    .meaning = "learning rate of the fast array, over that of the network where it follows"};
inline constexpr NumberKey buffer_rate{.name = "training.transfer.buffer_rate",
                                       .fallback = Transfer{}.buffer_rate,
                                       .limits = above(0),
                                       .meaning = "rate at which the buffer takes up what is read"};
inline constexpr NumberKey transfer_threshold{
    .name = "training.transfer.threshold",
    .fallback = Transfer{}.threshold,
    .limits = above(0),
    .unit = "pulse",
    .meaning = "of the buffer, in average pulses of the slow array"};
inline constexpr ChoiceKey<FollowsRate> follows{
    .name = "training.transfer.follows",
    .fallback = Transfer{}.follows,
    .words = {{"fast", FollowsRate::fast}, {"buffer", FollowsRate::buffer}},
    .meaning = "which rate follows the network's learning rate"};
inline constexpr IntegerKey most_pulses{.name = "training.transfer.most_pulses",
                                        .fallback = Transfer{}.most_pulses,
                                        .min = 1,
                                        .max = 1000,
                                        .unit = "pulse",
                                        .meaning = "of one transfer to a cell of the slow array"};
inline constexpr FlagKey forget{
    .name = "training.transfer.forget",
    .fallback = Transfer{}.forget,
    .meaning = "a transfer leaves momentum times the buffer; else it takes away what it transferred"};
inline constexpr NumberKey momentum{.name = "training.transfer.momentum",
                                    .fallback = Transfer{}.momentum,
                                    .limits = between(0, 1),
                                    .meaning = "what stays in the buffer after a transfer"};
inline constexpr NumberKey chop_probability{.name = "training.transfer.chop_probability",
                                            .fallback = Transfer{}.chop_probability,
                                            .limits = between(0, 1),
                                            .meaning = "of a column's sign after its read"};
inline constexpr NumberKey chop_outputs{.name = "training.transfer.chop_outputs",
                                        .fallback = Transfer{}.chop_outputs,
                                        .limits = between(0, 1),
                                        .meaning = "of an output's sign after all columns were read"};

}  // namespace mho::training::keys
