"""A measure over all reports as a small inline picture that follows the page to light or dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, floor, isnan, log10
from typing import NamedTuple

from cjm_lab.journey.paint import safe
from cjm_lab.runs.pages.board import Chart, Mark, Point
from cjm_lab.words import plain

WIDTH, HEIGHT = 380, 190
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 30, 34

#: Numbers of marks closer than this would cover one another; a second line takes them, then none.
_MARK_ROOM = 15
#: So many points have their value beside them; of more only the last.
_FEW = 6


class Span(NamedTuple):
    """The days that all charts of a page show."""

    first: date
    last: date

    def x(self, day: date, part: float = 0.0) -> float:
        """Return where a day lies; `part` 1 is its end."""
        days = (self.last - self.first).days + 1
        return LEFT + (WIDTH - LEFT - RIGHT) * ((day - self.first).days + part) / days


def span_of(charts: Sequence[Chart]) -> Span | None:
    """Return the days that the points of all charts cover, None where there is no point."""
    points = [point for chart in charts for point in chart.points]
    if not points:
        return None
    return Span(min(point.start for point in points), max(point.end for point in points))


def chart_svg(chart: Chart, span: Span, marks: Sequence[Mark] = ()) -> str:
    """Return a measure over time: a point and a whisker a report, on the span it stands for.

    A line joins only points that are defined alike; a point that is defined otherwise than the one
    before is hollow. Dotted lines are the calendar's entries, a dashed one is the target.

    Parameters
    ----------
    chart
        The measure; without points there is no picture.
    span
        Days shown.
    marks
        Entries of the calendar within them.

    Returns
    -------
    str
        An ``svg`` element, everything in it escaped; its colors are those of the page.

    Examples
    --------
    >>> from cjm_lab.runs.pages.parts import Link
    >>> day = Link("30 September 2026", "2026-09-30/index.html")
    >>> point = Point(date(2026, 9, 1), date(2026, 9, 30), 38, 35, 41, "38 %", "n 9", "", day)
    >>> picture = chart_svg(Chart("Conversion", (point,)), Span(point.start, point.end))
    >>> picture.count("<circle"), "<polyline" in picture
    (1, False)
    """
    scale = _Scale.of(chart)
    parts = [
        *_grid(scale, chart.unit),
        *_months(span),
        *_marks(marks, span),
        *_target(chart, scale),
        *_lines(chart.points, span, scale),
        *_points(chart.points, span, scale),
    ]
    label = safe(_alt(chart, marks))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


class _Scale(NamedTuple):
    """The axis of values: its ends, the step of its grid and the decimals of its numbers."""

    low: float
    high: float
    step: float
    digits: int

    @classmethod
    def of(cls, chart: Chart) -> _Scale:
        points = chart.points
        values = [v for p in points for v in (p.value, p.low, p.high) if not isnan(v)]
        values += [] if chart.target is None else [chart.target]
        low, high = chart.domain or (min(values), max(values))
        if low == high:
            low, high = low - 1, high + 1
        rough = (high - low) / 3
        size = 10.0 ** floor(log10(rough))
        step = next(size * k for k in (1, 2, 2.5, 5, 10) if size * k >= rough * 0.999)
        if chart.domain is None:
            low, high = floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step
        digits = max(0, -floor(log10(step))) + (step / 10 ** floor(log10(step)) == 2.5)
        return cls(low, high, step, digits)

    def y(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part


def _grid(scale: _Scale, unit: str) -> Iterator[str]:
    """Yield the lines of the grid with their numbers; the highest has the unit."""
    count = round((scale.high - scale.low) / scale.step)
    signed = scale.low < 0
    for i in range(count + 1):
        value = scale.low + i * scale.step
        y = scale.y(value)
        zero = " zero" if signed and abs(value) < scale.step / 1e6 else ""
        text = plain(value, scale.digits, signed=signed) + (unit if i == count else "")
        yield _across(f"grid{zero}", y)
        yield f'<text class="tick end" x="{LEFT - 6}" y="{y + 3.5:.1f}">{safe(text)}</text>'


def _across(kind: str, y: float) -> str:
    """Return a line from one side of the chart to the other."""
    return f'<line class="{kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _months(span: Span) -> Iterator[str]:
    """Yield the months below the axis, as many as there is room for, each year once."""
    months = [span.first.replace(day=1)]
    while months[-1] <= span.last:
        months.append((months[-1] + timedelta(days=32)).replace(day=1))
    months.pop()
    step = next((k for k in (1, 2, 3, 6, 12) if len(months) / k <= 9), 12 * ceil(len(months) / 108))
    base, year = HEIGHT - BOTTOM, 0
    for i, month in enumerate(months):
        if (month.month - 1) % min(step, 12) and i:
            continue
        if step > 12 and (i and (month.year - months[0].year) % (step // 12)):
            continue
        x = max(span.x(month), float(LEFT))
        room = span.x(span.last, 1) - x
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{base}" y2="{base + 5}"/>'
        if room < 26:
            continue
        yield f'<text class="tick" x="{x + 3:.1f}" y="{base + 15}">{month:%b}</text>'
        if month.year != year:
            year = month.year
            yield f'<text class="tick" x="{x + 3:.1f}" y="{base + 28}">{year}</text>'


def _marks(marks: Sequence[Mark], span: Span) -> Iterator[str]:
    """Yield the calendar's entries: a dotted line each, its number above where there is room."""
    free = [float("-inf")] * 2
    for mark in marks:
        x = span.x(mark.day, 0.5)
        row = next((i for i, edge in enumerate(free) if x - edge >= _MARK_ROOM), None)
        top = TOP - 4 if row != 0 else TOP - 16
        yield "<g><title>" + safe(f"{mark.number} {mark.day_words}: {mark.what}") + "</title>"
        yield f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{HEIGHT - BOTTOM}"/>'
        if row is not None:
            free[row] = x
            yield f'<text class="number" x="{x:.1f}" y="{top - 2}">{mark.number}</text>'
        yield "</g>"


