#include "mho/report/style.h"

#include "mho/core/picture/style.h"

namespace mho::report {

std::string page_style() {
  return core::picture_style() + R"css(
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
