#include "mho/report/style.h"

namespace mho::report {
namespace {

constexpr const char* kLight =
    "--paper:#fff;--panel:#f7f8f9;--ink:#16191d;--muted:#5b636d;--grid:#e6e8eb;--axis:#9aa1a9;--quiet:#"
    "c3c8ce;"
    "--s0:#0b6fb0;--s1:#c9540a;--s2:#0b8a66;--s3:#a4508b;--s4:#a87400;--s5:#3b8fc4;--s6:#6b4fb3;--s7:#"
    "5f6973;";
constexpr const char* kDark =
    "--paper:#121518;--panel:#1a1e22;--ink:#e9ebee;--muted:#9fa8b2;--grid:#272c32;--axis:#5c6570;--quiet:#"
    "4b535c;"
    "--s0:#58b4ec;--s1:#ff8f4f;--s2:#2fc99a;--s3:#e39bcb;--s4:#edb63a;--s5:#93ccf1;--s6:#b09cf0;--s7:#"
    "a7b0ba;";

std::string colours() {
  return std::string(":root{color-scheme:light dark;") + kLight +
         "}\n@media (prefers-color-scheme:dark){:root{" + kDark +
         "}}\n@media print{:root{color-scheme:light;" + kLight + "}}\n";
}

std::string shapes() {
  std::string out =
      "svg{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;"
      "font-variant-numeric:tabular-nums}\n"
      "svg .paper{fill:var(--paper)}svg text{fill:var(--ink);font-size:13px}\n"
      "svg .heading{font-size:13px;font-weight:600}svg .tick{font-size:11.5px;fill:var(--muted)}\n"
      "svg .label{font-size:12px;fill:var(--muted)}svg .name{font-size:12.5px}\n"
      "svg .value{font-weight:600}svg .spread{fill:var(--muted);font-weight:400}svg "
      ".strong{font-weight:600}\n"
      "svg .grid{stroke:var(--grid);stroke-width:1}svg .axis{stroke:var(--axis);stroke-width:1}\n"
      "svg .curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n"
      "svg .leader{fill:none;stroke-width:1;opacity:.7}svg .whisker{stroke-width:1.5;fill:none}\n"
      "svg .ink{stroke:var(--ink)}svg .bar.quiet{fill:var(--quiet)}svg .trial{opacity:.32}\n"
      "svg .band{stroke:none;opacity:.16}svg .dot{stroke:var(--paper);stroke-width:1}\n";
  for (char i = '0'; i < '8'; ++i) {
    const std::string c = std::string("var(--s") + i + ")";
    out += std::string("svg .bar.s") + i + ",svg .dot.s" + i + ",svg .trial.s" + i + ",svg .band.s" + i +
           "{fill:" + c + "}svg .curve.s" + i + ",svg .leader.s" + i + ",svg .whisker.s" + i +
           "{stroke:" + c + "}\n";
  }
  return out;
}

}  // namespace

std::string picture_style() { return colours() + shapes(); }

std::string page_style() {
  return colours() + shapes() + R"css(
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);line-height:1.5;
font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;font-size:15px;
font-variant-numeric:tabular-nums}
main{max-width:1040px;margin:0 auto;padding:40px 28px 64px}
h1{font-size:30px;line-height:1.2;font-weight:650;letter-spacing:-.015em;margin:0 0 6px}
h2{font-size:19px;font-weight:620;letter-spacing:-.005em;margin:44px 0 4px}
h3{font-size:15px;font-weight:620;margin:24px 0 6px}
p{margin:4px 0 12px;max-width:76ch}
.lead,.note{color:var(--muted)}
.note{font-size:13px;max-width:110ch}
.alert{border-left:3px solid var(--s1);padding:6px 12px;background:var(--panel);margin:12px 0}
figure{margin:12px 0 0}
figure svg{display:block;width:100%;height:auto}
.facts{display:flex;flex-wrap:wrap;gap:10px 36px;margin:22px 0 0;padding:0;list-style:none}
.facts b{display:block;font-size:24px;font-weight:620;letter-spacing:-.01em;line-height:1.25}
.facts span{color:var(--muted);font-size:13px}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px;margin:8px 0 0}
th{font-weight:600;text-align:right;color:var(--muted);font-size:12.5px;border-bottom:1px solid var(--axis);
padding:6px 0 6px 18px;vertical-align:bottom}
td{text-align:right;border-bottom:1px solid var(--grid);padding:6px 0 6px 18px;white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
td i{font-style:normal;color:var(--muted)}
td .swatch{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:8px;background:var(--quiet)}
details{margin:10px 0}
summary{cursor:pointer;color:var(--muted);font-size:13.5px}
pre{background:var(--panel);padding:14px 16px;overflow-x:auto;font-size:12.5px;line-height:1.45;border-radius:6px;
font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
footer{margin-top:48px;padding-top:14px;border-top:1px solid var(--grid);color:var(--muted);font-size:12.5px}
@media print{@page{margin:16mm 14mm}main{max-width:none;padding:0}body{font-size:10.5pt}
section,table,.facts{break-inside:avoid}details:not([open]){display:none}h2,h3{break-after:avoid}h2{margin-top:26px}pre{white-space:pre-wrap;border:1px solid var(--grid)}
.wide{overflow:visible}}
)css";
}

}  // namespace mho::report
