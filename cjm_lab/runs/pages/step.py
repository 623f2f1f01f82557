"""An executed notebook as one HTML page."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from bs4 import BeautifulSoup, Tag

from cjm_lab.runs.pages.front import TEMPLATES, environment
from cjm_lab.runs.pages.parts import StepLinks
from cjm_lab.runs.pages.safe import safe_html

if TYPE_CHECKING:
    from nbconvert import HTMLExporter
    from nbformat import NotebookNode

#: What is shown of an output, the first that it has; widgets and scripts are not among them.
_PRIORITY = [
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/plain",
]


#: A number, a share or a blank, as pandas and our own words print it.
_NUMBER = re.compile(r"[-\N{MINUS SIGN}+]?[\d,.]+(e[-+]\d+)?\s?%?|NaN|<NA>|nan|")


class Heading(NamedTuple):
    """An entry of the contents."""

    level: int
    anchor: str
    text: str


def step_html(notebook: NotebookNode, *, title: str, links: StepLinks) -> str:
    """Return an executed notebook as one HTML file that asks for no other file.

    Code is folded away, the contents are made from the headings of the prose, and every picture has
    the alternative text of its output's metadata (``alt``), else the name of its section.

    Parameters
    ----------
    notebook
        The executed notebook.
    title
        Title of the page; also its first heading where the notebook has none.
    links
        The report's front page, and the steps before and after.

    Returns
    -------
    str
        The page.

    Examples
    --------
    >>> from nbformat import v4
    >>> from cjm_lab.runs.pages.parts import Link
    >>> notebook = v4.new_notebook(cells=[v4.new_markdown_cell("## Funnel")])
    >>> links = StepLinks(Link("Report", "index.html"))
    >>> page = step_html(notebook, title="4 Touchpoints", links=links)
    >>> '<a href="#funnel">Funnel</a>' in page, "<script" in page
    (True, False)
    """
    html, _ = _exporter().from_notebook_node(notebook)
    body = BeautifulSoup(html, "html.parser")
    if body.find("h1") is None:
        heading = body.new_tag("h1")
        heading.string = title
        body.insert(0, heading)
    contents = _contents(body)
    _describe_pictures(body, title)
    _describe_tables(body)
    template = environment().get_template("step.html.j2")
    return template.render(title=title, links=links, contents=contents, body=str(body))


@cache
def _exporter() -> HTMLExporter:
    """Return nbconvert's exporter with our template for cells."""
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    return HTMLExporter(
        template_name="cells",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
        filters={"safe_html": safe_html},
        config=Config({"NbConvertBase": {"display_data_priority": _PRIORITY}}),
    )


def _contents(body: BeautifulSoup) -> list[Heading]:
    """Give each heading of the prose an anchor; return those of the second and third level."""
    seen: dict[str, int] = {"main": 1, "contents": 1}
    entries = []
    for heading in body.select(".prose h2, .prose h3"):
        text = heading.get_text(" ", strip=True)
        anchor = re.sub(r"\W+", "-", text.lower()).strip("-") or "section"
        seen[anchor] = seen.get(anchor, 0) + 1
        heading["id"] = anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor]}"
        entries.append(Heading(int(heading.name[1]), str(heading["id"]), text))
    return entries


def _section_of(element: Tag, title: str) -> str:
    """Return the words of the heading above an element."""
    heading = element.find_previous(["h1", "h2", "h3", "h4"])
    return heading.get_text(" ", strip=True) if heading else title


def _describe_pictures(body: BeautifulSoup, title: str) -> None:
    """Let no picture go without words: those of its section, where it brings none."""
    for picture in body.find_all("img"):
        if not str(picture.get("alt", "")).strip():
            picture["alt"] = f"Picture in section {_section_of(picture, title)}"


def _describe_tables(body: BeautifulSoup) -> None:
    """Tell screen readers what the header cells of a DataFrame head; move numbers to the right."""
    before: Counter[str] = Counter()
    for table in body.select("table.dataframe"):
        del table["border"]
        for style in table.find_previous_siblings("style"):
            style.decompose()  # pandas' own, which would hold for every table of the page
        for header in table.select("thead th"):
            header["scope"] = "col"
        for header in table.select("tbody th"):
            header["scope"] = "row"
        _align_numbers(table)
        box = table.find_parent(class_="html")
        if isinstance(box, Tag):
            section = _section_of(table, title="")
            before[section] += 1  # landmarks of one name cannot be told apart
            which = f"Table {before[section]}" if before[section] > 1 else "Table"
            label = f"{which} in section {section}"
            box.attrs |= {"role": "region", "aria-label": label, "tabindex": "0"}


def _align_numbers(table: Tag) -> None:
    """Mark the columns that hold nothing but numbers and blanks."""
    rows = [row.find_all(["th", "td"]) for row in table.find_all("tr")]
    width = max((len(row) for row in rows), default=0)
    whole = [row for row in rows if len(row) == width]
    for column in zip(*whole, strict=True):
        cells = [cell.get_text(strip=True) for cell in column if cell.name == "td"]
        if any(cells) and all(_NUMBER.fullmatch(cell) for cell in cells):
            for cell in column:
                cell["class"] = "number"
