#include "mho/hardware/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string_view>

#include "mho/core/config.h"
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

constexpr double width = 900, height = 520, left = 60, right = 880, top = 20, bottom = 470;
constexpr std::array<double, 5> bit_marks{1, 2, 4, 8, 16};

struct Label {
  double x, y;
  std::string text, title, fill;
  bool own;
};

double y_of(double tops_per_w) {  // 0.1 to 1000
  const double t = (std::log10(tops_per_w) + 1) / 4;
  return bottom - std::clamp(t, 0.0, 1.0) * (bottom - top);
}

double x_of(double bits) { return left + (std::log2(bits) + 0.15) / 4.9 * (right - left); }

std::string_view fill_of(std::string_view kind) {
  if (kind == "digital") return "#4e79a7";
  return kind == "analog" ? "#e15759" : "#59a14f";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string axes() {
  std::string out;
  for (int decade = -1; decade <= 3; ++decade) {
    const double y = y_of(std::pow(10.0, decade));
    out += fmt::format(
        "<line x1=\"{0}\" y1=\"{1:.1f}\" x2=\"{2}\" y2=\"{1:.1f}\" stroke=\"#ddd\"/>"
        "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5:g}</text>\n",
        left, y, right, left - 6, y + 4, std::pow(10.0, decade));
  }
  for (const double bits : bit_marks)
    out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{:g}</text>\n", x_of(bits),
                       bottom + 18, bits);
  out += fmt::format(
      "<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">bits of an activation</text>\n"
      "<text x=\"16\" y=\"{:.1f}\" transform=\"rotate(-90 16 {:.1f})\" text-anchor=\"middle\">TOPS/W (1 MAC "
      "= 2 "
      "operations)</text>\n",
      (left + right) / 2, bottom + 38, (top + bottom) / 2, (top + bottom) / 2);
  double x = left + 10;
  for (const std::string_view kind : {"digital", "mixed-signal", "analog"}) {
    out += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"5\" fill=\"{}\"/><text x=\"{}\" y=\"{}\">{}</text>\n",
                       x, bottom - 12, fill_of(kind), x + 9, bottom - 8, kind);
    x += 110;
  }
  return out;
}

}  // namespace

std::string comparison_svg(const std::vector<PublishedAccelerator>& published,
                           const std::vector<PublishedAccelerator>& own) {
  std::vector<Label> labels;
  const auto add = [&](const PublishedAccelerator& a, bool mine) {
    if (a.tops_per_w <= 0) return;
    const double efficiency = a.tops_per_w * 2 / a.ops_per_mac;
    labels.push_back({x_of(a.activation_bits), y_of(efficiency), a.name,
                      fmt::format("{}: {:.4g} TOPS/W, {:g} nm, {} ({}). {}", a.name, efficiency, a.process_nm,
                                  a.workload, a.evidence, a.source),
                      std::string(fill_of(a.kind)), mine});
  };
  for (const auto& a : published) add(a, false);
  for (const auto& a : own) add(a, true);
  std::sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.y < b.y; });

  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"100%\" "
      "style=\"max-width:{0}px\" "
      "role=\"img\" aria-label=\"Efficiency of accelerators\" font-family=\"sans-serif\" "
      "font-size=\"12\">\n{2}",
      width, height, axes());
  std::map<double, double> free_from;  // by column: the next line of text that nobody has
  for (const auto& label : labels) {
    double& free = free_from.try_emplace(label.x, 0.0).first->second;
    const double text_y = std::max(label.y + 4, free);
    free = text_y + 13;
    const std::string mark =
        label.own
            ? fmt::format("<path d=\"M{0:.1f} {1:.1f}l8 8l-8 8l-8 -8z\" fill=\"{2}\" stroke=\"black\"/>",
                          label.x, label.y - 8, label.fill)
            : fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"5\" fill=\"{}\"/>", label.x, label.y,
                          label.fill);
    out += fmt::format("<g><title>{}</title>{}<text x=\"{:.1f}\" y=\"{:.1f}\"{}>{}</text></g>\n",
                       escaped(label.title), mark, label.x + 11, text_y,
                       label.own ? " font-weight=\"bold\"" : "", escaped(label.text));
  }
  return out + "</svg>\n";
}

}  // namespace mho::hardware
