#pragma once
// What goes wrong at the edge where input enters, and how the program ends because of it.

#include <stdexcept>
#include <string>
#include <string_view>

namespace mho::core {

/// Something that the user gave is wrong: a file, a key, a value, a combination. Exit code 2.
/// The message says what was wrong, where (file, line, key or index), and what would be right.
struct InvalidInput : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The machine could not do what was asked: a full disk, a file that can't be written. Exit code 1.
struct SystemFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Text from a file as a message may show it: on one line, control characters as '?', not too long.
inline std::string printable(std::string_view text) {
  constexpr std::size_t longest = 200;
  std::string out(text.substr(0, longest));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  return text.size() > longest ? out + "..." : out;
}

}  // namespace mho::core
