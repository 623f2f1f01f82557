"""The dashboard of a study: its reports, key measures over time, actions and the map's health."""

from __future__ import annotations

from cjm_lab.runs.pages.board import Dashboard
from cjm_lab.runs.pages.front import environment
from cjm_lab.runs.pages.trend_svg import chart_svg, span_of


def dashboard_page(page: Dashboard) -> str:
    """Return index.html of a study.

    Parameters
    ----------
    page
        What stands on it, as plain text.

    Returns
    -------
    str
        One HTML file that asks for no other file and runs nothing.

    Examples
    --------
    >>> from cjm_lab.runs.pages.parts import Link
    >>> report = Link("31 October 2026", "2026-10-31/index.html", "Payment hurts.")
    >>> page = Dashboard("Tea & cups", Link("All studies", "../index.html"), "", (report,))
    >>> "<h1>Tea &amp; cups</h1>" in dashboard_page(page)
    True
    """
    health = (page.health,) if page.health else ()
    span = span_of((*page.charts, *health))
    charts = [
        (chart, chart_svg(chart, span, page.marks) if span and chart.points else "")
        for chart in page.charts
    ]
    health_svg = "".join(chart_svg(chart, span) for chart in health if span)
    template = environment().get_template("dashboard.html.j2")
    return template.render(page=page, charts=charts, health_svg=health_svg)
