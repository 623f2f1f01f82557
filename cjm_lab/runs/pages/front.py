"""The front page of a report, and the lists of reports and studies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import jinja2

from cjm_lab.runs.pages.parts import FrontPage, Link

#: Folder of the templates and style sheets that the package ships.
TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> jinja2.Environment:
    """Return the templates, with everything escaped that they don't mark as safe."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def front_page(page: FrontPage) -> str:
    """Return index.html of a report.

    Parameters
    ----------
    page
        What stands on it, as plain text; `page.map_html` must be safe HTML already.

    Returns
    -------
    str
        One HTML file that asks for no other file.

    Examples
    --------
    >>> page = FrontPage("Coffee", "31 October 2026", ("Tom & Ann give up.",), "<svg></svg>")
    >>> "Tom &amp; Ann give up." in front_page(page)
    True
    """
    return environment().get_template("front.html.j2").render(page=page)


def reports_index(title: str, entries: Sequence[Link], *, up: Link | None = None) -> str:
    """Return the page that lists a study's reports, or the studies.

    Parameters
    ----------
    title
        What is listed: the study's title, or ``Studies``.
    entries
        Reports newest first, or studies; `Link.note` is the line below each.
    up
        Where the list itself is listed.

    Returns
    -------
    str
        One HTML file that asks for no other file.

    Examples
    --------
    >>> page = reports_index("Coffee", [Link("31 October 2026", "2026-10-31/index.html")])
    >>> '<a href="2026-10-31/index.html">31 October 2026</a>' in page
    True
    """
    template = environment().get_template("list.html.j2")
    return template.render(title=title, entries=entries, up=up)
