#pragma once
// Finished work on disk, so that a study that was killed goes on where it stopped.

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace mho::study {

/// One SQLite file of records, addressed by what they are of (core/identity.h), kind ("float", "digital",
/// "chip") and trial. Each record is durable when keep() returns. Many processes may use one file.
class Store {
 public:
  /// Opens or makes the file, or results.sqlite in a folder. Throws InvalidInput where it is no store, or
  /// one of mho 0.1, whose records don't say what they are of; SystemFailure where it can't be made.
  explicit Store(const std::string& path);
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  std::optional<nlohmann::json> find(const std::string& point, const std::string& kind,
                                     std::uint32_t trial) const;
  /// Throws SystemFailure (a full disk, a file without write permission).
  void keep(const std::string& point, const std::string& kind, std::uint32_t trial,
            const nlohmann::json& record);
  /// Says what a point is: its label and its resolved study, for people who query the file.
  void describe(const std::string& point, const std::string& label, const nlohmann::json& study);
  /// Records there are of a point.
  std::size_t count(const std::string& point) const;
  const std::string& path() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mho::study
