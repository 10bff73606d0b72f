# The cards as a part of the program, so that a copy of it alone has those that came with it. As a script
# (cmake -DFROM=cards -DTO=x.cc -P) writes the source; included, adds it to the library core.
if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB_RECURSE cards RELATIVE ${FROM} ${FROM}/*.toml)
  list(SORT cards)
  set(out "// Written by cmake/MhoCards.cmake from the folder cards.\n#include \"mho/core/own_cards.h\"\n\n")
  string(APPEND out "namespace mho::core {\n\nconst std::map<std::string, std::string_view, std::less<>>& own_cards() {\n")
  string(APPEND out "  static const std::map<std::string, std::string_view, std::less<>> cards = {\n")
  foreach(card IN LISTS cards)
    file(READ ${FROM}/${card} text)
    string(APPEND out "      {\"${card}\", R\"card(${text})card\"},\n")
  endforeach()
  string(APPEND out "  };\n  return cards;\n}\n\n}  // namespace mho::core\n")
  file(WRITE ${TO} "${out}")
else()
  set(own_cards ${CMAKE_CURRENT_BINARY_DIR}/own_cards.cc)
  file(GLOB_RECURSE cards CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cards/*.toml)
  add_custom_command(
    OUTPUT ${own_cards} DEPENDS ${cards} ${CMAKE_CURRENT_LIST_FILE}
    COMMAND ${CMAKE_COMMAND} -DFROM=${PROJECT_SOURCE_DIR}/cards -DTO=${own_cards} -P ${CMAKE_CURRENT_LIST_FILE})
  target_sources(mho_core PRIVATE ${own_cards})
  target_include_directories(mho_core PRIVATE ${PROJECT_SOURCE_DIR}/src)
endif()
