"""The style of the map's HTML: every rule begins with its own class, so it touches nothing else."""

from cjm_lab.journey.paint import (
    ALARM,
    BLUE,
    FONT,
    IDEA_FILL,
    INK,
    LINE,
    MUTED,
    PAIN_FILL,
    PAPER,
    WASH,
)

#: ``--cjm-sheet`` is how far the grid is shrunk to fit an A3 sheet on its side.
STYLE = f"""
.cjm{{color-scheme:light;background:{PAPER};color:{INK};margin:0;text-align:left;
font:13px/1.4 {FONT};page:cjm-map}}
.cjm *{{box-sizing:border-box}}
.cjm figcaption{{margin:0 0 10px;color:{MUTED}}}
.cjm figcaption b{{color:{INK};font-size:15px;margin-right:4px}}
.cjm-scroll{{overflow-x:auto;border:1px solid {LINE};border-radius:10px;
width:fit-content;max-width:100%}}
.cjm-scroll:focus-visible{{outline:2px solid {BLUE};outline-offset:2px}}
.cjm-grid{{display:grid;font-size:12.5px;line-height:1.35;overflow-wrap:anywhere;hyphens:auto}}
.cjm-lane{{position:sticky;left:0;z-index:1;grid-column:1;background:{WASH};padding:9px 12px;
border-right:1px solid {LINE};border-bottom:1px solid {LINE};font-weight:600}}
.cjm-lane small,.cjm-cell small{{display:block;font-weight:400;font-size:11.5px;color:{MUTED};
margin-top:2px}}
.cjm-stage{{background:{INK};color:#fff;padding:8px 12px;border-right:1px solid #fff;
display:flex;justify-content:space-between;align-items:baseline;gap:6px;
font-size:14px;font-weight:600}}
.cjm-stage small{{font-size:11px;font-weight:400;color:#D5D8DD}}
.cjm-cell{{position:relative;padding:8px 9px 8px 12px;border-right:1px solid {LINE};
border-bottom:1px solid {LINE};min-width:0}}
.cjm-cell::before{{position:absolute;left:1px;top:3px;bottom:3px}}
.cjm-observed::before{{content:"";border-left:2px solid #B9C3CE}}
.cjm-reasoned::before{{content:"";border-left:3px dashed #8A8F98}}
.cjm-assumed::before{{content:"";border-left:3px dotted #8A8F98}}
.cjm-assumed,.cjm-gap{{background:repeating-linear-gradient(135deg,#fff 0 7px,#F8F8FA 7px 14px)}}
.cjm-gap,.cjm-none{{color:{MUTED};font-style:italic;font-size:11.5px}}
.cjm-end{{border-right-color:#AEB5BF}}
.cjm-cell b,.cjm-cell q,.cjm-cell p{{display:block;margin:0}}
.cjm-cell q{{quotes:none;font-style:italic}}
.cjm-cell>*+*{{margin-top:5px}}
.cjm-cell .cjm-status{{font-size:10.5px;font-style:italic;margin-top:4px}}
.cjm-place svg{{width:13px;height:13px;margin-right:5px;vertical-align:-2px}}
.cjm-bar{{height:7px;background:#E9ECF0;border-radius:4px;margin:3px 0 4px}}
.cjm-bar i{{display:block;height:100%;background:#66717F;border-radius:4px}}
.cjm-cell .cjm-line small{{display:inline;margin:0}}
.cjm-cell .cjm-line b{{display:inline;font-weight:600}}
.cjm-cell .cjm-strong b{{color:{ALARM}}}
.cjm-cell .cjm-quiet b{{font-weight:400}}
.cjm-pain,.cjm-idea{{border-radius:6px;padding:6px 8px;margin-right:-4px;background:{IDEA_FILL}}}
.cjm-pain{{background:{PAIN_FILL}}}
.cjm-rank{{float:right;background:{ALARM};color:#fff;border-radius:10px;font-size:11px;
padding:0 7px;font-weight:600;margin-left:4px}}
.cjm-curve{{border-bottom:1px solid {LINE};min-width:0}}
.cjm-curve svg{{display:block;font-family:inherit}}
.cjm-legend{{display:flex;gap:6px 22px;flex-wrap:wrap;color:{MUTED};font-size:12px;
padding:9px 2px}}
.cjm-legend i{{display:inline-block;width:0;height:13px;margin-right:6px;vertical-align:-2px}}
.cjm-legend b{{color:{INK};font-weight:600}}
.cjm details{{font-size:13px;margin:2px 0 0}}
.cjm summary{{cursor:pointer;color:{BLUE}}}
.cjm-table{{overflow-x:auto}}
.cjm table{{border-collapse:collapse;margin-top:8px;font-size:12.5px}}
.cjm caption{{text-align:left;color:{MUTED};padding:4px 0}}
.cjm th,.cjm td{{border:1px solid {LINE};padding:5px 8px;text-align:left;vertical-align:top;
min-width:90px;background:none;color:inherit}}
@page cjm-map{{size:A3 landscape;margin:10mm}}
@media print{{.cjm{{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
.cjm-scroll{{overflow:visible;border-radius:0}}
.cjm-grid{{zoom:var(--cjm-sheet)}}
.cjm-lane{{position:static}}
.cjm details:not([open]){{display:none}}}}
"""
