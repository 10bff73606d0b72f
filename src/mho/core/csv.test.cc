// Comma-separated values: what spreadsheets write is read, and mistakes name their line.

#include "mho/core/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "bad_input.h"
#include "mho/core/error.h"

namespace mho::core {
namespace {

using testing::ElementsAre;

template <typename Parse>
std::string refusal(Parse parse, std::string_view text) {
  try {
    parse(text, "t.csv");
  } catch (const InvalidInput& error) {
    return error.what();
  }
  return "";
}

TEST(Csv, QuotesCommasAndLineEndings) {
  const auto table = parse_csv(
      "\xef\xbb\xbf"
      "file,name\r\na.jpg,\"chow, \"\"chow\"\" chow\"\n\n\"b\nc.jpg\",\r\nlast,x",
      "t.csv");
  EXPECT_THAT(table.header, ElementsAre("file", "name"));
  EXPECT_EQ(table.column("name"), 1u);
  EXPECT_EQ(table.column("label"), std::nullopt);
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_THAT(table.rows[0].fields, ElementsAre("a.jpg", "chow, \"chow\" chow"));
  EXPECT_THAT(table.rows[1].fields, ElementsAre("b\nc.jpg", ""));
  EXPECT_EQ(table.rows[1].line, 4u);
  EXPECT_EQ(table.rows[2].line, 6u);
}

TEST(Csv, MistakesNameTheirLine) {
  EXPECT_EQ(refusal(parse_csv, "a,b\n1,2\n3\n"), "t.csv:3: 1 fields, the header has 2");
  EXPECT_EQ(refusal(parse_csv, "a,b\n\"x,2\n3\n"), "t.csv:2: a quote that does not end");
  EXPECT_EQ(refusal(parse_csv, ""), "t.csv:1: a header line is needed");
  EXPECT_EQ(refusal(parse_csv_numbers, "1,2\n3,x\n"), "t.csv:2: field 2 is \"x\", not a finite number");
  EXPECT_EQ(refusal(parse_csv_numbers, "1,2\n3,nan\n"), "t.csv:2: field 2 is \"nan\", not a finite number");
  EXPECT_EQ(refusal(parse_csv_numbers, "1,2\n3\n"), "t.csv:2: 1 fields, the first line has 2");
  EXPECT_EQ(refusal(parse_csv_numbers, "a,b\n"), "t.csv:1: no line with numbers");
}

TEST(Csv, NumbersWithAndWithoutHeader) {
  const auto plain = parse_csv_numbers("1, 2.5,-3e-2\n+4,5,1e-60\n", "t.csv");
  EXPECT_TRUE(plain.header.empty());
  EXPECT_THAT(plain.values.elements, ElementsAre(1.0f, 2.5f, -0.03f, 4.0f, 5.0f, 0.0f));
  const auto headed = parse_csv_numbers("x,label\n1,7\n", "t.csv");
  EXPECT_EQ(headed.column("label"), 1u);
  EXPECT_THAT(headed.lines, ElementsAre(2u));
  EXPECT_NE(refusal(parse_csv_numbers, "1\n1e60\n"), "");
}

TEST(Csv, DamagedTextIsReadOrRefused) {
  const std::string text = "x,\"y\",label\r\n1,2,3\n4.5,\"6\",7\n";
  const auto bytes = std::as_bytes(std::span(text));
  const auto as_text = [](std::span<const std::byte> b) {
    return std::string_view(reinterpret_cast<const char*>(b.data()), b.size());
  };
  for (const tests::Parse& parse :
       {tests::Parse([&](std::span<const std::byte> b) { parse_csv(as_text(b), "t.csv"); }),
        tests::Parse([&](std::span<const std::byte> b) { parse_csv_numbers(as_text(b), "t.csv"); })}) {
    tests::refuses_every_truncation(parse, bytes, true);
    tests::survives_every_flip(parse, bytes);
  }
}

}  // namespace
}  // namespace mho::core
