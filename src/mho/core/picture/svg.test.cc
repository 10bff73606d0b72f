#include "mho/core/picture/svg.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "mho/core/picture/series.h"
#include "mho/core/picture/style.h"

namespace mho::core {
namespace {

using testing::HasSubstr;
using testing::Not;

// No text of a file becomes part of the picture's own markup.
TEST(Svg, TextIsEscaped) {
  Svg svg(10, 10, "a<b");
  svg.group("tip & \"top\"", [&] { svg.text({1, 2}, "<script>", "name"); });
  svg.circle({1, 1}, 2, "dot s0", "x<y");
  for (const std::string& text : {svg.inlined(), svg.file()}) {
    EXPECT_THAT(text, HasSubstr("a&lt;b"));
    EXPECT_THAT(text, HasSubstr("<g><title>tip &amp; &quot;top&quot;</title>"));
    EXPECT_THAT(text, HasSubstr(">&lt;script&gt;</text>"));
    EXPECT_THAT(text, HasSubstr("<title>x&lt;y</title>"));
    EXPECT_THAT(text, Not(HasSubstr("<script>")));
  }
}

// A file of its own has its style, its colours for the dark, and plain colours for what knows no variables.
TEST(Svg, AFileStandsAlone) {
  const std::string text = Svg(10, 20, "t").file();
  EXPECT_THAT(text, HasSubstr("xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_THAT(text, HasSubstr("prefers-color-scheme:dark"));
  EXPECT_THAT(text, HasSubstr("svg .paper{fill:#fff;fill:var(--paper)}"));
  const std::regex variable("([a-z]+):var\\(--[a-z0-9]+\\)");
  for (auto it = std::sregex_iterator(text.begin(), text.end(), variable); it != std::sregex_iterator();
       ++it) {
    const std::string before = text.substr(0, static_cast<std::size_t>(it->position()));
    EXPECT_TRUE(std::regex_search(before, std::regex((*it)[1].str() + ":#[0-9a-f]+;$"))) << it->str();
  }
}

// Names beside the ends of lines keep their distance, in the order of the ends, and none below the panel.
TEST(Svg, NamesOfLinesDoNotOverlap) {
  Svg svg(400, 200, "t");
  const Panel panel{.x = {0, 1, 50, 300}, .y = {0, 1, 180, 20}, .title = "", .x_title = "", .x_marks = {}};
  std::vector<Series> lines;
  for (int i = 0; i < 5; ++i)
    lines.push_back({.name = "line" + std::to_string(i), .colour = i, .points = {{0, 0}, {1, 0.01 * i}}});
  draw_series(svg, panel, lines, true);
  const std::string text = svg.inlined();
  std::vector<double> at(5);
  const std::regex name("y=\"([0-9.]+)\" class=\"name\" text-anchor=\"start\">line([0-4])<");
  for (auto it = std::sregex_iterator(text.begin(), text.end(), name); it != std::sregex_iterator(); ++it)
    at[static_cast<std::size_t>(std::stoi((*it)[2]))] = std::stod((*it)[1]);
  for (std::size_t i = 0; i + 1 < 5; ++i) EXPECT_GE(at[i], at[i + 1] + 15 - 1e-9) << "higher values higher";
  EXPECT_LE(at[0], 180 + 8);
  EXPECT_THAT(text, HasSubstr("<title>line4: 0.04</title>"));
}

}  // namespace
}  // namespace mho::core