def _target(chart: Chart, scale: _Scale) -> Iterator[str]:
    """Yield the line of the target."""
    if chart.target is None:
        return
    y = scale.y(chart.target)
    first, last = (abs(point.value - chart.target) for point in (chart.points[0], chart.points[-1]))
    where = f'x="{LEFT + 4}"' if first >= last else f'x="{WIDTH - RIGHT - 4}"'
    end = "" if first >= last else " end"
    yield _across("target", y)
    yield f'<text class="tick aim{end}" {where} y="{y - 4:.1f}">target</text>'


def _lines(points: Sequence[Point], span: Span, scale: _Scale) -> Iterator[str]:
    """Yield a line between each two neighbors that are defined alike."""
    for before, after in pairwise(points):
        if after.joined:
            ends = " ".join(
                f"{_middle(p, span):.1f},{scale.y(p.value):.1f}" for p in (before, after)
            )
            yield f'<polyline class="line" points="{ends}"/>'


def _points(points: Sequence[Point], span: Span, scale: _Scale) -> Iterator[str]:
    """Yield each report's span, interval and value."""
    last = len(points) - 1
    for i, point in enumerate(points):
        x, y = _middle(point, span), scale.y(point.value)
        left, right = span.x(point.start), span.x(point.end, 1)
        told = f"{point.span}: {point.words} {point.n}".strip()
        yield f"<g><title>{safe(told)}</title>"
        top = y
        if not isnan(point.low) and not isnan(point.high):
            top, bottom = scale.y(point.high), scale.y(point.low)
            yield (
                f'<rect class="band" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
                f'height="{max(bottom - top, 1):.1f}"/>'
                f'<line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" '
                f'y2="{bottom:.1f}"/>'
            )
        hollow = "" if i == 0 or point.comparable else " hollow"
        yield f'<circle class="dot{hollow}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
        if len(points) <= _FEW or i == last:
            yield _value(point, x, y, rises=i < last and points[i + 1].value > point.value)
        yield "</g>"


def _value(point: Point, x: float, y: float, *, rises: bool) -> str:
    """Return the value beside a point, below it where the line to the next one goes up."""
    left = x > WIDTH - RIGHT - 34
    words = safe(point.words.partition(" [")[0].partition(" (")[0])
    where = f'x="{x - 7 if left else x + 7:.1f}" y="{y + 15 if rises else y - 6:.1f}"'
    return f'<text class="value{" end" if left else ""}" {where}>{words}</text>'


def _middle(point: Point, span: Span) -> float:
    return (span.x(point.start) + span.x(point.end, 1)) / 2


def _alt(chart: Chart, marks: Sequence[Mark]) -> str:
    """Return the picture in words: first and last figure, what is good, breaks, the calendar."""
    first, last = chart.points[0], chart.points[-1]
    said = [
        f"{chart.name}: {last.words} {last.n}".strip() + (f" in {last.span}" if last.span else "")
    ]
    if len(chart.points) > 1:
        said = [f"{chart.name} in {len(chart.points)} reports: {first.words} ({first.span}) to "
                f"{last.words} ({last.span})"]  # fmt: skip
    else:
        said.append("one report only, no trend")
    breaks = sum(not point.comparable for point in chart.points[1:])
    said.append(f"defined otherwise {breaks} time{'s' * (breaks > 1)} on the way" if breaks else "")
    said += [chart.good, chart.target_words]
    said.append(
        f"{len(marks)} calendar entr{'ies' if len(marks) > 1 else 'y'} marked" if marks else ""
    )
    return "; ".join(part for part in said if part) + "."
