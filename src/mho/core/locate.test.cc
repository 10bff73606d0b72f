// One order of places for every file that a study names, and messages that say where it was looked for.
#include "mho/core/locate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "mho/core/config.h"
#include "mho/core/error.h"
#include "mho/core/library.h"
#include "mho/core/own_cards.h"
#include "temporary_folder.h"

namespace mho::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

/// A folder with studies, a data folder, cards of the user and cards that came with the program; the test
/// stands in a folder of its own.
class Locate : public testing::Test {
 protected:
  void SetUp() override {
    before_ = fs::current_path();
    for (const char* folder : {"study", "here", "data", "cards/devices", "installed/devices"})
      fs::create_directories(folder_.file(folder));
    fs::current_path(folder_.file("here"));
    path_ = {.data = at("data"), .cards = at("cards"), .installed_cards = at("installed")};
  }
  void TearDown() override { fs::current_path(before_); }

  std::string at(const std::string& name) const { return folder_.file(name); }
  std::string write(const std::string& name, const std::string& text = "") const {
    std::ofstream(at(name)) << text;
    return at(name);
  }
  std::string refusal(auto&& act) const {
    try {
      act();
    } catch (const InvalidInput& error) {
      return error.what();
    }
    return "";
  }

  tests::TemporaryFolder folder_;
  fs::path before_;
  SearchPath path_;
};

TEST_F(Locate, BesideTheStudyThenHereThenInTheData) {
  const std::string study = at("study/s.toml");
  EXPECT_THAT(places_of("x", study, path_), ElementsAre(at("study/x"), "x", at("data/x")));
  write("data/x");
  EXPECT_EQ(locate("x", study, path_), at("data/x"));
  write("here/x");
  EXPECT_EQ(locate("x", study, path_), "x");
  write("study/x");
  EXPECT_EQ(locate("x", study, path_), at("study/x"));
  EXPECT_EQ(locate("x", "", path_), "x") << "a name that a person gives has no file beside it";
}

TEST_F(Locate, AnAbsoluteNameIsThatFileOrNone) {
  const std::string there = write("data/x");
  EXPECT_EQ(locate(there, at("study/s.toml"), path_), there);
  const std::string said = refusal([&] { locate(at("nowhere/x"), at("study/s.toml"), {}); });
  EXPECT_THAT(said, HasSubstr(at("nowhere/x")));
  EXPECT_THAT(said, Not(HasSubstr("MHO_DATA"))) << "which would not have helped";
}

TEST_F(Locate, AFolderIsNoFile) {
  fs::create_directories(at("study/x"));
  EXPECT_THAT(refusal([&] { locate("x", at("study/s.toml"), path_); }), HasSubstr("study/x (a folder)"));
  EXPECT_EQ(write("here/x").empty(), false);
  EXPECT_EQ(locate("x", at("study/s.toml"), path_), "x");
}

TEST_F(Locate, TheErrorListsThePlacesAndAVariableThatIsNotSet) {
  const std::string said = refusal([&] { locate("x", at("study/s.toml"), path_); });
  EXPECT_THAT(said, HasSubstr(at("study/x") + ", x, " + at("data/x")));
  EXPECT_THAT(said, Not(HasSubstr("not set")));
  path_.data = "";
  EXPECT_THAT(refusal([&] { locate("x", "", path_); }), HasSubstr("MHO_DATA is not set"));
}

TEST_F(Locate, ABareNameIsACardWhateverLiesHere) {
  write("here/taox", "no card");
  write("here/taox.toml");
  write("study/taox.toml");
  write("installed/devices/taox.toml");
  EXPECT_EQ(locate_card("devices", "taox", at("study/s.toml"), path_), at("installed/devices/taox.toml"));
  write("cards/devices/taox.toml");
  EXPECT_EQ(locate_card("devices", "taox", at("study/s.toml"), path_), at("cards/devices/taox.toml"));
}

