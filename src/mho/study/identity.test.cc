// A point is what acts in its task and what its files hold.
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
  root.table("adc").number("noise_lsb", 0);
  root.table("study").integer("seed", 1);
  root.table("study").integer("threads", 0);
  root.table("calibration").text("file", "");
  return study;
}

const std::string kText = "[network]\nmodel = 'a.onnx'\n[adc]\nbits = 8\n";

TEST(IdentityOf, NeitherNamesNorThreadsNorOutputsMatter) {
  const auto one = identity_of(point(kText), "infer").text();
  EXPECT_EQ(identity_of(point("[network]\nmodel = '/else/where.onnx'\n[study]\nthreads = 3\n"
                              "[calibration]\nfile = 'ranges.json'\n"),
                        "infer")
                .text(),
            one)
      << "and a default is as good as a value that is written";
  EXPECT_NE(identity_of(point(kText, "other weights"), "infer").text(), one);
  EXPECT_NE(identity_of(point(kText + "[study]\nseed = 2\n"), "infer").text(), one);
  EXPECT_NE(identity_of(point(kText + "noise_lsb = 2\n"), "infer").text(), one);
}

TEST(IdentityOf, OnlyWhatActsInTheTask) {
  EXPECT_EQ(identity_of(point(kText + "noise_lsb = 2\n"), "cost").text(),
            identity_of(point(kText), "cost").text())
      << "noise costs nothing";
  EXPECT_EQ(identity_of(point(kText, "other weights"), "train").text(),
            identity_of(point(kText), "train").text())
      << "a training makes its own network";
  EXPECT_NE(identity_of(point("[adc]\nbits = 4\n"), "cost").text(), identity_of(point(kText), "cost").text());
}

}  // namespace
}  // namespace mho::study
