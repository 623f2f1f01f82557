"""The journey map on a page of its own, for the wall."""

from __future__ import annotations

from cjm_lab.journey.script import CSP_SOURCE
from cjm_lab.runs.pages.front import environment


def map_page(title: str, map_html: str) -> str:
    """Return the map as one HTML file.

    Parameters
    ----------
    title
        Title of the page.
    map_html
        The map as a piece of safe HTML.

    Returns
    -------
    str
        One HTML file that asks for no other file.

    Examples
    --------
    >>> "<h1>Tea &amp; cups</h1>" in map_page("Tea & cups", "<svg></svg>")
    True
    """
    return (
        environment()
        .get_template("map.html.j2")
        .render(title=title, map_html=map_html, script_source=CSP_SOURCE)
    )
