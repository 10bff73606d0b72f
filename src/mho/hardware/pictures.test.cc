// A result document is enough to draw its cost.

#include "mho/hardware/pictures.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mho/core/error.h"
#include "mho/hardware/network_card.h"
#include "mho/hardware/report.h"

namespace mho::hardware {
namespace {

TEST(Pictures, ComeFromTheDocumentAlone) {
  const Design design = load_design("reram", 1024, 1024, {});
  for (const auto& layers : {std::vector<LayerShape>{}, load_network_card("alexnet").layers}) {
    const auto section = nlohmann::json::parse(cost_json(design, layers).dump());
    const auto pictures = cost_pictures(section);
    ASSERT_EQ(pictures.size(), 3U);
    EXPECT_NE(pictures[0].svg.inlined().find("converters"), std::string::npos);
    EXPECT_NE(pictures[2].svg.inlined().find("this design, array"), std::string::npos);
    EXPECT_EQ(pictures[2].svg.inlined().find("this design</text>") != std::string::npos, !layers.empty());
  }
}

TEST(Pictures, TreesSurviveTheDocument) {
  const Cost cost = kernel_cost(load_design("sonos", 512, 256, {}), Kernel::vmm);
  const Cost again = cost_of(to_json(cost));
  EXPECT_EQ(again.energy_j, cost.energy_j);
  EXPECT_EQ(again.parts.size(), cost.parts.size());
  EXPECT_EQ(*again.parts[0].source, *cost.parts[0].source);
  EXPECT_THROW(cost_of(nlohmann::json::object()), core::InvalidInput);
  EXPECT_THROW(cost_pictures(nlohmann::json::object()), core::InvalidInput);
}

}  // namespace
}  // namespace mho::hardware
