"""The style of the map's HTML: every rule begins with its own class, so it touches nothing else.

Colors are custom properties with a light and a dark value. The dark ones hold where the reader's
system asks for them, unless an element around the figure, or the figure itself, says otherwise with
``data-theme="light"`` or ``data-theme="dark"`` (JupyterLab's own attribute counts too). Paper is
always light.
"""

from __future__ import annotations

from cjm_lab.journey import paint, strips

#: Name of each color, its value on a light page and on a dark one.
PALETTE: dict[str, tuple[str, str]] = {
    "ink": (paint.INK, "#ECEFF3"),
    "muted": (paint.MUTED, "#AEB6C1"),
    "line": (paint.LINE, "#2F3640"),
    "border": (paint.BORDER, "#4A5361"),
    "wash": (paint.WASH, "#1D222A"),
    "paper": (paint.PAPER, "#14171C"),
    "blue": (paint.BLUE, "#5CB3E8"),
    "vermillion": (paint.VERMILLION, "#F28444"),
    "purple": (paint.PURPLE, "#D893BD"),
    "gray": (paint.GRAY, "#98A2AF"),
    "axis": (paint.AXIS, "#8D96A3"),
    "alarm": (paint.ALARM, "#FF9F66"),
    "pain": (paint.PAIN_FILL, "#3B2618"),
    "idea": (paint.IDEA_FILL, "#17303F"),
    "above": (paint.ABOVE, "#1B4A6B"),
    "below": (paint.BELOW, "#6B3A20"),
    "head": (paint.INK, "#2C343F"),
    "on-head": ("#FFFFFF", "#F4F6F8"),
    "track": ("#E9ECF0", "#2F3640"),
    "bar": ("#66717F", "#98A2AF"),
    "stripe": ("#F7F7FA", "#191D23"),
    "p0": (strips.PERSONAS[0][0], "#2FC79A"),
    "p1": (strips.PERSONAS[1][0], "#E19AC2"),
    "p2": (strips.PERSONAS[2][0], "#E8AC35"),
    "p3": (strips.PERSONAS[3][0], "#7CC4EC"),
    "p4": (strips.PERSONAS[4][0], "#DCC94A"),
}
#: Colors of boxes, bars and heads in the grid alone: no SVG is painted with them.
_GRID_ONLY = ("head", "on-head", "track", "bar", "stripe", "pain", "idea", "alarm", "wash")


def _values(dark: bool) -> str:
    return "".join(f"--cjm-{name}:{both[dark]};" for name, both in PALETTE.items())


def _recolored() -> str:
    """Return rules that turn the literal colors of the drawings into those of the theme."""
    return "\n".join(
        f'.cjm svg [{kind}="{light}"]{{{kind}:var(--cjm-{name})}}'
        for name, (light, _) in PALETTE.items()
        if name not in _GRID_ONLY
        for kind in ("fill", "stroke")
    )


def _hidden_by_status() -> str:
    """Return rules for the filter: a figure's ``data-hide`` names what isn't to be seen."""
    return "\n".join(
        f'.cjm[data-hide~="{s}"] .cjm-cell.cjm-{s}>*,.cjm[data-hide~="{s}"] g.cjm-{s},'
        f'.cjm[data-hide~="{s}"] .cjm-is-{s}{{visibility:hidden}}\n'
        f'.cjm:not([data-hide~="{s}"]) .cjm-cell>.cjm-is-{s}{{visibility:visible!important}}'
        for s in ("observed", "reasoned", "assumed", "gap")
    )


_DARK, _LIGHT = f"color-scheme:dark;{_values(True)}", f"color-scheme:light;{_values(False)}"

