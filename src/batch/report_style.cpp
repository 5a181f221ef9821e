#include "batch/report_page.hpp"

namespace coax::detail {

std::string_view report_style() noexcept {
    return R"css(
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#1b1f27;--soft:#616b7c;--edge:#e2e6ec;
--grid:#e9ecf1;--accent:#3d6bf2;--ok:#1f9d78;--bad:#d6453d;--calm:#8a97ad;--heat:61,107,242;--wrong:214,69,61}
@media (prefers-color-scheme:dark){:root{--page:#0f1217;--card:#181c23;--ink:#e7eaf0;--soft:#98a3b5;--edge:#2a303b;
--grid:#262c36;--accent:#7b9dff;--ok:#3ec79b;--bad:#ff7a70;--calm:#6c7990;--heat:123,157,255;--wrong:255,122,112}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1240px;margin:0 auto;padding:28px 20px 48px}
header h1{font-size:26px;line-height:1.2;margin:0;letter-spacing:-.01em;overflow-wrap:anywhere}
header p{margin:4px 0 0;color:var(--soft)}
h2{font-size:18px;margin:36px 0 12px}
h3{font-size:15px;margin:0 0 8px;overflow-wrap:anywhere}
.quiet,footer{color:var(--soft)}
footer{margin-top:40px;font-size:13px;text-align:center}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:12px;margin-top:22px}
.tile,figure,.card{background:var(--card);border:1px solid var(--edge);border-radius:12px}
.tile{padding:14px 16px;display:flex;flex-direction:column}
.tile span,.tile small{color:var(--soft);font-size:13px}
.tile b{font-size:25px;line-height:1.25;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tile.bad b{color:var(--bad)}.tile.good b{color:var(--ok)}.tile.accent b{color:var(--accent)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:14px}
figure{margin:0;padding:14px 16px 12px;min-width:0}
.card figure{border:0;padding:0}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 14px;margin-bottom:12px}
figcaption b{font-weight:600}figcaption span{color:var(--soft);font-size:13px}
.plot{display:grid;grid-template-columns:44px 1fr;grid-template-rows:150px 22px}
.plot svg{width:100%;height:150px;display:block;overflow:visible}
.y,.x{position:relative;color:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}
.y span{position:absolute;right:8px;transform:translateY(50%);white-space:nowrap}
.x{grid-column:2;margin-top:4px}
.x span{position:absolute;transform:translateX(-50%);white-space:nowrap}
.x span[style="left:0%"]{transform:none}.x span[style="left:100%"]{transform:translateX(-100%)}
svg .grid{stroke:var(--grid);stroke-width:1;vector-effect:non-scaling-stroke}
svg .mark{stroke:var(--ink);opacity:.55;stroke-width:1;stroke-dasharray:3 3;vector-effect:non-scaling-stroke}
svg .limit{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:6 4;vector-effect:non-scaling-stroke}
svg .ok{fill:var(--ok)}svg .bad{fill:var(--bad)}svg .accent{fill:var(--accent)}svg .calm{fill:var(--calm)}
svg rect{shape-rendering:crispEdges}
svg .hint{fill:transparent}svg .hint:hover{fill:var(--ink);fill-opacity:.08}
.card{padding:14px 16px;overflow-x:auto;margin-bottom:14px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:14px;align-items:start}
.cards .card{margin:0}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;color:var(--soft);font-weight:500;font-size:13px;white-space:nowrap}
td,th{padding:6px 14px 6px 0;border-bottom:1px solid var(--edge);vertical-align:top}
tr:last-child td{border-bottom:0}
td:last-child,th:last-child{padding-right:0}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.t{unicode-bidi:isolate;overflow-wrap:anywhere;min-width:180px;color:var(--soft)}
.k{unicode-bidi:isolate;overflow-wrap:anywhere;max-width:220px;font-weight:500}
td.k{min-width:96px}
code{font:13px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.bars{display:grid;grid-template-columns:minmax(60px,max-content) 1fr max-content;gap:5px 12px;align-items:center;font-size:14px}
.bars .k{max-width:170px;font-weight:400}
.bars i{display:block;height:14px;border-radius:4px;background:var(--accent);min-width:2px}
.bars .n{color:var(--soft);font-size:13px}
.facts{color:var(--soft);font-size:13px;margin:8px 0 0}
.confusion{width:auto}
.confusion td,.confusion th{border:0;padding:5px 9px;text-align:right;font-variant-numeric:tabular-nums}
.confusion td{border:2px solid var(--card);border-radius:6px;min-width:52px}
.confusion tr:first-child th{white-space:normal;overflow-wrap:break-word;max-width:120px}
.confusion th.k{text-align:right;color:var(--ink)}
summary{cursor:pointer;font-weight:600}details[open] summary{margin-bottom:8px}
@media (max-width:860px){.tiles{grid-template-columns:1fr 1fr}}
@media (max-width:520px){main{padding:20px 12px 36px}.tiles{gap:8px}.tile{padding:11px 12px}
.tile b{font-size:21px}header h1{font-size:22px}.t{min-width:150px}}
)css";
}

}  // namespace coax::detail
