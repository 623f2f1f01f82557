import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cjm_lab.journey.build import build_map
from cjm_lab.journey.draw_svg import wrap
from cjm_lab.ledger import evidence_frame

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
    from cjm_lab.study import Study

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
