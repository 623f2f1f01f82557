from __future__ import annotations

import base64
import re

import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode, v4

from cjm_lab.runs.pages import Link, StepLinks, step_html

PIXEL = base64.b64encode(b"not really a picture").decode()
LINKS = StepLinks(
    Link("Report of 31 October 2026", "index.html"),
    previous=Link("3 Personas", "3_personas.html"),
    next=Link("5 Resources", "5_resources.html"),
)
HOSTILE = "<script>alert(1)</script><b>\"&'"


def output(data: dict[str, str], **metadata: object) -> NotebookNode:
    return v4.new_output("display_data", data=data, metadata=metadata)


def code(*outputs: NotebookNode, source: str = "step.table('funnel')") -> NotebookNode:
    return v4.new_code_cell(source, outputs=list(outputs))


def page(*cells: NotebookNode | str, title: str = "4 Touchpoints") -> BeautifulSoup:
    made = [v4.new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    return BeautifulSoup(html(*made, title=title), "html.parser")


def html(*cells: NotebookNode, title: str = "4 Touchpoints") -> str:
    return step_html(v4.new_notebook(cells=list(cells)), title=title, links=LINKS)


def test_the_page_is_one_file_without_scripts_that_asks_nobody() -> None:
    text = html(v4.new_markdown_cell("# Touchpoints\n\n$x^2$"), code(output({"text/plain": "1"})))
    soup = BeautifulSoup(text, "html.parser")
    assert soup.find_all(["script", "iframe", "object", "base"]) == []
    asks = [
        (element.name, element.attrs[name])
        for element in soup.find_all(True)
        for name in ("src", "href", "srcset", "xlink:href", "data")
        if name in element.attrs
    ]
    pages = [link.href for link in (LINKS.front, LINKS.previous, LINKS.next) if link]
    assert {value for _, value in asks} == {"data:,", "#main", *pages}
    assert "url(" not in text
    assert "@import" not in text
    rule = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert rule is not None
    assert "default-src 'none'" in str(rule["content"])


def test_the_page_says_its_language_and_lets_one_skip_to_the_content() -> None:
    soup = page("# Touchpoints")
    assert soup.html is not None
    assert soup.html["lang"] == "en"
    skip = soup.select_one("body > a")
    assert skip is not None
    assert soup.find(id=str(skip["href"])[1:]) is soup.main


def test_code_is_there_and_folded() -> None:
    fold = page(code(source="step.table('funnel')")).find("details")
    assert fold is not None
    assert "open" not in fold.attrs
    assert "step.table('funnel')" in fold.get_text()


def test_the_contents_are_the_headings_of_the_prose_in_order() -> None:
    soup = page("# Touchpoints", "## Reach", "### By persona", "## Reach", "## *Worst* & best?")
    links = soup.select(".contents a")
    assert [link.get_text() for link in links] == ["Reach", "By persona", "Reach", "Worst & best?"]
    targets = [soup.find(id=str(link["href"])[1:]) for link in links]
    assert [target and target.name for target in targets] == ["h2", "h3", "h2", "h2"]
    ids = [str(element["id"]) for element in soup.select("[id]")]
    assert len(ids) == len(set(ids))


def test_headings_of_outputs_are_not_contents() -> None:
    soup = page("## Map", code(output({"text/html": "<h2>Inside</h2>"})))
    assert [link.get_text() for link in soup.select(".contents a")] == ["Map"]


def test_a_notebook_without_a_first_heading_gets_the_title() -> None:
    assert [h.get_text() for h in page("## Reach", title="4 <Touchpoints>")("h1")] == [
        "4 <Touchpoints>"
    ]
    assert [h.get_text() for h in page("# Touchpoints")("h1")] == ["Touchpoints"]


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "image/svg+xml"])
def test_pictures_are_inside_the_page_with_their_words(kind: str) -> None:
    picture = output({kind: PIXEL, "text/plain": "<Figure>"}, **{kind: {"alt": 'Says "12"'}})
    image = page(code(picture)).find("img")
    assert image is not None
    assert image["alt"] == 'Says "12"'
    assert str(image["src"]).startswith(f"data:{kind};base64,")


def test_a_picture_without_words_has_those_of_its_section() -> None:
    soup = page("## Reach & drop-off", code(output({"image/png": PIXEL})))
    assert [image["alt"] for image in soup("img")] == ["Picture in section Reach & drop-off"]


def test_the_width_of_a_picture_is_kept() -> None:
    wide = output({"image/png": PIXEL}, **{"image/png": {"width": 691, "alt": "x"}})
    assert page(code(wide)).select("img")[0]["width"] == "691"


