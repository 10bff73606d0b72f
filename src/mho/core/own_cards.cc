#include "mho/core/own_cards.h"

namespace mho::core {

std::optional<std::string_view> own_card(std::string_view path) {
  if (!path.starts_with(kOwnCards) || path.substr(kOwnCards.size(), 1) != "/") return std::nullopt;
  const auto found = own_cards().find(path.substr(kOwnCards.size() + 1));
  if (found == own_cards().end()) return std::nullopt;
  return found->second;
}

}  // namespace mho::core
