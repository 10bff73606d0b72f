#include "mho/hardware/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "mho/core/config.h"
#include "mho/core/picture/panel.h"
#include "mho/hardware/quantity.h"

namespace mho::hardware {

std::vector<PublishedAccelerator> load_comparison(const std::string& name_or_path) {
  core::Config card = load_card("accelerators", name_or_path);
  std::vector<PublishedAccelerator> found;
  for (const auto& table : card.root().tables("accelerator")) {
    PublishedAccelerator a;
    a.name = table.text("name", "");
    a.kind = table.word("kind", "digital", {"digital", "mixed-signal", "analog"});
    a.process_nm = table.number("process_nm", 0, core::above(0));
    a.activation_bits = table.number("activation_bits", 8, core::above(0));
    a.weight_bits = table.number("weight_bits", 8, core::above(0));
    a.workload = table.text("workload", "");
    a.tops = table.number("tops", 0, core::at_least(0));
    a.tops_per_w = table.number("tops_per_w", 0, core::at_least(0));
    a.tops_per_mm2 = table.number("tops_per_mm2", 0, core::at_least(0));
    a.ops_per_mac = table.number("ops_per_mac", 2, core::between(1, 2));
    a.evidence = table.word("evidence", "measured", {"measured", "simulated", "specified"});
    a.source = table.text("source", "");
    if (a.source.empty()) table.complain("source", "must say who published it");
    found.push_back(std::move(a));
  }
  card.finish();
  return found;
}

namespace {

constexpr double kWidth = 960, kHeight = 520, kLeft = 74, kRight = 940, kTop = 20, kBottom = 470;

/// Bits of an activation from 1 to 16, with room for names behind the last, and 0.1 to 1000 TOPS/W.
core::Panel frame() {
  return {.x = {.lo = 0.9, .hi = 26.9, .from = kLeft, .to = kRight, .logarithmic = true},
          .y = {.lo = 0.1, .hi = 1000, .from = kBottom, .to = kTop, .logarithmic = true},
          .title = "",
          .x_title = "bits of an activation",
          .x_marks = {1, 2, 4, 8, 16},
          .y_title = "TOPS/W (1 MAC = 2 operations)"};
}

/// Colours of the kinds.
constexpr std::array<std::pair<std::string_view, int>, 3> kKinds{
    {{"digital", 0}, {"mixed-signal", 2}, {"analog", 1}}};

std::string style_of(const char* shape, std::string_view kind) {
  const auto found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& k) { return k.first == kind; });
  return fmt::format("{} s{}", shape, found->second);
}

struct Mark {
  const PublishedAccelerator* accelerator;
  core::Point at;
  std::string tooltip;
  bool own;
};

std::vector<Mark> marks_of(const core::Panel& panel, const std::vector<PublishedAccelerator>& all, bool own) {
  std::vector<Mark> marks;
  for (const auto& a : all) {
    if (a.tops_per_w <= 0) continue;
    const double efficiency = a.tops_per_w * 2 / a.ops_per_mac;
    marks.push_back({.accelerator = &a,
                     .at = panel.at({a.activation_bits, std::clamp(efficiency, panel.y.lo, panel.y.hi)}),
                     .tooltip = fmt::format("{}: {:.4g} TOPS/W, {:g} nm, {} ({}). {}", a.name, efficiency,
                                            a.process_nm, a.workload, a.evidence, a.source),
                     .own = own});
  }
  return marks;
}

void draw_mark(core::Svg& svg, const Mark& mark, double text_y) {
  const auto& [x, y] = mark.at;
  svg.group(mark.tooltip, [&, x = x, y = y] {
    if (mark.own) {
      svg.path({{x, y - 8}, {x + 8, y}, {x, y + 8}, {x - 8, y}}, style_of("bar ink", mark.accelerator->kind),
               true);
    } else {
      svg.circle(mark.at, 5, style_of("bar", mark.accelerator->kind));
    }
    svg.text({x + 11, text_y}, mark.accelerator->name, mark.own ? "name strong" : "name");
  });
}

}  // namespace

core::Svg comparison_chart(const std::vector<PublishedAccelerator>& published,
                           const std::vector<PublishedAccelerator>& own) {
  const core::Panel panel = frame();
  std::vector<Mark> marks = marks_of(panel, published, false);
  for (auto& mark : marks_of(panel, own, true)) marks.push_back(std::move(mark));
  std::sort(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.at.y < b.at.y; });

  core::Svg svg(kWidth, kHeight, "Efficiency of accelerators");
  core::draw_axes(svg, panel);
  double x = kLeft + 10;
  for (const auto& kind : kKinds) {
    svg.circle({x, kBottom - 12}, 5, style_of("bar", kind.first));
    svg.text({x + 9, kBottom - 8}, kind.first, "name");
    x += 110;
  }
  std::map<double, double> free_from;  // by column: the next line of text that nobody has
  for (const auto& mark : marks) {
    double& free = free_from.try_emplace(mark.at.x, 0.0).first->second;
    const double text_y = std::max(mark.at.y + 4, free);
    free = text_y + 13;
    draw_mark(svg, mark, text_y);
  }
  return svg;
}

}  // namespace mho::hardware
