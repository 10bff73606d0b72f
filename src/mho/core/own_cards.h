#pragma once
// The cards that the program was built with, as a part of it: a copy of the program alone has its cards.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mho::core {

/// How their folder is called where a folder of cards is named: "mho:cards/devices/taox.toml" is no file.
inline constexpr std::string_view kOwnCards = "mho:cards";

/// Texts by their path in the folder of cards: "devices/taox.toml". The build writes it
/// (cmake/MhoCards.cmake).
const std::map<std::string, std::string_view, std::less<>>& own_cards();

/// The text of "mho:cards/…"; nothing where `path` is none of them.
std::optional<std::string_view> own_card(std::string_view path);

}  // namespace mho::core
