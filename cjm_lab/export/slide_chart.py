"""The emotion curve as a native chart, with its intervals as error bars."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from cjm_lab.estimate import Estimate
from cjm_lab.export.slide_parts import chart_name, color, describe
from cjm_lab.journey import paint, strips
from cjm_lab.journey.model import JourneyMap

if TYPE_CHECKING:
    from pptx.slide import Slide


def add_curves(
    slide: Slide,
    map_: JourneyMap,
    columns: range,
    box: tuple[float, float, float, float],
    left: float,
) -> Any:
    """Add the curve of the map and those of its personas as one line chart.

    Parameters
    ----------
    slide, map_
        Where it goes and what it shows.
    columns
        The touchpoints that are its categories.
    box
        Left, top, width and height.
    left
        The part of the width that lies left of the first touchpoint, so that a table below can have
        the same columns.
    """
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Pt

    everybody = map_.persona_name or "All customers"
    curves = {f"{everybody}, with interval": dict(map_.points)}
    for number, persona in enumerate(map_.curves, 1):
        name = persona.name if persona.name not in curves else f"{persona.name} {number}"
        curves[name] = dict(persona.points)
    data = CategoryChartData()
    data.categories = [chart_name(map_.touchpoints[column].name) or " " for column in columns]
    for name, points in curves.items():
        values = [points[c].value if c in points else None for c in columns]
        data.add_series(
            chart_name(name), [v if v is not None and isfinite(v) else None for v in values]
        )
    shapes: Any = slide.shapes  # the library's types say too little here
    frame = shapes.add_chart(XL_CHART_TYPE.LINE_MARKERS, *(Pt(value) for value in box), data)
    frame.name = "Emotion curve"
    describe(frame, paint.curve_summary(map_))
    chart = frame.chart
    _axes(chart)
    _main(chart.plots[0].series[0], dict(map_.points), columns)
    for number, series in enumerate(list(chart.plots[0].series)[1:]):
        _thin(series, *strips.PERSONAS[number % len(strips.PERSONAS)])
    chart.has_legend = bool(map_.curves)
    if chart.has_legend:
        from pptx.enum.chart import XL_LEGEND_POSITION

        chart.legend.position = XL_LEGEND_POSITION.TOP
        chart.legend.include_in_layout = False
        chart.legend.font.size = Pt(10)
    _inner(chart, left, 0.1 if map_.curves else 0.03)
    return chart


def _axes(chart: Any) -> None:
    """Set the scale from -2 to +2, with names below it."""
    from pptx.enum.chart import XL_TICK_LABEL_POSITION, XL_TICK_MARK
    from pptx.util import Pt

    chart.has_title = False
    chart.font.size = Pt(10)
    chart.font.color.rgb = color(paint.MUTED)
    value, names = chart.value_axis, chart.category_axis
    value.minimum_scale, value.maximum_scale, value.major_unit = -2, 2, 1
    value.tick_labels.number_format_is_linked = False
    value.tick_labels.number_format = '"+"0;"−"0;0'
    value.major_gridlines.format.line.color.rgb = color(paint.LINE)
    value.format.line.fill.background()
    value.has_title = True
    value.axis_title.text_frame.text = "satisfaction, −2 to +2"
    value.axis_title.text_frame.paragraphs[0].runs[0].font.size = Pt(10)
    value.axis_title.text_frame.paragraphs[0].runs[0].font.bold = False
    names.tick_label_position = XL_TICK_LABEL_POSITION.NONE  # the table below names them
    names.major_tick_mark = XL_TICK_MARK.NONE
    names.format.line.color.rgb = color(paint.AXIS)


def _main(series: Any, points: Mapping[int, Estimate], columns: range) -> None:
    """Draw the map's own curve: thick, with its intervals."""
    from pptx.enum.chart import XL_MARKER_STYLE

    _line(series, paint.BLUE, 2.5)
    series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 9
    known = [
        (at, points[column])
        for at, column in enumerate(columns)
        if column in points and isfinite(points[column].high - points[column].low)
    ]
    if known:
        bars = _bars(known, len(columns))
        series._element.xpath("./c:cat")[0].addprevious(bars)


def _bars(known: list[tuple[int, Estimate]], count: int) -> Any:
    """Return the intervals as error bars, which the library has no words for."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    def side(name: str, lengths: list[tuple[int, float]]) -> str:
        values = "".join(
            f'<c:pt idx="{at}"><c:v>{length:.12g}</c:v></c:pt>' for at, length in lengths
        )
        return (
            f"<c:{name}><c:numLit><c:formatCode>General</c:formatCode>"
            f'<c:ptCount val="{count}"/>{values}</c:numLit></c:{name}>'
        )

    plus = side("plus", [(at, estimate.high - estimate.value) for at, estimate in known])
    minus = side("minus", [(at, estimate.value - estimate.low) for at, estimate in known])
    return parse_xml(
        f'<c:errBars {nsdecls("c", "a")}><c:errDir val="y"/><c:errBarType val="both"/>'
        f'<c:errValType val="cust"/><c:noEndCap val="0"/>{plus}{minus}'
        f'<c:spPr><a:ln w="15875"><a:solidFill><a:srgbClr val="{paint.INK.removeprefix("#")}"/>'
        "</a:solidFill></a:ln></c:spPr></c:errBars>"
    )


def _thin(series: Any, stroke: str, dashes: str) -> None:
    """Draw the curve of a persona: thin, each with a dash of its own."""
    from pptx.enum.chart import XL_MARKER_STYLE
    from pptx.enum.dml import MSO_LINE

    kinds = (MSO_LINE.DASH, MSO_LINE.ROUND_DOT, MSO_LINE.DASH_DOT, MSO_LINE.LONG_DASH,
             MSO_LINE.SQUARE_DOT, MSO_LINE.LONG_DASH_DOT)  # fmt: skip
    _line(series, stroke, 1.5)
    number = [dash for _, dash in strips.PERSONAS].index(dashes)
    series.format.line.dash_style = kinds[number % len(kinds)]
    series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 5


def _line(series: Any, stroke: str, thick: float) -> None:
    from pptx.util import Pt

    series.smooth = False
    series.format.line.width = Pt(thick)
    series.format.line.color.rgb = color(stroke)
    series.marker.format.fill.solid()
    series.marker.format.fill.fore_color.rgb = color(stroke)
    series.marker.format.line.color.rgb = color(paint.PAPER)


def _inner(chart: Any, left: float, top: float) -> None:
    """Put the drawing where its columns lie above those of the table."""
    from pptx.oxml import parse_xml
    from pptx.oxml.ns import nsdecls

    area = chart._chartSpace.chart.plotArea
    for old in area.xpath("./c:layout"):
        area.remove(old)
    layout = (
        f'<c:layout {nsdecls("c")}><c:manualLayout><c:layoutTarget val="inner"/>'
        '<c:xMode val="edge"/><c:yMode val="edge"/>'
        f'<c:x val="{left:.4f}"/><c:y val="{top}"/><c:w val="{1 - left:.4f}"/>'
        f'<c:h val="{0.97 - top:.3f}"/></c:manualLayout></c:layout>'
    )
    area.insert(0, parse_xml(layout))
