from html.parser import HTMLParser

import pytest

from cjm_lab.journey.build import build_map
from cjm_lab.ledger import Ledger, evidence_frame

VOID = {"meta", "br", "img", "path", "line", "rect", "circle"}
HOSTILE = '<script>alert("x")</script>\'"&<img src=x onerror=1>'


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that every tag is closed."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.found, self.text = [], [], [], ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.found += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.found += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def drawn(study, october):
    return build_map(study, october, as_of="2026-10-31")


def test_the_map_asks_for_nothing_and_runs_nothing(drawn):
    page = Reader(drawn.to_html())
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not any(name.startswith("on") or name in ("src", "href") for name, _ in page.found)
    assert "url(" not in drawn.to_html()
    assert "@import" not in drawn.to_html()


def test_title_study_persona_day_and_version_stand_on_it(drawn):
    text = Reader(drawn.to_html()).text
    for words in ("Tea", "study tea", "all customers", "31 October 2026", "version draft"):
        assert words in text


def test_the_picture_has_words_and_a_real_table(drawn):
    html = drawn.to_html()
    page = Reader(html)
    assert page.found.count(("role", "img")) == 2
    assert page.tags.count("caption") == 1
    assert page.found.count(("scope", "col")) == 2 + len(drawn.lanes)
    assert page.found.count(("scope", "row")) == 4
    names = {value for name, value in page.found if name == "aria-labelledby"}
    ids = {value for name, value in page.found if name == "id"}
    assert {name for both in names for name in both.split()} == ids


def test_status_is_said_in_words_not_by_the_border_alone(drawn):
    text = Reader(drawn.to_html()).text
    for words in ("observed counted or asked", "assumed somebody's word", "No evidence yet"):
        assert words in text


def test_two_maps_on_one_page_share_no_id(study, october, make):
    row = make("valence", "payment", -1.0, 0.2, persona="office")
    frame = evidence_frame([row])
    both = [
        build_map(study, frame, as_of="2026-10-31", persona=p).to_html() for p in ("", "office")
    ]
    ids = [{v for n, v in Reader(html).found if n == "id"} for html in both]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_hostile_text_stays_text_everywhere(make):
    place = {"id": "pot", "name": HOSTILE, "channel": HOSTILE, "team": HOSTILE, "action": HOSTILE}
    stage = {"id": "s", "name": HOSTILE, "expects": HOSTILE, "touchpoints": [place]}
    study = make("tea_shop", title=HOSTILE, stages=[stage], personas=[{"id": "p", "name": HOSTILE}])
    rows = [
        make("valence", "pot", -1.0, 0.2), make("valence", "pot", -1.0, 0.2, persona="p"),
        make("quote", "pot", HOSTILE, "negative"),
        make("one_of", "pain", -1.0, lane="pain", place="pot", label=HOSTILE, note=HOSTILE),
        make("one_of", "rank", 1, lane="pain", place="pot", label=HOSTILE),
        make("one_of", "rice", 9, lane="opportunity", place="pot", label=HOSTILE),
    ]  # fmt: skip
    map_ = build_map(study, Ledger(evidence_frame(rows)), as_of="2026-10-31", persona="p",
                     version=HOSTILE)  # fmt: skip
    for html in (map_.to_html(), map_.table().to_html()):
        page = Reader(html)
        assert not {"script", "img"} & set(page.tags)
        assert not any(name.startswith("on") for name, _ in page.found)
        assert HOSTILE in page.text
    assert HOSTILE in map_.table().loc[0, "Says"]


def test_an_empty_ledger_draws_an_honest_map(study):
    drawn = build_map(study, evidence_frame(), as_of="2026-10-31")
    text = Reader(drawn.to_html()).text
    # in the picture: expects 2, does 2, reach 4, curve 1, says 4, hurts 4; in its desc 1, and in
    # the table: expects 3 (a cell a touchpoint), does 2, reach, feels, says and hurts 4 each
    assert text.count("No evidence yet") == 17 + 1 + 21 + 1
    assert "evidence behind 0 of 23 cells" in text


def test_sixty_touchpoints_stay_small(make):
    places = [{"id": f"t{i}", "name": f"Touchpoint {i}", "action": "x" * 60} for i in range(60)]
    study = make("tea_shop", stages=[{"id": "s", "name": "S", "touchpoints": places}])
    rows = [make("valence", p["id"], 0.5, 0.2) for p in places]
    html = build_map(study, evidence_frame(rows), as_of="2026-10-31").to_html()
    assert len(html) < 300_000
