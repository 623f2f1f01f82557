from __future__ import annotations

from dataclasses import fields, replace
from html.parser import HTMLParser

import pytest
from bs4 import BeautifulSoup

from cjm_lab.runs.pages import (
    Change,
    Check,
    FrontPage,
    Late,
    Link,
    Pain,
    Tile,
    front_page,
    reports_index,
)

MAP = '<figure id="map"><svg role="img" aria-label="Map"></svg></figure>'
PAGE = FrontPage(
    title="Coffee maker",
    as_of="31 October 2026",
    lead=("Four of ten people who start to pay give up.", "It is the lowest point."),
    map_html=MAP,
    compared_with="30 September 2026",
    hurt="First-time buyer",
    hurt_size="41 % of customers [38, 44]",
    version="3",
    evidence_share="86 %",
    tiles=(
        Tile("Orders per visitor", "13.8 %", "[13.1, 14.6]", "no change"),
        Tile("Worst touchpoint", "−1.3", "[−1.5, −1.1]", "lowest for three months", "worse"),
    ),
    pains=(Pain("Card asked twice", "Payment", "New", "38 % [34, 42]", "Log and survey", "Keep"),),
    changes=(Change("Comparison page", "0.6 → 0.9 [+0.1, +0.5]", "better"),),
    checks=(Check("Re-order is assumed", "ask 97 people"),),
    late=(Late("Chat agents in the evening", "Service", "16 days overdue"),),
    steps=(Link("1 Goals", "1_goals.html", "1 objective"),),
    downloads=(Link("evidence.csv", "evidence.csv", "412 rows"),),
    made=("61 s", "CJM Lab 0.1.0", "Next review: 30 November 2026"),
    inputs=(("survey.csv", "4f1c"),),
)
BARE = FrontPage("Coffee maker", "31 October 2026", ("Nothing is known yet.",), MAP)
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Balance(HTMLParser):
    """Notes every end tag that closes something else than what was opened last."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def soup(page: FrontPage) -> BeautifulSoup:
    return BeautifulSoup(front_page(page), "html.parser")


@pytest.mark.parametrize(
    "html",
    [front_page(PAGE), front_page(BARE), reports_index("x", [Link("a", "a.html", "note")])],
    ids=["full", "bare", "list"],
)
def test_every_tag_is_closed_and_nothing_is_asked_for(html: str) -> None:
    balance = Balance()
    balance.feed(html)
    assert (balance.open, balance.wrong) == ([], [])
    assert "http:" not in html
    assert "https:" not in html
    assert "url(" not in html
    assert "<script" not in html
    assert "default-src 'none'" in html


def test_everything_given_is_shown() -> None:
    text = soup(PAGE).get_text(" ")
    given = [PAGE.title, PAGE.as_of, *PAGE.lead, PAGE.compared_with, PAGE.hurt]
    given += [PAGE.hurt_size, PAGE.evidence_share, *PAGE.made]
    for row in (*PAGE.tiles, *PAGE.pains, *PAGE.changes, *PAGE.checks, *PAGE.late):
        given += [getattr(row, field.name) for field in fields(row) if field.name != "tone"]
    for link in (*PAGE.steps, *PAGE.downloads):
        given += [link.text, link.note]
    assert [words for words in given if words not in text] == []
    assert MAP in front_page(PAGE)


def test_words_from_outside_are_shown_never_run() -> None:
    bad = '<img src=x onerror="alert(1)">'
    rows = {
        "tiles": (Tile(bad, bad, bad, bad),),
        "pains": (Pain(bad, bad, bad, bad, bad, bad),),
        "changes": (Change(bad, bad, bad),),
        "checks": (Check(bad, bad),),
        "late": (Late(bad, bad, bad),),
        "steps": (Link(bad, bad, bad),),
        "downloads": (Link(bad, bad, bad),),
        "inputs": ((bad, bad),),
    }
    texts = {f.name: bad for f in fields(FrontPage) if f.type == "str" and f.name != "map_html"}
    lists = {"lead": (bad,), "made": (bad,)}
    hostile = replace(PAGE, **texts, **lists, **rows)  # type: ignore[arg-type]
    page = soup(hostile)
    assert page("img") == []
    assert page.get_text().count(bad) >= 20
    assert BeautifulSoup(reports_index(bad, [Link(bad, bad, bad)]), "html.parser")("img") == []


@pytest.mark.parametrize("page", [PAGE, BARE], ids=["full", "bare"])
def test_headings_follow_one_another_without_a_gap(page: FrontPage) -> None:
    levels = [int(h.name[1]) for h in soup(page).find_all(["h1", "h2", "h3", "h4"])]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}


def test_tables_have_a_caption_and_headers_that_say_what_they_head() -> None:
    tables = soup(PAGE)("table")
    assert len(tables) == 3
    for table in tables:
        assert table.caption is not None
        assert {th["scope"] for th in table.select("thead th")} == {"col"}
        assert [th["scope"] for th in table.select("tbody th")] == ["row"]


def test_names_that_elements_refer_to_exist_once() -> None:
    page = soup(PAGE)
    ids = [str(element["id"]) for element in page.select("[id]")]
    assert len(ids) == len(set(ids))
    wanted = {str(element["aria-labelledby"]) for element in page.select("[aria-labelledby]")}
    assert wanted <= set(ids)


def test_a_first_report_says_that_there_is_nothing_to_compare_with() -> None:
    text = soup(BARE).get_text()
    assert "This is the first report" in text
    assert "No pain point has evidence behind it." in text
    assert "None of the common mistakes was found." in text


def test_no_change_is_not_a_first_report() -> None:
    text = soup(replace(PAGE, changes=())).get_text()
    assert "Nothing that chance could not make." in text
    assert "What changed since 30 September 2026" in text


def test_overdue_actions_stand_before_the_figures_and_only_where_there_are_any() -> None:
    html = front_page(PAGE)
    assert html.index("16 days overdue") < html.index('class="tiles"')
    assert "Overdue" not in front_page(BARE)


def test_the_list_keeps_its_order_and_leads_up() -> None:
    entries = [Link("31 October", "2026-10-31/index.html"), Link("30 September", "2026-09-30/")]
    page = BeautifulSoup(
        reports_index("Coffee", entries, up=Link("All studies", "../index.html")), "html.parser"
    )
    assert [a["href"] for a in page.select("main a")] == [
        "../index.html",
        "2026-10-31/index.html",
        "2026-09-30/",
    ]


def test_an_empty_list_says_so() -> None:
    assert "Nothing is published yet." in reports_index("Studies", [])