STYLE = f"""
.cjm{{{_LIGHT}}}
@media (prefers-color-scheme:dark){{.cjm{{{_DARK}}}}}
[data-theme="light"] .cjm,[data-jp-theme-light="true"] .cjm,.cjm[data-theme="light"]{{{_LIGHT}}}
[data-theme="dark"] .cjm,[data-jp-theme-light="false"] .cjm,.cjm[data-theme="dark"]{{{_DARK}}}
@media print{{figure.cjm.cjm{{{_LIGHT}}}}}
.cjm{{background:var(--cjm-paper);color:var(--cjm-ink);margin:0;text-align:start;
font:13px/1.4 {paint.FONT};page:cjm-map;--cjm-rail:116px}}
.cjm *{{box-sizing:border-box}}
.cjm figcaption{{margin:0 0 10px;color:var(--cjm-muted)}}
.cjm figcaption b{{display:block;color:var(--cjm-ink);font-size:18px;line-height:1.3;
letter-spacing:-.01em}}
.cjm-state{{display:inline-block;border:1px solid var(--cjm-axis);border-radius:9px;
color:var(--cjm-ink);padding:0 8px;margin-inline-end:6px;font-weight:600;font-size:12px}}
.cjm-hidden{{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;
clip-path:inset(50%);white-space:nowrap}}
.cjm-scroll{{position:relative;overflow-x:auto;border:1px solid var(--cjm-border);
border-radius:10px;width:fit-content;max-width:100%}}
.cjm :focus-visible{{outline:2px solid var(--cjm-blue);outline-offset:-2px}}
.cjm-grid{{display:grid;font-size:12.5px;line-height:1.36;overflow-wrap:anywhere;hyphens:auto;
grid-template-columns:var(--cjm-rail) repeat(var(--cols),minmax(var(--least),1fr));
width:calc(var(--cjm-rail) + var(--cols)*var(--most));
max-width:max(100cqi,calc(var(--cjm-rail) + var(--cols)*var(--least)))}}
.cjm-frame{{container-type:inline-size}}
.cjm-row{{display:contents}}
.cjm-row[hidden],.cjm-more{{display:none}}
.cjm-lane{{position:sticky;left:0;z-index:2;grid-column:1;background:var(--cjm-wash);
padding:9px 8px 9px 12px;border-right:1px solid var(--cjm-line);
border-bottom:1px solid var(--cjm-line);font-weight:600}}
.cjm-lane small,.cjm-cell small{{display:block;font-weight:400;font-size:11.5px;
color:var(--cjm-muted);margin-top:2px}}
.cjm-lane button{{all:unset;cursor:pointer;display:block;width:100%}}
.cjm-lane button::after{{content:"\\25BE";float:right;color:var(--cjm-muted)}}
.cjm-lane button[aria-expanded="false"]::after{{content:"\\25B8"}}
.cjm-stage{{grid-column:span var(--n,1);background:var(--cjm-head);color:var(--cjm-on-head);
padding:8px 12px;border-inline-end:1px solid var(--cjm-paper);display:flex;flex-wrap:wrap;
justify-content:space-between;align-items:baseline;gap:0 8px;font-size:14px;font-weight:600;
min-width:0}}
.cjm-stage span{{min-width:0}}
.cjm-stage small{{font-size:11px;font-weight:400;color:var(--cjm-on-head)}}
.cjm-cell{{position:relative;grid-column:span var(--n,1);padding:8px 9px 8px 9px;
padding-inline-start:12px;border-right:1px solid var(--cjm-line);
border-bottom:1px solid var(--cjm-line);min-width:0}}
.cjm-cell::before{{position:absolute;inset-inline-start:2px;top:4px;bottom:4px}}
.cjm-cell.cjm-observed::before{{content:"";border-inline-start:2px solid var(--cjm-axis)}}
.cjm-cell.cjm-reasoned::before{{content:"";border-inline-start:2px dashed var(--cjm-axis)}}
.cjm-cell.cjm-assumed::before{{content:"";border-inline-start:3px dotted var(--cjm-axis)}}
.cjm-cell.cjm-assumed,.cjm-gap{{background:repeating-linear-gradient(135deg,var(--cjm-paper) 0 7px,
var(--cjm-stripe) 7px 14px)}}
.cjm-gap,.cjm-none{{color:var(--cjm-muted);font-style:italic;font-size:11.5px}}
.cjm-end{{border-right-color:var(--cjm-border)}}
.cjm-cell b,.cjm-cell q,.cjm-cell p{{display:block;margin:0}}
.cjm-cell q{{quotes:none;font-style:italic}}
.cjm-cell>*+*{{margin-top:5px}}
.cjm-cell .cjm-status{{font-size:11px;font-style:italic;margin-top:4px}}
.cjm-place svg{{width:13px;height:13px;margin-inline-end:5px;vertical-align:-2px;
fill:none;stroke:var(--cjm-muted);stroke-width:1.4;stroke-linejoin:round}}
.cjm-bar{{display:block;height:7px;background:var(--cjm-track);border-radius:4px;margin:3px 0 4px}}
.cjm-bar i{{display:block;height:100%;background:var(--cjm-bar);border-radius:4px}}
.cjm-cell .cjm-line small{{display:inline;margin:0}}
.cjm-cell .cjm-line b{{display:inline;font-weight:600}}
.cjm-cell .cjm-strong b{{color:var(--cjm-alarm)}}
.cjm-cell .cjm-quiet b{{font-weight:400}}
.cjm-cell .cjm-change b{{color:var(--cjm-blue)}}
.cjm-pain,.cjm-idea{{border-radius:6px;padding:5px 6px;margin-inline:-3px -4px;
background:var(--cjm-idea)}}
.cjm-pain{{background:var(--cjm-pain);position:relative;margin-top:5px;padding-top:9px}}
.cjm-rank{{position:absolute;top:-7px;inset-inline-end:-3px;line-height:1.4;background:var(--cjm-alarm);color:var(--cjm-paper);border-radius:10px;
font-size:11px;padding:0 7px;font-weight:600}}
.cjm-weights{{display:grid;gap:3px 8px;grid-template-columns:minmax(0,1fr);font-size:11.5px}}
.cjm-weights :is(b,small){{display:inline}}
.cjm-weights i{{display:block;height:4px;border-radius:2px;margin-top:1px;min-width:1px}}
.cjm-curve{{position:relative;grid-column:span var(--n);border-bottom:1px solid var(--cjm-line);
min-width:0}}
.cjm-curve>svg{{display:block;width:100%;height:auto;font-family:inherit}}
.cjm-spots{{position:absolute;inset:0;display:grid;grid-template-columns:repeat(var(--n),1fr)}}
.cjm-spot{{position:relative;min-width:0;overflow:hidden}}
.cjm-sight{{grid-column:1/-1;background:var(--cjm-wash);border-top:2px dashed var(--cjm-axis);
border-bottom:1px solid var(--cjm-line);color:var(--cjm-muted);font-size:11.5px;padding:3px 12px}}
.cjm-sight span{{position:sticky;left:12px}}
.cjm-legend{{display:flex;gap:6px 22px;flex-wrap:wrap;color:var(--cjm-muted);font-size:12px;
padding:9px 2px}}
.cjm-legend i{{display:inline-block;height:13px;margin-inline-end:6px;vertical-align:-2px}}
.cjm-legend b{{color:var(--cjm-ink);font-weight:600}}
.cjm-found{{margin:2px 0 10px;padding-inline-start:20px;max-width:90ch}}
.cjm-found li{{margin:3px 0}}
.cjm>details{{font-size:13px;margin:4px 0 0}}
.cjm summary{{cursor:pointer;color:var(--cjm-blue)}}
.cjm-table{{overflow-x:auto}}
.cjm table{{border-collapse:collapse;margin-top:8px;font-size:12.5px}}
.cjm caption{{text-align:start;color:var(--cjm-muted);padding:4px 0}}
.cjm th,.cjm td{{border:1px solid var(--cjm-line);padding:5px 8px;text-align:start;
vertical-align:top;min-width:90px;background:none;color:inherit}}
.cjm-tools{{display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center;margin:0 0 10px;
font-size:12.5px;color:var(--cjm-muted)}}
.cjm-tools button,.cjm-dialog button{{font:inherit;color:var(--cjm-ink);cursor:pointer;
background:var(--cjm-paper);border:1px solid var(--cjm-axis);border-radius:14px;padding:3px 12px}}
.cjm-tools button[aria-pressed="true"]{{background:var(--cjm-wash);border-width:2px;
padding:2px 11px;font-weight:600}}
.cjm-tools button[aria-pressed="true"]::before{{content:"\\2713\\00A0"}}
.cjm-tools details{{position:relative}}
.cjm-tools summary{{padding:4px 8px}}
.cjm-tools fieldset{{position:absolute;z-index:5;inset-inline-start:0;top:100%;margin:2px 0 0;
padding:10px 14px;border:1px solid var(--cjm-border);border-radius:8px;background:var(--cjm-paper);
columns:2;width:300px;max-width:80vw;color:var(--cjm-ink)}}
@media (max-width:700px){{.cjm-tools details[open]{{flex-basis:100%}}
.cjm-tools fieldset{{position:static;columns:1;width:auto;min-width:0}}}}
.cjm-tools label{{display:block;padding:2px 0;break-inside:avoid}}
.cjm [role="button"]{{cursor:pointer}}
.cjm [role="button"]:hover{{box-shadow:inset 0 0 0 1.5px var(--cjm-blue)}}
.cjm-folded>.cjm-cell>*,.cjm-folded>.cjm-curve>*,.cjm-folded>.cjm-lane small{{display:none}}
.cjm-folded>.cjm-cell{{font-size:0;min-height:0;padding:0}}
.cjm-folded>.cjm-cell::before{{content:none}}
.cjm-dialog{{color:var(--cjm-ink);background:var(--cjm-paper);border:1px solid var(--cjm-axis);
border-radius:12px;padding:18px 22px;max-width:min(900px,92vw);max-height:84vh;overflow:auto;
overflow-wrap:anywhere;font:13px/1.45 {paint.FONT}}}
.cjm-dialog::backdrop{{background:rgb(0 0 0/.45)}}
.cjm-dialog h2{{font-size:16px;margin:0 0 6px}}
.cjm-dialog p{{margin:4px 0}}
{_recolored()}
{_hidden_by_status()}
@page cjm-map{{size:A3 landscape;margin:10mm}}
@media print{{.cjm{{print-color-adjust:exact;-webkit-print-color-adjust:exact;--cjm-rail:104px}}
.cjm-scroll{{overflow:visible;border:0;width:auto;max-width:none}}
.cjm-frame{{container-type:normal}}
.cjm-grid{{zoom:.9;max-width:none;width:100%;line-height:1.24;border-top:1px solid var(--cjm-line);
grid-template-columns:var(--cjm-rail) repeat(var(--band,var(--cols)),minmax(0,1fr))}}
.cjm-lane{{position:static;padding:4px 6px 4px 8px}}
.cjm-cell{{padding:4px 6px;padding-inline-start:9px}}
.cjm-cell>*+*{{margin-top:2px}}
.cjm-stage{{padding:5px 9px}}
.cjm-lane button::after{{content:none!important}}
.cjm-lane,.cjm-cell,.cjm-curve,.cjm-stage{{break-inside:avoid}}
.cjm-small .cjm-grid{{width:calc(var(--cjm-rail) + var(--cols)*var(--most));max-width:100%}}
.cjm-many .cjm-row>*{{grid-row:calc(var(--r) + var(--b,0)*var(--rows));
grid-column:var(--c,1)/span var(--k,1)}}
.cjm-many .cjm-row>.cjm-sight{{grid-column:1/-1}}
.cjm-many .cjm-more{{display:block}}
.cjm-many .cjm-stage.cjm-more{{display:flex}}
.cjm-many .cjm-whole,.cjm-spots,.cjm-tools,.cjm-dialog{{display:none}}
.cjm-many .cjm-page{{break-before:page}}
.cjm>details{{display:none}}}}
"""
