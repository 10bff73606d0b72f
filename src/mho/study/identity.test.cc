// A point is what its sections say and what its files hold.
#include "mho/study/identity.h"

#include <gtest/gtest.h>

namespace mho::study {
namespace {

core::Config point(const std::string& text, std::string_view network = "weights") {
  const auto study = core::Config::from_text(text, "study.toml");
  const auto root = study.root();
  root.table("network").text("model", "");
  root.table("network").holds("model", core::sha256(network));
  root.table("adc").integer("bits", 8);
  root.table("study").integer("seed", 1);
  root.table("study").integer("threads", 0);
  root.table("calibration").text("file", "");
  return study;
}

const std::vector<std::string> kAll = {"network", "adc", "study", "calibration"};
const std::string kText = "[network]\nmodel = 'a.onnx'\n[adc]\nbits = 8\n";

TEST(IdentityOf, NeitherNamesNorThreadsNorOutputsMatter) {
  const auto one = identity_of(point(kText), kAll).text();
  EXPECT_EQ(identity_of(point("[network]\nmodel = '/else/where.onnx'\n[study]\nthreads = 3\n"
                              "[calibration]\nfile = 'ranges.json'\n"),
                        kAll)
                .text(),
            one)
      << "and a default is as good as a value that is written";
  EXPECT_NE(identity_of(point(kText, "other weights"), kAll).text(), one);
  EXPECT_NE(identity_of(point(kText + "[study]\nseed = 2\n"), kAll).text(), one);
}

TEST(IdentityOf, OnlyTheSectionsThatDecide) {
  const std::string other = "[network]\nmodel = 'a.onnx'\n[adc]\nbits = 4\n";
  EXPECT_EQ(identity_of(point(kText), {"network"}).text(), identity_of(point(other), {"network"}).text());
  EXPECT_NE(identity_of(point(kText), kAll).text(), identity_of(point(other), kAll).text());
}

}  // namespace
}  // namespace mho::study