TEST_F(Locate, APathToACardIsAFileFirst) {
  write("cards/devices/mine.toml");
  EXPECT_EQ(locate_card("devices", "mine.toml", at("study/s.toml"), path_), at("cards/devices/mine.toml"));
  write("study/mine.toml");
  EXPECT_EQ(locate_card("devices", "mine.toml", at("study/s.toml"), path_), at("study/mine.toml"));
  const std::string said = refusal([&] { locate_card("devices", "./no.toml", "", path_); });
  EXPECT_THAT(said, HasSubstr("data/./no.toml"));
  EXPECT_THAT(said, HasSubstr("installed/devices/./no.toml"));
}

TEST_F(Locate, AnUnknownCardNamesTheNearestAndTheFoldersThatAreMissing) {
  write("installed/devices/taox.toml");
  write("cards/devices/mine.toml");
  EXPECT_THAT(cards_in("devices", path_), ElementsAre("mine", "taox"));
  path_.cards = "";
  const std::string said = refusal([&] { locate_card("devices", "toax", "", path_); });
  EXPECT_THAT(said, HasSubstr("did you mean \"taox\""));
  EXPECT_THAT(said, HasSubstr("MHO_CARDS is not set"));
}

// A program that was copied away from its tree has the cards that it was built with, and their tables.
TEST_F(Locate, AProgramAloneHasItsOwnCards) {
  path_.installed_cards = std::string(kOwnCards);
  path_.cards = "";
  const SearchPath source{.data = "", .cards = "", .installed_cards = std::string(MHO_SOURCE_DIR) + "/cards"};
  for (const char* kind : {"devices", "technologies", "tiles", "converters", "networks", "accelerators"}) {
    SCOPED_TRACE(kind);
    const auto names = cards_in(kind, path_);
    EXPECT_EQ(names, cards_in(kind, source));
    ASSERT_FALSE(names.empty());
    Library library(path_);
    const std::string card = locate_card(kind, names.front(), "", path_);
    EXPECT_EQ(*library.text(card),
              *library.text(std::string(MHO_SOURCE_DIR) + "/cards/" + kind + "/" + names.front() + ".toml"));
  }
  const std::string card = locate_card("devices", "taox", "", path_);
  EXPECT_EQ(locate("tables/taox.toml", card, path_), "mho:cards/devices/tables/taox.toml");
}

// A test program lies in the build tree: it finds the cards of its source, through no path of its own.
TEST(SearchPath, ABuildTreeUsesTheCardsOfItsSource) {
  EXPECT_TRUE(fs::equivalent(search_path().installed_cards, fs::path(MHO_SOURCE_DIR) / "cards"));
}

// A key is looked for beside the file that it was written in: of a study that overrides a card, the study.
TEST(ConfigTable, KnowsTheFileOfAKey) {
  const auto card = Config::from_text("[update]\nfiles = ['a', 'b']\nmodel = 'table'", "cards/c.toml");
  const auto study = Config::from_text("[device.update]\nfiles = ['c', 'd']", "study/s.toml");
  const auto both = card.overlaid(study, "device", "");
  EXPECT_EQ(both.root().table("update").file_of("files"), "study/s.toml");
  EXPECT_EQ(both.root().table("update").file_of("model"), "cards/c.toml");
  const auto set = card.overlaid(study.with("device.update.files", "['e', 'f']"), "device", "");
  EXPECT_EQ(set.root().table("update").file_of("files"), "study/s.toml");
}

TEST_F(Locate, ALibraryReadsAFileOnce) {
  const std::string file = write("here/x", "before");
  Library library(path_);
  EXPECT_EQ(*library.text(file), "before");
  write("here/x", "afterwards");
  EXPECT_EQ(*library.text("x"), "before") << "the same file by another name";
  EXPECT_EQ(*Library(path_).text(file), "afterwards");
}

}  // namespace
}  // namespace mho::core
