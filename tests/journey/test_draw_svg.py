import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.estimate import Estimate
from cjm_lab.journey.build import build_map
from cjm_lab.journey.draw_svg import wrap
from cjm_lab.journey.model import LANES, Cell, Item, Lane, PersonaCurve
from cjm_lab.ledger import evidence_frame
from cjm_lab.study import Study

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {"svg", "g", "title", "desc", "rect", "path", "line", "circle", "text"}


def parsed(map_):
    return ET.fromstring(map_.to_svg())


def test_one_picture_of_shapes_and_text(study, october):
    root = parsed(build_map(study, october, as_of="2026-10-31"))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= SHAPES
    assert root.find(f"{SVG}title").text == "Tea"
    assert "Lowest at Payment" in root.find(f"{SVG}desc").text
    assert root.get("role") == "img"


def test_everything_lies_inside_the_picture(study, october):
    root = parsed(build_map(study, october, as_of="2026-10-31"))
    wide, high = float(root.get("width")), float(root.get("height"))
    frame = root.findall(f"{SVG}g/{SVG}rect")
    assert max(float(r.get("x")) + float(r.get("width")) for r in frame) <= wide - 24
    assert max(float(r.get("y")) + float(r.get("height")) for r in frame) <= high - 24


def test_what_stands_on_the_map_stands_in_the_picture(study, october):
    text = " ".join(parsed(build_map(study, october, as_of="2026-10-31")).itertext())
    for words in ("Notice", "Payment", "+1.5", "−1.3", "31 October 2026", "observed", "assumed"):
        assert words in text


def test_an_empty_ledger_draws_an_honest_picture(study):
    text = " ".join(parsed(build_map(study, evidence_frame(), as_of="2026-10-31")).itertext())
    assert "No evidence yet: nobody was asked" in text


@settings(max_examples=40, deadline=None)
@given(text=st.text(min_size=1, max_size=60))
def test_any_text_at_all_gives_well_formed_xml(text):
    place = {"id": "pot", "name": text, "team": text, "action": text, "channel": text}
    stage = {"id": "s", "name": text, "expects": text, "touchpoints": [place]}
    study = Study.model_validate({"title": text, "stages": [stage]})
    parsed(build_map(study, evidence_frame(), as_of="2026-10-31"))


@given(text=st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=80))
def test_wrapping_loses_nothing_but_spaces(text):
    assert "".join(wrap(text, 100, 12)).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("size", [10.5, 12, 20])
def test_long_words_are_cut_to_the_column(size):
    lines = wrap("Donaudampfschifffahrtsgesellschaftskapitän", 94, size)
    assert len(lines) > 1
    assert all(len(line) * 0.34 * size <= 94 for line in lines)


def test_wide_letters_take_more_room():
    assert len(wrap("顧客の声を聞く顧客の声を聞く", 94, 12)) > len(wrap("abcdefghijklmn", 94, 12))


def full_map(study, october):
    """A map with every kind of lane, weights of personas and a finding."""
    sure = Estimate(0.6, 0.5, 0.7, 90, "Wilson")
    drawn = build_map(study, october, as_of="2026-10-31", state="to-be")
    cells = {
        "does": Cell((Item("Types", status="assumed"),), "observed"),
        "ways": Cell(
            (Item("on to Payment", kind="move", estimate=sure, to="payment"),), "observed"
        ),
        "matters": Cell((Item("8.1", kind="point", estimate=sure),), "observed"),
        "backstage": Cell((Item("Books the money"),), "assumed"),
        "team": Cell((Item("Shop"),), "assumed"),
    }
    feels = drawn.lane("feels")
    lanes = [Lane(key, LANES[key], (cell,) * 4) for key, cell in cells.items()]
    return replace(
        drawn,
        lanes=(*lanes[:2], feels, *lanes[2:]),
        curves=(PersonaCurve("guest", "Guest", weights=(sure, None, None)),),
        findings=("Survey and mentions disagree at <Payment>",),
    )


def test_the_picture_says_state_weight_and_findings(study, october):
    text = " ".join(parsed(full_map(study, october)).itertext())
    for told in ("to-be", "Guest 60", "Survey and mentions disagree at <Payment>"):
        assert told in text


def test_the_line_of_visibility_lies_once_above_what_customers_do_not_see(study, october):
    texts = [t for e in parsed(full_map(study, october)).iter(f"{SVG}text") for t in e.itertext()]
    line = [at for at, text in enumerate(texts) if text.startswith("Line of visibility")]
    assert len(line) == 1
    assert texts.index("Matters") < line[0] < texts.index("Backstage") < texts.index("Team")


def test_moves_and_importance_are_drawn_not_listed(study, october):
    root = parsed(full_map(study, october))
    texts = {text for element in root.iter(f"{SVG}text") for text in element.itertext()}
    assert {"Goes on", "Matters"} <= texts
    assert "on to Payment" not in texts
    titles = {element.text for element in root.iter(f"{SVG}title")}
    assert any("on to Payment" in title for title in titles)
    assert "Payment: 8.1" in titles


def test_an_item_that_is_known_otherwise_says_so(study, october):
    texts = [t for e in parsed(full_map(study, october)).iter(f"{SVG}text") for t in e.itertext()]
    assert texts[texts.index("Types") + 1] == "assumed"


def test_the_words_below_a_narrow_map_stay_inside_the_picture(october):
    stage = {"id": "s", "name": "S", "touchpoints": [{"id": "payment", "name": "Payment"}]}
    study = Study.model_validate({"title": "T", "stages": [stage]})
    root = parsed(build_map(study, october, as_of="2026-10-31"))
    wide = float(root.get("width")) - 48
    assert wide < 400
    below = root.findall(f"{SVG}g/{SVG}text")[-12:]
    # letters are half as wide as they are high, on the whole
    assert all(float(t.get("x")) + 0.5 * 11.5 * len(t.text or "") <= wide for t in below)
    assert max(float(t.get("y")) for t in below) <= float(root.get("height")) - 48
