from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cjm_lab.estimate import Estimate
from cjm_lab.journey.build import build_map
from cjm_lab.journey.draw_html import summary, to_html
from cjm_lab.journey.model import Cell, Item, Lane, PersonaCurve
from cjm_lab.journey.style import PALETTE
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
    assert not any(name.startswith("on") or name == "src" for name, _ in page.found)
    assert all(value.startswith("#") for name, value in page.found if name == "href")
    assert "url(" not in drawn.to_html()
    assert "@import" not in drawn.to_html()


def test_title_study_persona_day_and_version_stand_on_it(drawn):
    text = Reader(drawn.to_html()).text
    for words in ("Tea", "study tea", "all customers", "31 October 2026", "version draft"):
        assert words in text


def test_the_picture_has_words_and_a_real_table(drawn):
    html = drawn.to_html()
    page = Reader(html)
    strips = {"feels", "matters", "ways"} & {lane.key for lane in drawn.lanes}
    assert page.found.count(("role", "img")) == len(strips)
    assert page.tags.count("caption") == 1
    assert page.found.count(("scope", "col")) == 2 + len(drawn.lanes) + 8  # and of the evidence
    assert page.found.count(("scope", "row")) == 4
    named = ("aria-labelledby", "aria-describedby")
    names = {one for name, value in page.found if name in named for one in value.split()}
    ids = [value for name, value in page.found if name == "id"]
    assert names <= set(ids)
    assert len(set(ids)) == len(ids)


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
    page = Reader(drawn.to_html())
    gaps = [v for n, v in page.found if n == "class" and v and "cjm-gap" in v]
    # of the lanes that should have evidence: expects 2 stages of 3, does 2, reach, says, hurts 4
    assert len(gaps) == 16
    assert "evidence behind 0 of 23 cells" in page.text


def test_sixty_touchpoints_stay_small(make):
    places = [{"id": f"t{i}", "name": f"Touchpoint {i}", "action": "x" * 60} for i in range(60)]
    study = make("tea_shop", stages=[{"id": "s", "name": "S", "touchpoints": places}])
    rows = [make("valence", p["id"], 0.5, 0.2) for p in places]
    html = build_map(study, evidence_frame(rows), as_of="2026-10-31").to_html()
    assert len(html) < 300_000


def with_lane(drawn, key, *cells):
    others = tuple(lane for lane in drawn.lanes if lane.key != key)
    return replace(drawn, lanes=(*others, Lane(key, key.capitalize(), cells)))


def moves(*found):
    return Cell(tuple(Item(f"to {to}", "", "move", share, to=to) for to, share in found))


def test_the_state_of_the_journey_is_said(drawn):
    assert "as-is" in Reader(drawn.to_html()).text
    assert "to-be" in Reader(replace(drawn, state="to-be").to_html()).text


def test_the_script_comes_only_when_asked_for(drawn):
    assert "script" not in Reader(to_html(drawn)).tags
    assert Reader(to_html(drawn, script=True)).tags.count("script") == 1


def test_the_summary_says_whom_pains_loops_and_how_much_is_assumed(drawn):
    back = with_lane(drawn, "ways", moves(), moves(), moves(("payment", None)), Cell())
    sore = with_lane(
        back,
        "hurts",
        Cell(),
        Cell((Item("Card asked twice", kind="pain", rank=2),), "reasoned"),
        Cell((Item("No window", kind="pain", rank=1),), "reasoned"),
        Cell(),
    )
    words = summary(replace(sore, lanes=sore.lanes[-2:]))
    assert "as-is, 31 October 2026" in words
    assert "all customers" in words
    assert "Worst pains: No window, at Delivery; Card asked twice, at Payment." in words
    assert "Customers turn back from Delivery back to Payment (to payment)." in words
    assert "0 of 3 filled cells are assumed." in words


def test_the_line_of_visibility_lies_above_what_customers_do_not_see(drawn):
    html = with_lane(drawn, "backstage", *[Cell((Item("Packs"),), "assumed")] * 4).to_html()
    above, below = html.split("Line of visibility")[:2]
    assert 'data-lane="Hurts"' in above
    assert 'data-lane="Backstage"' in below


def test_an_item_that_is_less_certain_than_its_cell_says_so(drawn):
    cell = Cell((Item("Seen"), Item("Guessed", status="assumed")), "observed")
    html = with_lane(drawn, "thinks", *[cell] * 4).to_html()
    assert html.count('<div class="cjm-is-assumed"><div><p>Guessed</p></div>') == 4


def test_a_persona_curve_is_named_and_its_weights_are_said(drawn):
    point = Estimate(0.5, 0.3, 0.7, n=80, method="t")
    part = Estimate(0.25, 0.2, 0.3, n=80, method="Wilson")
    curve = PersonaCurve("o", "Office buyer", ((0, point), (3, point)), (part, None, None))
    html = replace(drawn, curves=(curve,)).to_html().replace("\u00a0", " ")
    assert "Office buyer <b>25 %</b> <small>[20, 30] n 80</small>" in html
    assert "Office buyer +0.5 [+0.3, +0.7] n 80" in html


def test_the_evidence_behind_a_cell_can_be_read(drawn):
    page = Reader(drawn.to_html())
    row = drawn.evidence.set_index("touchpoint").loc["payment"].query("measure == 'valence'")
    assert row["evidence_id"].item() in page.text
    assert "Satisfaction" in page.text


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_both_themes_can_be_read(dark):
    def contrast(one, other):
        lights = sorted(luminance(PALETTE[name][dark]) + 0.05 for name in (one, other))
        return lights[1] / lights[0]

    grounds = ("paper", "wash", "pain", "idea", "stripe")
    for words in ("ink", "muted"):
        assert min(contrast(words, ground) for ground in grounds) >= 4.5
    assert contrast("blue", "paper") >= 4.5
    assert contrast("on-head", "head") >= 4.5
    assert contrast("alarm", "paper") >= 4.5
    lines = ("vermillion", "purple", "gray", "axis", "p0", "p1", "p2", "p3", "p4")
    assert min(contrast(line, "paper") for line in lines) >= 3
    assert contrast("bar", "track") >= 3