def test_a_dataframe_scrolls_in_a_box_and_its_headers_say_what_they_head() -> None:
    table = (
        '<div><style scoped>.dataframe th{}</style><table border="1" class="dataframe"><thead><tr>'
        "<th></th><th>step</th><th>value</th></tr></thead><tbody><tr><th>0</th><td>pay</td>"
        "<td>−0.31</td></tr></tbody></table></div>"
    )
    soup = page("## Funnel", code(output({"text/html": table, "text/plain": "x"})))
    assert [th["scope"] for th in soup.select("th")] == ["col", "col", "col", "row"]
    box = soup.select_one("[role=region]")
    assert box is not None
    assert box["aria-label"] == "Table in section Funnel"
    assert box["tabindex"] == "0"
    assert [cell.get_text() for cell in soup.select(".number")] == ["value", "−0.31"]
    assert soup.select("main style") == []
    cells = [code(output({"text/html": table, "text/plain": "x"})) for _ in range(2)]
    both = page("## Funnel", *cells).select("[role=region]")
    labels = [region["aria-label"] for region in both]
    assert labels == ["Table in section Funnel", "Table 2 in section Funnel"]


def test_scripts_in_outputs_and_prose_are_gone_and_the_rest_stays() -> None:
    soup = page(f"Prose {HOSTILE}", code(output({"text/html": f"<p>kept</p>{HOSTILE}"})))
    assert soup("script") == []
    assert "kept" in soup.get_text()


def test_printed_text_and_errors_are_escaped_and_seen() -> None:
    error = v4.new_output(
        "error", ename="StudyError", evalue=HOSTILE, traceback=[f"\x1b[31mline\x1b[0m {HOSTILE}"]
    )
    soup = page(
        code(
            v4.new_output("stream", name="stdout", text=HOSTILE),
            v4.new_output("stream", name="stderr", text="3 mentions lack a date"),
            error,
        )
    )
    assert soup("script") == []
    printed, messages = soup.select("pre.out")
    assert printed.get_text() == HOSTILE
    assert "messages" in messages["class"]
    shown = soup.select_one(".error")
    assert shown is not None
    assert f"StudyError: {HOSTILE}" in shown.get_text()
    assert "\x1b" not in shown.get_text()


def test_a_widget_shows_its_static_twin_or_says_where_it_works() -> None:
    view = "application/vnd.jupyter.widget-view+json"
    twin = output({view: "{}", "text/html": "<p>Twelve labels</p>", "text/plain": "VBox()"})
    bare = output({view: "{}", "text/plain": "VBox()"})
    text = page(code(twin, bare)).get_text()
    assert "Twelve labels" in text
    assert "An editor stands here in JupyterLab." in text
    assert "VBox" not in text


def test_javascript_outputs_are_left_out() -> None:
    shown = page(code(output({"application/javascript": "x()", "text/plain": "<Javascript>"})))
    assert "x()" not in shown.get_text().replace("step.table", "")


def test_names_of_axes_beside_a_picture_are_not_shown() -> None:
    result = v4.new_output("execute_result", data={"text/plain": "<Axes: xlabel='share'>"})
    assert "<Axes" not in page(code(result)).get_text()


def test_the_steps_before_and_after_and_the_report_are_linked_at_both_ends() -> None:
    soup = page("# x")
    bars = [[a["href"] for a in nav("a")] for nav in soup.select("nav.steps")]
    assert bars == [["index.html", "3_personas.html", "5_resources.html"]] * 2


def test_the_first_step_has_none_before_it() -> None:
    first = StepLinks(Link("Report", "index.html"), next=Link("2 Customers", "2.html"))
    text = step_html(v4.new_notebook(), title="1 Goals", links=first)
    assert "←" not in text
    assert "2 Customers →" in text


def test_the_title_is_escaped() -> None:
    text = html(title=HOSTILE)
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_the_frame_of_a_page_is_small() -> None:
    assert len(html(v4.new_markdown_cell("# x")).encode()) < 12_000


def test_the_notebook_itself_stays_as_it_was() -> None:
    cell = code(output({"text/html": HOSTILE}))
    html(cell)
    assert cell.outputs[0].data["text/html"] == HOSTILE


def test_the_same_notebook_gives_the_same_page() -> None:
    cell = v4.new_markdown_cell("## Reach")
    assert html(cell) == html(cell)


def test_text_reaches_a_contrast_of_4_5_on_every_ground() -> None:
    text = html()
    grounds = {"#fff", "#F6F7F9"}
    inks = {"#1A1A1A", "#595959", "#0072B2", "#B34700"}
    inks |= set(re.findall(r"[{;]color:(#[0-9A-Fa-f]{6})", text))
    assert len(inks) > 8
    too_pale = [(ink, ground) for ink in inks for ground in grounds if _contrast(ink, ground) < 4.5]
    assert too_pale == []


def _contrast(first: str, second: str) -> float:
    """Return the contrast of WCAG 2.2 between two colors."""
    low, high = sorted((_light(first), _light(second)))
    return (high + 0.05) / (low + 0.05)


def _light(color: str) -> float:
    digits = color[1:] if len(color) == 7 else "".join(2 * digit for digit in color[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
