#include "mho/core/picture/style.h"

#include <array>
#include <string_view>

namespace mho::core {
namespace {

struct Colour {
  std::string_view name, light, dark;
};

constexpr std::array<Colour, 15> palette{{{"paper", "#fff", "#121518"},
                                          {"panel", "#f7f8f9", "#1a1e22"},
                                          {"ink", "#16191d", "#e9ebee"},
                                          {"muted", "#5b636d", "#9fa8b2"},
                                          {"grid", "#e6e8eb", "#272c32"},
                                          {"axis", "#9aa1a9", "#5c6570"},
                                          {"quiet", "#c3c8ce", "#4b535c"},
                                          {"s0", "#0b6fb0", "#58b4ec"},
                                          {"s1", "#c9540a", "#ff8f4f"},
                                          {"s2", "#0b8a66", "#2fc99a"},
                                          {"s3", "#a4508b", "#e39bcb"},
                                          {"s4", "#a87400", "#edb63a"},
                                          {"s5", "#3b8fc4", "#93ccf1"},
                                          {"s6", "#6b4fb3", "#b09cf0"},
                                          {"s7", "#5f6973", "#a7b0ba"}}};

std::string variables(std::string_view Colour::*scheme) {
  std::string out;
  for (const auto& colour : palette) {
    out += "--";
    out += colour.name;
    out += ':';
    out += colour.*scheme;
    out += ';';
  }
  return out;
}

std::string colours() {
  const std::string light = variables(&Colour::light);
  return ":root{color-scheme:light dark;" + light + "}\n@media (prefers-color-scheme:dark){:root{" +
         variables(&Colour::dark) + "}}\n@media print{:root{color-scheme:light;" + light + "}}\n";
}

/// "fill:var(--s0)", and before it the light colour for programs that know no variables.
std::string paint(std::string_view property, std::string_view name) {
  std::string out;
  for (const auto& colour : palette) {
    if (colour.name == name) out.append(property).append(":").append(colour.light).append(";");
  }
  return out.append(property).append(":var(--").append(name).append(")");
}

std::string shapes() {
  const std::string muted = paint("fill", "muted");
  std::string out =
      "svg{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;"
      "font-variant-numeric:tabular-nums}\n"
      "svg .paper{" +
      paint("fill", "paper") + "}svg text{" + paint("fill", "ink") +
      ";font-size:13px}\n"
      "svg .title{font-size:16px;font-weight:600}svg .heading{font-size:13px;font-weight:600}\n"
      "svg .tick{font-size:11.5px;" +
      muted + "}svg .label{font-size:12px;" + muted +
      "}svg .name{font-size:12.5px}\n"
      "svg .value{font-weight:600}svg .strong{font-weight:600}svg .spread{font-weight:400;" +
      muted + "}\nsvg .grid{stroke-width:1;" + paint("stroke", "grid") + "}svg .axis{stroke-width:1;" +
      paint("stroke", "axis") +
      "}\n"
      "svg .curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n"
      "svg .dashed{stroke-dasharray:6 4}svg .mark{fill-opacity:.55}svg .trial{opacity:.32}\n"
      "svg .leader{fill:none;stroke-width:1;opacity:.7}svg .whisker{stroke-width:1.5;fill:none}\n"
      "svg .band{stroke:none;opacity:.16}svg .ink{" +
      paint("stroke", "ink") + "}svg .bar.quiet{" + paint("fill", "quiet") +
      "}\n"
      "svg .dot{stroke-width:1;" +
      paint("stroke", "paper") + "}svg .part{" + paint("stroke", "paper") +
      "}\n"
      "svg .d0{fill-opacity:.6}svg .d1{fill-opacity:.5}svg .d2{fill-opacity:.4}svg .d3{fill-opacity:.3}\n"
      "svg .legend{fill-opacity:.88;" +
      paint("fill", "paper") + ";" + paint("stroke", "grid") + "}\n";
  for (const std::string name : {"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"}) {
    std::string filled, drawn;
    for (const char* shape : {"bar", "dot", "mark", "trial", "band", "part"})
      filled += (filled.empty() ? "svg ." : ",svg .") + std::string(shape) + "." + name;
    for (const char* shape : {"curve", "leader", "whisker"})
      drawn += (drawn.empty() ? "svg ." : ",svg .") + std::string(shape) + "." + name;
    out += filled + "{" + paint("fill", name) + "}" + drawn + "{" + paint("stroke", name) + "}\n";
  }
  return out;
}

}  // namespace

std::string picture_style() { return colours() + shapes(); }

}  // namespace mho::core
