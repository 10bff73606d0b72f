#pragma once
// A trained network as a record to keep, and records as the parts of a result document.

#include <nlohmann/json_fwd.hpp>
#include <span>

#include "mho/training/trainer.h"

namespace mho::study {

/// {"epochs": [{"epoch", "learning_rate", "train_loss", "test_accuracy"}]}, and of the first trial "stages":
/// what its layers went through, with the mean and the histogram of their conductances.
nlohmann::ordered_json training_record(training::Trainer& trainer, bool with_stages);

/// Means over the trials that finished an epoch: {"epoch", "learning_rate", "train_loss", "test_accuracy",
/// "test_accuracy_std", "test_accuracy_trials"}.
nlohmann::ordered_json epochs_of(std::span<const nlohmann::ordered_json> records);

/// {"last_epoch", "best_epoch"}, each {"mean", "std", "ci95", "trials"} over trials of `epochs` epochs; null
/// where there is none.
nlohmann::ordered_json accuracy_of(std::span<const nlohmann::ordered_json> records, std::size_t epochs);

/// "aged" of a result, {"test_accuracy": {"mean", "std", "ci95", "trials"}}, of the "aged_accuracy" of
/// records.
nlohmann::ordered_json aged_of(std::span<const nlohmann::ordered_json> records);

/// "layers" of a result.
nlohmann::ordered_json trained_layers(const nlohmann::ordered_json& stages);

/// "updates_per_cell" of a result; `endurance` 0: not known.
nlohmann::ordered_json updates_of(const nlohmann::ordered_json& stages, double endurance);

}  // namespace mho::study
