#pragma once
// Where tests find data and reference answers that are not part of the repository: $MHO_DATA and the folder
// "reference" beside it, or ../shared/data and ../shared/reference beside the checkout.

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace mho::tests {

inline std::optional<std::filesystem::path> data_folder() {
  std::error_code failed;
  const char* given = std::getenv("MHO_DATA");
  const std::filesystem::path folder =
      given ? std::filesystem::path(given) : std::filesystem::path(MHO_SOURCE_DIR) / ".." / "shared" / "data";
  if (!std::filesystem::is_directory(folder, failed)) return std::nullopt;
  return folder;
}

inline std::optional<std::filesystem::path> reference_folder() {
  std::error_code failed;
  const auto data = data_folder();
  if (!data || !std::filesystem::is_directory(*data / ".." / "reference", failed)) return std::nullopt;
  return *data / ".." / "reference";
}

}  // namespace mho::tests
