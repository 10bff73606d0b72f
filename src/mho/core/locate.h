#pragma once
// Where the files that a study names are found: one order, for every kind of file and every verb.

#include <string>
#include <string_view>
#include <vector>

namespace mho::core {

/// Folders that files are looked for in, beside that of the file that names them and the current one.
struct SearchPath {
  std::string data;             ///< data sets, networks: $MHO_DATA; "" where it isn't set
  std::string cards;            ///< cards of the user: $MHO_CARDS; "" where it isn't set
  std::string installed_cards;  ///< those that came with the program: a folder, or kOwnCards (own_cards.h)
};

/// That of the calling thread's runtime, else of the environment and the program. A program in bin/ has its
/// cards in share/mho/cards beside it; one in a build tree has those of its source, which the build wrote
/// down; one that was copied away from both has those that it was built with.
SearchPath search_path();

/// The places where the file `name` may lie, the first that there is counts: `name` itself where it is
/// absolute; else beside the file `beside` that names it ("" where a person does), in the current folder,
/// in path.data.
std::vector<std::string> places_of(const std::string& name, const std::string& beside,
                                   const SearchPath& path);

/// The first of these places where there is a file (no folder). Throws InvalidInput that lists the places
/// and says which variable is not set.
std::string locate(const std::string& name, const std::string& beside, const SearchPath& path);

/// The same for a card of a kind, a folder of cards ("devices", "technologies", …). A path (with a slash or
/// with the ending .toml) is looked for like any file, then in the folder of its kind in path.cards and
/// path.installed_cards. A bare name means <name>.toml in these two alone, whatever lies in the current
/// folder; the error lists the names that there are, the nearest one first.
std::string locate_card(std::string_view kind, const std::string& name_or_path, const std::string& beside,
                        const SearchPath& path);

/// True where `name_or_path` is a path by the rule above.
bool is_card_path(std::string_view name_or_path);

/// Names of all cards of a kind, in alphabetical order.
std::vector<std::string> cards_in(std::string_view kind, const SearchPath& path);

/// "looked for a/x.onnx, x.onnx; MHO_DATA is not set", for messages about a file that isn't there.
std::string looked_for(const std::vector<std::string>& places, const SearchPath& path);

}  // namespace mho::core
