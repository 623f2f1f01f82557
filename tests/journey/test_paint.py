import re

import pytest

from cjm_lab.journey import paint
from cjm_lab.journey.build import build_map
from cjm_lab.ledger import evidence_frame


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_formula_by_the_method():
    assert contrast("#0072B2", "#FFFFFF") == pytest.approx(5.19, abs=0.005)


def test_text_is_readable_where_it_stands():
    behind = [paint.PAPER, paint.WASH, paint.PAIN_FILL, paint.IDEA_FILL, paint.ABOVE, paint.BELOW]
    assert all(contrast(paint.INK, color) >= 4.5 for color in behind)
    assert all(contrast(paint.MUTED, color) >= 4.5 for color in behind)
    assert contrast(paint.ALARM, paint.PAPER) >= 4.5  # "lost", and white on the rank of a pain


def test_dots_and_curve_are_visible():
    on = [paint.BLUE, paint.VERMILLION, paint.GRAY, paint.AXIS]
    assert all(contrast(color, paint.PAPER) >= 3 for color in on)


def test_outside_text_stays_text():
    assert paint.safe("<script>'\"&\x00\ud800\x0b") == "&lt;script&gt;&#x27;&quot;&amp;"


def test_the_curve_in_words(study, october):
    words = paint.curve_summary(build_map(study, october, as_of="2026-10-31"))
    assert words.replace("\u00a0", " ") == (
        "Lowest at Payment, −1.3 [−1.5, −1.1] n 340; highest at First cup, +1.5 [+1.4, +1.6] n 250."
    )


def test_area_shows_how_many_answered(study, make):
    rows = [make("valence", "advert", 0.5, 0.1, n=800), make("valence", "cup", 0.9, 0.1, n=200)]
    drawn = paint.curve(build_map(study, evidence_frame(rows), as_of="2026-10-31"), 120)
    first, second = (float(r) for r in re.findall(r'<circle[^>]* r="([\d.]+)"', drawn))
    assert (first / second) ** 2 == pytest.approx(800 / 200, rel=0.05)


def test_the_curve_is_dashed_past_a_place_that_nobody_was_asked_about(study, make):
    rows = [make("valence", place, 0.5, 0.1) for place in ("advert", "payment", "cup")]
    drawn = paint.curve(build_map(study, evidence_frame(rows), as_of="2026-10-31"), 120)
    assert re.findall(r'stroke-width="2.5"( stroke-dasharray)?', drawn) == ["", " stroke-dasharray"]
    assert drawn.count("No evidence yet") == 1


def test_an_assumed_point_is_hollow(study, make):
    row = make("valence", "cup", 0.5, 0.1) | {"status": "assumed"}
    drawn = paint.curve(build_map(study, evidence_frame([row]), as_of="2026-10-31"), 120)
    assert 'fill="#FFFFFF" stroke="#1A1A1A" stroke-dasharray' in drawn


def test_without_answers_there_is_no_curve(study):
    drawn = paint.curve(build_map(study, evidence_frame(), as_of="2026-10-31"), 120)
    assert "<circle" not in drawn
    assert "No evidence yet" in drawn
