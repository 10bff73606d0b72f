#pragma once
// The keys of a study as a whole: task, [study], [sweep], [mvm].

#include <cstddef>

#include "mho/core/key.h"

namespace mho::study::keys {

/// The value of a word is the task's place among all (tasks.cc).
inline constexpr core::ChoiceKey<std::size_t> task{
    .name = "task",
    .words = {{"infer", 0}, {"train", 1}, {"cost", 2}, {"mvm", 3}},
    .meaning = "what mho run computes; a verb of that name computes it whatever stands here"};
inline constexpr std::size_t kTasks = 4;

// [study]
inline constexpr core::IntegerKey seed{
    .name = "study.seed", .fallback = 1, .min = 0, .meaning = "names all random numbers, with the trial"};
inline constexpr core::IntegerKey trials{
    .name = "study.trials",
    .fallback = 10,
    .min = 0,
    .max = 1'000'000,
    .meaning = "chips, or trainings (default in mvm: 1); 0: inference stops after float and digital"};
inline constexpr core::IntegerKey threads{.name = "study.threads",
                                          .min = 0,
                                          .max = 4096,
                                          .meaning = "threads that compute; 0: all cores. Changes no result"};

inline constexpr core::TextKey save_chip{
    .name = "study.save_chip",
    .meaning =
        "file that keeps the first trial's cells (of point P of a sweep: .P before the suffix); \"\": none"};
inline constexpr core::TextKey save_network{
    .name = "study.save_network",
    .meaning =
        "ONNX file that keeps what the first trial learned (of point P of a sweep: .P before the suffix); "
        "\"\": none"};

inline constexpr core::TableKey sweep{
    .name = "sweep",
    .meaning =
        "lists of values by key, every combination a point; points: tables of keys that change together"};

// [mvm]
inline constexpr core::TextKey weights{.name = "mvm.weights",
                                       .meaning = "NPY file of the matrix W (outputs, inputs)"};
inline constexpr core::TextKey inputs{
    .name = "mvm.inputs",
    .meaning = "NPY file of the vectors X (vectors, inputs); transposed: (vectors, outputs)"};
inline constexpr core::TextKey output{
    .name = "mvm.output",
    .meaning =
        "NPY file that the answers Y (vectors, outputs) go to, of several chips (trials, vectors, outputs)"};
inline constexpr core::TextKey spice{
    .name = "mvm.spice",
    .meaning = "file that the first array under the first vector goes to, as a netlist for ngspice"};
inline constexpr core::FlagKey transpose{.name = "mvm.transpose",
                                         .meaning = "columns are driven and rows read: Y = X·W"};
inline constexpr core::IntegerKey trial{.name = "mvm.trial",
                                        .min = 0,
                                        .max = 1'000'000'000,
                                        .meaning = "the first chip: numbers its random errors"};

}  // namespace mho::study::keys
