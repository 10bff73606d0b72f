// The same settings and contents are the same number, whatever they are called; any other is another.
#include "mho/core/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mho::core {
namespace {

using nlohmann::json;
using testing::HasSubstr;

Identity some(const json& settings, const std::string& network = "weights") {
  Identity identity;
  identity.add_settings(settings);
  identity.add_contents("network.model", sha256(network));
  return identity;
}

const json kSettings =
    json::parse(R"({"adc": {"bits": 8, "range": [-1, 1]}, "network": {"model": "a.onnx"}})");

TEST(Identity, IsOfSettingsAndContents) {
  const std::string one = some(kSettings).text();
  EXPECT_EQ(one.size(), 64u);
  EXPECT_EQ(one, some(kSettings).text());
  json other = kSettings;
  other["adc"]["bits"] = 7;
  EXPECT_NE(some(other).text(), one);
  EXPECT_NE(some(kSettings, "other weights").text(), one);
}

TEST(Identity, IsNotOfTheNameOfAFile) {
  json renamed = kSettings;
  renamed["network"]["model"] = "/somewhere/b.onnx";
  EXPECT_EQ(some(renamed).text(), some(kSettings).text());
  Identity contents_first;
  contents_first.add_contents("network.model", sha256("weights"));
  contents_first.add_settings(kSettings);
  EXPECT_EQ(contents_first.text(), some(kSettings).text()) << "in whatever order it is put together";
}

// A number that less decides is of a part of what decides another: whole tables, lists of tables, or keys.
TEST(Identity, HasParts) {
  Identity all = some(json::parse(
      R"({"adc": {"bits": 8}, "adc_like": 1, "layer": [{"match": "*"}], "data": {"test": "t", "count": 3}})"));
  all.add_contents("layer[0].device.card", sha256("card"));
  all.add_contents("data.test", sha256("test"));
  all.add_contents("data.test_labels", sha256("labels"));
  Identity some_of_it;
  some_of_it.add_settings(json::parse(R"({"adc": {"bits": 8}, "layer": [{"match": "*"}]})"));
  some_of_it.add_contents("layer[0].device.card", sha256("card"));
  EXPECT_EQ(all.only({"adc", "layer"}).text(), some_of_it.text());
  EXPECT_EQ(all.without({"adc_like", "data", "network"}).text(), some_of_it.text());
  EXPECT_EQ(all.without({"data.test"}).as_json()["contents"].size(), 3u) << "no key that begins alike";
  EXPECT_EQ(all.without({}).text(), all.text());
}

TEST(Identity, SaysWhatDiffers) {
  json other = kSettings;
  other["adc"]["bits"] = 7;
  other["adc"].erase("range");
  const std::string said = some(other, "other weights").differences_from(some(kSettings));
  EXPECT_THAT(said, HasSubstr("adc.bits was 8, is 7"));
  EXPECT_THAT(said, HasSubstr("adc.range was [-1,1], is not set"));
  EXPECT_THAT(said, HasSubstr("network.model holds other contents"));
  EXPECT_EQ(some(kSettings).differences_from(some(kSettings)), "");
}

TEST(Identity, SurvivesAFile) {
  const auto one = some(json::parse(R"({"x": 0.1, "y": [1e-300, "inf"], "z": {"deep": {"deeper": true}}})"));
  const auto read = Identity::from_json(json::parse(one.as_json().dump()));
  EXPECT_EQ(read.text(), one.text());
  EXPECT_EQ(one.differences_from(read), "");
  EXPECT_THROW(Identity::from_json(json::parse(R"({"settings": 3})")), json::exception);
}

TEST(Identity, TellsThatTheVersionDiffers) {
  auto old = some(kSettings).as_json();
  old["answers"] = old["answers"].get<int>() - 1;
  const auto then = Identity::from_json(old);
  EXPECT_NE(then.text(), some(kSettings).text());
  EXPECT_THAT(some(kSettings).differences_from(then), HasSubstr("another version of mho"));
}

}  // namespace
}  // namespace mho::core
